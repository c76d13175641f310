// Appends the next page of a list to the list, and updates the address. Without this module, or if the network fails,
// the link opens that page.
import { entriesOf } from "./days.js";
import { childrenOf, find, make } from "./dom.js";
import { nameOf } from "./frames.js";

/** @import { Page } from "./page.js" */

/**
 * The number of older updates in one element. For each element that they may leave out, browsers look in each frame
 * whether it is near the window; on the way to an update, they lay out its whole batch.
 */
const BATCH = 5;

/** The pages after this one. */
export class OlderPages {
  #list;
  #page;
  #changes;
  #busy = false;

  /**
   * @param {HTMLElement} list
   * @param {Page} page
   * @param {string} changes the address of the changes since a state
   */
  constructor(list, page, changes) {
    this.#list = list;
    this.#page = page;
    this.#changes = changes;
  }

  /**
   * Append the next page to the list after a click on its link; if that fails, open it.
   *
   * @param {HTMLAnchorElement} link
   */
  async open(link) {
    // Ignore a second click while the page is being loaded.
    if (this.#busy) return;
    const last = entriesOf(this.#list).at(-1);
    if (await this.load()) this.#follow(last);
    else location.assign(link.href);
  }

  /** @returns {HTMLAnchorElement | null} */
  #link() {
    return document.querySelector(`nav.pages[data-list="${this.#list.id}"] a[rel="next"]`);
  }

  /**
   * Load the next page into the list.
   *
   * @returns {Promise<boolean>} false if there is none, or it cannot be loaded
   */
  async load() {
    const link = this.#link();
    if (!link || this.#busy) return false;
    this.#busy = true;
    link.setAttribute("aria-disabled", "true");
    try {
      const response = await fetch(link.href);
      if (!response.ok) return false;
      const loaded = new DOMParser().parseFromString(await response.text(), "text/html");
      this.#append(loaded);
      await this.#catchUp(loaded);
      return true;
    } catch {
      return false;
    } finally {
      this.#busy = false;
      link.removeAttribute("aria-disabled");
    }
  }

  /** @param {Document} loaded */
  #append(loaded) {
    const list = find(loaded, `#${this.#list.id}`);
    // Hidden elements have no size yet that the browser could keep, and a menu would be cut off.
    for (const part of childrenOf(this.#list)) {
      const mayBeFar = part.matches(".batch, [data-sort]") && !part.hidden && !part.querySelector(".share-menu");
      if (mayBeFar) part.classList.add("far");
    }
    /** @type {HTMLElement | undefined} */
    let batch;
    for (const entry of entriesOf(list)) {
      if (document.getElementById(entry.id)) continue;
      const own = document.importNode(entry, true);
      if (!batch || batch.childElementCount >= BATCH) {
        batch = make("div", { className: "batch far" });
        this.#list.append(batch);
      }
      batch.append(own);
      this.#page.placed(own);
    }
    // The list ends where that page does.
    const bound = "ascending" in this.#list.dataset ? "below" : "above";
    const { [bound]: end } = list.dataset;
    if (end === undefined) delete this.#list.dataset[bound];
    else this.#list.dataset[bound] = end;
    const nav = this.#link()?.closest("nav");
    const next = loaded.querySelector(`nav.pages[data-list="${this.#list.id}"] a[rel="next"]`)?.closest("nav");
    if (next) nav?.replaceWith(document.importNode(next, true));
    else nav?.remove();
    this.#page.settle();
  }

  /**
   * The page may come from a cache, and be older than this one. Apply the changes since then.
   *
   * @param {Document} loaded
   */
  async #catchUp(loaded) {
    const { revision = "", token = "" } = find(loaded, "main").dataset;
    if (Number(revision) >= this.#page.revision) return;
    const state = nameOf({ revision: Number(revision), token });
    const response = await fetch(`${this.#changes}?after=${state}`);
    if (response.ok) this.#page.repeat((await response.json()).changes ?? []);
  }

  /**
   * Make the address name the place where the new page begins.
   *
   * @param {HTMLElement | undefined} last the last element before
   */
  #follow(last) {
    const entries = entriesOf(this.#list);
    const first = entries[last ? entries.indexOf(last) + 1 : 0];
    if (!first) return;
    const url = new URL(location.href);
    for (const name of ["before", "after"]) url.searchParams.delete(name);
    url.searchParams.set("at", first.id.slice(first.id.lastIndexOf("-") + 1));
    url.hash = first.id;
    history.replaceState(null, "", url);
    first.querySelector("a")?.focus({ preventScroll: true });
  }
}
