// Reads the updates of a live page aloud, with the voices of the device. Loaded when a reader asks for it.
// Web Speech API (https://webaudio.github.io/web-speech-api/), Media Session (https://w3c.github.io/mediasession/).
import { entriesOf } from "./days.js";
import { closest, find, findAll, make } from "./dom.js";
import { ListeningQueue, pieces, voicesFor } from "./listening-queue.js";
import { load, store } from "./storage.js";

/** @import { Entry, Item, Passage } from "./listening-queue.js" */

const RATE = "listening-rate";
const VOICE = "listening-voice:";
/** The pause between two updates, in milliseconds. */
const GAP = 500;

/** Elements that a voice skips: marks for the eye, controls, and contents of other sites. */
const SILENT = [
  "[hidden], .spot :not(.clock), .when, .more, .credit, .mark, .translation-note, .visually-hidden, details",
  "button, form, iframe, input, script, select, style, svg, template",
].join(", ");
const BLOCKS = "blockquote, caption, dd, div, dt, figcaption, h1, h2, h3, h4, legend, li, p, tr";

/** The player, once it is open. @type {Player | null} */
let player = null;

/**
 * Open the player and begin to read, or close it.
 *
 * @param {HTMLElement} button the one that was pressed; it has the words and addresses of the player
 * @param {HTMLElement} list the updates
 * @param {boolean} begins whether to read at once, which browsers allow only after the reader has pressed something
 */
export function listen(button, list, begins) {
  if (player) player.close();
  else player = new Player(button, list, begins);
}

/** A bar with the controls, and the voice that they control. */
class Player {
  #button;
  #list;
  #words;
  #queue = new ListeningQueue();
  #bar;
  #play;
  #state;
  #rate;
  #voice;
  #audio;
  #page = document.documentElement.lang;
  #observer = new MutationObserver(() => this.#changed());
  /** The pieces of the present update, and the number of the one that is read. @type {Passage[]} */
  #pieces = [];
  #piece = 0;
  /** Events of utterances before the last change are ignored. */
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #plays = false;
  /** True if everything has been read, and the next update is awaited. */
  #waits = false;
  #leave = () => this.close();
  #show = () => this.#showVoices();

  /**
   * @param {HTMLElement} button
   * @param {HTMLElement} list
   * @param {boolean} begins
   */
  constructor(button, list, begins) {
    this.#button = button;
    this.#list = list;
    const template = find(document, "template#listening", HTMLTemplateElement);
    this.#bar = /** @type {HTMLElement} */ (document.importNode(template.content, true).querySelector(".listening"));
    this.#words = this.#bar.dataset;
    this.#play = find(this.#bar, "[data-do=play]");
    this.#state = find(this.#bar, "[role=status]");
    this.#rate = find(this.#bar, "[data-rate]", HTMLSelectElement);
    this.#voice = find(this.#bar, "[data-voice]", HTMLSelectElement);
    this.#audio = new Audio();
    this.#audio.loop = true;
    if (!document.querySelector("link[data-listening]")) {
      const sheet = make("link", { rel: "stylesheet", href: this.#words.styles ?? "" });
      sheet.dataset.listening = "";
      document.head.append(sheet);
    }
    document.body.append(this.#bar);
    button.setAttribute("aria-pressed", "true");
    const rate = load(RATE);
    if ([...this.#rate.options].some(({ value }) => value === rate)) this.#rate.value = rate ?? "1";
    this.#showVoices();
    this.#hear();
    this.#changed();
    this.#observer.observe(list, { childList: true });
    const [first] = this.#entries().filter(({ withdrawn }) => !withdrawn);
    if (!this.#voices(this.#page).length) this.#say(this.#words.none ?? "");
    else if (first) {
      this.#queue.from(first.id);
      this.#prepare();
      if (begins) this.#resume();
    } else {
      this.#waits = this.#plays = begins;
      this.#say(this.#words.waiting ?? "");
    }
    this.#update();
    this.#play.focus({ preventScroll: true });
  }

  close() {
    this.#pause();
    this.#observer.disconnect();
    removeEventListener("pagehide", this.#leave);
    window.speechSynthesis?.removeEventListener("voiceschanged", this.#show);
    for (const action of ["play", "pause", "previoustrack", "nexttrack", "stop"]) this.#handle(action, null);
    if ("mediaSession" in navigator) {
      navigator.mediaSession.metadata = null;
      navigator.mediaSession.playbackState = "none";
    }
    this.#audio.removeAttribute("src");
    for (const here of findAll(this.#list, ".listen-here")) here.remove();
    this.#mark(null);
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.remove();
    this.#button.setAttribute("aria-pressed", "false");
    if (hadFocus) this.#button.focus({ preventScroll: true });
    player = null;
  }

  /** Listen to the controls, the keys, and the device's own controls. */
  #hear() {
    const actions = {
      play: () => (this.#plays ? this.#pause() : this.#resume()),
      previous: () => this.#turnTo(this.#queue.previous()),
      next: () => this.#turnTo(this.#queue.next()),
      stop: () => this.close(),
    };
    this.#bar.addEventListener("click", (event) => {
      const action = closest(event, "[data-do]")?.dataset.do;
      if (action && action in actions) actions[/** @type {keyof typeof actions} */ (action)]();
    });
    this.#bar.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLSelectElement && event.key !== "Escape") return;
      if (event.key === "ArrowLeft") actions.previous();
      else if (event.key === "ArrowRight") actions.next();
      else if (event.key === "Escape") actions.stop();
      else return;
      event.preventDefault();
    });
    this.#rate.addEventListener("change", () => {
      store(RATE, this.#rate.value === "1" ? null : this.#rate.value);
      this.#again();
    });
    this.#voice.addEventListener("change", () => {
      store(VOICE + base(this.#page), this.#voice.value);
      this.#again();
    });
    this.#list.addEventListener("click", (event) => {
      const update = closest(event, ".listen-here")?.closest(".update");
      if (update && player === this) this.#turnTo(this.#queue.from(update.id), true);
    });
    // Another app, or a call, may interrupt the sound.
    this.#audio.addEventListener("pause", () => this.#pause());
    addEventListener("pagehide", this.#leave);
    window.speechSynthesis?.addEventListener("voiceschanged", this.#show);
    this.#handle("play", () => this.#resume());
    this.#handle("pause", () => this.#pause());
    this.#handle("previoustrack", actions.previous);
    this.#handle("nexttrack", actions.next);
    this.#handle("stop", actions.stop);
  }

  /**
   * @param {string} action
   * @param {(() => void) | null} handler
   */
  #handle(action, handler) {
    try {
      navigator.mediaSession?.setActionHandler(/** @type {MediaSessionAction} */ (action), handler);
    } catch {
      // The device has no such control.
    }
  }

  // The page -----------------------------------------------------------------------------------------------------------

  /** @returns {Entry[]} */
  #entries() {
    return entriesOf(this.#list)
      .filter((element) => element.matches(".update"))
      .map((element) => ({
        id: element.id,
        sort: element.dataset.sort ?? "",
        rank: element.matches(".breaking") ? 2 : "key" in element.dataset ? 1 : 0,
        withdrawn: element.matches(".withdrawn"),
        correction: element.querySelector(".correction")?.textContent?.trim() ?? "",
      }));
  }

  /** The page shows other updates than before. */
  #changed() {
    for (const batch of findAll(this.#list, ".batch")) this.#observer.observe(batch, { childList: true });
    const stops = this.#queue.show(this.#entries());
    for (const entry of findAll(this.#list, ".update:not(.withdrawn)")) {
      if (entry.querySelector(".listen-here")) continue;
      const text = this.#words.here ?? "";
      entry.querySelector(".when")?.append(make("button", { type: "button", className: "listen-here" }, text));
    }
    this.#mark(this.#element);
    if (stops) {
      const gone = this.#queue.current && !this.#element;
      this.#turnTo(this.#queue.next());
      if (gone) this.#say(this.#words.gone ?? "");
    } else if (this.#waits && this.#plays) this.#turnTo(this.#queue.next());
  }

  get #element() {
    return document.getElementById(this.#queue.current?.id ?? "");
  }

  /** Mark what is read, and keep it in view if the reader follows. @param {HTMLElement | null} element */
  #mark(element) {
    const [before] = findAll(document, ".read-aloud");
    if (before === element) return;
    const follows = !before || inView(before);
    before?.classList.remove("read-aloud");
    element?.classList.add("read-aloud");
    if (element && follows && !element.hidden && !inView(element)) element.scrollIntoView({ block: "center" });
  }

  // Reading ------------------------------------------------------------------------------------------------------------

  /**
   * Go to an update, and read it if the player plays.
   *
   * @param {Item | null} item
   * @param {boolean} [plays]
   */
  #turnTo(item, plays = this.#plays) {
    this.#silence();
    if (!item) {
      this.#waits = true;
      this.#pieces = [];
      this.#mark(null);
      const over = document.getElementById("coverage")?.dataset.state === "finished";
      this.#say((over ? this.#words.over : this.#words.waiting) ?? "");
      this.#update();
      return;
    }
    this.#prepare();
    if (plays) this.#resume();
    else this.#update();
  }

  /** Take the pieces of the present update. */
  #prepare() {
    const [item, element] = [this.#queue.current, this.#element];
    this.#waits = false;
    this.#piece = 0;
    const passages = item && element ? passagesOf(element, item.what) : [];
    const spoken = passages.filter(({ lang }) => this.#voices(lang).length);
    this.#pieces = pieces(spoken);
    const missing = passages.find(({ lang }) => !this.#voices(lang).length);
    const name = missing && new Intl.DisplayNames([this.#page], { type: "language" }).of(missing.lang || this.#page);
    this.#say(name ? (this.#words.skipped ?? "").replace("{language}", name) : "");
    this.#mark(element);
    this.#name(element);
  }

  #resume() {
    if (!this.#voices(this.#page).length && !this.#pieces.length) return;
    this.#plays = true;
    this.#sound();
    this.#update();
    if (this.#waits) this.#turnTo(this.#queue.next());
    else this.#speak();
  }

  #pause() {
    if (!this.#plays) return;
    this.#plays = false;
    this.#silence();
    this.#audio.pause();
    this.#update();
  }

  /** Read the present piece again with the new settings. */
  #again() {
    if (!this.#plays || this.#waits) return;
    this.#silence();
    this.#speak();
  }

  /** Stop the voice. `pause` of the API does nothing on some phones, so a piece begins again when reading goes on. */
  #silence() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    window.speechSynthesis?.cancel();
  }

  /** Read the present piece, then the rest. */
  #speak() {
    this.#turn += 1;
    const turn = this.#turn;
    const piece = this.#pieces[this.#piece];
    if (!piece) {
      this.#timer = setTimeout(() => turn === this.#turn && this.#turnTo(this.#queue.next()), GAP);
      return;
    }
    const utterance = new SpeechSynthesisUtterance(piece.text);
    const [voice = null] = this.#voices(piece.lang);
    utterance.lang = piece.lang || this.#page;
    utterance.voice = voice;
    utterance.rate = Number(this.#rate.value);
    const goOn = () => {
      if (turn !== this.#turn || !this.#plays) return;
      this.#piece += 1;
      this.#speak();
    };
    utterance.addEventListener("end", goOn);
    utterance.addEventListener("error", ({ error }) => {
      if (turn !== this.#turn) return;
      // The reader has to press something first.
      if (error === "not-allowed") this.#pause();
      else goOn();
    });
    window.speechSynthesis.speak(utterance);
  }

  /** Keep the device's media controls: they belong to the page that plays sound, so play silence. */
  #sound() {
    if (!this.#audio.getAttribute("src")) this.#audio.src = this.#words.silence ?? "";
    this.#audio.play().catch(() => {});
  }

  // Voices and words ---------------------------------------------------------------------------------------------------

  /**
   * Return the voices for a language, the one that the reader has chosen first.
   *
   * @param {string} lang
   */
  #voices(lang) {
    const found = voicesFor(window.speechSynthesis?.getVoices() ?? [], lang || this.#page);
    const chosen = load(VOICE + base(lang || this.#page));
    return found.toSorted((one, other) => Number(other.voiceURI === chosen) - Number(one.voiceURI === chosen));
  }

  #showVoices() {
    const voices = this.#voices(this.#page);
    this.#voice.replaceChildren(...voices.map(({ name, voiceURI }) => make("option", { value: voiceURI }, name)));
    const label = this.#voice.closest("label");
    if (label) label.hidden = voices.length < 2;
  }

  /** @param {string} text */
  #say(text) {
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }

  /** Show what is read, here and among the device's controls. @param {HTMLElement | null} element */
  #name(element) {
    const title = element?.querySelector("h1, h2, blockquote, .text, p:not(.spot, .labels)");
    const what = find(this.#bar, ".what");
    what.textContent = (title?.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 120);
    const lang = title?.closest("[lang]");
    what.lang = lang?.getAttribute("lang") ?? this.#page;
    what.dir = lang?.getAttribute("dir") ?? document.dir;
    if (!("mediaSession" in navigator)) return;
    const album = document.querySelector("h1")?.textContent?.trim() ?? document.title;
    navigator.mediaSession.metadata = new MediaMetadata({ title: what.textContent, album });
  }

  /** Show whether the player plays. */
  #update() {
    const label = (this.#plays ? this.#words.pause : this.#words.play) ?? "";
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
    this.#bar.classList.toggle("plays", this.#plays);
    // Readers who listen to the updates do not need the sound for new ones.
    this.#button.toggleAttribute("data-speaking", this.#plays);
    if ("mediaSession" in navigator) navigator.mediaSession.playbackState = this.#plays ? "playing" : "paused";
  }
}

/**
 * Return the texts of an update, each in its language; for a correction, its note comes first.
 *
 * @param {HTMLElement} element
 * @param {Item["what"]} what
 * @returns {Passage[]}
 */
function passagesOf(element, what) {
  const note = what === "correction" ? element.querySelector(".correction") : null;
  const rest = blocksOf(element).filter(({ node }) => !note?.contains(node));
  return [...(note ? blocksOf(note) : []), ...rest].map(({ lang, text }) => ({ lang, text }));
}

/**
 * Return the texts of an element, one for each block and language.
 *
 * @param {Element} root
 */
function blocksOf(root) {
  /** @type {{ node: Node, block: Element | null, cell: Element | null, lang: string, text: string }[]} */
  const found = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    const text = (node.textContent ?? "").replace(/\s+/g, " ");
    if (!parent || !text.trim() || parent.closest(SILENT)) continue;
    const [block, cell] = [parent.closest(BLOCKS), parent.closest("td, th")];
    const lang = parent.closest("[lang]")?.getAttribute("lang") ?? "";
    const last = found.at(-1);
    if (last && last.block === block && last.lang === lang) {
      // The cells of a row are a list.
      last.text += last.cell === cell ? text : `, ${text}`;
      last.cell = cell;
    } else found.push({ node, block, cell, lang, text });
  }
  return found;
}

/** @param {Element} element */
function inView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** @param {string} lang */
function base(lang) {
  return lang.split("-")[0] ?? "";
}
