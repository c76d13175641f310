// One form in which an update is written: keeps what is typed, sends it until the newsroom has it, and shows what the
// server says. Two may be open at a time: the one for new updates, and one in the timeline.
import { createEditor } from "django-prose-editor/configurable";

import { Embed } from "../articles/embeds.js";
import { Pictures } from "../articles/pictures.js";
import { Draft } from "./drafts.js";
import { clock, Forbidden, items, LoggedOut, post } from "./requests.js";

//: Milliseconds of quiet before what is typed is kept, and before the preview follows.
const KEEP_AFTER = 200;
const PREVIEW_AFTER = 800;
//: The first and the longest pause before something is sent again, in milliseconds.
const RETRY = 1000;
const LONGEST_RETRY = 15_000;
//: What was on its way when the browser closed is sent by itself so long after, in milliseconds; later, it is looked at.
const STILL_MEANT = 5 * 60_000;

//: Fields that are of the moment, not of what is written.
const PASSING = new Set(["csrfmiddlewaretoken"]);

//: By form, those that have begun.
const composers = new WeakMap();

export class Composer {
  // The one of a form; nothing while that has not begun.
  static of(form) {
    return composers.get(form);
  }

  // `place`: the element to stand in; `scope`: names the desk, and so its drafts; `draft`: one that was taken already;
  // `events`: what the desk is told.
  constructor(form, place, { scope, draft, saved, writing, closed, loggedOut }) {
    this.form = form;
    this.at = form.dataset.at;
    this.scope = scope;
    this.draft = draft;
    this.events = { saved, writing, closed, loggedOut };
    this.isNew = this.at === "new";
    this.address = form.getAttribute("action");
    // What was typed before it has begun would be overwritten, and a button send it as a browser does.
    form.inert = true;
    place.replaceChildren(form);
    // In the page twice, its fields still have names of their own.
    if (!this.isNew) this.rename();
    this.textarea = form.elements.body;
    this.ready = this.begin();
  }

  async begin() {
    this.pictures = new Pictures(this.form.querySelector("[data-pictures]"));
    this.embed = new Embed(this.form.querySelector(".embed-input"), () => this.scope.split("/")[0]);
    this.blank = this.read();
    this.draft ??= await Draft.take(`${this.scope}/${this.at}`);
    const { kept } = this.draft;
    if (kept) {
      this.pictures.restore(kept.pictures);
      this.write(kept.fields);
      this.address = kept.address;
    }
    if (this.isNew && !this.form.elements.key.value) this.form.elements.key.value = crypto.randomUUID();
    this.editor = await createEditor(this.textarea);
    this.embed.watch(this.editor);
    this.editor.view.dom.setAttribute("aria-label", this.form.querySelector(".field.body label").textContent);
    this.shown();
    this.form.addEventListener("input", (event) => this.typed(event));
    this.form.addEventListener("change", () => this.shown());
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.form.addEventListener("click", (event) => this.clicked(event));
    addEventListener("online", () => this.waiting && this.send(this.waiting));
    this.form.querySelector(".snippet-choice")?.addEventListener("change", (event) => this.takeSnippet(event.target));
    this.form.querySelector(".preview-language").addEventListener("change", () => this.preview());
    composers.set(this.form, this);
    this.form.inert = false;
    if (kept) this.goOnWith(kept);
    return this;
  }

  goOnWith({ at, action }) {
    this.form.querySelector('[data-do="discard"]').hidden = false;
    if (action && Date.now() - at < STILL_MEANT) this.send(action);
    else this.say(this.words(action ? "unsent" : "restored", at));
  }

  rename() {
    for (const element of this.form.querySelectorAll("[id], [for], [aria-labelledby]")) {
      for (const name of ["id", "for", "aria-labelledby"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, `${this.at}-${element.getAttribute(name)}`);
      }
    }
  }

  focus() {
    this.editor?.commands.focus("end");
  }

  words(name, at) {
    return this.form.dataset[name].replace("%(time)s", at ? clock(at) : "");
  }

  say(text) {
    this.said = "";
    this.form.querySelector(".kept").textContent = text;
  }

  // What is written -----------------------------------------------------------------------------------------------

  read() {
    return [...new FormData(this.form)].filter(([name]) => !PASSING.has(name));
  }

  write(fields) {
    const values = new Map();
    for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
    for (const element of this.form.elements) {
      if (!element.name || PASSING.has(element.name) || element.type === "submit") continue;
      // Those of the pictures are of their own making.
      if (element.closest("[data-pictures]")) continue;
      const given = values.get(element.name) ?? [];
      if (element.type === "checkbox" || element.type === "radio") element.checked = given.includes(element.value);
      else if (element.name === "embed_url") this.embed.put(given[0] ?? "");
      else if (given.length) element.value = given[0];
    }
    this.editor?.commands.setContent(this.textarea.value, { emitUpdate: false });
  }

  same(fields) {
    const plain = (list) => JSON.stringify(list.filter(([name]) => name !== "key"));
    return plain(fields) === plain(this.blank);
  }

  typed(event) {
    if (event.target.closest(".preview, .snippets")) return;
    this.events.writing(this.at);
    // What is half changed is not sent by itself.
    if (this.waiting) this.say("");
    this.stopWaiting();
    if (["source_url", "embed_url"].includes(event.target.name)) this.shown();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), KEEP_AFTER);
    if (!this.form.querySelector(".preview").hidden) {
      clearTimeout(this.previewing);
      this.previewing = setTimeout(() => this.preview(), PREVIEW_AFTER);
    }
  }

  async keep(action) {
    clearTimeout(this.keeping);
    const fields = this.read();
    const at = Date.now();
    if (!action && this.same(fields)) {
      await this.draft.forget();
      // What was said of something else still holds.
      if (this.said === "kept") this.say("");
      return;
    }
    try {
      await this.draft.keep({ fields, pictures: this.pictures.toJSON(), address: this.address, at, action });
      if (!action) {
        this.say(this.words("kept", at));
        this.said = "kept";
      }
      this.form.querySelector('[data-do="discard"]').hidden = false;
    } catch {
      // A browser without room for it says nothing that is not so.
      this.say("");
    }
  }

  // Shows the fields of the kind that is chosen, in the language that is written in.
  shown() {
    const kind = this.form.elements.kind.value;
    for (const field of this.form.querySelectorAll("[data-kinds]")) {
      // What says something is not hidden, whatever the kind.
      const filled = field.querySelector("input")?.value;
      field.hidden = !filled && !field.dataset.kinds.split(" ").includes(kind);
    }
    const language = this.form.elements.source_language.value;
    const dir = this.direction(language);
    for (const name of ["headline", "body", "attribution", "correction_note"]) {
      const field = this.form.elements[name];
      for (const element of [field, field?.closest(".richtext")]) {
        element?.setAttribute("lang", language);
        element?.setAttribute("dir", dir);
      }
    }
    const chosen = [...this.form.querySelectorAll('[name="authors"]:checked')];
    this.form.querySelector(".byline .chosen").textContent =
      chosen.map((box) => box.closest("label").textContent.trim()).join(", ") || "–";
  }

  direction(language) {
    return this.form.querySelector(`.preview-language option[value="${language}"]`)?.dir || "auto";
  }

  takeSnippet(select) {
    const { kind, language, headline, body } = select.selectedOptions[0].dataset;
    select.value = "";
    if (body === undefined) return;
    const fields = this.read().filter(([name]) => !["kind", "source_language", "headline", "body"].includes(name));
    this.write([...fields, ["kind", kind], ["source_language", language], ["headline", headline], ["body", body]]);
    this.textarea.value = body;
    this.editor.commands.setContent(body);
    this.shown();
    this.focus();
  }

  // What is done --------------------------------------------------------------------------------------------------

  clicked(event) {
    const act = event.target.closest("[data-do]")?.dataset.do;
    if (act === "preview") this.togglePreview(event.target.closest("[data-do]"));
    if (act === "discard") this.discard();
    if (act === "close") this.close();
  }

  async discard() {
    this.stopWaiting();
    await this.draft.forget();
    if (this.isNew) this.clear();
    else this.close();
  }

  close() {
    this.events.writing("");
    this.stopWaiting();
    const { idle } = this;
    this.editor.destroy();
    this.form.remove();
    this.draft.letGo();
    this.events.closed(idle);
  }

  clear() {
    // Language, kind of byline and what else is of the person stays.
    const stays = new Set(["source_language", "authors"]);
    const now = this.read().filter(([name]) => stays.has(name));
    const blank = this.blank.filter(([name]) => !stays.has(name) && name !== "key");
    this.pictures.clear();
    this.embed.clear();
    this.write([...blank, ...now, ["key", crypto.randomUUID()]]);
    this.blank = this.read();
    this.address = this.form.getAttribute("action");
    this.form.querySelector('[data-do="discard"]').hidden = true;
    this.hideConflict();
    this.showErrors({});
    this.say("");
    this.shown();
    // Emptying it is not writing.
    this.events.writing("");
    if (!this.form.querySelector(".preview").hidden) this.preview();
  }

  press(selector) {
    const button = this.form.querySelector(selector);
    if (button) this.form.requestSubmit(button);
  }

  submitted(event) {
    event.preventDefault();
    this.send(event.submitter?.value ?? "draft");
  }

  // Sends until there is an answer. What is sent has a key, so that it arrives once however often it is sent.
  async send(action, pause = RETRY) {
    if (this.form.inert) return;
    this.stopWaiting();
    this.say(this.words("sending"));
    const body = new FormData(this.form);
    body.set("action", action);
    // What would be typed meanwhile would be in neither this update nor the next.
    this.focused = this.form.contains(document.activeElement) ? document.activeElement : null;
    this.form.inert = true;
    await this.keep(action);
    let answer;
    try {
      answer = await post(this.address, body);
    } catch (error) {
      this.goOn();
      if (error instanceof LoggedOut || error instanceof Forbidden) await this.turnedAway(error);
      else this.wait(action, pause);
      return;
    }
    await this.answered(answer);
  }

  goOn() {
    this.form.inert = false;
    if (this.idle) this.focused?.focus();
  }

  // Whether the person is nowhere else.
  get idle() {
    return document.activeElement === document.body || this.form.contains(document.activeElement);
  }

  wait(action, pause) {
    this.say(this.words("waiting"));
    this.waiting = action;
    this.retry = setTimeout(() => this.send(action, Math.min(pause * 2, LONGEST_RETRY)), pause);
  }

  stopWaiting() {
    this.waiting = null;
    clearTimeout(this.retry);
  }

  // It stays here, and is sent when the person says so again.
  async turnedAway(error) {
    await this.keep();
    if (error instanceof LoggedOut) this.events.loggedOut();
    else this.say(this.words("forbidden"));
  }

  async answered({ status, json }) {
    if (status === 200 && json) return this.done(json);
    this.goOn();
    if (status === 409) {
      // What is sent next is an answer to the version that is shown. A new update may have become one that is there.
      this.form.elements.opened.value = json.opened;
      this.address = json.url ?? this.address;
    }
    await this.keep();
    if (status === 409) this.showConflict(json.conflict);
    else if (status === 422) this.showErrors(json.errors, json.pictures);
    else this.say(this.words("failed"));
  }

  async done(json) {
    await this.draft.forget();
    this.events.writing("");
    if (this.isNew) this.clear();
    this.goOn();
    this.say(this.words("done", Date.now()));
    this.events.saved(json);
    if (!this.isNew) this.close();
    else if (this.idle) this.focus();
  }

  showErrors(errors, pictures = {}) {
    this.pictures.showErrors(pictures.errors, pictures.warnings);
    let first;
    for (const list of this.form.querySelectorAll("[data-of]")) {
      const messages = errors[list.dataset.of] ?? [];
      list.replaceChildren(...items(messages));
      if (messages.length) first ??= list;
    }
    const placed = new Set([...this.form.querySelectorAll("[data-of]")].map((list) => list.dataset.of));
    for (const [field, messages] of Object.entries(errors)) {
      if (!placed.has(field)) this.form.querySelector('[data-of="__all__"]').append(...items(messages));
    }
    if (Object.keys(errors).length) this.say("");
    const details = first?.closest("details");
    if (details) details.open = true;
    first?.closest(".field")?.querySelector("input, select, textarea, [contenteditable]")?.focus();
  }

  showConflict(conflict) {
    const place = this.form.querySelector(".conflict");
    place.innerHTML = conflict;
    place.hidden = false;
    this.say("");
    place.setAttribute("tabindex", "-1");
    place.focus();
  }

  hideConflict() {
    this.form.querySelector(".conflict").hidden = true;
  }

  // Preview -------------------------------------------------------------------------------------------------------

  togglePreview(button) {
    const place = this.form.querySelector(".preview");
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    if (!place.hidden) this.preview();
  }

  async preview() {
    const body = new FormData(this.form);
    body.set("reader", this.form.querySelector(".preview-language").value);
    try {
      const { status, html } = await post(this.form.dataset.preview, body);
      if (status === 200) this.form.querySelector("iframe").srcdoc = html;
    } catch (error) {
      // Without a connection it follows what is typed next.
      if (error instanceof LoggedOut) this.events.loggedOut();
    }
  }
}
