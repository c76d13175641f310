// Keeps the page of one conversation up to date. Frames carry only the last answers of a thread, but this page has all
// of them, so it fetches itself again when a frame changes the thread.
import { Connection } from "../liveblog/connection.js";
import { showConnection } from "../liveblog/connection-notice.js";
import { byId, find, findAll } from "../liveblog/dom.js";
import { verdict } from "../liveblog/frames.js";
import { reloadPage } from "../liveblog/reloading.js";

/** @import { Frame, PageState } from "../liveblog/frames.js" */

/** A conversation, at a revision of its article. */
class Conversation {
  #main;
  #list = byId("comments");
  /** The present fetch of the page, for which the next one waits. */
  #reading = Promise.resolve();

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
    if (frame.changes?.some(({ id }) => id === thread)) this.#reading = this.#reading.then(() => this.#read());
    this.#main.dataset.revision = String(frame.revision);
    this.#main.dataset.token = frame.token;
    return "applied";
  }

  async #read() {
    const response = await fetch(location.href, { cache: "no-cache" });
    // The thread was removed.
    if (response.status === 404) location.reload();
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const comments = findAll(fresh, "#comments [data-comment]");
    for (const comment of comments) this.#put(comment, fresh);
    const names = new Set(comments.map(({ dataset }) => dataset.comment));
    for (const old of findAll(this.#list, "[data-comment]")) if (!names.has(old.dataset.comment)) old.remove();
    this.#turnPages(fresh);
  }

  /**
   * Show the present state of a comment. Keep an unchanged one, with the reader's input in it.
   *
   * @param {HTMLElement} comment
   * @param {Document} fresh
   */
  #put(comment, fresh) {
    const own = document.importNode(comment, true);
    const old = this.#list.querySelector(`[data-comment="${comment.dataset.comment}"]`);
    if (old) {
      const text = (/** @type {Element} */ one) => one.querySelector(".comment-text")?.innerHTML;
      if (text(old) !== text(own)) old.replaceWith(own);
      return;
    }
    const answers = this.#list.querySelector(".answers");
    if (answers) answers.append(own);
    // The first answer comes with the container for answers.
    else find(this.#list, ".thread").append(document.importNode(find(fresh, "#comments .answers"), true));
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
