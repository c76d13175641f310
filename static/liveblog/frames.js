// The rules of the wire protocol that need no page: what a frame means, and where an element goes.
// docs/reference/protocol.md.

/**
 * @typedef {{ op: "put", id: string, list: string, sort: string, html: string }} Put
 * @typedef {{ op: "remove", id: string }} Remove
 * @typedef {{ op: "set", id: string, html: string }} Set
 * @typedef {Put | Remove | Set} Change
 * @typedef {{ revision: number, after?: number, changes?: Change[], reload?: boolean }} Frame
 */

/**
 * Say what a page that is at a revision does with a frame: apply it; ignore it, because the page is there already; ask
 * for the frames that are missing in between ("behind"); or reload.
 *
 * @param {Frame} frame
 * @param {number} revision
 * @returns {"apply" | "known" | "behind" | "reload"}
 */
export function verdict(frame, revision) {
  if (frame.reload) return "reload";
  if (frame.revision <= revision) return "known";
  if (!frame.changes || (frame.after ?? revision) > revision) return "behind";
  return "apply";
}

/**
 * Say whether one sort key comes before another: the greatest first, unless the list ascends.
 *
 * @param {string} one
 * @param {string} other
 * @param {boolean} ascending
 * @returns {boolean}
 */
export function precedes(one, other, ascending) {
  return ascending ? one < other : one > other;
}

/**
 * Say whether a sort key lies within the part of a list that this page shows. A list that goes on before or after this
 * page ("closed" there) takes nothing beyond its first or last element.
 *
 * @param {string} sort
 * @param {string[]} others the keys of the elements in the list, in its order
 * @param {{ ascending?: boolean, closedStart?: boolean, closedEnd?: boolean }} list
 * @returns {boolean}
 */
export function liesWithin(sort, others, { ascending = false, closedStart = false, closedEnd = false }) {
  const first = others.at(0);
  const last = others.at(-1);
  if (closedStart && (first === undefined || !precedes(first, sort, ascending))) return false;
  if (closedEnd && (last === undefined || !precedes(sort, last, ascending))) return false;
  return true;
}
