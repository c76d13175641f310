// Lists of names in the form of the page's language.

import { pageLocale } from "./moments.js";

/**
 * Return a list of names in the page's language: "A, B and C".
 * @param {string[]} names
 */
export function listed(names) {
  return new Intl.ListFormat(pageLocale(), { type: "conjunction" }).format(names);
}
