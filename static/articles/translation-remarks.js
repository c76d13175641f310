// Shows the remarks of the checks on translations beside their fields, while somebody types.
import { make } from "../liveblog/dom.js";

// Milliseconds.
const CHECK_AFTER = 600;

class TranslationRemarks {
  #form;
  #url;
  /** @type {number | undefined} */
  #timer;
  #latest = 0;
  /** @type {Map<string, HTMLElement>} */
  #lists = new Map();

  /**
   * @param {HTMLFormElement} form
   * @param {string} url
   */
  constructor(form, url) {
    this.#form = form;
    this.#url = url;
    // The rich text editor's textarea dispatches "input", too.
    for (const event of ["input", "keyup"]) form.addEventListener(event, () => this.#checkSoon());
  }

  #checkSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), CHECK_AFTER);
  }

  async #check() {
    this.#latest += 1;
    const number = this.#latest;
    const body = new FormData(this.#form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    const response = await fetch(this.#url, { method: "POST", body }).catch(() => null);
    if (!response?.ok) return;
    /** @type {Record<string, string[]>} */
    const remarks = await response.json();
    // A slow response about an earlier text must not replace that about the present one.
    if (number !== this.#latest) return;
    for (const name of this.#lists.keys()) if (!(name in remarks)) this.#show(name, []);
    for (const [name, messages] of Object.entries(remarks)) this.#show(name, messages);
  }

  /**
   * @param {string} name
   * @param {string[]} messages
   */
  #show(name, messages) {
    const row = this.#form.querySelector(`.field-${CSS.escape(name)}`);
    if (!(row instanceof HTMLElement)) return;
    let list = this.#lists.get(name);
    if (!list) {
      list = make("ul", { className: "remarks" });
      list.setAttribute("aria-live", "polite");
      row.append(list);
      this.#lists.set(name, list);
    }
    const known = row.querySelector(".errorlist")?.textContent ?? "";
    const shown = messages.filter((message) => !known.includes(message));
    list.replaceChildren(...shown.map((textContent) => make("li", { textContent })));
  }
}

const template = document.getElementById("translation-remarks");
if (template) {
  const form = template.closest("form");
  if (form) new TranslationRemarks(form, template.dataset.url ?? "");
}
