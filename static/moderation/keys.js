// Keys of the newsroom, on any keyboard.

/** By code, the signs of shortcuts whose keys have letters on keyboards of other alphabets. */
const SIGNS = new Map([
  ["Comma", ","],
  ["Slash", "/"],
]);

/**
 * Return the letter or sign that is printed on a key of a Latin keyboard, whatever the layout produces.
 *
 * @param {{ key: string, code: string, shiftKey?: boolean }} event
 * @returns {string} in lower case; the name of a key that has no letter
 */
export function letterOf({ key, code, shiftKey = false }) {
  if (/^[a-z/,?]$/i.test(key) || key.length > 1) return key.toLowerCase();
  if (code.startsWith("Key")) return code.slice(3).toLowerCase();
  // If the layout produces the sign with another key, use it unchanged.
  if (/^[!-~]$/.test(key)) return key;
  return shiftKey && code === "Slash" ? "?" : (SIGNS.get(code) ?? key);
}
