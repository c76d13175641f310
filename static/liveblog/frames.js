// The rules of the wire protocol that need no page: the meaning of a frame, and the position of an element.
// docs/reference/protocol.md.

/**
 * @typedef {{ op: "put", id: string, list: string, sort: string, html: string }} Put
 * @typedef {{ op: "remove", id: string }} Remove
 * @typedef {{ op: "set", id: string, html: string }} Set
 * @typedef {Put | Remove | Set} Change
 * @typedef {{ revision: number, token: string }} PageState its revision, and a token that no other state has
 * @typedef {PageState & { after?: number, after_token?: string, changes?: Change[], reload?: boolean }} Frame
 */

/**
 * Return the name of a state for addresses.
 *
 * @param {PageState} state
 */
export function nameOf({ revision, token }) {
  return `${revision}-${token}`;
}

/**
 * Return what a page in a state does with a frame: apply it; ignore it, because the page is already there; request the
 * missing changes ("behind"); or reload. A frame that begins before the state of the page may belong to another
 * history, so the page requests changes in that case, too.
 *
 * @param {Frame} frame
 * @param {PageState} state
 * @returns {"apply" | "known" | "behind" | "reload"}
 */
export function verdict(frame, { revision, token }) {
  if (frame.reload) return "reload";
  if (frame.revision === revision) return frame.token === token ? "known" : "reload";
  if (frame.revision < revision) return "known";
  if (!frame.changes || frame.after !== revision) return "behind";
  return frame.after_token === token ? "apply" : "reload";
}

/**
 * Return whether a sort key is that of a pinned update, which is above all others, regardless of its time.
 *
 * @param {string} sort
 */
export function isPinned(sort) {
  return sort.startsWith("pin");
}

/**
 * Return whether one sort key comes before another: the greatest first, unless the list ascends. Pinned ones, whose
 * keys are the greatest, are above all others in any case.
 *
 * @param {string} one
 * @param {string} other
 * @param {boolean} ascending
 * @returns {boolean}
 */
export function precedes(one, other, ascending) {
  return ascending && !isPinned(one) && !isPinned(other) ? one < other : one > other;
}

/**
 * Return whether a sort key lies within the part of a list that this page shows: between the last key of the pages with
 * lesser keys and the first one of the pages with greater keys. Where there is no such page, the list is open. Pinned
 * elements lie on the first page, which in a list that ascends is the one with the least keys.
 *
 * @param {string} sort
 * @param {{ above?: string, below?: string, ascending?: string }} bounds
 * @returns {boolean}
 */
export function liesWithin(sort, { above, below, ascending }) {
  if (isPinned(sort) && ascending !== undefined) return above === undefined;
  return (above === undefined || sort > above) && (below === undefined || sort < below);
}
