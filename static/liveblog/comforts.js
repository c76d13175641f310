// Small comforts of the live page: a sound for new updates, if the reader wants one; collapsible pinned updates; the
// line that shows that somebody is writing.
import { entriesOf } from "./days.js";
import { byId, closest, findAll, make } from "./dom.js";
import { isPinned } from "./frames.js";
import { afterPaint } from "./painting.js";
import { load, store } from "./storage.js";

const SOUND = "sound";
/** The time that a pinned update must be in view to count as read, in milliseconds. */
const READING = 2000;
/** The pause between two requests whether somebody is writing, in milliseconds. */
const ASKING = 15_000;

/** A sound for new updates, if the reader has switched it on. */
export class Sound {
  #button = document.getElementById("sound");
  /** @type {AudioContext | null} */
  #audio = null;

  start() {
    if (!this.#button || !("AudioContext" in window)) return;
    this.#button.hidden = false;
    this.#show(load(SOUND) === "on");
    this.#button.addEventListener("click", () => {
      this.#show(!this.#on);
      store(SOUND, this.#on ? "on" : null);
      // Creating the context takes a moment, so the button shows its state first.
      if (this.#on) afterPaint().then(() => this.play());
    });
  }

  get #on() {
    return this.#button?.getAttribute("aria-pressed") === "true";
  }

  /** @param {boolean} on */
  #show(on) {
    this.#button?.setAttribute("aria-pressed", String(on));
  }

  /** Play two short tones. Browsers play nothing before the reader has interacted with the page. */
  async play() {
    if (document.querySelector("#listen[data-speaking]")) return;
    if (!this.#on || navigator.userActivation?.hasBeenActive === false) return;
    this.#audio ??= new AudioContext();
    // Phones suspend it when another app plays something.
    if (this.#audio.state !== "running") await this.#audio.resume();
    const { currentTime, destination } = this.#audio;
    for (const [start, pitch] of [
      [0, 660],
      [0.12, 880],
    ]) {
      const tone = new OscillatorNode(this.#audio, { frequency: pitch });
      const volume = new GainNode(this.#audio, { gain: 0.06 });
      volume.gain.exponentialRampToValueAtTime(0.001, currentTime + start + 0.25);
      tone.connect(volume).connect(destination);
      tone.start(currentTime + start);
      tone.stop(currentTime + start + 0.25);
    }
  }
}

/**
 * Offer to read the updates aloud, where the device itself has a voice for the language of the page. The address of a
 * page may request it; the player then reports a missing voice.
 *
 * @param {HTMLElement} list
 */
export function offerListening(list) {
  const button = document.getElementById("listen");
  if (!button) return;
  const [language = ""] = document.documentElement.lang.split("-");
  const open = async (/** @type {boolean} */ begins) => (await import("./listening.js")).listen(button, list, begins);
  const show = () => {
    button.hidden = !window.speechSynthesis
      ?.getVoices()
      .some(({ lang, localService }) => localService && lang.split(/[-_]/)[0]?.toLowerCase() === language);
  };
  show();
  window.speechSynthesis?.addEventListener("voiceschanged", show);
  button.addEventListener("click", () => open(true));
  if (location.hash === "#listen") open(false);
}

/** Pinned updates show a few lines, and only their headline once the reader has read them; a button expands them. */
export class Pinned {
  #list;
  #key = `pinned:${location.pathname.split("/").slice(2).join("/")}`;
  #read = new Set((load(this.#key) ?? "").split(" "));
  #observer = new IntersectionObserver((entries) => this.#observed(entries), { threshold: 0.6 });
  /** @type {WeakMap<Element, number>} */
  #timers = new WeakMap();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
    list.addEventListener("click", (event) => {
      const button = closest(event, "button.fold");
      const entry = button?.closest(".pinned");
      if (entry instanceof HTMLElement) this.#fold(entry, entry.classList.contains("open"));
    });
  }

  /** Fold the pinned updates of the list. */
  added() {
    for (const entry of entriesOf(this.#list)) {
      if (!isPinned(entry.dataset.sort ?? "") || entry.querySelector("button.fold")) continue;
      entry.querySelector(".labels")?.append(make("button", { type: "button", className: "fold" }));
      entry.classList.toggle("read", this.#read.has(entry.dataset.sort ?? ""));
      this.#fold(entry, !entry.classList.contains("open"));
      this.#observer.observe(entry);
    }
  }

  /**
   * @param {HTMLElement} entry
   * @param {boolean} folded
   */
  #fold(entry, folded) {
    entry.classList.toggle("open", !folded);
    entry.classList.toggle("folded", folded);
    const button = entry.querySelector("button.fold");
    if (!button) return;
    button.textContent = (folded ? this.#list.dataset.more : this.#list.dataset.less) ?? "";
    button.setAttribute("aria-expanded", String(!folded));
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #observed(entries) {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(this.#timers.get(target));
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      this.#timers.set(
        target,
        setTimeout(() => {
          this.#read.add(target.dataset.sort ?? "");
          // Pinned updates are few, and each has its own sort key.
          store(this.#key, [...this.#read].filter(Boolean).slice(-20).join(" "));
        }, READING),
      );
    }
  }
}

/** Show that somebody is writing, while somebody is. */
export function watchWriting() {
  const place = document.querySelector("[data-writing]");
  if (!(place instanceof HTMLElement)) return;
  const [text] = findAll(place, "span");
  const ask = async () => {
    if (document.hidden) return;
    const writing = byId("coverage").dataset.state === "live" && (await isWriting(place.dataset.writing ?? ""));
    if (text) text.hidden = !writing;
  };
  ask();
  setInterval(ask, ASKING);
}

/**
 * Ask the server whether somebody is writing; false if it does not answer.
 *
 * @param {string} address
 * @returns {Promise<boolean>}
 */
async function isWriting(address) {
  try {
    const response = await fetch(address);
    return response.ok && Boolean((await response.json()).writing);
  } catch {
    return false;
  }
}

/** The key under which the reader's order of updates is stored. */
const ORDER = "order";

/** Store the order that the reader has chosen, and open other coverage in it. */
export function keepOrder() {
  const link = document.querySelector("a.order");
  if (!(link instanceof HTMLAnchorElement)) return;
  link.addEventListener("click", () => {
    const oldest = new URL(link.href).searchParams.get("order") === "oldest";
    store(ORDER, oldest ? "oldest" : null);
  });
  if (load(ORDER) === "oldest" && !location.search && !location.hash) {
    location.replace(new URL("?order=oldest", location.href));
  }
}
