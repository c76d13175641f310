// Formats dates and times in the browser like liveblog/moments/formats.py on the server.

/**
 * A unit, and how many milliseconds it lasts; a month and a year have their average length.
 *
 * @type {[unit: Intl.RelativeTimeFormatUnit, length: number][]}
 */
const UNITS = [
  ["year", 31_556_952_000],
  ["month", 2_629_746_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];
/** Everyone knows the abbreviations of these units, but not 'm' for months or 'a' for years. */
const SHORT = ["minute", "hour"];
/** A normal error of clocks in milliseconds; with a greater one, "ago" would be wrong. */
const SLOW_CLOCK = 60_000;
const ARABIC = /\p{Script=Arabic}/u;
const LEFT_TO_RIGHT_MARK = "\u200e";

// Creating a format takes far longer than using it, and a long page has thousands of times.
/** @type {Map<string, Intl.DateTimeFormat>} */
const dateFormats = new Map();
/** @type {Map<string, Intl.RelativeTimeFormat>} */
const relativeFormats = new Map();

/**
 * Return the language tag of dates and numbers on this page. It may be more specific than the page's language: 'en-GB'.
 *
 * @returns {string}
 */
export function pageLocale() {
  const tag = document.querySelector('meta[name="locale"]')?.getAttribute("content");
  return tag || document.documentElement.lang;
}

/**
 * Write a moment with its day, year and offset from UTC: '29 Nov 2022, 16:52 GMT+2'.
 *
 * @param {Date | number} moment
 * @param {string} locale
 * @param {string} [timeZone] that of the browser if there is none
 * @returns {string}
 */
export function momentText(moment, locale, timeZone) {
  const parts = dateFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "shortOffset",
    numberingSystem: "latn",
    timeZone,
  }).formatToParts(moment);
  return parts.map(({ type, value }) => (type === "timeZoneName" ? signed(value) : value)).join("");
}

/**
 * Format the clock time of a moment, to show beside the complete moment: '16:52', '29 Nov, 16:52'.
 *
 * @param {Date | number} moment
 * @param {string} locale
 * @param {{ day?: boolean, timeZone?: string }} [options]
 * @returns {string}
 */
export function clockText(moment, locale, { day = false, timeZone } = {}) {
  return dateFormat(locale, {
    ...(day ? { day: "numeric", month: "short" } : {}),
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    numberingSystem: "latn",
    timeZone,
  }).format(moment);
}

/**
 * Format the day of a moment like the headings of the list: 'Tuesday, 29 November 2022'.
 *
 * @param {Date | number} moment
 * @param {string} locale
 * @param {string} [timeZone]
 * @returns {string}
 */
export function dayText(moment, locale, timeZone) {
  return dateFormat(locale, { dateStyle: "full", numberingSystem: "latn", timeZone }).format(moment);
}

/**
 * Return the name of a time zone, whether it has summer time or not: 'Eastern Time'.
 *
 * @param {string} locale
 * @param {string} [timeZone]
 * @returns {string}
 */
export function timeZoneName(locale, timeZone) {
  const parts = dateFormat(locale, { timeZoneName: "longGeneric", timeZone }).formatToParts();
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/**
 * Write how long ago something was, in the largest unit of which at least one has passed.
 *
 * @param {number} elapsed in milliseconds
 * @param {string} locale
 * @returns {{ text: string, wait: number }} the text, empty if the moment is in the future; and the milliseconds until
 * it changes
 */
export function agoText(elapsed, locale) {
  if (elapsed < -SLOW_CLOCK) return { text: "", wait: -SLOW_CLOCK - elapsed };
  const [unit, length] = UNITS.find(([, each]) => elapsed >= each) ?? ["second", 0];
  if (!length) return { text: relative(0, "second", locale), wait: 60_000 - elapsed };
  return { text: relative(Math.floor(elapsed / length), unit, locale), wait: length - (elapsed % length) };
}

/**
 * @param {number} count
 * @param {Intl.RelativeTimeFormatUnit} unit
 * @param {string} locale
 */
function relative(count, unit, locale) {
  const style = SHORT.includes(unit) ? "short" : "long";
  // Use words without a number only for "now": 26 hours ago may be the day before yesterday.
  const numeric = count ? "always" : "auto";
  const key = `${locale} ${numeric} ${style}`;
  const format = relativeFormats.get(key) ?? new Intl.RelativeTimeFormat(`${locale}-u-nu-latn`, { numeric, style });
  relativeFormats.set(key, format);
  return format.format(-count, unit);
}

/**
 * @param {string} locale
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {Intl.DateTimeFormat}
 */
function dateFormat(locale, options) {
  const key = JSON.stringify([locale, options]);
  const format = dateFormats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  dateFormats.set(key, format);
  return format;
}

/**
 * Write the offset from UTC that a zone has at a moment: 'GMT−4'.
 *
 * @param {Date | number} moment
 * @param {string} locale
 * @param {string} [timeZone] that of the browser if there is none
 * @returns {string}
 */
export function offsetText(moment, locale, timeZone) {
  const format = dateFormat(locale, { timeZoneName: "shortOffset", numberingSystem: "latn", timeZone });
  const part = format.formatToParts(moment).find(({ type }) => type === "timeZoneName");
  return signed(part?.value ?? "");
}

/** @param {string} text such as 'GMT+2' */
function signed(text) {
  const [, name = text, sign = "", digits = ""] = /^(.*?)\u200e?([+\u2212-])([\d:]+)$/u.exec(text) ?? [];
  if (!Number.parseFloat(digits.replace(":", "."))) return name;
  // Between Arabic letters and digits the sign would move behind the digits (Unicode Bidirectional Algorithm, W2).
  return `${name}${ARABIC.test(name) ? LEFT_TO_RIGHT_MARK : ""}${sign === "+" ? "+" : "\u2212"}${digits}`;
}
