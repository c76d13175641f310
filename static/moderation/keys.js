// Keys of the queue, on any keyboard.

/**
 * Return the letter that is printed on a key of a Latin keyboard, whatever letter the layout writes.
 *
 * @param {{ key: string, code: string }} event
 * @returns {string} in lower case; the name of a key that has no letter
 */
export function letterOf({ key, code }) {
  if (/^[a-z/]$/i.test(key) || key.length > 1) return key.toLowerCase();
  return code.startsWith("Key") ? code.slice(3).toLowerCase() : key;
}
