// The headings of the days in a list of updates: one above each run of updates of one day, as the server places them
// (articles/page/rendering.py). The updates name their days; pinned ones are above all days, and name none.
import { findAll, make } from "./dom.js";

const HEADING = "h2.day";

/**
 * Return the elements of a list that come from frames: all but the headings.
 *
 * @param {Element} list
 */
export function entriesOf(list) {
  return findAll(list, ":is(:scope, :scope > .batch) > [data-sort]");
}

/**
 * Put the headings of the days in their places. The heading of hidden updates is hidden, too.
 *
 * @param {Element} list
 */
export function placeDays(list) {
  const placed = new Set();
  let day = "";
  /** @type {HTMLElement | null} */
  let heading = null;
  for (const entry of entriesOf(list)) {
    const { day: own = "", dayName = "" } = entry.dataset;
    if (own !== day) {
      day = own;
      heading = own ? headingOf(entry, dayName) : null;
      placed.add(heading);
      if (heading) heading.hidden = entry.hidden;
    } else if (heading && !entry.hidden) {
      heading.hidden = false;
    }
  }
  for (const one of findAll(list, HEADING)) if (!placed.has(one)) one.remove();
}

/**
 * Return the heading directly before an update; a new one if there is none.
 *
 * @param {HTMLElement} entry
 * @param {string} name
 * @returns {HTMLElement}
 */
function headingOf(entry, name) {
  let heading = entry.previousElementSibling;
  if (!heading?.matches(HEADING)) {
    heading = make("h2", { className: "day" });
    entry.before(heading);
  }
  if (heading.textContent !== name) heading.textContent = name;
  return /** @type {HTMLElement} */ (heading);
}
