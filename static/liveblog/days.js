// The headings of the days in a list of updates: one above each run of updates of one day, as the server places them
// (articles/page/rendering.py). The updates name their days; pinned ones are above all days, and name none.
import { childrenOf, make } from "./dom.js";

/**
 * Return the updates and headings of a list, those in batches (older.js) too.
 *
 * @param {Element} list
 * @returns {HTMLElement[]}
 */
function itemsOf(list) {
  return childrenOf(list).flatMap((child) => (child.matches(".batch") ? childrenOf(child) : [child]));
}

/**
 * Return the elements of a list that come from frames: all but the headings.
 *
 * @param {Element} list
 * @returns {HTMLElement[]}
 */
export function entriesOf(list) {
  return itemsOf(list).filter((item) => "sort" in item.dataset);
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
  for (const item of itemsOf(list)) if (isHeading(item) && !placed.has(item)) item.remove();
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
  if (!(heading instanceof HTMLElement && isHeading(heading))) {
    heading = make("h2", { className: "day" });
    entry.before(heading);
  }
  if (heading.textContent !== name) heading.textContent = name;
  return /** @type {HTMLElement} */ (heading);
}

/** @param {Element} element */
function isHeading(element) {
  return element.matches("h2.day");
}
