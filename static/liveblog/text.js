// Recognises blank texts like liveblog/blank.py on the server, which decides.

const WITHOUT_INK = String.raw`\p{White_Space}\p{Z}\p{Default_Ignorable_Code_Point}\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}`;
const EMPTY_GLYPHS = String.raw`\u2800\u{1d159}\u{13441}\u{13442}\ufffc`;
/** Format characters that enclose digits (Prepended_Concatenation_Mark, which no browser knows by name). */
const ENCLOSING = String.raw`\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}`;
const INK = new RegExp(`[^${WITHOUT_INK}${EMPTY_GLYPHS}]|[${ENCLOSING}]`, "u");

/**
 * Return whether a plain text is blank.
 * @param {string} text
 */
export function isBlank(text) {
  return !INK.test(text);
}

/**
 * Return whether the text of an HTML document or fragment is blank.
 * @param {string} html
 */
export function isBlankHtml(html) {
  return isBlank(new DOMParser().parseFromString(html, "text/html").body.textContent ?? "");
}
