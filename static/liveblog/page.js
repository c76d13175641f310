// The live page: applies frames to the document. Frames carry states, not differences, so a frame that is applied twice
// changes nothing. A frame that does not follow the state of the page triggers a catch-up.
import { countText } from "./counting.js";
import { entriesOf, placeDays } from "./days.js";
import { childrenOf, findAll, focused, parse } from "./dom.js";
import { keepOpen } from "./embeds.js";
import { isPinned, liesWithin, precedes, verdict } from "./frames.js";
import { turned } from "./page-links.js";
import { afterPaint } from "./painting.js";
import { Places } from "./places.js";

/** @import { Change, Frame, PageState, Put } from "./frames.js" */
/** @import { Place } from "./page-links.js" */
/** @import { Unread } from "./unread.js" */

/** The reader is further down if the list begins this many pixels above the window. */
const SCROLLED = 40;

/** The elements of a live page, at a revision. */
export class Page {
  #main;
  #onPlaced;
  #updates = document.getElementById("updates");
  #button = document.getElementById("new-updates");
  #status = document.getElementById("new-updates-status");
  /** The last number of new updates on the button. */
  #counted = 0;
  /** The updates that are new to the reader, once they are counted. @type {Unread | null} */
  unread = null;
  /** Called when a frame had new updates. */
  onNew = () => {};
  /** The ends of the lists on this page, by the links that continue from there. @type {WeakMap<HTMLElement, Place>} */
  #ends = new WeakMap();

  /**
   * @param {HTMLElement} main
   * @param {(element: HTMLElement) => void} [onPlaced] hears of each element that comes to the page
   */
  constructor(main, onPlaced = () => {}) {
    this.#main = main;
    this.#onPlaced = onPlaced;
    this.#button?.addEventListener("click", () => this.#goToNew());
    if (this.#button) addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#turnLinks();
    // The element at which the page opens is the target of a fragment, which a typed address lacks.
    if (this.#updates?.dataset.at && !location.hash) location.replace(`#${placeOf(this.#updates)}`);
  }

  /** The revision that the page shows. */
  get revision() {
    return Number(this.#main.dataset.revision);
  }

  /** The state that the page shows. @returns {PageState} */
  get state() {
    return { revision: this.revision, token: this.#main.dataset.token ?? "" };
  }

  /** Whether the coverage is over, according to the page. */
  get finished() {
    return document.getElementById("coverage")?.dataset.state === "finished";
  }

  /**
   * Apply one frame, unless it is known, or others before it are missing, or the page must be reloaded.
   *
   * @param {Frame} frame
   * @returns {"applied" | "known" | "behind" | "reload"}
   */
  apply(frame) {
    const found = verdict(frame, this.state);
    if (found !== "apply") return found;
    const places = this.#places();
    const before = this.#size();
    for (const change of frame.changes ?? []) this.#change(change);
    if (this.#size() > before) this.onNew();
    this.settle();
    places.glide();
    this.#main.dataset.revision = String(frame.revision);
    this.#main.dataset.token = frame.token;
    return "applied";
  }

  /**
   * Apply changes again, to elements that were added since.
   *
   * @param {Change[]} changes
   */
  repeat(changes) {
    for (const change of changes) this.#change(change);
    this.settle();
  }

  /**
   * Announce a new element of the page to other modules.
   *
   * @param {HTMLElement} element
   */
  placed(element) {
    this.#onPlaced(element);
  }

  /** Note the positions of all parts, those of updates in batches too if browsers have laid out the batch. */
  #places() {
    const places = new Places(this.#main);
    for (const batch of findAll(this.#main, ".batch")) {
      if (!document.hidden && places.add(batch)) for (const entry of childrenOf(batch)) places.add(entry);
    }
    return places;
  }

  #size() {
    return this.#updates ? entriesOf(this.#updates).length : 0;
  }

  /** Update the parts that depend on several elements. */
  settle() {
    if (this.#updates) {
      placeDays(this.#updates);
      // An empty batch would keep its former size.
      for (const batch of findAll(this.#updates, ".batch:empty")) batch.remove();
      this.#describe(this.#updates);
    }
    this.unread?.added();
    this.count();
    this.#turnLinks();
  }

  /**
   * Set the attributes of the list on which the style sheet, or a legend, depends.
   *
   * @param {HTMLElement} list
   */
  #describe(list) {
    this.#main.classList.toggle("without-updates", !list.querySelector(".update"));
    for (const part of findAll(this.#main, ".marks > [data-of]"))
      part.hidden = !list.querySelector(part.dataset.of ?? "");
  }

  /** @param {Change} change one of an unknown kind is a newer server's, and ignored */
  #change(change) {
    if (change.op === "put") this.#put(change);
    else if (change.op === "remove") document.getElementById(change.id)?.remove();
    else if (change.op === "set") {
      const old = document.getElementById(change.id);
      if (old) this.#replace(old, parse(change.html));
    }
  }

  /** @param {Put} change */
  #put({ id, list: name, sort, html }) {
    const list = document.getElementById(name);
    if (!list) return;
    const old = document.getElementById(id);
    const element = parse(html);
    if (!belongs(list, element, sort, old)) {
      old?.remove();
      return;
    }
    if (old && old.dataset.sort === sort && list.contains(old)) {
      element.hidden = old.hidden;
      for (const name of ["unread", "open", "far"]) element.classList.toggle(name, old.classList.contains(name));
      this.#replace(old, element);
      return;
    }
    old?.remove();
    const ascending = "ascending" in list.dataset;
    const next = entriesOf(list).find((child) => precedes(sort, child.dataset.sort ?? "", ascending));
    element.hidden = !old && !ascending && list === this.#updates && this.#isScrolledDown();
    if (next) next.before(element);
    else list.append(element);
    this.#onPlaced(element);
    if (element.hidden) return;
    if (list === this.#updates) highlight(element);
  }

  /**
   * Replace an element by its new state, and keep the reader's input and selections in it.
   *
   * @param {HTMLElement} old
   * @param {HTMLElement} element
   */
  #replace(old, element) {
    // Keep an original open that the reader has opened beside its translation.
    if (old.querySelector("details[open]")) element.querySelector("details")?.setAttribute("open", "");
    for (const input of inputsOf(old)) {
      if (!input.checked) continue;
      const same = inputsOf(element).find((one) => one.name === input.name && one.value === input.value);
      if (same) same.checked = true;
    }
    const active = focused();
    const index = active ? controlsOf(old).indexOf(active) : -1;
    const present = keepOpen(old, element) ? old : element;
    if (present !== old) old.replaceWith(element);
    if (index >= 0 && !present.contains(document.activeElement)) {
      controlsOf(present)[index]?.focus({ preventScroll: true });
    }
    this.#onPlaced(present);
  }

  // New updates wait, hidden, while the reader is further down, so that the text being read does not move.

  #isScrolledDown() {
    return Boolean(this.#button && this.#updates && this.#updates.getBoundingClientRect().top < -SCROLLED);
  }

  #scrolled() {
    if (this.#waiting().length && !this.#isScrolledDown()) this.#reveal();
  }

  #waiting() {
    return this.#updates ? findAll(this.#updates, "[data-sort][hidden]") : [];
  }

  #reveal() {
    const places = this.#places();
    for (const element of this.#showWaiting()) highlight(element);
    this.settle();
    places.glide();
  }

  #showWaiting() {
    const waiting = this.#waiting();
    for (const element of waiting) element.hidden = false;
    return waiting;
  }

  /** Scroll to the oldest new update, at once and without a visible movement. */
  async #goToNew() {
    const waiting = this.#showWaiting();
    if (this.#updates) placeDays(this.#updates);
    if (!this.unread?.goToOldest()) this.#updates?.scrollIntoView();
    await afterPaint();
    for (const element of waiting) highlight(element);
    this.settle();
  }

  /**
   * Make the links to other pages of a list continue where this page ends. They must not repeat updates that were
   * published here, nor updates that were withdrawn here and come back.
   */
  #turnLinks() {
    for (const link of findAll(this.#main, "[data-list] a[rel]")) {
      const list = document.getElementById(link.closest("[data-list]")?.getAttribute("data-list") ?? "");
      // A list in another order takes in nothing, and sort keys do not mark its ends.
      if (!(link instanceof HTMLAnchorElement) || !list || "fixed" in list.dataset) continue;
      const shown = entriesOf(list)
        .filter(({ hidden, dataset }) => !hidden && !isPinned(dataset.sort ?? ""))
        .map(({ id, dataset }) => ({ id, sort: dataset.sort ?? "" }));
      const known = this.#ends.get(link);
      const { address, end } = turned(link.href, known ? [known, ...shown] : shown);
      if (!end) continue;
      this.#ends.set(link, end);
      if (address !== link.href) link.href = address;
    }
  }

  /** Show on the button how many updates are new, if they are out of view. */
  count() {
    if (!this.#button || !this.#status) return;
    const waiting = this.#waiting();
    // Pinned updates are not read in sequence.
    const pins = waiting.filter(({ dataset }) => isPinned(dataset.sort ?? "")).length;
    const number = this.unread ? this.unread.unseen + pins : waiting.length;
    this.#button.hidden = number === 0;
    this.#button.classList.toggle("below", Boolean(this.unread?.below));
    const text = countText(number, JSON.parse(this.#button.dataset.forms ?? "{}"), document.documentElement.lang);
    if (this.#button.textContent !== text) this.#button.textContent = text;
    // Announce only a greater number, or the same number after the others have been read.
    if (number > this.#counted) this.#status.textContent = text;
    this.#counted = number;
  }
}

/** @param {HTMLElement} element */
function controlsOf(element) {
  return findAll(element, "a[href], button, input, textarea, summary, [tabindex]");
}

/** @param {HTMLElement} element */
function inputsOf(element) {
  return [...element.querySelectorAll("input")];
}

/**
 * Return whether an element has its place on this page of the list: the page may show key events only, and older or
 * newer updates may be on other pages. In a list in another order, a new element has none.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement} element
 * @param {string} sort
 * @param {HTMLElement | null} old
 */
function belongs(list, element, sort, old) {
  const { accepts } = list.dataset;
  if (accepts && !element.matches(accepts)) return false;
  // An element that keeps its place belongs there; pinning moves it elsewhere.
  if (old?.dataset.sort === sort) return true;
  if (!old && "fixed" in list.dataset) return false;
  return liesWithin(sort, list.dataset);
}

/**
 * Return the id of the element to which the page scrolls: the one that the address names or, if readers no longer see
 * that one, the one below its place.
 *
 * @param {HTMLElement} list
 */
function placeOf(list) {
  const { at = "", atSort = "" } = list.dataset;
  if (document.getElementById(at)) return at;
  return entriesOf(list).find(({ dataset }) => (dataset.sort ?? "") <= atSort)?.id ?? list.id;
}

/** @param {HTMLElement} element */
function highlight(element) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ backgroundColor: "color-mix(in srgb, var(--signal) 9%, transparent)" }, {}], {
    duration: 2500,
    easing: "ease-out",
  });
}
