// One text at the translators' desk: keys for the buttons, checks while writing, and who else has it open.
import { byId, control, find, findAll, make } from "../liveblog/dom.js";

// Milliseconds.
const CHECK_AFTER = 600;
const PRESENCE_EVERY = 15_000;

class TranslationDesk {
  #form;
  #submitted = false;
  /** @type {number | undefined} */
  #timer;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    document.addEventListener("keydown", (event) => this.#press(event), { capture: true });
    for (const event of ["input", "keyup"]) form.addEventListener(event, () => this.#checkSoon());
    form.addEventListener("submit", () => {
      this.#submitted = true;
    });
    setInterval(() => this.#showPresence(), PRESENCE_EVERY);
    addEventListener("pagehide", () => {
      if (!this.#submitted) this.#signal({ leave: true });
    });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    for (const button of findAll(this.#form, "[data-keys]")) {
      const [modifier, key = ""] = (button.dataset.keys ?? "").split("+");
      const held = modifier === "Alt" ? event.altKey : event.ctrlKey || event.metaKey;
      // With Alt some keyboards write another letter; the key itself is the same.
      if (held && (event.key.toLowerCase() === key.toLowerCase() || event.code === `Key${key.toUpperCase()}`)) {
        event.preventDefault();
        event.stopPropagation();
        button.click();
        return;
      }
    }
  }

  #checkSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), CHECK_AFTER);
  }

  async #check() {
    const body = new FormData(this.#form);
    const response = await fetch(this.#form.dataset.check ?? "", { method: "POST", body });
    if (!response.ok) return;
    /** @type {Record<string, string[]>} */
    const problems = await response.json();
    for (const section of findAll(this.#form, "[data-field]")) {
      const found = problems[section.dataset.field ?? ""] ?? [];
      find(section, ".problems").replaceChildren(...found.map((textContent) => make("li", { textContent })));
    }
  }

  /**
   * Tell the server that somebody has this text open, or no longer.
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
    const { other, stamp } = await response.json();
    const notice = byId("other-editor");
    notice.hidden = !other;
    find(notice, "bdi").textContent = other;
    byId("newer-version").hidden = stamp === control(this.#form, "stamp").value;
  }
}

new TranslationDesk(byId("translation-desk", HTMLFormElement));
