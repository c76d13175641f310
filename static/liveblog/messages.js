// Messages with placeholders, as nodes: a name may be written in another direction than the message around it, so it
// needs an element of its own.

/**
 * Return a message with its placeholder replaced. Unlike `String.replace`, this leaves "$&" in a value as it is.
 *
 * @template {Node | string} Value
 * @param {string} message
 * @param {string} placeholder such as "{name}"
 * @param {...Value} values
 * @returns {(string | Value)[]}
 */
export function filled(message, placeholder, ...values) {
  const [before = "", after = ""] = message.split(placeholder);
  return [before, ...values, after];
}
