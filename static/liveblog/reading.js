// The updates that a reader has seen: the store of the browser keeps up to which update somebody has read, and which of
// the later ones they have seen already. Nothing of it leaves the browser.

/**
 * @typedef {object} Visit
 * @property {number} at when the page was left
 * @property {string} upTo the sort key up to which all updates are read
 * @property {string[]} seen the sort keys of later updates that were read out of turn
 */

/** The greatest number of sort keys that are kept. Beyond it the oldest updates count as read. */
const SEEN_MAX = 300;

/**
 * Return whether somebody has read the update with a sort key.
 *
 * @param {Visit} visit
 * @param {string} sort
 */
export function isRead(visit, sort) {
  return sort <= visit.upTo || visit.seen.includes(sort);
}

/**
 * Return the visit after an update was seen. `shown` are the sort keys of all updates that the page has above the last
 * one that was read, in any order.
 *
 * @param {Visit} visit
 * @param {string} sort
 * @param {string[]} shown
 * @returns {Visit}
 */
export function afterReading(visit, sort, shown) {
  if (isRead(visit, sort)) return visit;
  const seen = new Set([...visit.seen, sort]);
  let { upTo } = visit;
  // Updates that were read without a gap need no list.
  for (const key of shown.filter((one) => one > visit.upTo).toSorted()) {
    if (!seen.has(key)) break;
    upTo = key;
  }
  return {
    ...visit,
    upTo,
    seen: [...seen]
      .filter((key) => key > upTo)
      .toSorted()
      .slice(-SEEN_MAX),
  };
}

/**
 * Return what the store has of a visit; null if it has nothing that makes sense.
 *
 * @param {string | null} stored
 * @returns {Visit | null}
 */
export function parseVisit(stored) {
  try {
    const { at, upTo, seen } = JSON.parse(stored ?? "null") ?? {};
    const keys = Array.isArray(seen) ? seen.filter((key) => typeof key === "string") : [];
    return typeof at === "number" && typeof upTo === "string" ? { at, upTo, seen: keys } : null;
  } catch {
    return null;
  }
}
