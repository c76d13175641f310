// The updates that are new to the reader: since the last visit, and since the page was opened. The button with their
// number appears while they are out of view, and scrolls to the oldest of them.

import { countText } from "./counting.js";
import { entriesOf } from "./days.js";
import { find, make } from "./dom.js";
import { isPinned } from "./frames.js";
import { afterPaint } from "./painting.js";
import { afterReading, isRead, parseVisit } from "./reading.js";
import { load, store } from "./storage.js";

/** @import { Page } from "./page.js" */
/** @import { Visit } from "./reading.js" */

/** The time that an update must be in view to count as read, in milliseconds: longer than it takes to scroll past. */
const READING = 500;
/** The greatest pause within one visit, in milliseconds. */
const SAME_VISIT = 120_000;
/** The greatest number of older pages that are loaded for missed updates. */
const PAGES_MAX = 20;
/** Milliseconds within which a cached page gets the updates since it was made. */
const CATCHING_UP = 10_000;

/** The updates on a page that a reader has not read. */
export class Unread {
  #list;
  #page;
  #older;
  #key;
  /** @type {Visit} */
  #visit = { at: 0, upTo: "", seen: [] };
  #returned = false;
  #startedAt = 0;
  /** When the reader left the page, unless they have read an update since. @type {number | null} */
  #leftAt = null;
  /** The ids of new updates that have not been in view: a correction replaces the element. @type {Set<string>} */
  #unseen = new Set();
  /** The parts of updates that are observed. @type {WeakSet<Element>} */
  #heads = new WeakSet();
  /** @type {WeakMap<Element, number>} */
  #timers = new WeakMap();
  #observer = new IntersectionObserver((entries) => this.#observed(entries), { rootMargin: "0px 0px -8% 0px" });
  #since = document.getElementById("since");
  #line = make("p", { className: "reading-line" });
  #title = document.title;
  #icon = document.querySelector('link[rel="icon"]');
  #plainIcon = this.#icon?.getAttribute("href") ?? "";

  /**
   * @param {HTMLElement} list
   * @param {Page} page
   * @param {() => Promise<boolean>} older loads the next page into the list; false if there is none
   */
  constructor(list, page, older) {
    this.#list = list;
    this.#page = page;
    this.#older = older;
    this.#key = `read:${location.pathname.split("/").slice(2).join("/")}`;
    this.#line.append(make("span", { textContent: this.#since?.dataset.line ?? "" }));
  }

  /** Begin a visit. */
  async start() {
    this.#startedAt = performance.now();
    const last = parseVisit(load(this.#key));
    // On a first visit nothing is missed; an older page does not have the newest update.
    const newest = "below" in this.#list.dataset ? keyOf(new Date()) : this.#keys().toSorted().at(-1);
    this.#visit = last ?? { at: Date.now(), upTo: newest ?? "", seen: [] };
    this.#returned = last !== null && Date.now() - last.at > SAME_VISIT;
    addEventListener("pagehide", () => this.#store());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) return;
      this.#leftAt ??= Date.now();
      this.#store();
    });
    if (this.#since) {
      find(this.#since, "button").addEventListener("click", () => this.goToOldest());
    }
    this.#markAll();
    if (this.#returned) await this.#lookBack();
    this.#store();
  }

  /** Note new elements of the list, from a frame or an older page. */
  added() {
    this.#markAll();
    if (this.#returned && performance.now() - this.#startedAt < CATCHING_UP) this.#sayMissed();
  }

  /**
   * Scroll to the oldest unread update.
   *
   * @returns {boolean} whether there is one
   */
  goToOldest() {
    const shown = (/** @type {HTMLElement[]} */ entries) => entries.filter((entry) => !entry.hidden).toSorted(bySort);
    const oldest = shown(this.#waiting())[0] ?? shown(this.#unread())[0];
    if (this.#since) this.#since.hidden = true;
    if (!oldest) return false;
    const target = this.#ascending ? beforeHeading(oldest) : oldest;
    target.scrollIntoView({ block: "start", behavior: "instant" });
    oldest.querySelector("a")?.focus({ preventScroll: true });
    // Browsers recalculate the styles of all updates for a new sibling. Do not let the reader wait for that.
    afterPaint().then(() => this.#placeLine());
    return true;
  }

  /** The number of new updates that have not been in view. */
  get unseen() {
    return this.#unseen.size;
  }

  get #ascending() {
    return "ascending" in this.#list.dataset;
  }

  /** Whether the first of the new updates is below the window. */
  get below() {
    const entries = this.#waiting().filter((entry) => !entry.hidden);
    return entries.length > 0 && entries.every((entry) => entry.getBoundingClientRect().top > innerHeight / 2);
  }

  #entries() {
    return entriesOf(this.#list).filter(({ dataset }) => !isPinned(dataset.sort ?? ""));
  }

  #keys() {
    return this.#entries().map(({ dataset }) => dataset.sort ?? "");
  }

  #unread() {
    return this.#entries().filter((entry) => entry.classList.contains("unread"));
  }

  #waiting() {
    return [...this.#unseen].flatMap((id) => document.getElementById(id) ?? []);
  }

  #markAll() {
    const ids = new Set();
    for (const entry of this.#entries()) {
      const { id, classList, dataset } = entry;
      ids.add(id);
      if (isRead(this.#visit, dataset.sort ?? "")) continue;
      const head = headOf(entry);
      // A correction keeps the class, but brings another head.
      if (!this.#heads.has(head)) this.#observer.observe(head);
      this.#heads.add(head);
      if (classList.contains("unread")) continue;
      classList.add("unread");
      document.getElementById(`moment-${id.slice("update-".length)}`)?.classList.add("unread");
      this.#unseen.add(id);
    }
    for (const id of this.#unseen) if (!ids.has(id)) this.#unseen.delete(id);
    this.#show();
  }

  /** Load older pages until all updates since the last visit are there, and show their number. */
  async #lookBack() {
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const entries = this.#entries();
      const oldest = entries.toSorted(bySort)[0];
      if (this.#ascending || !oldest || isRead(this.#visit, oldest.dataset.sort ?? "")) break;
      if (!(await this.#older())) break;
    }
    this.#sayMissed();
  }

  #sayMissed() {
    const unread = this.#unread();
    if (!unread.length || !this.#since) return;
    const keys = unread.filter((entry) => "key" in entry.dataset).length;
    const { updates = "{}", keyed = "{}", all = "", some = "" } = this.#since.dataset;
    const language = document.documentElement.lang;
    find(this.#since, "span").textContent = (keys ? some : all)
      .replace("{updates}", countText(unread.length, JSON.parse(updates), language))
      .replace("{key}", countText(keys, JSON.parse(keyed), language));
    this.#since.hidden = false;
    this.#placeLine();
  }

  /** Put the line between read and unread updates: above the first unread one in the order of the list. */
  #placeLine() {
    const unread = this.#unread().toSorted(bySort);
    const oldest = unread[0];
    if (!oldest) return;
    if (this.#ascending) beforeHeading(oldest).before(this.#line);
    else oldest.after(this.#line);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #observed(entries) {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(this.#timers.get(target));
      const entry = target.closest(".update");
      if (!isIntersecting || !(entry instanceof HTMLElement)) continue;
      this.#unseen.delete(entry.id);
      this.#timers.set(
        target,
        setTimeout(() => this.#read(entry), READING),
      );
    }
    this.#show();
  }

  /** @param {HTMLElement} entry */
  #read(entry) {
    this.#observer.unobserve(headOf(entry));
    if (document.hidden) {
      // It is observed from the beginning when the page becomes visible again.
      this.#observer.observe(headOf(entry));
      return;
    }
    this.#leftAt = null;
    const shown = this.#keys();
    // There is a gap if older updates, on other pages, have not been read either.
    const complete = !("above" in this.#list.dataset) || shown.some((key) => key <= this.#visit.upTo);
    this.#visit = afterReading(this.#visit, entry.dataset.sort ?? "", complete ? shown : []);
    this.#store();
  }

  #store() {
    // If a page is reloaded when the reader returns to its tab, the reader had left it before.
    store(this.#key, JSON.stringify({ ...this.#visit, at: this.#leftAt ?? Date.now() }));
  }

  /** Show the number of updates that are new since the page was opened, in the title and on the icon of the tab. */
  #show() {
    this.#page.count();
    const number = this.#unseen.size;
    document.title = number ? `(${number}) ${this.#title}` : this.#title;
    this.#icon?.setAttribute("href", number ? iconWith(number) : this.#plainIcon);
  }
}

/**
 * Return the least sort key of an update that is published at a moment.
 *
 * @param {Date} moment
 */
function keyOf(moment) {
  return moment.toISOString().replace(/[-:Z]/g, "");
}

/**
 * @param {HTMLElement} one
 * @param {HTMLElement} other
 */
function bySort(one, other) {
  return (one.dataset.sort ?? "") < (other.dataset.sort ?? "") ? -1 : 1;
}

/**
 * Return the part of an update that a reader must have seen.
 *
 * @param {HTMLElement} entry
 */
function headOf(entry) {
  return entry.querySelector(".spot") ?? entry;
}

/** @param {HTMLElement} entry */
function beforeHeading(entry) {
  const heading = entry.previousElementSibling;
  return heading?.matches("h2.day") ? heading : entry;
}

/** @param {number} number */
function iconWith(number) {
  const text = number > 99 ? "99" : String(number);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#cf142f"/><text x="16" y="23" font-family="sans-serif" font-weight="700" font-size="20" text-anchor="middle" fill="#fff">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
