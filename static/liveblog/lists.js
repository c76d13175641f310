// Lists of names, as the language of the page writes them.

import { pageLocale } from "./moments.js";

/**
 * Return names in words of the page's language: "A, B and C".
 * @param {string[]} names
 */
export function listed(names) {
  return new Intl.ListFormat(pageLocale(), { type: "conjunction" }).format(names);
}
