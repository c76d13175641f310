// The pictures of an update in a form: dragged, pasted or chosen, uploaded at once, put in order, described.
//
//   const pictures = new Pictures(container);   an element rendered from articles/pictures/container.html, in a form
//   pictures.addFiles(files);  pictures.toJSON();  pictures.restore(saved);  pictures.clear();
//
// The form hears "input" whenever something changes. What it sends is hidden fields `pictures` in order, and the
// texts of each picture as `picture-<id>-alt`, `-caption` and `-credit`. It is not sent while a picture is not uploaded.

import { smaller } from "./pictures/smaller.js";
import { Upload } from "./pictures/upload.js";

const AT_ONCE = 3;
const FIELDS = ["alt", "caption", "credit"];

export class Pictures {
  #container;
  #list;
  #status;
  #template;
  #uploads = new Map(); // By the element of the picture.
  #retries = new Map(); // Those that have failed.

  constructor(container) {
    this.#container = container;
    this.#list = container.querySelector(".picture-list");
    this.#status = container.querySelector("[role=status]");
    this.#template = container.querySelector("template");
    if ("fixed" in container.dataset) return;
    const chooser = container.querySelector("input[type=file]");
    container.querySelector("[data-action=choose]").addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      this.addFiles(chooser.files);
      chooser.value = "";
    });
    this.#list.addEventListener("click", (event) => this.#act(event));
    this.#listenToForm();
    for (const item of this.#list.children) this.#letDrag(item);
    this.#renumber();
  }

  get form() {
    return this.#container.closest("form");
  }

  addFiles(files) {
    for (const file of files) this.#add(file);
  }

  /** All that `restore` needs, of the pictures that are uploaded. */
  toJSON() {
    return this.#items().map((item) => ({
      id: Number(item.dataset.id),
      url: item.dataset.url,
      thumbnail: item.querySelector("img").getAttribute("src"),
      width: Number(item.dataset.width),
      height: Number(item.dataset.height),
      ...Object.fromEntries(FIELDS.map((name) => [name, this.#field(item, name).value])),
    }));
  }

  restore(saved) {
    this.#empty();
    for (const picture of saved ?? []) this.#put(this.#newItem(), picture);
    this.#changed();
  }

  clear() {
    this.#empty();
    this.#changed();
  }

  /** Show what the server found, by the name of the field. Whoever was warned may go on. */
  showErrors(errors = {}, warnings = {}) {
    for (const old of this.#container.querySelectorAll(".errorlist, .warninglist")) old.remove();
    for (const field of this.#container.querySelectorAll("[aria-describedby]")) {
      field.removeAttribute("aria-describedby");
      field.removeAttribute("aria-invalid");
    }
    for (const [found, style] of [[errors, "errorlist"], [warnings, "warninglist"]]) {
      for (const [name, messages] of Object.entries(found)) {
        const field = this.#container.querySelector(`[name="${CSS.escape(name)}"]`);
        if (!field && name !== "pictures") continue;
        const list = document.createElement("ul");
        list.className = style;
        for (const message of [messages].flat()) list.append(Object.assign(document.createElement("li"), { textContent: message }));
        field ? field.before(list) : this.#list.before(list);
        list.id = `${style}_${name}`;
        field?.setAttribute("aria-describedby", list.id);
        if (style === "errorlist") field?.setAttribute("aria-invalid", "true");
        if (style === "warninglist") this.#markWarned(field.closest(".picture-item"));
      }
    }
    this.#container.querySelector(".errorlist ~ textarea, .warninglist ~ textarea")?.focus();
  }

  #markWarned(item) {
    item.querySelector("[name$=-warned]")?.remove();
    item.querySelector("[name=pictures]").after(hidden(`picture-${item.dataset.id}-warned`, "1"));
  }

  // Uploading --------------------------------------------------------------------------------------------------------

  async #add(file) {
    const item = this.#newItem();
    item.querySelector(".picture-name").hidden = false;
    item.querySelector(".picture-name bdi").textContent = file.name;
    const upload = new Upload(this.#container.dataset.upload, {
      progress: (share) => (item.querySelector("progress").value = share),
      waiting: () => {
        this.#say("waiting", { name: file.name }, item);
        this.#offer(item, "retry", "cancel");
      },
      done: (picture) => this.#done(item, file, picture),
      failed: (message) => this.#failed(item, message || this.#word("failed")),
      refused: () => this.#failed(item, this.#word("refused")),
    });
    this.#uploads.set(item, upload);
    item.classList.add("uploading");
    item.querySelector(".picture-progress").hidden = false;
    this.#offer(item, "cancel");
    this.#changed();
    upload.prepare(() => this.#prepared(file));
    this.#startNext();
  }

  /** The file as it is sent: {file, head}, or {error}. */
  async #prepared(file) {
    const made = await smaller(file, Number(this.#container.dataset.side));
    const limit = Number(this.#container.dataset.limit);
    if ((made?.file ?? file).size > limit) return { error: this.#word("large", { limit: Math.floor(limit / 1e6) }) };
    return made ?? { file };
  }

  #startNext() {
    const uploads = [...this.#uploads.values()];
    const free = AT_ONCE - uploads.filter((upload) => upload.started).length;
    for (const upload of uploads.filter((one) => !one.started).slice(0, Math.max(0, free))) upload.start();
    for (const [item, upload] of this.#uploads) {
      if (upload.started && !item.dataset.told) {
        item.dataset.told = "1";
        this.#say("uploading", { name: item.querySelector(".picture-name bdi").textContent });
      }
    }
  }

  #done(item, file, picture) {
    this.#uploads.delete(item);
    this.#put(item, picture);
    this.#say("done", { name: file.name });
    this.#startNext();
    this.#changed();
  }

  #failed(item, message) {
    this.#uploads.get(item)?.cancel();
    this.#retries.set(item, this.#uploads.get(item));
    this.#uploads.delete(item);
    item.classList.remove("uploading");
    item.classList.add("failed");
    item.querySelector(".picture-progress").hidden = true;
    this.#complain(item, message);
    this.#offer(item, "retry", "remove");
    this.#startNext();
    this.#changed();
  }

  #retry(item) {
    if (this.#uploads.has(item)) return this.#uploads.get(item).hurry();
    const upload = this.#retries.get(item);
    this.#retries.delete(item);
    item.classList.replace("failed", "uploading");
    item.querySelector(".picture-progress").hidden = false;
    this.#complain(item, "");
    this.#offer(item, "cancel");
    this.#uploads.set(item, upload);
    upload.again();
    this.#startNext();
    this.#changed();
  }

  // The list ---------------------------------------------------------------------------------------------------------

  #newItem() {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    this.#list.append(item);
    this.#letDrag(item);
    this.#renumber();
    return item;
  }

  /** Have an element show an uploaded picture, whose fields are sent from now on. */
  #put(item, picture) {
    item.classList.remove("uploading");
    Object.assign(item.dataset, { id: picture.id, url: picture.url, width: picture.width, height: picture.height });
    const image = item.querySelector("img");
    Object.assign(image, { src: picture.thumbnail, width: picture.width, height: picture.height, hidden: false });
    item.querySelector(".picture-progress").hidden = true;
    item.querySelector(".picture-name").hidden = true;
    this.#complain(item, "");
    item.querySelector("legend").after(hidden("pictures", picture.id));
    for (const name of FIELDS) {
      const field = this.#field(item, name);
      field.name = `picture-${picture.id}-${name}`;
      field.id = `id_${field.name}`;
      field.closest(".picture-field").querySelector("label").htmlFor = field.id;
      // Whoever was faster than the upload knows better than the file.
      field.value ||= picture[name] ?? "";
    }
    this.#speak(item);
    this.#offer(item, "up", "down", "remove");
    this.#renumber();
  }

  #speak(item) {
    const language = this.form?.elements.source_language?.value;
    if (language) for (const name of FIELDS) this.#field(item, name).lang = language;
  }

  #act(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    const item = event.target.closest(".picture-item");
    if (!action || !item) return;
    if (action === "cancel" || action === "remove") this.#remove(item);
    if (action === "retry") this.#retry(item);
    if (action === "up" && item.previousElementSibling) this.#move(item, () => item.previousElementSibling.before(item));
    if (action === "down" && item.nextElementSibling) this.#move(item, () => item.nextElementSibling.after(item));
    // An element that is moved in the document loses the focus.
    if (action === "up" || action === "down") event.target.focus();
  }

  #move(item, act) {
    act();
    this.#renumber();
    this.#say("moved", { number: [...this.#list.children].indexOf(item) + 1 });
    this.#changed();
  }

  #remove(item) {
    this.#uploads.get(item)?.cancel();
    this.#uploads.delete(item);
    this.#retries.delete(item);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("[data-action=remove]:not([hidden])") ?? this.#container.querySelector("[data-action=choose]")).focus();
    this.#renumber();
    this.#say("removed");
    this.#startNext();
    this.#changed();
  }

  #empty() {
    for (const upload of this.#uploads.values()) upload.cancel();
    this.#uploads.clear();
    this.#retries.clear();
    this.#list.replaceChildren();
  }

  #items() {
    return [...this.#list.children].filter((item) => item.dataset.id);
  }

  #field(item, name) {
    return item.querySelector(`[data-field="${name}"]`);
  }

  #offer(item, ...actions) {
    const focused = item.contains(document.activeElement) && document.activeElement.dataset.action;
    for (const button of item.querySelectorAll("[data-action]")) button.hidden = !actions.includes(button.dataset.action);
    if (focused && !actions.includes(focused)) item.querySelector("[data-action]:not([hidden])")?.focus();
  }

  #renumber() {
    [...this.#list.children].forEach((item, index) => {
      item.querySelector(".number").textContent = (index + 1).toLocaleString(document.documentElement.lang || undefined);
    });
  }

  #complain(item, message) {
    const place = item.querySelector(".picture-error");
    place.textContent = message;
    place.hidden = !message;
  }

  #word(name, values = {}) {
    const text = this.#container.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
    return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  }

  #say(name, values, item) {
    this.#status.textContent = this.#word(name, values);
    if (item) this.#complain(item, this.#word(name, values));
  }

  #changed() {
    this.form?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The form around --------------------------------------------------------------------------------------------------

  #listenToForm() {
    const form = this.form;
    if (!form) return;
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    let inside = 0;
    const leave = () => {
      inside = 0;
      this.#container.classList.remove("dropping");
    };
    // Before the editor of the text hears of it, which would take the file for its own.
    const first = { capture: true };
    form.addEventListener("dragenter", (event) => {
      if (!carriesFiles(event)) return;
      inside += 1;
      this.#container.classList.add("dropping");
    }, first);
    form.addEventListener("dragleave", (event) => {
      if (carriesFiles(event) && (inside -= 1) <= 0) leave();
    }, first);
    form.addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    }, first);
    form.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      leave();
      this.addFiles(event.dataTransfer.files);
    }, first);
    form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // Word processors send a picture of the text along with the text.
      if (!files.length || event.clipboardData.getData("text/plain").trim()) return;
      event.preventDefault();
      event.stopPropagation();
      this.addFiles(files);
    }, first);
    // What is sent now would lack those that are under way, and those that have failed.
    form.addEventListener("submit", (event) => {
      const [item] = [...this.#uploads.keys(), ...this.#retries.keys()];
      if (!item) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#say(this.#uploads.size ? "busy" : "missing", {}, item);
      item.scrollIntoView({ block: "nearest" });
    }, first);
    form.elements.source_language?.addEventListener("change", () => {
      for (const item of this.#list.children) this.#speak(item);
    });
  }

  /** A picture is dragged by its image to another place in the list. */
  #letDrag(item) {
    const handle = item.querySelector(".picture-view");
    handle.draggable = true;
    handle.addEventListener("dragstart", (event) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("application/x-picture", "");
      // What an image brings along would make a text field take its address.
      event.dataTransfer.setDragImage(item, 20, 20);
      item.classList.add("dragged");
    });
    handle.addEventListener("dragend", () => item.classList.remove("dragged"));
    item.addEventListener("dragover", (event) => {
      const dragged = this.#list.querySelector(".dragged");
      if (!dragged) return;
      event.preventDefault();
      if (dragged === item) return;
      const after = dragged.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
      this.#move(dragged, () => (after ? item.after(dragged) : item.before(dragged)));
    });
    item.addEventListener("drop", (event) => this.#list.querySelector(".dragged") && event.preventDefault());
  }
}

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}
