// Keys of the newsroom, on any keyboard.

/** By code, the signs of shortcuts that stand on a Latin keyboard where other alphabets have letters. */
const SIGNS = new Map([
  ["Comma", ","],
  ["Slash", "/"],
]);

/**
 * Return the letter or sign that is printed on a key of a Latin keyboard, whatever the layout writes.
 *
 * @param {{ key: string, code: string, shiftKey?: boolean }} event
 * @returns {string} in lower case; the name of a key that has no letter
 */
export function letterOf({ key, code, shiftKey = false }) {
  if (/^[a-z/,?]$/i.test(key) || key.length > 1) return key.toLowerCase();
  if (code.startsWith("Key")) return code.slice(3).toLowerCase();
  // A sign that the layout has elsewhere is meant as it is.
  if (/^[!-~]$/.test(key)) return key;
  return shiftKey && code === "Slash" ? "?" : (SIGNS.get(code) ?? key);
}
