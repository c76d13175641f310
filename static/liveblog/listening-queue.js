// The order in which updates are read aloud, and how their texts are cut for a voice. Nothing here needs a page.
import { isPinned } from "./frames.js";

/**
 * @typedef {object} Entry an update as it stands on the page
 * @property {string} id
 * @property {string} sort
 * @property {number} rank 2 for breaking news, 1 for a key event, 0 for others
 * @property {boolean} withdrawn
 * @property {string} correction the note of its last correction, "" if there is none
 *
 * @typedef {{ id: string, what: "update" | "correction" | "withdrawal" }} Item what is read: an update, or news of one
 * @typedef {{ lang: string, text: string }} Passage a text in one language
 */

/** The number of characters that a voice gets at once. Browsers stop in the middle of longer texts. */
const LONGEST = 220;

/**
 * Updates are read in the order of the page, from any of them downwards. New ones are read before the rest: breaking
 * news first, then key events, then the others in the order in which they came. If an update that the listener has
 * heard is corrected or withdrawn, the correction or withdrawal is read.
 */
export class ListeningQueue {
  /** @type {Entry[]} */
  #entries = [];
  /** All entries that were ever shown, in their last state. @type {Map<string, Entry>} */
  #known = new Map();
  #newest = "";
  /** New items to read before the rest. @type {Item[]} */
  #fresh = [];
  /** The items that were read, in order, and the listener's position among them. @type {Item[]} */
  #trail = [];
  #at = -1;
  /** The entry from which the page is read downwards, and what was read since. */
  #place = "";
  /** @type {Set<string>} */
  #heard = new Set();
  /** @type {Set<string>} */
  #ever = new Set();

  /** The item that is being read. @returns {Item | null} */
  get current() {
    return this.#trail[this.#at] ?? null;
  }

  /**
   * Update the queue from the page.
   *
   * @param {Entry[]} entries in the order of the page
   * @returns {boolean} whether what is being read must stop, because it is wrong or withdrawn by now
   */
  show(entries) {
    const first = !this.#known.size;
    const now = new Map(entries.map((entry) => [entry.id, entry]));
    let stops = false;
    for (const entry of entries) {
      const before = this.#known.get(entry.id);
      if (!before) {
        if (!first && !entry.withdrawn && this.#isNew(entry)) this.#fresh.push({ id: entry.id, what: "update" });
        continue;
      }
      const what = changeOf(before, entry);
      if (!what || !this.#ever.has(entry.id)) continue;
      this.#fresh = this.#fresh.filter(({ id }) => id !== entry.id);
      this.#fresh.push({ id: entry.id, what });
      stops ||= this.current?.id === entry.id;
    }
    stops ||= this.current !== null && !now.has(this.current.id);
    this.#entries = entries;
    for (const entry of entries) {
      this.#known.set(entry.id, entry);
      if (!isPinned(entry.sort) && entry.sort > this.#newest) this.#newest = entry.sort;
    }
    return stops;
  }

  /**
   * Go to an update, and read on from there.
   *
   * @param {string} id
   * @returns {Item | null}
   */
  from(id) {
    this.#heard.clear();
    this.#fresh = this.#fresh.filter((item) => item.id !== id || item.what !== "update");
    this.#place = id;
    return this.#go({ id, what: "update" });
  }

  /** Go to the next item; null if there is none yet. @returns {Item | null} */
  next() {
    while (this.#at < this.#trail.length - 1) {
      this.#at += 1;
      if (this.current && this.#stands(this.current)) return this.current;
    }
    for (const item of this.#sorted()) {
      this.#fresh.splice(this.#fresh.indexOf(item), 1);
      if (this.#stands(item)) return this.#go(item);
    }
    const index = this.#entries.findIndex(({ id }) => id === this.#place);
    const entry = this.#entries.slice(index + 1).find(({ id, withdrawn }) => !withdrawn && !this.#heard.has(id));
    if (!entry) return null;
    this.#place = entry.id;
    return this.#go({ id: entry.id, what: "update" });
  }

  /** Go back to the previous item; at the first one, to its beginning. @returns {Item | null} */
  previous() {
    for (let at = this.#at - 1; at >= 0; at -= 1) {
      const item = this.#trail[at];
      if (!item || !this.#stands(item)) continue;
      this.#at = at;
      break;
    }
    return this.current;
  }

  /** @param {Item} item */
  #go(item) {
    this.#trail.push(item);
    this.#at = this.#trail.length - 1;
    this.#heard.add(item.id);
    this.#ever.add(item.id);
    return item;
  }

  /** True if an entry came after all that the page has shown; an older page brings others. @param {Entry} entry */
  #isNew({ sort }) {
    return isPinned(sort) || sort > this.#newest;
  }

  /** True if an item can still be read: the update is on the page, and is not withdrawn unless that is the news. @param {Item} item */
  #stands({ id, what }) {
    const entry = this.#entries.find((one) => one.id === id);
    return entry !== undefined && entry.withdrawn === (what === "withdrawal");
  }

  #sorted() {
    const rank = (/** @type {Item} */ { id, what }) => (what === "update" ? (this.#known.get(id)?.rank ?? 0) : 3);
    return this.#fresh.toSorted((one, other) => rank(other) - rank(one));
  }
}

/**
 * @param {Entry} before
 * @param {Entry} now
 * @returns {"withdrawal" | "correction" | null}
 */
function changeOf(before, now) {
  if (now.withdrawn) return before.withdrawn ? null : "withdrawal";
  return now.correction && now.correction !== before.correction ? "correction" : null;
}

/**
 * Cut passages into pieces that a voice can be given: at the ends of sentences, and at spaces in very long ones.
 *
 * @param {Passage[]} passages
 * @returns {Passage[]}
 */
export function pieces(passages) {
  return passages.flatMap(({ lang, text }) => split(text, lang).map((part) => ({ lang, text: part })));
}

/**
 * @param {string} text
 * @param {string} lang
 * @returns {string[]}
 */
function split(text, lang) {
  const sentences = [...new Intl.Segmenter(lang || "en", { granularity: "sentence" }).segment(text)];
  /** @type {string[]} */
  const found = [];
  let piece = "";
  for (const part of sentences.flatMap(({ segment }) => shortened(segment))) {
    if (piece && piece.length + part.length > LONGEST) {
      found.push(piece);
      piece = "";
    }
    piece += part;
  }
  return [...found, piece].map((part) => part.trim()).filter(Boolean);
}

/** @param {string} sentence */
function shortened(sentence) {
  return sentence.match(new RegExp(`[^]{1,${LONGEST}}(?:\\s|$)|[^]{1,${LONGEST}}`, "g")) ?? [];
}

/**
 * Return the voices that can read a language on the device itself: no text is sent to the maker of the browser. Those
 * of the same region come first, then the one that the system prefers.
 *
 * @template {{ lang: string, localService: boolean, default: boolean }} V
 * @param {V[]} voices
 * @param {string} lang
 * @returns {V[]}
 */
export function voicesFor(voices, lang) {
  const normal = (/** @type {string} */ tag) => tag.replaceAll("_", "-").toLowerCase();
  const wanted = normal(lang);
  const weight = (/** @type {V} */ voice) => (normal(voice.lang) === wanted ? 2 : 0) + (voice.default ? 1 : 0);
  return voices
    .filter((voice) => voice.localService && normal(voice.lang).split("-")[0] === wanted.split("-")[0])
    .toSorted((one, other) => weight(other) - weight(one));
}
