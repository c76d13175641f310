// The list of time zones with a search: by city, country, time or name of the zone, in the page's language or English.

// Django's admin brings jQuery and Select2, neither with types.
const $ = /** @type {any} */ (window).django.jQuery;

/**
 * Return a text without case, accents and apostrophes, like the server's search terms of zones.
 *
 * @param {string} text
 */
function folded(text) {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\p{M}'‘’ʻʼ`]/gu, "");
}

/**
 * Return the options of a list that have all the words of a search; null for none, as Select2 expects it.
 *
 * @param {{ term?: string }} search
 * @param {any} item an option, or a group of them
 */
function matching(search, item) {
  const words = folded(search.term ?? "").split(/\s+/);
  if (!item.children) {
    const terms = item.element?.dataset.terms ?? "";
    return words.every((word) => terms.includes(word)) ? item : null;
  }
  const children = item.children.filter((/** @type {any} */ child) => matching(search, child));
  return children.length ? { ...item, children } : null;
}

for (const select of document.querySelectorAll("select:has(option[data-terms])")) {
  // Select2 reports a change only to jQuery.
  $(select)
    .select2({ matcher: matching, theme: "admin-autocomplete", width: "100%" })
    .on("select2:select", () => select.dispatchEvent(new Event("change", { bubbles: true })));
}
