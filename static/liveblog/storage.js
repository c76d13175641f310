// The storage of the browser. If the browser refuses to store anything, the rest works.

/**
 * Return the text stored under a name.
 *
 * @param {string} name
 * @returns {string | null}
 */
export function load(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/**
 * Store a text under a name; null removes it.
 *
 * @param {string} name
 * @param {string | null} value
 */
export function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Nothing is kept.
  }
}
