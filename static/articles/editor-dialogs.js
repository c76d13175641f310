// The dialogs of a rich text editor: they ask for a link or a table, in the language and direction of the page.
import { make } from "../liveblog/dom.js";

/** @import { Editor } from "django-prose-editor/editor" */

/**
 * @typedef {Record<string, string>} Words of the toolbar and the dialogs, by name: `EDITOR_WORDS` of
 *   articles/text/richtext.py
 */

let dialogs = 0;

/** A dialog with fields that is shown once. */
class Question {
  #dialog = make("dialog", { className: "editor-dialog" });
  #form = make("form", { method: "dialog", noValidate: true });
  #error = make("p", { className: "dialog-error" });
  #buttons = make("p", { className: "buttons" });
  #prefix = `editor-dialog-${++dialogs}`;

  /** @param {string} title */
  constructor(title) {
    const heading = make("h2", { id: this.#prefix }, title);
    this.#dialog.setAttribute("aria-labelledby", heading.id);
    this.#error.setAttribute("role", "alert");
    this.#form.append(heading, this.#error, this.#buttons);
    this.#dialog.append(this.#form);
  }

  /**
   * Add a field under its label.
   *
   * @param {string} label
   * @param {Partial<HTMLInputElement>} properties
   */
  field(label, properties) {
    const input = make("input", { id: `${this.#prefix}-${properties.name}`, autocomplete: "off", ...properties });
    const isBox = input.type === "checkbox";
    const name = make("label", { htmlFor: input.id }, label);
    this.#error.before(make("p", { className: isBox ? "box" : "" }, ...(isBox ? [input, " ", name] : [name, input])));
    return input;
  }

  /**
   * Add a button; Enter presses the first one.
   *
   * @param {string} text
   * @param {string} value the result of the dialog; empty if it cancels
   */
  button(text, value) {
    const isFirst = this.#buttons.childElementCount === 0;
    this.#buttons.append(make("button", { value, className: isFirst ? "button default" : "button" }, text));
  }

  /**
   * Open the dialog and wait for its answer.
   *
   * @param {(value: string) => string} check returns the error in the input, empty if there is none
   * @returns {Promise<string>} the value of the button; empty if the dialog was cancelled
   */
  ask(check) {
    document.body.append(this.#dialog);
    this.#form.addEventListener("submit", (event) => {
      const value = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
      const problem = value && check(value);
      this.#error.textContent = problem;
      if (!problem) return;
      event.preventDefault();
      this.#form.querySelector("input")?.focus();
    });
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener(
        "close",
        () => {
          this.#dialog.remove();
          resolve(this.#dialog.returnValue);
        },
        { once: true },
      );
    });
  }
}

/**
 * Return the stored form of a link's address: people omit the scheme.
 *
 * @param {string} text
 * @returns {string} empty if it is invalid
 */
export function linkAddress(text) {
  const trimmed = text.trim();
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(trimmed)) return `mailto:${trimmed}`;
  // A word and a colon are a scheme, except before a port.
  const whole = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(trimmed) ? trimmed : `https://${trimmed}`;
  try {
    const url = new URL(whole);
    if (url.protocol === "mailto:") return url.pathname.includes("@") ? url.href : "";
    const isHost = url.hostname.includes(".") || url.hostname === "localhost" || url.hostname.startsWith("[");
    return /^https?:$/.test(url.protocol) && !url.username && isHost ? url.href : "";
  } catch {
    return "";
  }
}

/**
 * Ask for a link, and insert it at the selection.
 *
 * @param {Editor} editor
 * @param {Words} words
 */
export async function askForLink(editor, words) {
  const isLink = editor.isActive("link");
  const needsText = !isLink && editor.state.selection.empty;
  const question = new Question(isLink ? words.linkChange : words.linkAdd);
  const href = String(editor.getAttributes("link").href ?? "");
  const address = question.field(words.linkAddress, {
    name: "href",
    inputMode: "url",
    dir: "ltr",
    value: href,
    placeholder: "https://",
  });
  const text = needsText ? question.field(words.linkText, { name: "text", dir: "auto" }) : null;
  question.button(isLink ? words.save : words.linkAdd, "set");
  if (isLink) question.button(words.linkRemove, "unset");
  question.button(words.cancel, "");
  const answer = await question.ask((value) => (value === "set" && !linkAddress(address.value) ? words.linkWrong : ""));
  const wanted = linkAddress(address.value);
  const chain = editor.chain().focus();
  if (answer === "unset") chain.extendMarkRange("link").unsetLink().run();
  else if (answer !== "set") chain.run();
  else if (isLink) chain.extendMarkRange("link").updateAttributes("link", { href: wanted }).run();
  else if (!text) chain.setMark("link", { href: wanted }).run();
  else {
    const marks = [{ type: "link", attrs: { href: wanted } }];
    chain.insertContent([{ type: "text", text: text.value.trim() || address.value.trim(), marks }]).run();
  }
}

/**
 * Ask for the size of a table, and insert it at the selection.
 *
 * @param {Editor} editor
 * @param {Words} words
 */
export async function askForTable(editor, words) {
  const question = new Question(words.tableAdd);
  const most = { rows: Number(words.mostRows), cols: Number(words.mostColumns) };
  const number = { type: "number", min: "1", inputMode: "numeric" };
  const rows = question.field(words.rows, { ...number, name: "rows", value: "3", max: words.mostRows });
  const cols = question.field(words.columns, { ...number, name: "cols", value: "3", max: words.mostColumns });
  const header = question.field(words.headerRow, { type: "checkbox", name: "header", checked: true });
  question.button(words.tableAdd, "add");
  question.button(words.cancel, "");
  /** @type {(input: HTMLInputElement, most: number) => boolean} */
  const fits = (input, most) =>
    Number.isInteger(input.valueAsNumber) && input.value > "0" && Number(input.value) <= most;
  const answer = await question.ask(() => (fits(rows, most.rows) && fits(cols, most.cols) ? "" : words.tableWrong));
  const chain = editor.chain().focus();
  if (answer)
    chain.insertTable({ rows: Number(rows.value), cols: Number(cols.value), withHeaderRow: header.checked }).run();
  else chain.run();
}
