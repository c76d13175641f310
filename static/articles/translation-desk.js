// One text at the translators' desk: keys for the buttons, checks while writing, and who else has it open.
import { byId, closest, control, find, findAll, make } from "../liveblog/dom.js";
import { eachEditor } from "./editors.js";
import { TranslationDraft } from "./translation-draft.js";

// Milliseconds.
const CHECK_AFTER = 600;
const PRESENCE_EVERY = 15_000;

class TranslationDesk {
  #form;
  #submitted = false;
  /** @type {number | undefined} */
  #timer;
  #latest = 0;
  #draft;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    document.addEventListener("keydown", (event) => this.#press(event), { capture: true });
    for (const event of ["input", "keyup"]) form.addEventListener(event, () => this.#checkSoon());
    form.addEventListener("submit", () => {
      this.#submitted = true;
    });
    this.#draft = new TranslationDraft(form);
    form.addEventListener("click", (event) => this.#takeOver(event));
    setInterval(() => this.#showPresence(), PRESENCE_EVERY);
    document.getElementById("named-remarks")?.focus();
    if (matchMedia("(pointer: fine)").matches) this.#begin();
    addEventListener("pagehide", () => {
      if (!this.#submitted) this.#signal({ leave: true });
    });
  }

  /** Put the caret into the first text, unless another element has the focus. */
  #begin() {
    const [first] = findAll(this.#form, ".written :is(textarea, input):not([readonly], [type=hidden])");
    const isIdle = () => document.activeElement === document.body;
    if (first instanceof HTMLTextAreaElement && first.checkVisibility() && isIdle()) {
      first.focus();
      first.setSelectionRange(first.value.length, first.value.length);
    }
    eachEditor(this.#form, (editor, textarea) => {
      if (textarea === first && isIdle()) editor.commands.focus("end");
    });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    // A key that is held down must not accept remarks on the next page that only appear there.
    if (event.repeat) return;
    const meant = findAll(this.#form, "[data-keys]").filter((button) => {
      const [modifier, key = ""] = (button.dataset.keys ?? "").split("+");
      const held = modifier === "Alt" ? event.altKey : event.ctrlKey || event.metaKey;
      // With Alt some keyboards write another letter; the code of the key stays the same.
      return held && (event.key.toLowerCase() === key.toLowerCase() || event.code === `Key${key.toUpperCase()}`);
    });
    if (!meant.length) return;
    event.preventDefault();
    event.stopPropagation();
    // The key for the translation memory applies to the paragraph that is being written, or the next one.
    const here = meant.find((button) => button.closest(".pair")?.contains(document.activeElement));
    (here ?? meant[0])?.click();
  }

  /**
   * Insert the offer of the translation memory, without sending the form.
   *
   * @param {Event} event
   */
  #takeOver(event) {
    const button = closest(event, "button[name=_use]");
    if (!button) return;
    event.preventDefault();
    const { piece = "", text = "" } = button.dataset;
    // The next press of the key applies to another paragraph.
    for (const each of findAll(this.#form, "button[name=_use]")) {
      if (each.dataset.piece === piece) delete each.dataset.keys;
    }
    this.#draft.put(piece, text);
  }

  #checkSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), CHECK_AFTER);
  }

  async #check() {
    this.#latest += 1;
    const number = this.#latest;
    const body = new FormData(this.#form);
    const response = await fetch(this.#form.dataset.check ?? "", { method: "POST", body }).catch(() => null);
    if (!response?.ok) return;
    /** @type {Record<string, string[]>} */
    const problems = await response.json();
    // A slow response about an earlier text must not replace that about the present one.
    if (number !== this.#latest) return;
    for (const section of findAll(this.#form, "[data-field]")) {
      const found = problems[section.dataset.field ?? ""] ?? [];
      find(section, ".problems").replaceChildren(...found.map((textContent) => make("li", { textContent })));
    }
  }

  /**
   * Tell the server that this text is open, or no longer.
   *
   * @param {{ leave: boolean }} options
   */
  #signal({ leave }) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", control(this.#form, "csrfmiddlewaretoken").value);
    if (leave) body.set("leave", "1");
    return fetch(this.#form.dataset.presence ?? "", { method: "POST", body, keepalive: true });
  }

  async #showPresence() {
    const response = await this.#signal({ leave: false }).catch(() => null);
    if (!response?.ok) return;
    const { other, stamp, suggestion } = await response.json();
    const notice = byId("other-editor");
    notice.hidden = !other;
    find(notice, "bdi").textContent = other;
    const newer = stamp !== control(this.#form, "stamp").value;
    byId("newer-version").hidden = !newer;
    byId("newer-suggestion").hidden = newer || !suggestion || suggestion === control(this.#form, "suggestion").value;
  }
}

new TranslationDesk(byId("translation-desk", HTMLFormElement));
