// Keeps the page of one conversation up to date. Frames carry only the last answers of a thread, but this page has all
// of them, so it fetches itself again when a frame changes the thread.
import { fullJitter } from "../liveblog/backoff.js";
import { Connection } from "../liveblog/connection.js";
import { showConnection } from "../liveblog/connection-notice.js";
import { byId, childrenOf, find } from "../liveblog/dom.js";
import { verdict } from "../liveblog/frames.js";
import { reloadPage } from "../liveblog/reloading.js";

/** @import { Frame, PageState } from "../liveblog/frames.js" */

/** The time limit for a response, in milliseconds. */
const PATIENCE = 20_000;

/** A conversation, at a revision of its article. */
class Conversation {
  #main;
  #list = byId("comments");
  /** The last revision that changed the thread, and the one of the copy that is shown. */
  #wanted = 0;
  #shown = 0;
  #reading = false;

  /** @param {HTMLElement} main */
  constructor(main) {
    this.#main = main;
  }

  get revision() {
    return Number(this.#main.dataset.revision);
  }

  /** @returns {PageState} */
  get state() {
    return { revision: this.revision, token: this.#main.dataset.token ?? "" };
  }

  /** Comments continue after the coverage has ended. */
  get finished() {
    return false;
  }

  /** @param {Frame} frame */
  apply(frame) {
    const found = verdict(frame, this.state);
    if (found !== "apply") return found;
    const thread = find(this.#list, ".thread").id;
    this.#main.dataset.revision = String(frame.revision);
    this.#main.dataset.token = frame.token;
    if (frame.changes?.some(({ id }) => id === thread)) {
      this.#wanted = frame.revision;
      this.#catchUp();
    }
    return "applied";
  }

  /** Fetch the page until it has the last change of the thread. No other frame brings that change. */
  async #catchUp() {
    if (this.#reading) return;
    this.#reading = true;
    let failures = 0;
    while (this.#shown < this.#wanted) {
      failures = (await this.#read(this.#wanted)) ? 0 : failures + 1;
      if (failures) await new Promise((resolve) => setTimeout(resolve, fullJitter(failures)));
    }
    this.#reading = false;
  }

  /**
   * Show the present state of the page.
   *
   * @param {number} wanted
   * @returns {Promise<boolean>} false if it could not be fetched at the wanted revision
   */
  async #read(wanted) {
    try {
      const response = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
      // The thread was removed.
      if (response.status === 404) location.reload();
      if (!response.ok) return false;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      const revision = Number(find(fresh, "main").dataset.revision);
      // A cache in front may have an older copy.
      if (!(revision >= wanted)) return false;
      merge(find(this.#list, ".thread"), find(fresh, "#comments .thread"));
      this.#turnPages(fresh);
      this.#shown = revision;
      return true;
    } catch {
      return false;
    }
  }

  /** @param {Document} fresh */
  #turnPages(fresh) {
    const pages = fresh.querySelector("nav.pages");
    const old = document.querySelector("nav.pages");
    if (!pages) return;
    if (old) old.replaceWith(document.importNode(pages, true));
    else this.#list.after(document.importNode(pages, true));
  }
}

/**
 * Give an element the children of a fresh copy. Keep unchanged comments, with the reader's input in them. Those that
 * both have are in the same order.
 *
 * @param {Element} own
 * @param {Element} fresh
 */
function merge(own, fresh) {
  const names = new Set(childrenOf(fresh).map(nameOf));
  for (const child of childrenOf(own)) if (!names.has(nameOf(child))) child.remove();
  let next = own.firstElementChild;
  for (const child of childrenOf(fresh)) {
    const old = next;
    if (!(old instanceof HTMLElement) || nameOf(old) !== nameOf(child)) {
      own.insertBefore(document.importNode(child, true), old);
      continue;
    }
    next = old.nextElementSibling;
    if (child.matches(".answers")) merge(old, child);
    else if (textOf(old) !== textOf(child)) old.replaceWith(document.importNode(child, true));
  }
}

/**
 * Return what distinguishes a child of a thread from the others.
 *
 * @param {HTMLElement} child
 */
function nameOf(child) {
  return child.dataset.comment ?? child.className;
}

/** @param {HTMLElement} comment */
function textOf(comment) {
  return comment.querySelector(".comment-text")?.innerHTML;
}

const main = document.querySelector("main[data-conversation]");
if (main instanceof HTMLElement) {
  new Connection(new Conversation(main), {
    socket: main.dataset.socket ?? "",
    changes: main.dataset.changes ?? "",
    heartbeat: Number(main.dataset.heartbeat),
    onState: showConnection,
    onReload: reloadPage,
  }).start();
}
