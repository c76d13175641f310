// The page that starts coverage: shows the settings that will be filled in while the user types the line.
import { post } from "../desk/requests.js";
import { byId, control } from "../liveblog/dom.js";

/** The pause after the last letter before the server is asked, in milliseconds. */
const ASK_AFTER = 250;

class Start {
  #form = byId("start", HTMLFormElement);
  /** @type {number | undefined} */
  #timer;
  #asked = 0;

  constructor() {
    const line = control(this.#form, "headline");
    line.focus();
    line.setSelectionRange(line.value.length, line.value.length);
    for (const event of ["input", "change"]) this.#form.addEventListener(event, () => this.#askSoon());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.altKey || event.isComposing) return;
      event.preventDefault();
      const moreFields = this.#form.querySelector("details");
      const day = control(this.#form, "starts_at");
      // An announcement needs a time.
      if (moreFields && !day.value) {
        moreFields.open = true;
        day.focus();
      } else this.#form.requestSubmit(this.#form.querySelector("[name=announce]"));
    });
    let isSent = false;
    this.#form.addEventListener("submit", (event) => {
      if (isSent) event.preventDefault();
      isSent = true;
    });
    // Allow submitting a page that is restored from the browser's cache.
    addEventListener("pageshow", () => {
      isSent = false;
    });
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ASK_AFTER);
  }

  async #ask() {
    this.#asked += 1;
    const mine = this.#asked;
    const answer = await post(this.#form.dataset.plan ?? "", new FormData(this.#form)).catch(() => null);
    if (answer?.json && mine === this.#asked) byId("plan").innerHTML = answer.json.html;
  }
}

if (globalThis.document?.getElementById("start")) new Start();
