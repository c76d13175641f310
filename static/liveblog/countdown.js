// The time until announced coverage starts, counted down in the page's language.
import { find } from "./dom.js";
import { pageLocale } from "./moments.js";

/** @type {[unit: string, seconds: number][]} */
const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
/** The longest time between two checks of the clock, in milliseconds. */
const LONGEST_WAIT = 3_600_000;

/** Counts down in one element at a time. */
export class Countdown {
  /** @type {HTMLElement | null} */
  #element = null;
  /** @type {number | undefined} */
  #timer;

  /**
   * Count down in an element if it has a start time, and stop in the one before.
   *
   * @param {ParentNode} root
   */
  show(root) {
    clearTimeout(this.#timer);
    this.#element = root.querySelector(".countdown[data-start]");
    this.#tick();
  }

  #tick() {
    if (!this.#element) return;
    const left = Math.ceil((Date.parse(this.#element.dataset.start ?? "") - Date.now()) / 1000);
    this.#element.hidden = false;
    find(this.#element, ".soon").hidden = left > 0;
    find(this.#element, ".until").hidden = left <= 0;
    if (left <= 0) return;
    find(this.#element, ".left").textContent = remaining(left, pageLocale());
    const step = stepOf(left);
    const wait = ((left - 1) % step) * 1000 + 1000 - (Date.now() % 1000);
    this.#timer = setTimeout(() => this.#tick(), Math.min(wait, LONGEST_WAIT));
  }
}

/**
 * Write a duration in words: in days, hours and minutes, or on the last day down to the second.
 *
 * @param {number} seconds
 * @param {string} language
 * @returns {string}
 */
export function remaining(seconds, language) {
  const step = stepOf(seconds);
  let rest = Math.ceil(seconds / step) * step;
  const parts = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest %= length;
    if (length < step || (count === 0 && parts.length === 0)) continue;
    parts.push(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count));
  }
  return new Intl.ListFormat(language, { type: "unit", style: "long" }).format(parts);
}

/**
 * Return the seconds of the smallest unit that is shown: nobody watches seconds for days.
 *
 * @param {number} seconds
 */
function stepOf(seconds) {
  return seconds >= 86_400 ? 60 : 1;
}
