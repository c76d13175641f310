// The drawer of the desk with the form of the article. It is loaded when it is first opened, and keeps its input when
// it is closed.
import { byId, find, focused } from "../liveblog/dom.js";
import { letterOf } from "../moderation/keys.js";

/** @typedef {{ drawer: "close" | "saved" | "palette", headline?: string }} Message from the form in the drawer */

class Drawer {
  #button = find(document, "[data-drawer]");
  #element = byId(this.#button.dataset.drawer ?? "");
  #frame = find(this.#element, "iframe", HTMLIFrameElement);
  /** The element that had the focus when the drawer was opened. @type {HTMLElement | null} */
  #before = null;

  constructor() {
    this.#button.setAttribute("role", "button");
    this.#button.setAttribute("aria-controls", this.#element.id);
    this.#button.setAttribute("aria-expanded", "false");
    this.#button.addEventListener("click", (event) => {
      // In a new tab, the link opens a page.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.toggle();
    });
    this.#button.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      this.toggle();
    });
    find(this.#element, "[data-close]").addEventListener("click", () => this.close());
    this.#element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    addEventListener(
      "keydown",
      (event) => {
        if (!event.altKey || event.ctrlKey || event.metaKey || letterOf(event) !== ",") return;
        event.preventDefault();
        this.toggle();
      },
      { capture: true },
    );
    addEventListener("message", (event) => {
      if (event.origin === location.origin && event.source === this.#frame.contentWindow) this.#hear(event.data);
    });
    if (location.hash === "#settings") this.toggle();
  }

  get #isOpen() {
    return !this.#element.hidden;
  }

  toggle() {
    if (this.#isOpen) this.close();
    else this.#open();
  }

  #open() {
    if (!this.#frame.src) this.#frame.src = this.#frame.dataset.src ?? "";
    this.#before = focused();
    this.#element.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#frame.focus();
  }

  close() {
    this.#element.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    this.#before?.focus();
    // It may have been removed in the meantime, or there was none.
    if (document.activeElement === document.body) this.#button.focus();
  }

  /** @param {Message} message */
  #hear(message) {
    if (message?.drawer === "close") this.close();
    if (message?.drawer === "palette") find(document, "[data-palette]").click();
    const title = document.querySelector("#content h1 bdi");
    if (message?.drawer === "saved" && message.headline && title) title.textContent = message.headline;
  }
}

if (globalThis.document?.querySelector("[data-drawer]")) new Drawer();
