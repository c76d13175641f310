// A user's preferences at the desk, stored in their browser. Without storage there are none.

const PREFIX = "desk-";

/**
 * Return a preference.
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
    // It applies until the user leaves the page.
  }
}
