// Numbers in texts.

/**
 * Return a text with a number, in the plural form of the language.
 *
 * @param {number} number
 * @param {Record<string, string>} forms texts with `%(count)s`, by plural category (Unicode CLDR); one is `other`
 * @param {string} language
 * @returns {string}
 */
export function countText(number, forms, language) {
  const form = forms[new Intl.PluralRules(language).select(number)] ?? forms.other ?? "";
  return form.replace("%(count)s", new Intl.NumberFormat(language).format(number));
}
