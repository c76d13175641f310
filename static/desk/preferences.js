// A person's preferences at the desk, kept by their browser. A browser without a store prefers nothing.

const PREFIX = "desk-";

/**
 * Return what was preferred.
 *
 * @param {"preview" | "delay"} name
 * @returns {string} empty if nothing was
 */
export function preferred(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {"preview" | "delay"} name
 * @param {string} value
 */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It holds until the page is left.
  }
}
