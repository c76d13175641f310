// Polls: sends a vote without leaving the page. A repeated vote counts once.
import { find, findAll } from "./dom.js";
import { load, store } from "./storage.js";

const VOTER = "voter";

/** The polls of a page. */
export class Polls {
  /** @param {HTMLElement} root */
  constructor(root) {
    root.addEventListener("submit", (event) => {
      if (!(event.target instanceof HTMLFormElement) || !event.target.matches("form.poll")) return;
      event.preventDefault();
      this.#vote(event.target);
    });
    this.show(root);
  }

  /**
   * Show this browser's votes in the polls of a new element of the page.
   *
   * @param {HTMLElement} element
   */
  show(element) {
    for (const form of findAll(element, "form.poll")) {
      const choice = load(`vote-${form.dataset.poll}`);
      if (choice === null) continue;
      const input = form.querySelector(`input[value="${CSS.escape(choice)}"]`);
      if (input instanceof HTMLInputElement && !form.querySelector("input:checked")) input.checked = true;
      const status = statusOf(form);
      if (!status.textContent) status.textContent = status.dataset.voted ?? "";
    }
  }

  /** @param {HTMLFormElement} form */
  async #vote(form) {
    const button = find(form, "button");
    if (button.getAttribute("aria-disabled") === "true") return;
    // Do not set `disabled`, which would remove the focus.
    button.setAttribute("aria-disabled", "true");
    const choice = new FormData(form).get("choice");
    const body = new FormData(form);
    body.set("voter", voter());
    let text = statusOf(form).dataset.failed ?? "";
    try {
      const data = new URLSearchParams(/** @type {any} */ (body));
      const response = await fetch(form.action, {
        method: "POST",
        body: data,
        headers: { Accept: "application/json" },
      });
      if (response.headers.get("Content-Type")?.startsWith("application/json")) text = (await response.json()).message;
      if (response.ok) store(`vote-${form.dataset.poll}`, String(choice));
    } catch {
      // The network is down; the text says so.
    }
    // A correction of the poll may have replaced the form in the meantime.
    const present = document.querySelector(`form.poll[data-poll="${form.dataset.poll}"]`) ?? form;
    statusOf(present).textContent = text;
    find(present, "button").removeAttribute("aria-disabled");
  }
}

/** @param {Element} form */
function statusOf(form) {
  return find(form, ".form-status");
}

/**
 * Return a random number of this browser, made at its first vote and sent only with votes. A browser without storage
 * uses the cookie of the response.
 */
function voter() {
  const known = load(VOTER);
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  store(VOTER, made);
  return made;
}
