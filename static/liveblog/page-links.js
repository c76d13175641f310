// Links from one page of a list to the next. They are separate from the other rules of lists, because embedded coverage
// does not need them and must be small.
import { precedes } from "./frames.js";

/** @typedef {{ id: string, sort: string }} Place an element of a list, and its sort key */

/**
 * Return the address of the next page in one direction, which continues where this page ends, and that end.
 *
 * @param {string} address of that page as far as known, with an element as `before` or `after`
 * @param {Place[]} shown the elements that the reader has been shown on this page, in any order
 * @returns {{ address: string, end: Place | undefined }}
 */
export function turned(address, shown) {
  const url = new URL(address);
  const relation = ["before", "after"].find((name) => url.searchParams.has(name));
  const sorted = shown.toSorted((one, other) => (precedes(one.sort, other.sort, true) ? -1 : 1));
  const end = relation === "before" ? sorted.at(0) : sorted.at(-1);
  if (!relation || !end) return { address, end: undefined };
  url.searchParams.set(relation, end.id.slice(end.id.lastIndexOf("-") + 1));
  return { address: url.href, end };
}
