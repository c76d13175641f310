// Lists of names in the form of the page's language.
import { make } from "./dom.js";
import { pageLocale } from "./moments.js";

/**
 * Return a list of names in the page's language: "A, B and C".
 * @param {string[]} names
 */
export function listed(names) {
  return format().format(names);
}

/**
 * Return such a list as nodes: each name may be written in another direction, so it has an element of its own.
 * @param {string[]} names
 */
export function listNodes(names) {
  return format()
    .formatToParts(names)
    .map(({ type, value }) => (type === "element" ? make("bdi", {}, value) : value));
}

function format() {
  return new Intl.ListFormat(pageLocale(), { type: "conjunction" });
}
