// The times of a page: how long ago they were, kept up to date while the page is open, and the reader's own time zone
// on demand. Without this module the page shows each time in the zone of its event.
import { placeDays } from "./days.js";
import { childrenOf, find, findAll } from "./dom.js";
import { agoText, clockText, dayText, momentText, pageLocale, timeZoneName } from "./moments.js";
import { afterPaint } from "./painting.js";
import { load, store } from "./storage.js";

const KEY = "times";
const OWN = "own";
const SWITCH = ".own-zone input";
/** The elements that depend on the zone: moments, clocks, and updates under the heading of a day. */
const DATED = "time[datetime], [data-clock], [data-day]";
/** The lists that may be long, and the elements that are in none of them. */
const LISTS = "#updates, #moments";
const UNLISTED = `:is(${DATED}):not(:is(${LISTS}) *)`;
/** The longest time for which other work waits while many times are written, in milliseconds. */
const TURN = 8;
/** The longest and the shortest time between two checks of the clock, in milliseconds. */
const LONGEST_WAIT = 3_600_000;
const SHORTEST_WAIT = 1000;

/** The times of a document. */
class Times {
  #locale = pageLocale();
  #own = load(KEY) === OWN;
  /** The last choice of the reader; each choice is a new object. */
  #choice = {};
  /** @type {number | undefined} */
  #timer;

  start() {
    this.#show(document.body);
    if (document.querySelector(".own-zone:not(.needless)")) prepareFormats(this.#locale);
    new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node instanceof HTMLElement);
      for (const element of added) this.#show(element);
    }).observe(document.body, { childList: true, subtree: true });
    document.addEventListener("change", ({ target }) => {
      if (!(target instanceof HTMLInputElement && target.matches(SWITCH))) return;
      store(KEY, target.checked ? OWN : null);
      this.#choose(target.checked);
    });
    // The reader has chosen in another tab of the site.
    addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY) this.#choose(newValue === OWN);
    });
    // Browsers suspend timers in hidden tabs.
    document.addEventListener("visibilitychange", () => this.#tick());
    addEventListener("pageshow", () => this.#tick());
  }

  /**
   * Write all times in the reader's zone, once the browser has painted the choice: first those in view, then the others
   * in batches, so that a page of many hundred updates stays responsive.
   *
   * @param {boolean} own
   */
  async #choose(own) {
    this.#own = own;
    const choice = {};
    this.#choice = choice;
    await afterPaint();
    if (this.#choice !== choice) return;
    // Read this before anything is written: reading it afterwards would cost another layout of the page.
    const seen = new Set(findAll(document, LISTS).flatMap(inView));
    for (const element of findAll(document, UNLISTED)) this.#date(element);
    for (const entry of seen) this.#dateAll(entry);
    for (const zone of findAll(document, ".zone")) this.#describe(zone);
    await afterPaint();
    let endsAt = performance.now() + TURN;
    for (const entry of findAll(document, LISTS).flatMap(childrenOf)) {
      if (seen.has(entry)) continue;
      if (performance.now() > endsAt) {
        await afterPaint();
        endsAt = performance.now() + TURN;
      }
      // The reader has changed the choice in the meantime.
      if (this.#choice !== choice) return;
      this.#dateAll(entry);
    }
    const updates = document.getElementById("updates");
    if (updates) placeDays(updates);
  }

  /** @param {HTMLElement} root */
  #dateAll(root) {
    for (const element of all(root, DATED)) this.#date(element);
  }

  /**
   * Date an element in the zone that the reader wants.
   *
   * @param {HTMLElement} element one of DATED
   */
  #date(element) {
    if (element instanceof HTMLTimeElement) this.#write(element);
    else if ("clock" in element.dataset) this.#set(element);
    else this.#assign(element);
  }

  /** @param {HTMLElement} root */
  #show(root) {
    this.#dateAll(root);
    for (const zone of all(root, ".zone")) this.#describe(zone);
    const lists = new Set(all(root, "[data-day]").map((entry) => entry.closest("#updates")));
    for (const list of lists) if (list) placeDays(list);
    if (all(root, ".ago").length) this.#tick();
  }

  /**
   * Write a time in the zone that the reader wants.
   *
   * @param {HTMLTimeElement} time
   */
  #write(time) {
    const { dataset } = time;
    if (this.#own) {
      dataset.event ??= time.textContent;
      time.textContent = momentText(Date.parse(time.dateTime), this.#locale);
    } else if (dataset.event !== undefined) {
      time.textContent = dataset.event;
      delete dataset.event;
    }
  }

  /**
   * Set a clock to the zone that the reader wants.
   *
   * @param {HTMLElement} clock
   */
  #set(clock) {
    const { dataset } = clock;
    if (this.#own) {
      dataset.event ??= clock.textContent ?? "";
      clock.textContent = clockText(Date.parse(dataset.clock ?? ""), this.#locale, { day: "dayToo" in dataset });
    } else if (dataset.event !== undefined) {
      clock.textContent = dataset.event;
      delete dataset.event;
    }
  }

  /**
   * Assign an update to its day in the zone that the reader wants.
   *
   * @param {HTMLElement} entry
   */
  #assign(entry) {
    const { dataset } = entry;
    const time = entry.querySelector(".when time");
    if (this.#own && time instanceof HTMLTimeElement) {
      dataset.eventDay ??= dataset.day;
      dataset.eventDayName ??= dataset.dayName;
      dataset.day = dataset.dayName = dayText(Date.parse(time.dateTime), this.#locale);
    } else if (dataset.eventDay !== undefined) {
      dataset.day = dataset.eventDay;
      dataset.dayName = dataset.eventDayName;
      delete dataset.eventDay;
      delete dataset.eventDayName;
    }
  }

  /**
   * Show the zone of the times. Readers in the zone of the event have no choice.
   *
   * @param {HTMLElement} zone
   */
  #describe(zone) {
    const event = find(zone, ".event-zone");
    const choice = find(zone, ".own-zone");
    const { zone: name } = event.dataset;
    choice.classList.toggle("needless", name !== undefined && sameZone(name) && !this.#own);
    find(choice, "input", HTMLInputElement).checked = this.#own;
    find(choice, ".own-zone-name").textContent = this.#own ? `(${timeZoneName(this.#locale)})` : "";
    event.hidden = this.#own;
  }

  /** Write how long ago all moments were, and again when one of the texts changes. */
  #tick() {
    clearTimeout(this.#timer);
    const now = Date.now();
    let wait = LONGEST_WAIT;
    for (const element of findAll(document, ".ago")) {
      const ago = agoText(now - Date.parse(element.dataset.moment ?? ""), this.#locale);
      if (element.textContent !== ago.text) element.textContent = ago.text;
      wait = Math.min(wait, ago.wait);
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(wait, SHORTEST_WAIT));
  }
}

/**
 * Return an element, if a selector matches it, and the elements within it that the selector matches.
 *
 * @param {HTMLElement} root
 * @param {string} selector
 */
function all(root, selector) {
  const found = findAll(root, selector);
  return root.matches(selector) ? [root, ...found] : found;
}

/**
 * Return the entries of a list that are in the window. They are in order from top to bottom, so a binary search finds
 * the first; hidden ones come before all others.
 *
 * @param {HTMLElement} list
 */
function inView({ children }) {
  const entry = (/** @type {number} */ index) => /** @type {HTMLElement} */ (children[index]);
  let [first, end] = [0, children.length];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (entry(middle).hidden || entry(middle).getBoundingClientRect().bottom < 0) first = middle + 1;
    else end = middle;
  }
  const seen = [];
  while (first < children.length && entry(first).getBoundingClientRect().top <= innerHeight) seen.push(entry(first++));
  return seen;
}

/**
 * Create the formats of the browser's own time zone one by one, while the browser is idle: on a phone, creating one may
 * take longer than its reader should wait after a click.
 *
 * @param {string} locale
 */
function prepareFormats(locale) {
  const now = Date.now();
  const uses = [
    () => momentText(now, locale),
    () => clockText(now, locale),
    () => clockText(now, locale, { day: true }),
    () => dayText(now, locale),
    () => timeZoneName(locale),
  ];
  if ("requestIdleCallback" in window) for (const use of uses) requestIdleCallback(use);
}

/** @param {string} timeZone in the tz database, which the browser may know by another name */
function sameZone(timeZone) {
  const { timeZone: own } = new Intl.DateTimeFormat().resolvedOptions();
  return own === timeZone || own === new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
}

new Times().start();
