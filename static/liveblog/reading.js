// The updates that a reader has seen: the browser stores the last update up to which all were read, and the later ones
// that were seen already. No such data leaves the browser.

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
  // Updates that were read without a gap need not be listed.
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
 * Return the stored visit; null if there is none, or if it is invalid.
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
