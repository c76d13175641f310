// Reader comments: sends the form without leaving the page, keeps what was typed, and shows readers their own comments.
// Without this module the same forms lead to pages.
import { closest, control, find, findAll, focused, make, parse } from "../liveblog/dom.js";
import { load, store } from "../liveblog/storage.js";
import { PROOF } from "./proof.js";

/**
 * @typedef {Record<string, string | boolean | undefined>} Draft the fields of a form, and the name of who is answered
 */
/** @typedef {{ url: string, comment: number }} Own a comment of this reader, and its secret address */

const FORM = "form[data-comment-form]";
const DRAFT_FIELDS = ["name", "email", "text", "parent", "notify", "key"];

/** The comment form. The server may replace it while somebody writes. */
class CommentForm {
  #draftKey;
  #own;
  /** When the reader began to write, by `performance.now()`. @type {number | null} */
  #openedAt = null;

  /**
   * @param {string} article
   * @param {OwnComments} own
   */
  constructor(article, own) {
    this.#draftKey = `comment:${article}`;
    this.#own = own;
    document.addEventListener("submit", (event) => {
      if (!(event.target instanceof HTMLFormElement) || !event.target.matches(FORM)) return;
      event.preventDefault();
      this.#send(event.target);
    });
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("input", (event) => {
      const form = closest(event, FORM);
      if (!(form instanceof HTMLFormElement)) return;
      this.#openedAt ??= performance.now();
      this.#store(form);
    });
    const around = document.getElementById("comments-form")?.parentElement;
    if (around) new MutationObserver((changes) => this.#replaced(changes)).observe(around, { childList: true });
    this.#restore(stored(this.#draftKey, null));
  }

  /** @returns {HTMLFormElement | null} */
  get #form() {
    return document.querySelector(FORM);
  }

  // Drafts -----------------------------------------------------------------------------------------------------------

  /** @param {HTMLFormElement} form */
  #store(form) {
    save(this.#draftKey, draftOf(form));
  }

  /** @param {Draft | null} draft */
  #restore(draft) {
    const form = this.#form;
    if (!draft || !form) return;
    for (const name of DRAFT_FIELDS) {
      const field = control(form, name);
      const value = draft[name];
      if (!field || value === undefined) continue;
      if (field.type === "checkbox") field.checked = Boolean(value);
      // A value from the server or from the address takes precedence.
      else if (!field.value) field.value = String(value);
    }
    // Keep a text that the reader has begun visible.
    if (control(form, "text").value) unfold(form);
    const parent = control(form, "parent").value;
    if (parent && parent === draft.parent && draft.to) showAnswered(form, parent, String(draft.to));
  }

  /**
   * The article's rules have changed, and with them the form. Keep the text that is being written in it.
   *
   * @param {MutationRecord[]} changes
   */
  #replaced(changes) {
    for (const removed of changes.flatMap(({ removedNodes }) => [...removedNodes])) {
      if (!(removed instanceof HTMLElement) || removed.id !== "comments-form") continue;
      const form = this.#form;
      const old = removed.querySelector(FORM);
      if (!form) continue;
      if (!(old instanceof HTMLFormElement)) {
        this.#restore(stored(this.#draftKey, null));
        continue;
      }
      this.#restore(draftOf(old));
      const text = control(form, "text");
      const { selectionStart, selectionEnd } = control(old, "text");
      if (document.activeElement === text) text.setSelectionRange(selectionStart, selectionEnd);
    }
  }

  // Answering --------------------------------------------------------------------------------------------------------

  /** @param {Event} event */
  #clicked(event) {
    const form = this.#form;
    if (closest(event, 'a[href="#comments-form"]')) unfold(form);
    const reply = closest(event, "[data-reply]");
    const alone = closest(event, "[data-no-reply]");
    if (!form || !(reply || alone)) return;
    event.preventDefault();
    const comment = reply?.closest("article");
    if (reply && comment) {
      showAnswered(form, reply.dataset.reply ?? "", find(comment, ".comment-author").textContent);
      unfold(form);
      form.scrollIntoView({ block: "center" });
      control(form, "text").focus({ preventScroll: true });
    } else {
      showAnswered(form, "", "");
    }
    this.#store(form);
  }

  // Sending ----------------------------------------------------------------------------------------------------------

  /** @param {HTMLFormElement} form */
  async #send(form) {
    if (!begin(form)) return;
    control(form, "key").value ||= newKey();
    control(form, "proof").value = stored(PROOF, "");
    this.#store(form);
    if (this.#openedAt !== null) {
      control(form, "seconds").value = ((performance.now() - this.#openedAt) / 1000).toFixed(1);
    }
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(/** @type {any} */ (new FormData(form))),
        headers: { Accept: "application/json" },
      });
      const answer = await response.json();
      if (response.status === 201) this.#accepted(form, answer);
      else showErrors(form, answer);
    } catch {
      showErrors(form, { errors: {}, problem: form.dataset.failed ?? "" });
    } finally {
      end(form);
    }
  }

  /**
   * @param {HTMLFormElement} form
   * @param {Own & { html: string }} answer
   */
  #accepted(form, { url, html, comment }) {
    showErrors(form, { errors: {}, problem: "" });
    control(form, "text").value = control(form, "key").value = "";
    showAnswered(form, "", "");
    this.#openedAt = null;
    save(this.#draftKey, { name: control(form, "name").value, email: control(form, "email").value });
    this.#own.add({ url, comment }, html);
    const shown = document.querySelector(`[data-own="${comment}"]:not([hidden]), [data-comment="${comment}"]`);
    shown?.scrollIntoView({ block: "center" });
    if (hasFocus(form)) focusOn(shown);
  }
}

/** The comments of this reader, with the links to change them. */
class OwnComments {
  #key;

  /** @param {string} article */
  constructor(article) {
    this.#key = `comments:${article}`;
  }

  /** @returns {Own[]} */
  get #known() {
    return stored(this.#key, []);
  }

  /**
   * Remember a comment, and show it.
   *
   * @param {Own} own
   * @param {string} html
   */
  add(own, html) {
    save(this.#key, [...this.#known.filter((one) => one.comment !== own.comment), own]);
    this.#show(own.comment, html);
  }

  /**
   * Load the present state of all of them, or of one.
   *
   * @param {number} [only]
   */
  async load(only) {
    for (const { url, comment } of this.#known) {
      if (only && comment !== only) continue;
      // The secret is in the fragment, so that it is not logged.
      const [address, secret] = url.split("#");
      const body = new URLSearchParams({ secret: secret ?? "", fragment: "1" });
      try {
        const response = await fetch(address ?? "", { method: "POST", body });
        if (response.status === 410) this.#forget(comment);
        else if (response.ok) this.#show(comment, await response.text());
      } catch {
        // A reload of the page requests it again.
      }
    }
  }

  /**
   * Hide the reader's copies of comments that are public on the page, but keep their links for changes there.
   */
  join() {
    for (const own of findAll(document, "[data-mine] > [data-own]")) {
      const actions = document.querySelector(`[data-comment="${own.dataset.own}"] .comment-actions`);
      const change = own.querySelector("[data-change]");
      if (actions && change && !actions.querySelector("[data-change]")) actions.append(" ", change.cloneNode(true));
      // The comment is no longer there: a moderator has decided on it.
      if (own.hidden && !actions) this.load(Number(own.dataset.own));
      const leaves = actions && own.contains(focused());
      own.hidden = actions !== null;
      if (leaves) focusOn(actions.closest("article"));
    }
  }

  /** @param {number} comment */
  #forget(comment) {
    const others = this.#known.filter((one) => one.comment !== comment);
    save(this.#key, others);
  }

  /**
   * @param {number} comment
   * @param {string} html
   */
  #show(comment, html) {
    const place = document.querySelector("[data-mine]");
    if (!place) return;
    const old = place.querySelector(`[data-own="${comment}"]`);
    if (old) old.replaceWith(parse(html));
    else place.prepend(parse(html));
    this.join();
  }
}

/** Translations that the reader requested. They stay when pushed elements replace others. */
class Translations {
  /** By comment. @type {Map<string, { html: string, label: string }>} */
  #loaded = new Map();

  constructor() {
    document.addEventListener("submit", (event) => {
      if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-translate]")) return;
      event.preventDefault();
      this.#load(event.target);
    });
  }

  /** Show all loaded translations. */
  show() {
    for (const [comment, { html, label }] of this.#loaded) {
      const place = document.querySelector(`[data-comment="${comment}"]`);
      if (!place || place.querySelector(".translated")) continue;
      const box = make("div", { className: "translated", innerHTML: html });
      box.prepend(make("p", { className: "note" }, label));
      find(place, ".comment-text").after(box);
      find(place, "[data-translate]").hidden = true;
    }
  }

  /** @param {HTMLFormElement} form */
  async #load(form) {
    if (!begin(form)) return;
    const comment = form.closest("[data-comment]")?.getAttribute("data-comment") ?? "";
    // A frame may replace the comment in the meantime.
    const present = () => document.querySelector(`[data-comment="${comment}"]`);
    const say = (/** @type {string} */ text) => present()?.querySelector("[role=status]")?.replaceChildren(text);
    // Screen readers announce only a change.
    say("");
    let text = form.dataset.failed ?? "";
    try {
      const response = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
      const { html, label, problem } = await response.json();
      text = html ? "" : (problem ?? text);
      const place = present();
      const follows = place && hasFocus(place);
      if (html) this.#loaded.set(comment, { html, label });
      this.show();
      if (html && follows) focusOn(place.querySelector(".translated"));
    } catch {
      // The network is down, or the answer is an error page; the text says so.
    }
    say(text);
    end(form);
  }
}

/**
 * Return what is stored under a key.
 *
 * @param {string} key
 * @param {any} otherwise if nothing readable is stored
 */
function stored(key, otherwise) {
  try {
    return JSON.parse(load(key) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function save(key, value) {
  store(key, JSON.stringify(value));
}

/**
 * @param {HTMLFormElement} form
 * @returns {Draft}
 */
function draftOf(form) {
  /** @type {Draft} */
  const draft = { to: find(form, "[data-replying-to]").textContent };
  for (const name of DRAFT_FIELDS) {
    const field = control(form, name);
    if (field) draft[name] = field.type === "checkbox" ? field.checked : field.value;
  }
  return draft;
}

/**
 * Note that a form is being sent. Do not disable its button, which would remove the focus.
 *
 * @param {HTMLFormElement} form
 * @returns {boolean} false if it is being sent already
 */
function begin(form) {
  const button = find(form, "button");
  if (button.hasAttribute("aria-disabled")) return false;
  button.setAttribute("aria-disabled", "true");
  return true;
}

/** @param {HTMLFormElement} form */
function end(form) {
  find(form, "button").removeAttribute("aria-disabled");
}

/**
 * Return whether the focus is in an element, or nowhere: some browsers do not focus a button that is clicked.
 *
 * @param {Element} element
 */
function hasFocus(element) {
  const active = focused();
  return !active || active === document.body || element.contains(active);
}

/**
 * Move the focus to an element that is no control, so that screen readers read it.
 *
 * @param {Element | null} element
 */
function focusOn(element) {
  if (!(element instanceof HTMLElement)) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  // The page keeps the focus in a replaced element by the number of the control.
  element.addEventListener("blur", () => element.removeAttribute("tabindex"), { once: true });
}

/** @param {HTMLFormElement | null} form */
function unfold(form) {
  form?.closest("details")?.setAttribute("open", "");
}

/**
 * Return a random key to recognise a repeated comment, after a lost response or a double click.
 */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (number) => number.toString(36)).join("-");
}

/**
 * Show whose comment the form answers; nobody's if empty.
 *
 * @param {HTMLFormElement} form
 * @param {string} comment
 * @param {string} name
 */
function showAnswered(form, comment, name) {
  control(form, "parent").value = comment;
  const line = find(form, "[data-replying]");
  line.hidden = !comment;
  const link = find(line, "[data-replying-to]", HTMLAnchorElement);
  link.href = comment ? `${form.getAttribute("action")}${comment}/` : "";
  link.replaceChildren(make("bdi", {}, name));
}

/**
 * Show the errors of a comment, as a whole and by field, and move the focus there.
 *
 * @param {HTMLFormElement} form
 * @param {{ errors: Record<string, string[]>, problem: string }} answer
 */
function showErrors(form, { errors, problem }) {
  const line = find(form, "[data-problem]");
  line.textContent = problem;
  line.hidden = !problem;
  /** @type {HTMLElement | undefined} */
  let first;
  for (const place of findAll(form, "[data-field]")) {
    const name = place.dataset.field ?? "";
    const messages = errors[name] ?? [];
    const list = find(place, ".errorlist");
    list.replaceChildren(...messages.map((textContent) => make("li", { textContent })));
    list.hidden = !messages.length;
    const field = control(form, name);
    describe(field, list.id, messages.length > 0);
    if (messages.length) first ??= field;
  }
  (first ?? (problem ? line : null))?.focus();
}

/**
 * Tell screen readers whether a field is invalid, and which element describes its errors.
 *
 * @param {HTMLElement} field
 * @param {string} list
 * @param {boolean} wrong
 */
function describe(field, list, wrong) {
  const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (wrong) described.add(list);
  else described.delete(list);
  field.setAttribute("aria-describedby", [...described].join(" "));
  if (wrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

const article = location.pathname.match(/\/live\/([^/]+)\//)?.[1] ?? "";
const own = new OwnComments(article);
const translations = new Translations();
new CommentForm(article, own);
const list = document.getElementById("comments");
if (list) {
  new MutationObserver(() => {
    own.join();
    translations.show();
  }).observe(list, { childList: true });
}
own.load();
