// One form in which an update is written: stores its content, sends it until the server has it, and shows the server's
// answer. Two may be open at a time: the one for new updates, and one in the timeline.
import { createEditor } from "django-prose-editor/configurable";
import { Embed } from "../articles/embeds.js";
import { Pictures } from "../articles/pictures.js";
import { doubling } from "../liveblog/backoff.js";
import { closest, control, find, findAll, focused } from "../liveblog/dom.js";
import { listed } from "../liveblog/lists.js";
import { showOffsets } from "../liveblog/moment-inputs.js";
import { Choices, choicesIn, withList } from "./choices.js";
import { Draft } from "./drafts.js";
import { groupByName, sameFields, withoutFields } from "./fields.js";
import { prefer, preferred } from "./preferences.js";
import { Forbidden, formatTime, LoggedOut, listItems, post } from "./requests.js";

/** @import { Editor } from "django-prose-editor/editor" */
/** @import { Content } from "./drafts.js" */
/** @import { Field } from "./fields.js" */
/** @import { Answer } from "./requests.js" */

/**
 * @typedef {object} ComposerEvents the events of a composer for the desk
 * @property {() => unknown} onSaved
 * @property {(at: string) => unknown} onWriting the user works on this form; on none if empty
 * @property {() => unknown} onLoggedOut
 * @property {(idle: boolean) => unknown} [onClosed] `idle`: the user's focus is nowhere else
 */

// Milliseconds: quiet before what is typed is stored, and before the preview follows.
const STORE_AFTER = 200;
const PREVIEW_AFTER = 800;
/** The first and the longest pause before something is sent again. */
const RETRY = { base: 1000, cap: 15_000 };
/**
 * The time for which an update that was being sent when the browser closed is sent automatically; after it, the user
 * checks the update first.
 */
const STILL_MEANT = 5 * 60_000;

/** Fields that belong to the page, not to the update. */
const PASSING = ["csrfmiddlewaretoken", "delay"];
/** Fields of the user, which stay when the form is cleared for the next update. */
const STAYING = ["source_language", "authors"];

/** By form, the composers that are ready. @type {WeakMap<Element, Composer>} */
const composers = new WeakMap();

/** The form of an update. */
export class Composer {
  /** Fulfilled with the composer when the form can be used. */
  ready;
  /** "new", or the id of the entry that is edited. */
  at;
  #form;
  #textarea;
  #address;
  #scope;
  #events;
  /** @type {Draft | undefined} */
  #draft;
  /** @type {Editor | undefined} */
  #editor;
  #pictures;
  #embed;
  #choices;
  /** The last selected kind. */
  #kind = "";
  /** The fields of the empty form. @type {Field[]} */
  #blank = [];
  /** The action to send as soon as there is a connection. @type {string | null} */
  #waiting = null;
  #failures = 0;
  /** Whether the status says that the form is stored. */
  #saysStored = false;
  /** The element that had the focus before the form was sent. @type {HTMLElement | null} */
  #active = null;
  /** Set while something typed waits to be stored. @type {number | undefined} */
  #storeTimer;
  /** @type {number | undefined} */
  #previewTimer;
  /** @type {number | undefined} */
  #retryTimer;
  /** Aborted when the form is closed. */
  #life = new AbortController();

  /**
   * Return the composer of a form, unless it is not ready.
   *
   * @param {Element | null} form
   */
  static of(form) {
    return form ? composers.get(form) : undefined;
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} place the element to stand in
   * @param {{ scope: string, draft?: Draft } & ComposerEvents} options `scope` names the desk, and so its drafts;
   *   `draft` is one that was claimed already
   */
  constructor(form, place, { scope, draft, ...events }) {
    this.#form = form;
    this.at = form.dataset.at ?? "new";
    this.#address = form.getAttribute("action") ?? "";
    this.#scope = scope;
    this.#draft = draft;
    this.#events = events;
    // Before it is ready, input would be overwritten, and a button would submit the form natively.
    form.inert = true;
    place.replaceChildren(form);
    // If the form is in the page twice, its fields still have unique ids.
    if (!this.isNew) prefixIds(form, this.at);
    this.#textarea = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("body"));
    this.#pictures = new Pictures(find(form, "[data-pictures]"));
    this.#embed = new Embed(find(form, ".embed-input"), () => scope.split("/")[0]);
    this.#choices = new Choices(find(form, "[data-choices]"));
    this.ready = this.#begin();
  }

  /** Whether it is the form for new updates. */
  get isNew() {
    return this.at === "new";
  }

  /** Move the focus into the text. */
  focus() {
    this.#editor?.commands.focus("end");
  }

  /** Move the focus to the question of a poll that has none yet. */
  focusQuestion() {
    const question = control(this.#form, "headline");
    const asks = !find(this.#form, "[data-choices]").closest("[hidden]");
    if (asks && !question.value) question.focus();
  }

  /**
   * Press a button of the form, if it exists.
   *
   * @param {string} selector
   */
  press(selector) {
    const button = this.#form.querySelector(selector);
    if (button instanceof HTMLElement) this.#form.requestSubmit(button);
  }

  /** Leave the form; its draft stays. */
  close() {
    this.#life.abort();
    this.#events.onWriting("");
    this.#stopWaiting();
    clearTimeout(this.#previewTimer);
    if (this.#storeTimer) this.#store();
    const idle = this.#isIdle;
    this.#editor?.destroy();
    this.#form.remove();
    this.#draft?.release();
    this.#events.onClosed?.(idle);
  }

  async #begin() {
    this.#blank = this.#read();
    this.#draft ??= await Draft.claim(`${this.#scope}/${this.at}`);
    const { content } = this.#draft;
    if (content) this.#restore(content);
    const key = control(this.#form, "key");
    if (this.isNew && !key.value) key.value = crypto.randomUUID();
    this.#editor = await createEditor(this.#textarea);
    this.#embed.watch(this.#editor);
    this.#kind = control(this.#form, "kind").value;
    this.#showFields();
    this.#listen();
    composers.set(this.#form, this);
    this.#form.inert = false;
    if (content) this.#resume(content);
    else this.#inherit();
    if (this.isNew && preferred("preview") && matchMedia("(min-width: 80rem)").matches) this.#togglePreview();
    return this;
  }

  #listen() {
    const { signal } = this.#life;
    // A picture may be uploaded after the form is closed.
    this.#form.addEventListener("input", (event) => this.#typed(event), { signal });
    this.#form.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.name === "kind") this.#moveChoices();
      this.#showFields();
    });
    const delay = this.#form.elements.namedItem("delay");
    if (delay instanceof HTMLSelectElement) {
      delay.value = preferred("delay");
      if (delay.selectedIndex < 0) delay.value = "";
      delay.addEventListener("change", () => prefer("delay", delay.value));
    }
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#form.addEventListener("click", (event) => this.#clicked(event));
    addEventListener(
      "online",
      () => {
        this.#failures = 0;
        if (this.#waiting) this.#send(this.#waiting);
      },
      { signal },
    );
    const snippets = this.#form.querySelector(".snippet-choice");
    if (snippets instanceof HTMLSelectElement) {
      snippets.addEventListener("change", () => this.#insertSnippet(snippets));
    }
    this.#previewLanguage.addEventListener("change", () => this.#preview());
  }

  /** Continue with the draft of a page that the user has just left, unless this form is in use by then. */
  async #inherit() {
    const { signal } = this.#life;
    const draft = await Draft.inherit(`${this.#scope}/${this.at}`, signal).catch(() => undefined);
    if (!draft?.content) return;
    if (signal.aborted || this.#form.inert || !this.#isBlank) {
      draft.release();
      return;
    }
    // A text that the user has just deleted may still be stored.
    this.#draft?.discard();
    this.#draft?.release();
    this.#draft = draft;
    this.#restore(draft.content);
    this.#showFields();
    this.#resume(draft.content);
  }

  /** @param {Content} content */
  #restore({ fields, pictures, address }) {
    this.#pictures.restore(pictures);
    this.#write(fields);
    this.#address = address;
  }

  /** @param {Content} content */
  #resume({ at, action }) {
    this.#button("discard").hidden = false;
    if (action && Date.now() - at < STILL_MEANT) this.#send(action);
    else this.#show(this.#message(action ? "unsent" : "restored", at));
  }

  /** @param {string} name */
  #button(name) {
    return find(this.#form, `[data-do="${name}"]`);
  }

  get #previewLanguage() {
    return find(this.#form, ".preview-language", HTMLSelectElement);
  }

  get #isPreviewed() {
    return !find(this.#form, ".preview").hidden;
  }

  /**
   * Return a message of the form, with a time inserted.
   *
   * @param {string} name
   * @param {number} [at]
   */
  #message(name, at) {
    return (this.#form.dataset[name] ?? "").replace("%(time)s", at ? this.#formatTime(at) : "");
  }

  /**
   * Format a time in the article's time zone, with the city of the zone.
   *
   * @param {number} at
   */
  #formatTime(at) {
    const { timeZone, city } = this.#form.dataset;
    return `${formatTime(at, { timeZone })} ${city ?? ""}`.trim();
  }

  /** @param {string} text */
  #show(text) {
    this.#saysStored = false;
    find(this.#form, ".composer-status").textContent = text;
  }

  // Content ----------------------------------------------------------------------------------------------------------

  /** Whether the user has put nothing into the form. */
  get #isBlank() {
    return sameFields(this.#read(), this.#blank) && !this.#pictures.isUploading;
  }

  /** @returns {Field[]} */
  #read() {
    return withoutFields([...new FormData(this.#form)], PASSING);
  }

  /** @param {Field[]} fields */
  #write(fields) {
    const values = groupByName(fields);
    for (const element of this.#form.elements) {
      const field = /** @type {HTMLInputElement} */ (element);
      if (!field.name || PASSING.includes(field.name) || field.type === "submit") continue;
      // The pictures create their own fields.
      if (field.closest("[data-pictures], [data-choices]")) continue;
      const given = values.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
      else if (field.name === "embed_url") this.#embed.put(given[0] ?? "");
      else if (given[0] !== undefined) field.value = given[0];
      // The choice between two moments follows the time, and must exist before it is set.
      const moment = field.closest(".moment-input");
      if (moment) showOffsets(moment);
    }
    this.#choices.put(values.get("choices") ?? []);
    this.#kind = control(this.#form, "kind").value;
    this.#editor?.commands.setContent(this.#textarea.value, { emitUpdate: false });
  }

  /** @param {Event} event */
  #typed(event) {
    if (closest(event, ".preview, .snippets, .delay")) return;
    this.#events.onWriting(this.at);
    // A changed form is not sent automatically.
    if (this.#waiting) this.#show("");
    this.#stopWaiting();
    if (event.target instanceof HTMLInputElement && ["source_url", "embed_url"].includes(event.target.name)) {
      this.#showFields();
    }
    clearTimeout(this.#storeTimer);
    this.#storeTimer = setTimeout(() => this.#store(), STORE_AFTER);
    if (!this.#isPreviewed) return;
    clearTimeout(this.#previewTimer);
    this.#previewTimer = setTimeout(() => this.#preview(), PREVIEW_AFTER);
  }

  #stopStoring() {
    clearTimeout(this.#storeTimer);
    this.#storeTimer = undefined;
  }

  /** @param {string} [action] what is being done with it */
  async #store(action) {
    this.#stopStoring();
    const fields = this.#read();
    const at = Date.now();
    if (!action && sameFields(fields, this.#blank)) {
      await this.#draft?.discard();
      // A status about something else stays valid.
      if (this.#saysStored) this.#show("");
      return;
    }
    try {
      await this.#draft?.save({ fields, pictures: this.#pictures.toJSON(), address: this.#address, at, action });
      // While the form is on its way to the newsroom, the status is about that.
      if (!action && !this.#form.inert) {
        this.#show(this.#message("stored", at));
        this.#saysStored = true;
      }
      this.#button("discard").hidden = false;
    } catch {
      // If the browser has no room to store it, do not claim that it is stored.
      this.#show("");
    }
  }

  /** Show the fields of the kind that is selected, in the language of the text. */
  #showFields() {
    const kind = control(this.#form, "kind").value;
    for (const field of findAll(this.#form, "[data-kinds]")) {
      // A field with a value is not hidden, regardless of the kind.
      const filled = [...field.querySelectorAll("input")].some(({ value }) => value);
      field.hidden = !filled && !(field.dataset.kinds ?? "").split(" ").includes(kind);
    }
    // A field that is hidden must not take the focus with it.
    if (focused()?.closest("[hidden]") && this.#form.contains(document.activeElement)) this.focus();
    this.#editor?.view.dom.setAttribute("aria-label", this.#bodyLabel);
    this.#showMainButton();
    const language = control(this.#form, "source_language").value;
    for (const input of findAll(this.#form, "[data-choices] input")) {
      input.lang = language;
      input.dir = this.#directionOf(language);
    }
    for (const name of ["headline", "body", "attribution", "correction_note"]) {
      const field = control(this.#form, name);
      for (const element of [field, field?.closest(".richtext")]) {
        element?.setAttribute("lang", language);
        element?.setAttribute("dir", this.#directionOf(language));
      }
    }
    for (const name of ["authors", "topics"]) {
      const shown = this.#form.querySelector(`.selected-${name}`);
      const chosen = findAll(this.#form, `[name="${name}"]:checked`).map((box) =>
        (box.closest("label")?.textContent ?? "").trim(),
      );
      if (shown) shown.textContent = listed(chosen) || "–";
    }
  }

  /** The name of the text field in the selected kind. */
  get #bodyLabel() {
    const parts = findAll(this.#form, ".field.body label > span:not([hidden])");
    return parts.map(({ textContent }) => (textContent ?? "").trim()).join(" ");
  }

  /** Make the first button schedule the update once a time is entered. */
  #showMainButton() {
    const button = this.#form.querySelector("[data-if-planned]");
    if (!(button instanceof HTMLButtonElement)) return;
    button.dataset.now ??= button.textContent ?? "";
    const isPlanned = Boolean(control(this.#form, "publish_at").value);
    button.value = isPlanned ? "schedule" : "publish";
    button.textContent = (isPlanned ? button.dataset.ifPlanned : button.dataset.now) ?? "";
    find(this.#form, "[data-schedule]").hidden = isPlanned;
  }

  /** Keep the choices of a poll when the kind is changed: they are fields in a poll, and a list in any other text. */
  #moveChoices() {
    const before = this.#kind;
    this.#kind = control(this.#form, "kind").value;
    const { values } = this.#choices;
    if (this.#kind === "poll" && !values.length) {
      const found = choicesIn(this.#textarea.value);
      if (!found) return;
      this.#choices.put(found.choices);
      this.#editor?.commands.setContent(found.html, { emitUpdate: true });
    } else if (before === "poll" && values.length) {
      this.#choices.put([]);
      this.#editor?.commands.setContent(withList(this.#textarea.value, values), { emitUpdate: true });
    }
  }

  /** @param {string} language */
  #directionOf(language) {
    const option = this.#previewLanguage.querySelector(`option[value="${language}"]`);
    return option?.getAttribute("dir") || "auto";
  }

  /** @param {HTMLSelectElement} select */
  #insertSnippet(select) {
    const { kind = "", language = "", headline = "", body } = select.selectedOptions[0]?.dataset ?? {};
    select.value = "";
    if (body === undefined) return;
    /** @type {Field[]} */
    const inserted = [
      ["kind", kind],
      ["source_language", language],
      ["headline", headline],
      ["body", body],
    ];
    const names = inserted.map(([name]) => name);
    this.#write([...withoutFields(this.#read(), names), ...inserted]);
    this.#textarea.value = body;
    this.#editor?.commands.setContent(body);
    this.#moveChoices();
    this.#showFields();
    this.focus();
  }

  // Actions ----------------------------------------------------------------------------------------------------------

  /** @param {Event} event */
  #clicked(event) {
    const button = closest(event, "[data-do]");
    if (button?.dataset.do === "preview") {
      this.#togglePreview();
      prefer("preview", this.#isPreviewed ? "1" : "");
    }
    if (button?.dataset.do === "camera") this.#pictures.photograph();
    if (button?.dataset.do === "gallery") this.#pictures.choose();
    if (button?.dataset.do === "discard") this.#discard();
    if (button?.dataset.do === "close") this.close();
  }

  async #discard() {
    this.#stopWaiting();
    this.#stopStoring();
    const discarded = this.#draft?.discard();
    if (!this.isNew) {
      this.close();
      return;
    }
    await discarded;
    this.#clear();
  }

  #clear() {
    const staying = this.#read().filter(([name]) => STAYING.includes(name));
    const blank = withoutFields(this.#blank, [...STAYING, "key"]);
    this.#pictures.clear();
    this.#embed.clear();
    this.#write([...blank, ...staying, ["key", crypto.randomUUID()]]);
    this.#blank = this.#read();
    this.#address = this.#form.getAttribute("action") ?? "";
    this.#button("discard").hidden = true;
    find(this.#form, ".conflict").hidden = true;
    this.#showErrors({});
    this.#show("");
    this.#showFields();
    for (const details of this.#form.querySelectorAll("details")) details.open = false;
    // Clearing the form does not count as writing.
    this.#events.onWriting("");
    if (this.#isPreviewed) this.#preview();
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    this.#failures = 0;
    const action = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "draft";
    if (action === "schedule" && !control(this.#form, "publish_at").value) this.#askForTime();
    else this.#send(action);
  }

  /** Ask the user for the time of publishing. */
  #askForTime() {
    const field = control(this.#form, "publish_at");
    const details = field.closest("details");
    if (details) details.open = true;
    field.focus();
  }

  /**
   * Send the form until there is an answer. It has a key, so that it arrives once however often it is sent.
   *
   * @param {string} action
   */
  async #send(action) {
    if (this.#form.inert) return;
    this.#stopWaiting();
    this.#show(this.#message("sending"));
    const body = new FormData(this.#form);
    body.set("action", action);
    // Text typed in the meantime would be in neither this update nor the next.
    this.#active = this.#form.contains(document.activeElement) ? focused() : null;
    this.#form.inert = true;
    await this.#store(action);
    let answer;
    try {
      answer = await post(this.#address, body);
    } catch (error) {
      this.#unlock();
      if (error instanceof LoggedOut || error instanceof Forbidden) await this.#denied(error);
      else this.#wait(action);
      return;
    }
    this.#failures = 0;
    await this.#answered(answer);
  }

  #unlock() {
    this.#form.inert = false;
    if (this.#isIdle) this.#active?.focus();
  }

  /** Whether the user's focus is nowhere else. */
  get #isIdle() {
    return document.activeElement === document.body || this.#form.contains(document.activeElement);
  }

  /** @param {string} action */
  #wait(action) {
    this.#failures += 1;
    this.#show(this.#message("waiting"));
    this.#waiting = action;
    this.#retryTimer = setTimeout(() => this.#send(action), doubling(this.#failures, RETRY));
  }

  #stopWaiting() {
    this.#waiting = null;
    clearTimeout(this.#retryTimer);
  }

  /**
   * Keep the form here, until the user sends it again.
   *
   * @param {LoggedOut | Forbidden} error
   */
  async #denied(error) {
    await this.#store();
    if (error instanceof LoggedOut) this.#events.onLoggedOut();
    else this.#show(this.#message("forbidden"));
  }

  /** @param {Answer} answer */
  async #answered({ status, json }) {
    if (status === 200 && json) {
      await this.#done();
      return;
    }
    this.#unlock();
    if (status === 409) {
      // The next request is based on the version that is shown. A new update may have become an existing one.
      control(this.#form, "opened").value = json.opened;
      this.#address = json.url ?? this.#address;
    }
    await this.#store();
    if (status === 409) this.#showConflict(json.conflict);
    else if (status === 422) this.#showErrors(json.errors, json.pictures);
    else this.#show(this.#message("failed"));
  }

  async #done() {
    this.#stopStoring();
    await this.#draft?.discard();
    this.#events.onWriting("");
    if (this.isNew) this.#clear();
    this.#unlock();
    this.#show(this.#message("done", Date.now()));
    this.#events.onSaved();
    if (!this.isNew) this.close();
    else if (this.#isIdle) this.focus();
  }

  /**
   * @param {Record<string, string[]>} errors by field
   * @param {{ errors?: Record<string, string>, warnings?: Record<string, string> }} [pictures]
   */
  #showErrors(errors, pictures = {}) {
    this.#pictures.showErrors(pictures.errors, pictures.warnings);
    const lists = findAll(this.#form, "[data-of]");
    for (const list of lists) {
      list.replaceChildren(...listItems(errors[list.dataset.of ?? ""] ?? []));
      describe(list);
    }
    const first = lists.find((list) => list.childElementCount > 0);
    const placed = new Set(lists.map((list) => list.dataset.of));
    for (const [field, messages] of Object.entries(errors)) {
      if (!placed.has(field)) find(this.#form, '[data-of="__all__"]').append(...listItems(messages));
    }
    if (Object.keys(errors).length) this.#show("");
    const details = first?.closest("details");
    if (details) details.open = true;
    if (first) fieldOf(first)?.focus();
  }

  /** @param {string} html */
  #showConflict(html) {
    const place = find(this.#form, ".conflict");
    place.innerHTML = html;
    place.hidden = false;
    this.#show("");
    place.setAttribute("tabindex", "-1");
    place.focus();
  }

  // Preview ----------------------------------------------------------------------------------------------------------

  #togglePreview() {
    const shows = !this.#isPreviewed;
    find(this.#form, ".preview").hidden = !shows;
    this.#form.classList.toggle("previewed", shows);
    this.#button("preview").setAttribute("aria-expanded", String(shows));
    if (!shows) return;
    this.#preview();
    // If there is no room beside the text, the preview is below it.
    if (this.#form.contains(document.activeElement)) find(this.#form, ".preview").scrollIntoView({ block: "nearest" });
  }

  async #preview() {
    const body = new FormData(this.#form);
    body.set("reader", this.#previewLanguage.value);
    try {
      const { status, html } = await post(this.#form.dataset.preview ?? "", body);
      if (status === 200) find(this.#form, "iframe", HTMLIFrameElement).srcdoc = html;
    } catch (error) {
      // Without a connection, the preview is updated after the next input.
      if (error instanceof LoggedOut) this.#events.onLoggedOut();
    }
  }
}

/**
 * Return the field below a list of its errors.
 *
 * @param {HTMLElement} list
 * @returns {HTMLElement | null | undefined}
 */
function fieldOf(list) {
  const around = list.closest(".field, details");
  // An editor replaces its field.
  return around?.querySelector(".ProseMirror") ?? around?.querySelector("input, select, textarea");
}

/**
 * Make screen readers read the errors of a field with it.
 *
 * @param {HTMLElement} list of the errors; empty if there are none
 */
function describe(list) {
  const field = fieldOf(list);
  if (!field) return;
  list.id ||= `errors-${crypto.randomUUID()}`;
  if (list.childElementCount) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", list.id);
  } else if (field.getAttribute("aria-describedby") === list.id) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/**
 * Put a prefix before the ids in a form, and before the references to them.
 *
 * @param {HTMLFormElement} form
 * @param {string} prefix
 */
function prefixIds(form, prefix) {
  for (const element of findAll(form, "[id], [for], [aria-labelledby], [aria-describedby]")) {
    for (const name of ["id", "for", "aria-labelledby", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, `${prefix}-${value}`);
    }
  }
}
