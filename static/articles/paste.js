// Pasting into rich text: cleans the content, refuses too much of it with a notice, and offers the page from which it
// was copied as the source.
import { make } from "../liveblog/dom.js";
import { eachEditor } from "./editors.js";
import { cleanPaste } from "./paste-cleaner.js";

/** @import { Editor } from "django-prose-editor/editor" */
/** @import { Cleaned } from "./paste-cleaner.js" */

/** In characters of the clipboard's HTML. Longer texts are not parsed. */
const HOPELESS = 4_000_000;

class Pasting {
  #editor;
  #textarea;
  #messages;
  #language;
  #notice;
  /**
   * The last cleaned text. It is needed twice: to check its size, and to insert it.
   *
   * @type {{ html: string, found: Cleaned } | undefined}
   */
  #last;

  /**
   * @param {Editor} editor
   * @param {HTMLTextAreaElement} textarea
   * @param {HTMLElement} frame
   */
  constructor(editor, textarea, frame) {
    this.#editor = editor;
    this.#textarea = textarea;
    this.#messages = frame.dataset;
    this.#language = frame.closest("[lang]")?.getAttribute("lang") ?? "";
    // The notice is in the language of the page, not in that of the text.
    const { lang, dir } = document.documentElement;
    this.#notice = make("p", { className: "paste-notice", lang, dir });
    this.#notice.setAttribute("role", "status");
    frame.append(this.#notice);
    const { editorProps } = editor.options;
    const before = editorProps.transformPastedHTML ?? ((html) => html);
    editor.setOptions({
      editorProps: {
        ...editorProps,
        transformPastedHTML: (/** @type {string} */ html, /** @type {unknown} */ view) =>
          this.#clean(before(html, view)),
      },
    });
    editor.view.dom.addEventListener("paste", (event) => this.#weigh(event), { capture: true });
  }

  /** @param {ClipboardEvent} event */
  #weigh(event) {
    this.#notice.replaceChildren();
    const html = event.clipboardData?.getData("text/html") ?? "";
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const size = html ? this.#sizeOf(html) : text.length;
    const longest = Number(this.#messages.longest);
    if (size + this.#editor.getHTML().length <= longest) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { format } = new Intl.NumberFormat(this.#notice.lang);
    const message = this.#messages.tooLong ?? "";
    this.#notice.textContent = message.replace("%(size)s", format(size)).replace("%(most)s", format(longest));
  }

  /** @param {string} html */
  #sizeOf(html) {
    return html.length > HOPELESS ? html.length : this.#cleaned(html).html.length;
  }

  /** @param {string} html */
  #clean(html) {
    // HTML from one of our editors is clean, and marks where it was cut.
    if (/data-pm-slice/.test(html)) return html;
    const { html: clean, source } = this.#cleaned(html);
    if (source) this.#offerSource(source);
    return clean;
  }

  /** @param {string} html */
  #cleaned(html) {
    if (this.#last?.html !== html) this.#last = { html, found: cleanPaste(html, { language: this.#language }) };
    return this.#last.found;
  }

  /**
   * Offer to name a page as the source. A listener may prevent that: the event is cancelable.
   *
   * @param {string} url
   */
  #offerSource(url) {
    const field = this.#textarea.form?.elements.namedItem("source_url");
    const event = new CustomEvent("paste-source", { detail: { url }, bubbles: true, cancelable: true });
    if (!this.#textarea.dispatchEvent(event) || !(field instanceof HTMLInputElement) || field.value) return;
    const button = make("button", { type: "button" }, this.#messages.takeSource ?? "");
    button.addEventListener("click", () => {
      field.value = url;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      this.#notice.replaceChildren();
      this.#editor.commands.focus();
    });
    this.#notice.replaceChildren(this.#messages.copiedFrom ?? "", " ", make("bdi", {}, url), " ", button);
  }
}

eachEditor(document, (editor, textarea) => {
  const frame = textarea?.closest(".richtext");
  if (textarea && frame instanceof HTMLElement) new Pasting(editor, textarea, frame);
});
