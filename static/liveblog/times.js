// The times of a page: how long ago they were, kept true while the page is open, and the reader's own time zone on
// demand. Without this module the page gives each time in the zone of its event.
import { placeDays } from "./days.js";
import { find, findAll } from "./dom.js";
import { agoText, clockText, dayText, momentText, pageLocale, timeZoneName } from "./moments.js";
import { load, store } from "./storage.js";

const KEY = "times";
const OWN = "own";
const SWITCH = ".own-zone input";
/** The elements that depend on the zone: moments, clocks, and updates under the heading of a day. */
const DATED = "time[datetime], [data-clock], [data-day]";
/** Other work waits at most so long while many times are written, in milliseconds. */
const TURN = 8;
/** Wait no longer than this between two looks at the clock, and no shorter, in milliseconds. */
const LONGEST_WAIT = 3_600_000;
const SHORTEST_WAIT = 1000;

/** The times of a document. */
class Times {
  #locale = pageLocale();
  #own = load(KEY) === OWN;
  /** The last choice of the reader: an object of its own for each. */
  #choice = {};
  /** @type {number | undefined} */
  #timer;

  start() {
    this.#show(document.body);
    new MutationObserver((changes) => {
      const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node instanceof HTMLElement);
      for (const element of added) this.#show(element);
    }).observe(document.body, { childList: true, subtree: true });
    document.addEventListener("change", ({ target }) => {
      if (!(target instanceof HTMLInputElement && target.matches(SWITCH))) return;
      store(KEY, target.checked ? OWN : null);
      this.#choose(target.checked);
    });
    // Another tab of the site has chosen.
    addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY) this.#choose(newValue === OWN);
    });
    // Timers sleep in tabs that nobody sees.
    document.addEventListener("visibilitychange", () => this.#tick());
    addEventListener("pageshow", () => this.#tick());
  }

  /**
   * Write all times in the zone that the reader wants: at once those in view, and the others in turns, so that a page of
   * many hundred updates answers in time.
   *
   * @param {boolean} own
   */
  async #choose(own) {
    this.#own = own;
    const choice = {};
    this.#choice = choice;
    for (const zone of findAll(document, ".zone")) this.#describe(zone);
    const dated = findAll(document, DATED);
    const seen = inView(dated);
    for (const element of seen) this.#date(element);
    let endsAt = 0;
    for (const element of dated) {
      if (seen.has(element)) continue;
      if (performance.now() > endsAt) {
        await pause();
        // The reader has chosen otherwise meanwhile.
        if (this.#choice !== choice) return;
        endsAt = performance.now() + TURN;
      }
      this.#date(element);
    }
    const updates = document.getElementById("updates");
    if (updates) placeDays(updates);
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
    for (const element of all(root, DATED)) this.#date(element);
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
   * Say in which zone the times are. Readers who live in the zone of the event have nothing to choose.
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

  /** Write how long ago everything was, and again when one of them changes. */
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

/** Wait until the window shows what has changed; in a hidden one, which shows nothing, for an instant. */
function pause() {
  return new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}

/**
 * Return those of some elements that a reader may see: they are in the window, or in no list. The box of an entry is
 * asked for, because browsers do not lay out what is in one that is far from view.
 *
 * @param {HTMLElement[]} elements
 * @returns {Set<HTMLElement>}
 */
function inView(elements) {
  /** @type {Map<Element | null, boolean>} */
  const known = new Map([[null, true]]);
  return new Set(
    elements.filter((element) => {
      const entry = element.closest(".updates > *, .moments li");
      if (entry && !known.has(entry)) {
        const { top, bottom } = entry.getBoundingClientRect();
        known.set(entry, bottom >= 0 && top <= innerHeight);
      }
      return known.get(entry);
    }),
  );
}

/** @param {string} timeZone in the tz database, which the browser may know by another name */
function sameZone(timeZone) {
  const { timeZone: own } = new Intl.DateTimeFormat().resolvedOptions();
  return own === timeZone || own === new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
}

new Times().start();
