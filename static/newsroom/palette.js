// The command palette: a combobox in a dialog, whose list the server fills (WAI-ARIA Authoring Practices, "Combobox").
import { closest, find, findAll, make } from "../liveblog/dom.js";

/** @typedef {{ text: string, url: string, icon: string, note: string, keys: string, lang: string, dir: string }} Entry */
/** @typedef {{ name: string, label: string, entries: Entry[] }} Group */

/** The pause after the last letter before the server is asked, in milliseconds. */
const ASK_AFTER = 120;
const SVG = "http://www.w3.org/2000/svg";

export class Palette {
  #dialog;
  #input;
  #list;
  #status;
  /** @type {number | undefined} */
  #timer;
  /** @type {AbortController | null} */
  #request = null;
  #selected = 0;
  /** The pending response, or the last one. @type {Promise<void>} */
  #answer = Promise.resolve();

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#input = find(dialog, "[role=combobox]", HTMLInputElement);
    this.#list = find(dialog, "[role=listbox]");
    this.#status = find(dialog, "[role=status]");
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(), ASK_AFTER);
    });
    this.#input.addEventListener("keydown", (event) => this.#pressed(event));
    this.#list.addEventListener("click", (event) => {
      const option = closest(event, "[role=option]");
      if (option) this.#open(option, event.ctrlKey || event.metaKey);
    });
    this.#list.addEventListener("pointermove", (event) => {
      const option = closest(event, "[role=option]");
      if (option) this.#select(this.#options.indexOf(option), false);
    });
    // A click beside the dialog closes it.
    dialog.addEventListener("pointerdown", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  /** Open the palette, or close it if it is open. */
  toggle() {
    if (this.#dialog.open) {
      this.#dialog.close();
      return;
    }
    this.#dialog.showModal();
    this.#input.focus();
    this.#input.select();
    this.#ask();
  }

  get #options() {
    return findAll(this.#list, "[role=option]");
  }

  #ask() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#answer = this.#fetch();
  }

  async #fetch() {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    const { found = "", failed = "", none = "" } = this.#dialog.dataset;
    try {
      const query = new URLSearchParams({ q: this.#input.value });
      const response = await fetch(`${found}?${query}`, { signal: request.signal });
      if (!response.ok || response.redirected) throw new Error();
      const { groups } = await response.json();
      this.#show(groups);
      this.#status.textContent = groups.length ? "" : none;
    } catch {
      if (!request.signal.aborted) this.#status.textContent = failed;
    }
  }

  /** @param {Group[]} groups */
  #show(groups) {
    let number = 0;
    this.#list.replaceChildren(
      ...groups.map((group) => {
        const title = make("div", { className: "palette-title", id: `palette-${group.name}` }, group.label);
        const options = group.entries.map((entry) => optionOf(entry, number++));
        const section = make("div", {}, title, ...options);
        section.setAttribute("role", "group");
        section.setAttribute("aria-labelledby", title.id);
        return section;
      }),
    );
    this.#select(0);
  }

  /**
   * @param {number} index
   * @param {boolean} [scrolls] whether the list scrolls to it
   */
  #select(index, scrolls = true) {
    const options = this.#options;
    this.#selected = options.length ? (index + options.length) % options.length : 0;
    for (const [place, option] of options.entries()) {
      option.setAttribute("aria-selected", String(place === this.#selected));
    }
    const selected = options[this.#selected];
    this.#input.setAttribute("aria-activedescendant", selected?.id ?? "");
    if (scrolls) selected?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  async #pressed(event) {
    // An input method that is composing a word handles its keys.
    if (event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps) {
      event.preventDefault();
      this.#select(this.#selected + steps);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const inNewTab = event.ctrlKey || event.metaKey;
      // Fast users press Enter before the response to their last letter.
      if (this.#timer !== undefined) this.#ask();
      await this.#answer;
      const option = this.#options[this.#selected];
      if (option) this.#open(option, inNewTab);
    }
  }

  /**
   * @param {HTMLElement} option
   * @param {boolean} inNewTab
   */
  #open(option, inNewTab) {
    const address = option.dataset.url ?? "";
    this.#dialog.close();
    if (inNewTab) open(address, "_blank", "noopener");
    else location.assign(address);
  }
}

/**
 * @param {Entry} entry
 * @param {number} number
 */
function optionOf(entry, number) {
  const text = make("span", { className: "clip", lang: entry.lang, dir: entry.dir }, entry.text);
  const keys = entry.keys.split(" ").filter(Boolean);
  const note = make("span", { className: "tail" }, entry.note, ...keys.map((key) => make("kbd", {}, key)));
  const option = make("div", { id: `palette-option-${number}` }, iconOf(entry.icon), text, note);
  option.setAttribute("role", "option");
  option.dataset.url = entry.url;
  return option;
}

/** @param {string} name */
function iconOf(name) {
  if (name.startsWith("state-")) return make("span", { className: `dot dot-${name.slice("state-".length)}` });
  const icon = document.createElementNS(SVG, "svg");
  icon.classList.add("icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  icon.append(use);
  return icon;
}
