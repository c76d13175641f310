// Pasting into rich text: what comes is cleaned, what is too much is refused with a word about it, and the page that it
// was copied from is offered as the source.
import { eachEditor } from "./editors.js";
import { cleaned } from "./pasted.js";

// Beyond this a text is not even looked at, in characters of the clipboard's HTML.
const HOPELESS = 4_000_000;

eachEditor(document, (editor, textarea) => {
  const frame = textarea?.closest(".richtext");
  if (frame) new Pasting(editor, textarea, frame);
});

class Pasting {
  constructor(editor, textarea, frame) {
    this.editor = editor;
    this.textarea = textarea;
    this.words = frame.dataset;
    this.language = frame.closest("[lang]")?.lang ?? "";
    this.notice = document.createElement("p");
    this.notice.className = "paste-notice";
    this.notice.setAttribute("role", "status");
    // Said in the language of the page, not in that of the text.
    this.notice.lang = document.documentElement.lang;
    this.notice.dir = document.documentElement.dir;
    frame.append(this.notice);
    const { editorProps } = editor.options;
    const before = editorProps.transformPastedHTML ?? ((html) => html);
    editor.setOptions({
      editorProps: { ...editorProps, transformPastedHTML: (html, view) => this.clean(before(html, view)) },
    });
    editor.view.dom.addEventListener("paste", (event) => this.weigh(event), { capture: true });
  }

  weigh(event) {
    this.notice.replaceChildren();
    const html = event.clipboardData?.getData("text/html") ?? "";
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const size = html ? (html.length > HOPELESS ? html.length : this.made(html).html.length) : text.length;
    const most = Number(this.words.longest);
    if (size + this.editor.getHTML().length <= most) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const number = (value) => new Intl.NumberFormat(this.notice.lang).format(value);
    this.notice.textContent = this.words.tooLong.replace("%(size)s", number(size)).replace("%(most)s", number(most));
  }

  clean(html) {
    // What was copied from an editor of ours is as it should be, and says where it was cut.
    if (/data-pm-slice/.test(html)) return html;
    const found = this.made(html);
    if (found.source) this.offer(found.source);
    return found.html;
  }

  // What is made of it, which is asked for twice: when it is weighed, and when it is put in.
  made(html) {
    if (this.last?.html !== html) this.last = { html, found: cleaned(html, { language: this.language }) };
    return this.last.found;
  }

  // Whoever listens may do otherwise: the event is cancelable.
  offer(url) {
    const field = this.textarea.form?.elements.source_url;
    const event = new CustomEvent("paste-source", { detail: { url }, bubbles: true, cancelable: true });
    if (!this.textarea.dispatchEvent(event) || !field || field.value) return;
    const address = document.createElement("bdi");
    address.textContent = url;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = this.words.takeSource;
    button.addEventListener("click", () => {
      field.value = url;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      this.notice.replaceChildren();
      this.editor.commands.focus();
    });
    this.notice.replaceChildren(this.words.copiedFrom, " ", address, " ", button);
  }
}
