// The fields of a form as a list of names and values, as a browser sends them.

/** @typedef {[name: string, value: any]} Field */

/**
 * Return the values of each name, in order.
 *
 * @param {Field[]} fields
 * @returns {Map<string, any[]>}
 */
export function groupByName(fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}

/**
 * Return the fields except those of some names.
 *
 * @param {Field[]} fields
 * @param {string[]} names
 * @returns {Field[]}
 */
export function withoutFields(fields, names) {
  return fields.filter(([name]) => !names.includes(name));
}

/**
 * Return whether two forms have the same content, apart from the key of a new update.
 *
 * @param {Field[]} one
 * @param {Field[]} other
 * @returns {boolean}
 */
export function sameFields(one, other) {
  return JSON.stringify(withoutFields(one, ["key"])) === JSON.stringify(withoutFields(other, ["key"]));
}
