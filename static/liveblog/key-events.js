// Navigation in a live page: the list of key events marks the present one, and scrolls to events that are on this page.
// Without this module its entries are links.
import { childrenOf, closest, find, findAll } from "./dom.js";
import { afterPaint } from "./painting.js";

/** The present event is the last one that begins above this part of the window. */
const LINE = 0.4;

/** The list of key events, and the bar that opens it on phones. */
export class KeyEvents {
  #list = document.getElementById("moments");
  #sheet = document.getElementById("key-events");
  #dock = document.querySelector(".dock");
  #waits = false;

  start() {
    if (!this.#list) return;
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    addEventListener("scroll", () => this.#soon(), { passive: true });
    addEventListener("resize", () => this.#soon());
    new MutationObserver(() => this.#changed()).observe(this.#list, { childList: true });
    const updates = document.getElementById("updates");
    if (updates) new MutationObserver(() => this.#soon()).observe(updates, { childList: true });
    this.#changed();
  }

  #changed() {
    this.#leaveOut();
    const count = this.#list?.children.length ?? 0;
    const number = this.#sheet?.querySelector("h2 .nums");
    if (number) number.textContent = String(count);
    this.#sheet?.classList.toggle("without-events", count === 0);
    if (this.#dock) find(this.#dock, ".here", HTMLButtonElement).disabled = count === 0;
    this.#mark();
  }

  /** Keep no more events than the server lists, the newest ones. */
  #leaveOut() {
    const list = this.#list;
    if (!list) return;
    const over = list.childElementCount - Number(list.dataset.most);
    if (!(over > 0)) return;
    const entries = childrenOf(list);
    for (const entry of "ascending" in list.dataset ? entries.slice(0, over) : entries.slice(-over)) entry.remove();
  }

  /** @param {MouseEvent} event */
  async #clicked(event) {
    const link = closest(event, "a[data-update]");
    if (this.#sheet?.matches(":popover-open")) this.#sheet.hidePopover();
    const update = document.getElementById(link?.dataset.update ?? "");
    if (!link || !update || update.hidden || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    // Show that the click has arrived before the update is laid out, which takes longer.
    this.#present(link);
    await afterPaint();
    // The fragment makes the update the target, and the button Back leads back.
    if (location.hash === `#${update.id}`) update.scrollIntoView();
    else location.hash = update.id;
  }

  /** Mark the present event once the window shows what has moved: no second layout of the page is needed then. */
  async #soon() {
    if (this.#waits) return;
    this.#waits = true;
    await afterPaint();
    this.#waits = false;
    this.#mark();
  }

  /** Mark the reader's present event. */
  #mark() {
    const entries = this.#links();
    /** @type {HTMLElement | undefined} */
    let present;
    let top = Number.NEGATIVE_INFINITY;
    for (const link of entries) {
      const update = document.getElementById(link.dataset.update ?? "");
      if (!update || update.hidden) continue;
      // Of the events in a batch that is left out, the last one is nearest to the window.
      const own = measurable(update).getBoundingClientRect().top;
      if (own < innerHeight * LINE && own >= top) [present, top] = [link, own];
    }
    // Above the updates, the newest event is the present one.
    present ??= this.#list && "ascending" in this.#list.dataset ? entries.at(-1) : entries[0];
    this.#present(present);
  }

  #links() {
    return this.#list ? childrenOf(this.#list).map((entry) => find(entry, "a[data-update]")) : [];
  }

  /** @param {HTMLElement | undefined} present the link to the present event */
  #present(present) {
    const entries = this.#links();
    for (const link of entries) {
      if (link === present) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
    this.#show(present, present ? entries.indexOf(present) + 1 : 0, entries.length);
  }

  /**
   * @param {HTMLElement | undefined} link
   * @param {number} number
   * @param {number} count
   */
  #show(link, number, count) {
    const list = this.#list;
    const entry = link?.parentElement;
    if (list && entry && list.scrollWidth > list.clientWidth) {
      // In right-to-left pages the distance is negative, as `scrollLeft` is.
      const start = document.dir === "rtl" ? entry.offsetLeft + entry.offsetWidth - list.clientWidth : entry.offsetLeft;
      list.scrollLeft = start - list.offsetLeft;
    }
    if (!this.#dock) return;
    find(this.#dock, ".here .nums").textContent = count ? `${number}/${count}` : "";
    const what = find(this.#dock, ".now-at");
    const text = link ? find(link, ".what") : null;
    if (what.textContent !== (text?.textContent ?? "")) what.textContent = text?.textContent ?? "";
    for (const name of ["lang", "dir"]) {
      const value = text?.getAttribute(name);
      if (value) what.setAttribute(name, value);
      else what.removeAttribute(name);
    }
  }
}

/** Show the number of comments on the links to them. */
export function showComments() {
  const side = document.querySelector(".side-column");
  if (!side) return;
  const show = () => {
    const { count = "" } = document.getElementById("comments-count")?.dataset ?? {};
    const text = count === "0" ? "" : count;
    for (const place of findAll(document, ".talk .nums")) if (place.textContent !== text) place.textContent = text;
  };
  show();
  new MutationObserver(show).observe(side, { childList: true, subtree: true });
}

/**
 * Return the element whose position counts for an update: its batch (older.js) if browsers leave that out, because they
 * would have to lay it out to measure the update.
 *
 * @param {HTMLElement} update
 * @returns {Element}
 */
function measurable(update) {
  const batch = update.closest(".batch.far");
  return batch && update.checkVisibility?.({ contentVisibilityAuto: true }) === false ? batch : update;
}

/** Close open menus on Escape, and on a click elsewhere. */
export function closeMenus() {
  const open = () => findAll(document, "details.filter[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open())
      if (event.target instanceof Node && !menu.contains(event.target)) menu.removeAttribute("open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.removeAttribute("open");
      menu.querySelector("summary")?.focus();
    }
  });
}
