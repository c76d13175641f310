// Keeps a translator's text in the browser until the server has it, despite a crash, a lost connection, the end of a
// session or a reload.
import { Draft } from "../desk/drafts.js";
import { formatTime } from "../desk/requests.js";
import { control, find, findAll } from "../liveblog/dom.js";
import { eachEditor } from "./editors.js";

/** @import { Editor } from "django-prose-editor/editor" */
/** @import { Field } from "../desk/fields.js" */

const STORE_AFTER = 200; // milliseconds

/** The draft of one translation. */
export class TranslationDraft {
  #form;
  #notice;
  /** By the name of its field. @type {Map<string, Editor>} */
  #editors = new Map();
  /** The texts from the server. */
  #served;
  /** @type {Draft | undefined} */
  #draft;
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLFormElement} form with the place of the draft ("draft") and a notice about it */
  constructor(form) {
    this.#form = form;
    this.#notice = find(form, "#kept-draft");
    this.#served = JSON.stringify(this.#read());
    eachEditor(form, (editor, textarea) => {
      if (textarea) this.#editors.set(textarea.name, editor);
    });
    find(this.#notice, "button").addEventListener("click", () => this.#discard());
    this.#begin();
  }

  async #begin() {
    const place = this.#form.dataset.draft ?? "";
    this.#draft = await Draft.claim(place).catch(() => undefined);
    await this.#restore();
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#store(), STORE_AFTER);
    });
    this.#form.addEventListener("submit", () => this.#store("sent"));
    // The translator may have typed something before the draft was loaded.
    if (!this.#isServed) await this.#store();
    else if (!this.#draft?.content) await this.#inherit(place);
  }

  /**
   * Continue with the draft of a page that the translator has just left, unless this form is in use by then.
   *
   * @param {string} place
   */
  async #inherit(place) {
    const draft = await Draft.inherit(place).catch(() => undefined);
    if (!draft) return;
    if (!this.#isServed) {
      draft.release();
      return;
    }
    // A text that the translator has just deleted may still be stored.
    this.#draft?.discard();
    this.#draft?.release();
    this.#draft = draft;
    await this.#restore();
  }

  /** Show the stored content of the draft, if there is any. */
  async #restore() {
    const { content } = this.#draft ?? {};
    if (!content) return;
    const stamp = control(this.#form, "stamp");
    if (content.action && content.address !== stamp.value) {
      // The draft was sent, and the text has a new version since.
      await this.#draft?.discard();
    } else if (JSON.stringify(content.fields) !== this.#served) {
      this.#write(/** @type {Field[]} */ (content.fields));
      // Another person's version that was saved in the meantime is a conflict.
      stamp.value = content.address;
      this.#say(content.at);
    }
  }

  /** Whether the form has the texts from the server. */
  get #isServed() {
    return JSON.stringify(this.#read()) === this.#served;
  }

  get #fields() {
    return /** @type {HTMLTextAreaElement[]} */ (findAll(this.#form, ".written :is(textarea, input)"));
  }

  /** @returns {[string, string][]} */
  #read() {
    return this.#fields.map(({ name, value }) => [name, value]);
  }

  /**
   * Put a text into one field, as if the translator had typed it: it can be undone.
   *
   * @param {string} name
   * @param {string} text
   */
  put(name, text) {
    const field = this.#fields.find((each) => each.name === name);
    if (!field) return;
    const editor = this.#editors.get(name);
    field.value = text;
    editor?.commands.setContent(text);
    this.#form.dispatchEvent(new Event("input", { bubbles: true }));
    if (editor) editor.commands.focus("end");
    else field.focus();
  }

  /** @param {Field[]} fields */
  #write(fields) {
    const values = new Map(fields);
    for (const field of this.#fields) {
      const value = values.get(field.name);
      if (value === undefined) continue;
      field.value = value;
      this.#editors.get(field.name)?.commands.setContent(value, { emitUpdate: false });
    }
    this.#form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {string} [action] the action that is under way */
  async #store(action) {
    clearTimeout(this.#timer);
    const fields = this.#read();
    const address = control(this.#form, "stamp").value;
    if (!action && this.#isServed) await this.#draft?.discard();
    else await this.#draft?.save({ fields, pictures: [], address, at: Date.now(), action }).catch(() => {});
  }

  /** @param {number} at */
  #say(at) {
    find(this.#notice, "span").textContent = (this.#notice.dataset.restored ?? "").replace("%(time)s", formatTime(at));
    this.#notice.hidden = false;
  }

  async #discard() {
    clearTimeout(this.#timer);
    await this.#draft?.discard();
    location.reload();
  }
}
