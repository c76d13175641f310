// The embed of an update, in whatever form: a field for the address, and under it the preview that readers will see.
// An address of a known provider that is pasted into a text, alone on its line, becomes the embed.

import { eachEditor } from "./editors.js";

const ASK_AFTER = 400;

export class Embed {
  // `container` is what templates/articles/embeds/widget.html makes; `article` gives the number of the article.
  constructor(container, article = () => articleOf(container)) {
    this.container = container;
    this.article = article;
    this.input = container.querySelector("input");
    this.status = container.querySelector(".embed-status");
    this.shown = container.querySelector(".embed-shown");
    this.button = container.querySelector(".embed-remove");
    this.patterns = JSON.parse(container.dataset.patterns).map((pattern) => new RegExp(`^${pattern}`));
    this.input.addEventListener("input", () => this.askSoon());
    this.button.addEventListener("click", () => {
      this.clear();
      this.input.focus();
    });
    // What a preview leads to is for readers.
    this.shown.addEventListener("click", (event) => event.preventDefault());
    if (this.url) this.ask();
  }

  get url() {
    return this.input.value.trim();
  }

  toJSON() {
    return this.url ? { url: this.url } : null;
  }

  restore(data) {
    this.put(data?.url ?? "");
  }

  clear() {
    this.put("");
  }

  put(url) {
    if (url === this.url) return;
    this.input.value = url;
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Whether the address is one of a provider whose embeds are known.
  knows(text) {
    const address = addressIn(text);
    return address !== null && this.patterns.some((pattern) => pattern.test(address));
  }

  // Takes addresses that are pasted into an editor, each alone on its line.
  watch(editor) {
    editor.view.dom.addEventListener(
      "paste",
      (event) => {
        const text = event.clipboardData?.getData("text/plain").trim() ?? "";
        const { empty, $from } = editor.state.selection;
        const alone = empty && $from.parent.isTextblock && $from.parent.content.size === 0;
        if (this.url || !alone || !this.knows(text)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        this.put(text);
      },
      { capture: true },
    );
  }

  askSoon() {
    clearTimeout(this.timer);
    this.button.hidden = !this.url;
    this.shown.replaceChildren();
    this.status.textContent = "";
    this.asked?.abort();
    if (this.url) this.timer = setTimeout(() => this.ask(), ASK_AFTER);
  }

  async ask() {
    const { resolve, asking, failed } = this.container.dataset;
    this.button.hidden = false;
    this.status.textContent = asking;
    this.asked = new AbortController();
    const { signal } = this.asked;
    const address = resolve.replace("/0/", `/${this.article() || 0}/`);
    try {
      const response = await fetch(`${address}?url=${encodeURIComponent(this.url)}`, { signal });
      if (!response.ok) throw new Error(response.status);
      this.show(await response.json());
    } catch {
      if (!signal.aborted) this.status.textContent = failed;
    }
  }

  show({ url, html = "", notice = "", error = "" }) {
    this.container.classList.toggle("wrong", Boolean(error));
    this.status.textContent = error || notice;
    // Made by our own templates.
    this.shown.innerHTML = html;
    if (url && this.url !== url) this.input.value = url;
  }
}

function addressIn(text) {
  if (/\s/.test(text)) return null;
  try {
    const { protocol, hostname, port, username, pathname, search } = new URL(text);
    return /^https?:$/.test(protocol) && !port && !username ? `${hostname}${pathname}${search}` : null;
  } catch {
    return null;
  }
}

function articleOf(container) {
  return container.querySelector("input").dataset.article || container.closest("form")?.elements.article?.value;
}

for (const container of document.querySelectorAll(".embed-input[data-auto]")) {
  const embed = new Embed(container);
  eachEditor(container.closest("form"), (editor) => embed.watch(editor));
}
