// The storage of the browser. If the browser refuses to store anything, the rest works.

/** @typedef {"localStorage" | "sessionStorage"} Area for all pages, or for one tab */

/**
 * Return the text stored under a name.
 *
 * @param {string} name
 * @param {Area} [area]
 * @returns {string | null}
 */
export function load(name, area = "localStorage") {
  try {
    return globalThis[area].getItem(name);
  } catch {
    return null;
  }
}

/**
 * Store a text under a name; null removes it.
 *
 * @param {string} name
 * @param {string | null} value
 * @param {Area} [area]
 */
export function store(name, value, area = "localStorage") {
  try {
    if (value === null) globalThis[area].removeItem(name);
    else globalThis[area].setItem(name, value);
  } catch {
    // Nothing is kept.
  }
}
