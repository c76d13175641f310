// The embed of an update, in any form: a field for the address, and under it the preview that readers will see. An
// address of a known provider that is pasted into a text, alone on its line, becomes the embed.
import { control, find, findAll } from "../liveblog/dom.js";
import { eachEditor } from "./editors.js";

/** @import { Editor } from "django-prose-editor/editor" */

const PREVIEW_AFTER = 400; // milliseconds

/** The field of an embed and its preview, rendered from templates/articles/embeds/widget.html. */
export class Embed {
  #container;
  #article;
  #input;
  #status;
  #preview;
  #button;
  #patterns;
  /** @type {number | undefined} */
  #timer;
  /** @type {AbortController | undefined} */
  #request;

  /**
   * @param {HTMLElement} container
   * @param {() => string | undefined} [article] gives the number of the article
   */
  constructor(container, article = () => articleOf(container)) {
    this.#container = container;
    this.#article = article;
    this.#input = find(container, "input", HTMLInputElement);
    this.#status = find(container, ".embed-status");
    this.#preview = find(container, ".embed-shown");
    this.#button = find(container, ".embed-remove");
    /** @type {string[]} */
    const patterns = JSON.parse(container.dataset.patterns ?? "[]");
    this.#patterns = patterns.map((pattern) => new RegExp(`^${pattern}`));
    this.#input.addEventListener("input", () => this.#loadSoon());
    this.#button.addEventListener("click", () => {
      this.clear();
      this.#input.focus();
    });
    // The link of a preview is only for readers.
    this.#preview.addEventListener("click", (event) => event.preventDefault());
    if (this.url) this.#load();
  }

  /** The address in the field. */
  get url() {
    return this.#input.value.trim();
  }

  /** Empty the field. */
  clear() {
    this.put("");
  }

  /**
   * Put an address into the field.
   *
   * @param {string} url
   */
  put(url) {
    if (url === this.url) return;
    this.#input.value = url;
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /**
   * Accept addresses pasted into an editor, each alone on its line.
   *
   * @param {Editor} editor
   */
  watch(editor) {
    editor.view.dom.addEventListener(
      "paste",
      (event) => {
        const text = event.clipboardData?.getData("text/plain").trim() ?? "";
        const { empty, $from } = editor.state.selection;
        const alone = empty && $from.parent.isTextblock && $from.parent.content.size === 0;
        if (this.url || !alone || !this.#isKnown(text)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        this.put(text);
      },
      { capture: true },
    );
  }

  /**
   * Return whether an address belongs to a known provider.
   *
   * @param {string} text
   */
  #isKnown(text) {
    const address = addressIn(text);
    return address !== null && this.#patterns.some((pattern) => pattern.test(address));
  }

  #loadSoon() {
    clearTimeout(this.#timer);
    this.#button.hidden = !this.url;
    this.#preview.replaceChildren();
    this.#status.textContent = "";
    this.#request?.abort();
    if (this.url) this.#timer = setTimeout(() => this.#load(), PREVIEW_AFTER);
  }

  async #load() {
    const { resolve = "", asking = "", failed = "" } = this.#container.dataset;
    this.#button.hidden = false;
    this.#status.textContent = asking;
    this.#request = new AbortController();
    const { signal } = this.#request;
    const address = resolve.replace("/0/", `/${this.#article() || 0}/`);
    try {
      const response = await fetch(`${address}?url=${encodeURIComponent(this.url)}`, { signal });
      if (!response.ok) throw new Error(String(response.status));
      this.#show(await response.json());
    } catch {
      if (!signal.aborted) this.#status.textContent = failed;
    }
  }

  /** @param {{ url?: string, html?: string, notice?: string, error?: string }} answer */
  #show({ url, html = "", notice = "", error = "" }) {
    this.#container.classList.toggle("wrong", Boolean(error));
    this.#status.textContent = error || notice;
    // The HTML comes from our own templates.
    this.#preview.innerHTML = html;
    if (url && this.url !== url) this.#input.value = url;
  }
}

/**
 * Return a web address without its scheme, for providers' patterns.
 *
 * @param {string} text
 * @returns {string | null} null if the text is no address
 */
export function addressIn(text) {
  if (/\s/.test(text)) return null;
  try {
    const { protocol, hostname, port, username, pathname, search } = new URL(text);
    return /^https?:$/.test(protocol) && !port && !username ? `${hostname}${pathname}${search}` : null;
  } catch {
    return null;
  }
}

/** @param {HTMLElement} container */
function articleOf(container) {
  const form = container.closest("form");
  return find(container, "input").dataset.article || (form ? control(form, "article")?.value : undefined);
}

if (globalThis.document) {
  for (const container of findAll(document, ".embed-input[data-auto]")) {
    const embed = new Embed(container);
    const form = container.closest("form");
    if (form) eachEditor(form, (editor) => embed.watch(editor));
  }
}
