// A user's preferences at the desk, stored in their browser.
import { load, store } from "../liveblog/storage.js";

const PREFIX = "desk-";

/**
 * Return a preference.
 *
 * @param {"preview" | "delay"} name
 * @returns {string} empty if nothing was
 */
export function preferred(name) {
  return load(PREFIX + name) ?? "";
}

/**
 * @param {"preview" | "delay"} name
 * @param {string} value
 */
export function prefer(name, value) {
  store(PREFIX + name, value);
}
