// One form in which an update is written: keeps what is typed, sends it until the newsroom has it, and shows what the
// server says. Two may be open at a time: the one for new updates, and one in the timeline.
import { createEditor } from "django-prose-editor/configurable";

import { Embed } from "../articles/embeds.js";
import { Pictures } from "../articles/pictures.js";
import { drafts } from "./drafts.js";
import { clock, LoggedOut, post } from "./requests.js";

//: Milliseconds of quiet before what is typed is kept, and before the preview follows.
const KEEP_AFTER = 200;
const PREVIEW_AFTER = 800;
//: The first and the longest pause before something is sent again, in milliseconds.
const RETRY = 1000;
const LONGEST_RETRY = 15_000;

//: Fields that are of the moment, not of what is written.
const PASSING = new Set(["csrfmiddlewaretoken"]);

export class Composer {
  // `place`: the element to stand in; `scope`: names the desk, and so its drafts; `events`: what the desk is told.
  constructor(form, place, { scope, saved, writing, closed, loggedOut }) {
    this.form = form;
    this.at = form.dataset.at;
    this.scope = scope;
    this.key = `${scope}/${this.at}`;
    this.events = { saved, writing, closed, loggedOut };
    this.isNew = this.at === "new";
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
    const kept = await drafts.get(this.key).catch(() => undefined);
    if (kept) {
      this.pictures.restore(kept.pictures);
      this.write(kept.fields);
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
    if (kept) {
      this.say(this.words("restored", kept.at));
      this.form.querySelector('[data-do="discard"]').hidden = false;
      // It was on its way when the browser closed.
      if (kept.action) this.send(kept.action);
    }
    return this;
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
      await drafts.forget(this.key).catch(() => {});
      // What was said of something else still holds.
      if (this.said === "kept") this.say("");
      return;
    }
    try {
      await drafts.keep(this.key, { fields, pictures: this.pictures.toJSON(), at, action });
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
    await drafts.forget(this.key).catch(() => {});
    if (this.isNew) this.clear();
    else this.close();
  }

  close() {
    this.events.writing("");
    this.stopWaiting();
    this.editor?.destroy();
    this.form.remove();
    this.events.closed?.();
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
    this.form.querySelector('[data-do="discard"]').hidden = true;
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
    if (this.sending) return;
    if (this.pictures.busy) {
      this.say(this.words("uploading"));
      return;
    }
    this.sending = true;
    this.stopWaiting();
    this.say(this.words("sending"));
    await this.keep(action);
    const body = new FormData(this.form);
    body.set("action", action);
    let answer;
    // What would be typed meanwhile would be in neither this update nor the next.
    const focused = document.activeElement;
    this.form.inert = true;
    const goOn = () => {
      this.sending = this.form.inert = false;
      if (this.form.contains(focused)) focused.focus();
    };
    try {
      answer = await post(this.form.getAttribute("action"), body);
    } catch (error) {
      goOn();
      if (error instanceof LoggedOut) {
        this.events.loggedOut();
        return;
      }
      this.say(this.words("waiting"));
      this.waiting = action;
      this.retry = setTimeout(() => this.send(action, Math.min(pause * 2, LONGEST_RETRY)), pause);
      return;
    }
    goOn();
    await this.answered(answer);
  }

  stopWaiting() {
    this.waiting = null;
    clearTimeout(this.retry);
  }

  async answered({ status, json }) {
    if (status === 200) {
      await drafts.forget(this.key).catch(() => {});
      this.events.writing("");
      this.hideConflict();
      if (this.isNew) {
        this.clear();
        this.focus();
      }
      this.say(this.words("done", Date.now()));
      this.events.saved(json);
      if (!this.isNew) this.close();
      return;
    }
    await this.keep();
    if (status === 409) this.showConflict(json);
    else if (status === 422) this.showErrors(json.errors, json.pictures);
    else this.say(this.words("failed"));
  }

  showErrors(errors, pictures = {}) {
    this.pictures.showErrors(pictures.errors, pictures.warnings);
    let first;
    for (const list of this.form.querySelectorAll("[data-of]")) {
      const messages = errors[list.dataset.of] ?? [];
      list.replaceChildren(...messages.map((message) => item(message)));
      if (messages.length) first ??= list;
    }
    const placed = new Set([...this.form.querySelectorAll("[data-of]")].map((list) => list.dataset.of));
    for (const [field, messages] of Object.entries(errors)) {
      if (!placed.has(field)) this.form.querySelector('[data-of="__all__"]').append(...messages.map(item));
    }
    if (Object.keys(errors).length) this.say("");
    const details = first?.closest("details");
    if (details) details.open = true;
    first?.closest(".field")?.querySelector("input, select, textarea, [contenteditable]")?.focus();
  }

  showConflict({ conflict, opened }) {
    const place = this.form.querySelector(".conflict");
    place.innerHTML = conflict;
    place.hidden = false;
    // What is sent next is an answer to the version that is shown.
    this.form.elements.opened.value = opened;
    this.say("");
    place.setAttribute("tabindex", "-1");
    place.focus();
    this.keep();
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
    const response = await fetch(this.form.dataset.preview, { method: "POST", body }).catch(() => null);
    if (response?.ok && !response.redirected) this.form.querySelector("iframe").srcdoc = await response.text();
  }
}

function item(message) {
  const element = document.createElement("li");
  element.textContent = message;
  return element;
}
