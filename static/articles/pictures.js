// The pictures of an update in a form: dragged, pasted or chosen, uploaded at once, put in order, described.
import { childrenOf, closest, control, find, findAll, focused, make } from "../liveblog/dom.js";
import { downscale, limitsIn } from "./pictures/downscale.js";
import { Upload } from "./pictures/upload.js";

/** @import { Picture, Prepared } from "./pictures/upload.js" */

const UPLOADS_AT_ONCE = 3;
const FIELDS = ["alt", "caption", "credit"];

/**
 * The pictures of a form, in an element rendered from templates/articles/pictures/container.html.
 *
 * The form gets an "input" event whenever something changes. It sends hidden fields `pictures` in order, and the texts
 * of each picture as `picture-<id>-alt`, `-caption` and `-credit`; but not before all pictures are uploaded.
 *
 * @example
 * const pictures = new Pictures(container);
 * pictures.addFiles(files);
 * const saved = pictures.toJSON();
 * pictures.restore(saved);
 */
export class Pictures {
  #container;
  #list;
  #status;
  /** @type {HTMLTemplateElement | null} */
  #template;
  /** By the element of the picture. @type {Map<HTMLElement, Upload>} */
  #uploads = new Map();
  /** Those that have failed. @type {Map<HTMLElement, Upload>} */
  #failed = new Map();
  /** The number of picture elements created here. */
  #made = 0;
  /**
   * The submission that is sent once all pictures are uploaded, with its button if it had one.
   *
   * @type {{ button: HTMLElement | null } | null}
   */
  #pressed = null;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
    this.#list = find(container, ".picture-list");
    this.#status = find(container, "[role=status]");
    this.#template = container.querySelector("template");
    if ("fixed" in container.dataset) return;
    find(container, "[data-action=choose]").addEventListener("click", () => this.choose());
    for (const chooser of container.querySelectorAll("input")) {
      if (chooser.type !== "file") continue;
      chooser.addEventListener("change", () => {
        this.addFiles(chooser.files ?? []);
        chooser.value = "";
      });
    }
    this.#list.addEventListener("click", (event) => this.#click(event));
    if (this.form) this.#listenTo(this.form);
    for (const item of childrenOf(this.#list)) this.#makeDraggable(item);
    this.#renumber();
  }

  /** The form around the pictures. */
  get form() {
    return this.#container.closest("form");
  }

  /** Whether there are pictures that are not uploaded. */
  get isUploading() {
    return this.#uploads.size + this.#failed.size > 0;
  }

  /** Let the user choose pictures. */
  choose() {
    find(this.#container, "input[type=file]:not(.camera)").click();
  }

  /** Let the user take a picture, on devices with a camera. */
  photograph() {
    find(this.#container, "input.camera").click();
  }

  /**
   * Add files, and upload them.
   *
   * @param {Iterable<File>} files
   */
  addFiles(files) {
    for (const file of files) this.#add(file);
  }

  /** Return the data for `restore` of the uploaded pictures. */
  toJSON() {
    return this.#items().map((item) => ({
      id: Number(item.dataset.id),
      url: item.dataset.url ?? "",
      thumbnail: find(item, "img").getAttribute("src") ?? "",
      width: Number(item.dataset.width),
      height: Number(item.dataset.height),
      ...Object.fromEntries(FIELDS.map((name) => [name, fieldOf(item, name).value])),
    }));
  }

  /**
   * Replace the present pictures by those of an earlier `toJSON`.
   *
   * @param {Picture[] | undefined} saved
   */
  restore(saved) {
    this.#empty();
    for (const picture of saved ?? []) this.#put(this.#newItem(), picture);
    this.#changed();
  }

  /** Remove all pictures. */
  clear() {
    this.#empty();
    this.#changed();
  }

  /**
   * Show the server's errors and warnings, by the name of the field. The user may ignore a warning and send again.
   *
   * @param {Record<string, string | string[]>} [errors]
   * @param {Record<string, string | string[]>} [warnings]
   */
  showErrors(errors = {}, warnings = {}) {
    for (const old of findAll(this.#container, ".errorlist, .warninglist")) old.remove();
    for (const field of findAll(this.#container, "[aria-describedby]")) {
      field.removeAttribute("aria-describedby");
      field.removeAttribute("aria-invalid");
    }
    for (const [name, messages] of Object.entries(errors)) this.#showMessages("errorlist", name, messages);
    for (const [name, messages] of Object.entries(warnings)) this.#showMessages("warninglist", name, messages);
    const wrong = this.#container.querySelector(".errorlist ~ textarea, .warninglist ~ textarea");
    if (wrong instanceof HTMLElement) wrong.focus();
  }

  /**
   * @param {"errorlist" | "warninglist"} className
   * @param {string} name
   * @param {string | string[]} messages
   */
  #showMessages(className, name, messages) {
    const field = this.#container.querySelector(`[name="${CSS.escape(name)}"]`);
    if (!field && name !== "pictures") return;
    const list = make("ul", { className, id: `${className}_${name}` });
    list.append(...[messages].flat().map((textContent) => make("li", { textContent })));
    if (field) field.before(list);
    else this.#list.before(list);
    field?.setAttribute("aria-describedby", list.id);
    if (className === "errorlist") field?.setAttribute("aria-invalid", "true");
    const item = field?.closest(".picture-item");
    if (className === "warninglist" && item instanceof HTMLElement) markWarned(item);
  }

  // Uploading --------------------------------------------------------------------------------------------------------

  /** @param {File} file */
  #add(file) {
    const item = this.#newItem();
    find(item, ".picture-name").hidden = false;
    find(item, ".picture-name bdi").textContent = file.name;
    const upload = new Upload(this.#container.dataset.upload ?? "", () => this.#prepare(file), {
      progress: (share) => {
        find(item, "progress", HTMLProgressElement).value = share;
      },
      waiting: () => {
        this.#announce("waiting", { name: file.name }, item);
        this.#offer(item, "retry", "cancel");
      },
      done: (picture) => this.#uploaded(item, file, picture),
      failed: (message) => this.#uploadFailed(item, message || this.#message("failed")),
      refused: () => this.#uploadFailed(item, this.#message("refused")),
    });
    this.#uploads.set(item, upload);
    item.classList.add("uploading");
    find(item, ".picture-progress").hidden = false;
    this.#offer(item, "cancel");
    this.#changed();
    this.#startNext();
  }

  /**
   * @param {File} file
   * @returns {Promise<Prepared>}
   */
  async #prepare(file) {
    const smaller = await downscale(file, limitsIn(this.#container));
    const limit = Number(this.#container.dataset.limit);
    if ((smaller?.file ?? file).size > limit) {
      return { error: this.#message("large", { limit: Math.floor(limit / 1e6) }) };
    }
    return smaller ?? { file };
  }

  #startNext() {
    const uploads = [...this.#uploads.values()];
    const free = UPLOADS_AT_ONCE - uploads.filter((upload) => upload.started).length;
    for (const upload of uploads.filter((one) => !one.started).slice(0, Math.max(0, free))) upload.start();
    for (const [item, upload] of this.#uploads) {
      if (upload.started && !item.dataset.announced) {
        item.dataset.announced = "1";
        this.#announce("uploading", { name: find(item, ".picture-name bdi").textContent });
      }
    }
  }

  /**
   * @param {HTMLElement} item
   * @param {File} file
   * @param {Picture} picture
   */
  #uploaded(item, file, picture) {
    this.#uploads.delete(item);
    this.#put(item, picture);
    this.#announce("done", { name: file.name });
    this.#startNext();
    this.#changed();
    this.#sendIfComplete();
  }

  /**
   * @param {HTMLElement} item
   * @param {string} message
   */
  #uploadFailed(item, message) {
    const upload = this.#uploads.get(item);
    upload?.cancel();
    if (upload) this.#failed.set(item, upload);
    this.#uploads.delete(item);
    this.#forgetPress();
    item.classList.remove("uploading");
    item.classList.add("failed");
    find(item, ".picture-progress").hidden = true;
    showError(item, message);
    this.#offer(item, "retry", "remove");
    this.#startNext();
    this.#changed();
  }

  /** @param {HTMLElement} item */
  #retry(item) {
    this.#uploads.get(item)?.retryNow();
    const upload = this.#failed.get(item);
    if (!upload) return;
    this.#failed.delete(item);
    item.classList.replace("failed", "uploading");
    find(item, ".picture-progress").hidden = false;
    showError(item, "");
    this.#offer(item, "cancel");
    this.#uploads.set(item, upload);
    upload.reset();
    this.#startNext();
    this.#changed();
  }

  // The list ---------------------------------------------------------------------------------------------------------

  #newItem() {
    const item = this.#template?.content.firstElementChild?.cloneNode(true);
    if (!(item instanceof HTMLElement)) throw new Error("The pictures of this form are fixed.");
    this.#made += 1;
    for (const name of FIELDS) label(fieldOf(item, name), `new-${this.#made}-${name}`);
    this.#list.append(item);
    this.#makeDraggable(item);
    this.#renumber();
    return item;
  }

  /**
   * Show an uploaded picture in an element, and send its fields from now on.
   *
   * @param {HTMLElement} item
   * @param {Picture} picture
   */
  #put(item, picture) {
    item.classList.remove("uploading");
    Object.assign(item.dataset, { id: picture.id, url: picture.url, width: picture.width, height: picture.height });
    const { thumbnail: src, width, height } = picture;
    Object.assign(find(item, "img"), { src, width, height, hidden: false });
    find(item, ".picture-progress").hidden = true;
    find(item, ".picture-name").hidden = true;
    showError(item, "");
    find(item, "legend").after(hiddenInput("pictures", String(picture.id)));
    for (const name of FIELDS) {
      const field = fieldOf(item, name);
      field.name = `picture-${picture.id}-${name}`;
      label(field, field.name);
      // A text typed during the upload takes precedence over the file's.
      field.value ||= picture[name] ?? "";
    }
    this.#setLanguage(item);
    this.#offer(item, "up", "down", "remove");
    this.#renumber();
  }

  /** @param {HTMLElement} item */
  #setLanguage(item) {
    const language = this.form && control(this.form, "source_language")?.value;
    if (language) for (const name of FIELDS) fieldOf(item, name).lang = language;
  }

  /** @param {Event} event */
  #click(event) {
    const button = closest(event, "[data-action]");
    const item = closest(event, ".picture-item");
    const action = button?.dataset.action;
    if (!action || !item) return;
    if (action === "cancel" || action === "remove") this.#remove(item);
    if (action === "retry") this.#retry(item);
    if (action === "up" && item.previousElementSibling)
      this.#move(item, () => item.previousElementSibling?.before(item));
    if (action === "down" && item.nextElementSibling) this.#move(item, () => item.nextElementSibling?.after(item));
    // Moving an element in the document removes the focus from it.
    if (action === "up" || action === "down") button.focus();
  }

  /**
   * @param {HTMLElement} item
   * @param {() => void} act
   */
  #move(item, act) {
    act();
    this.#renumber();
    this.#announce("moved", { number: childrenOf(this.#list).indexOf(item) + 1 });
    this.#changed();
  }

  /** @param {HTMLElement} item */
  #remove(item) {
    this.#uploads.get(item)?.cancel();
    this.#uploads.delete(item);
    this.#failed.delete(item);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    const button = next?.querySelector("[data-action=remove]:not([hidden])");
    (button instanceof HTMLElement ? button : find(this.#container, "[data-action=choose]")).focus();
    this.#renumber();
    this.#announce("removed");
    this.#startNext();
    this.#changed();
    this.#sendIfComplete();
  }

  #empty() {
    this.#forgetPress();
    for (const upload of this.#uploads.values()) upload.cancel();
    this.#uploads.clear();
    this.#failed.clear();
    this.#list.replaceChildren();
  }

  #items() {
    return childrenOf(this.#list).filter((item) => item.dataset.id);
  }

  /**
   * Show the buttons of some actions only.
   *
   * @param {HTMLElement} item
   * @param {...string} actions
   */
  #offer(item, ...actions) {
    const active = focused();
    const action = active && item.contains(active) ? active.dataset.action : undefined;
    for (const button of findAll(item, "[data-action]")) {
      button.hidden = !actions.includes(button.dataset.action ?? "");
    }
    if (!action || actions.includes(action)) return;
    const shown = item.querySelector("[data-action]:not([hidden])");
    if (shown instanceof HTMLElement) shown.focus();
  }

  #renumber() {
    const language = document.documentElement.lang || undefined;
    for (const [index, item] of childrenOf(this.#list).entries()) {
      find(item, ".number").textContent = (index + 1).toLocaleString(language);
    }
  }

  /**
   * Return a text of the page, with values inserted.
   *
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   */
  #message(name, values = {}) {
    const text = this.#container.dataset[`message${name.charAt(0).toUpperCase()}${name.slice(1)}`] ?? "";
    return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
  }

  /**
   * Announce a message to screen readers, and show it at a picture. Whether the form is sent is visible anyway.
   *
   * @param {string} name
   * @param {Record<string, string | number>} [values]
   * @param {HTMLElement} [item]
   */
  #announce(name, values, item) {
    const message = this.#message(name, values);
    const isSeen = this.#pressed !== null || name === "stopped";
    this.#status.classList.toggle("visually-hidden", !isSeen);
    this.#status.textContent = this.#pressed && name !== "busy" ? `${message} ${this.#message("busy")}` : message;
    if (item) showError(item, message);
  }

  #changed() {
    this.form?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // The form around --------------------------------------------------------------------------------------------------

  /** @param {HTMLFormElement} form */
  #listenTo(form) {
    // Handle the event before the editor of the text, which would insert the file.
    const first = { capture: true };
    this.#listenToDrags(form, first);
    form.addEventListener("paste", (event) => this.#paste(event), first);
    form.addEventListener("submit", (event) => this.#submit(event), first);
    form.addEventListener("input", (event) => {
      if (event.isTrusted) this.#stopSending();
    });
    control(form, "source_language")?.addEventListener("change", () => {
      for (const item of childrenOf(this.#list)) this.#setLanguage(item);
    });
  }

  /**
   * @param {HTMLFormElement} form
   * @param {AddEventListenerOptions} options
   */
  #listenToDrags(form, options) {
    let inside = 0;
    const leave = () => {
      inside = 0;
      this.#container.classList.remove("dropping");
    };
    /** @type {(kind: "dragenter" | "dragleave" | "dragover" | "drop", act: (event: DragEvent) => void) => void} */
    const onFiles = (kind, act) => {
      form.addEventListener(
        kind,
        (event) => {
          if (event.dataTransfer?.types.includes("Files")) act(event);
        },
        options,
      );
    };
    onFiles("dragenter", () => {
      inside += 1;
      this.#container.classList.add("dropping");
    });
    onFiles("dragleave", () => {
      inside -= 1;
      if (inside <= 0) leave();
    });
    onFiles("dragover", (event) => {
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    });
    onFiles("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      leave();
      this.addFiles(event.dataTransfer?.files ?? []);
    });
  }

  /** @param {ClipboardEvent} event */
  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    // Word processors put a picture of the text on the clipboard along with the text.
    if (!files.length || event.clipboardData?.getData("text/plain").trim()) return;
    event.preventDefault();
    event.stopPropagation();
    this.addFiles(files);
  }

  /**
   * Stop a form that would lack pictures. It is sent once the uploads are finished.
   *
   * @param {SubmitEvent} event
   */
  #submit(event) {
    const [item] = [...this.#failed.keys(), ...this.#uploads.keys()];
    if (!item) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.#failed.size) {
      this.#announce("missing", {}, item);
    } else {
      this.#pressed = { button: event.submitter };
      this.#announce("busy");
    }
    item.scrollIntoView({ block: "nearest" });
  }

  /** Do not send the form while somebody is typing. */
  #stopSending() {
    if (!this.#pressed) return;
    this.#forgetPress();
    this.#announce("stopped");
  }

  /** Cancel sending the form automatically, and remove the message about it. */
  #forgetPress() {
    if (!this.#pressed) return;
    this.#pressed = null;
    this.#status.textContent = "";
    this.#status.classList.add("visually-hidden");
  }

  #sendIfComplete() {
    if (!this.#pressed || this.#uploads.size) return;
    const { button } = this.#pressed;
    this.#forgetPress();
    this.form?.requestSubmit(button);
  }

  /**
   * Let a picture be dragged by its image to another place in the list.
   *
   * @param {HTMLElement} item
   */
  #makeDraggable(item) {
    const handle = find(item, ".picture-view");
    handle.draggable = true;
    handle.addEventListener("dragstart", ({ dataTransfer }) => {
      if (!dataTransfer) return;
      dataTransfer.effectAllowed = "move";
      dataTransfer.setData("application/x-picture", "");
      // With the data of the image, a text field would accept its address.
      dataTransfer.setDragImage(item, 20, 20);
      item.classList.add("dragged");
    });
    handle.addEventListener("dragend", () => item.classList.remove("dragged"));
    item.addEventListener("dragover", (event) => {
      const dragged = this.#dragged;
      if (!dragged) return;
      event.preventDefault();
      if (dragged === item) return;
      const follows = dragged.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
      this.#move(dragged, () => (follows ? item.after(dragged) : item.before(dragged)));
    });
    item.addEventListener("drop", (event) => {
      if (this.#dragged) event.preventDefault();
    });
  }

  get #dragged() {
    return /** @type {HTMLElement | null} */ (this.#list.querySelector(".dragged"));
  }
}

/**
 * @param {HTMLElement} item
 * @param {string} name
 */
function fieldOf(item, name) {
  return find(item, `[data-field="${name}"]`, HTMLTextAreaElement);
}

/** @param {HTMLElement} item */
function markWarned(item) {
  item.querySelector("[name$=-warned]")?.remove();
  find(item, "[name=pictures]").after(hiddenInput(`picture-${item.dataset.id}-warned`, "1"));
}

/**
 * @param {HTMLElement} item
 * @param {string} message
 */
function showError(item, message) {
  const place = find(item, ".picture-error");
  place.textContent = message;
  place.hidden = !message;
}

/**
 * Give a field of a picture an id for its label.
 *
 * @param {HTMLElement} field
 * @param {string} name
 */
function label(field, name) {
  field.id = `id_${name}`;
  const around = field.closest(".picture-field");
  if (around) find(around, "label", HTMLLabelElement).htmlFor = field.id;
}

/**
 * @param {string} name
 * @param {string} value
 */
function hiddenInput(name, value) {
  return make("input", { type: "hidden", name, value });
}
