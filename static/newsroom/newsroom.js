// On every page of the newsroom: the command palette, the navigation keys, and the counts of waiting work.
import { isAboutLink } from "../articles/editors.js";
import { closest, find, findAll } from "../liveblog/dom.js";
import { load, store } from "../liveblog/storage.js";
import { letterOf } from "../moderation/keys.js";
import { Palette } from "./palette.js";

/** Time between two requests for the counts, in milliseconds. Home makes its own requests. */
const COUNT_EVERY = 20_000;
/** The time in milliseconds for which G waits for the second key. */
const CHORD = 1500;
/** The key under which a browser stores that single keys are disabled (WCAG 2.2, success criterion 2.1.4). */
const SINGLE_KEYS_OFF = "newsroom:no-single-keys";
const FIELDS = 'input, textarea, select, [contenteditable=""], [contenteditable="true"]';
/** Elements in which letters are no shortcuts. */
const WRITING = `${FIELDS}, dialog`;
/** Elements in which Escape first closes something else. */
const OPEN = 'dialog, [popover], [aria-expanded="true"]';

class Keys {
  #palette;
  #shortcuts = /** @type {HTMLDialogElement | null} */ (document.getElementById("shortcuts"));
  /** When G was pressed. */
  #chordAt = Number.NEGATIVE_INFINITY;

  /** @param {Palette} palette */
  constructor(palette) {
    this.#palette = palette;
    // Handle keys before the page itself does: after G, they have another meaning.
    addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    addEventListener("keydown", leaveField);
    const box = document.getElementById("single-keys");
    if (box instanceof HTMLInputElement) {
      box.checked = !this.#areOff;
      box.addEventListener("change", () => store(SINGLE_KEYS_OFF, box.checked ? null : "1"));
    }
    document.addEventListener("click", (event) => {
      if (closest(event, "[data-shortcuts]")) this.#showShortcuts();
    });
  }

  get #areOff() {
    return load(SINGLE_KEYS_OFF) !== null;
  }

  #showShortcuts() {
    if (!this.#shortcuts?.open) this.#shortcuts?.showModal();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const act = this.#actOf(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {(() => unknown) | undefined}
   */
  #actOf(event) {
    const held = event.ctrlKey || event.metaKey;
    const letter = letterOf(event);
    if (held && !event.altKey && !event.shiftKey && letter === "k" && !isAboutLink(event)) {
      return () => this.#palette.toggle();
    }
    if (held || event.altKey || event.repeat || this.#areOff || closest(event, WRITING)) return undefined;
    if (letter === "?") return () => this.#showShortcuts();
    const isSecond = event.timeStamp - this.#chordAt < CHORD;
    this.#chordAt = Number.NEGATIVE_INFINITY;
    if (isSecond) {
      const target = linkOf(`g ${letter}`);
      return target ? () => target.click() : undefined;
    }
    if (letter === "g") return () => this.#beginChord(event.timeStamp);
    const step = { j: 1, k: -1 }[letter];
    if (step && linksOfRows().length) return () => moveInList(step);
    const target = letter === "c" ? linkOf("c") : undefined;
    return target ? () => startOrGo(target) : undefined;
  }

  /** @param {number} at */
  #beginChord(at) {
    this.#chordAt = at;
  }
}

/**
 * Leave a field on Escape, so that single keys work. Tab continues from there.
 *
 * @param {KeyboardEvent} event
 */
function leaveField(event) {
  if (event.key !== "Escape" || event.isComposing || closest(event, OPEN)) return;
  const field = closest(event, FIELDS);
  // Rich text handles the key without an effect.
  if (event.defaultPrevented && !field?.matches(".ProseMirror")) return;
  // There the key first clears the field.
  const isSearched = field instanceof HTMLInputElement && field.type === "search" && field.value;
  if (!isSearched) field?.blur();
}

/**
 * Return the link that a key opens.
 *
 * @param {string} key
 */
function linkOf(key) {
  return findAll(document, "[data-key]").find((link) => link.dataset.key === key);
}

/** The links that open the rows of a list, from top to bottom. */
function linksOfRows() {
  return findAll(document, "#result_list tbody tr").flatMap((row) => findAll(row, "a").slice(0, 1));
}

/**
 * Move the focus by a number of rows.
 *
 * @param {number} step
 */
function moveInList(step) {
  const links = linksOfRows();
  const row = document.activeElement?.closest("#result_list tbody tr");
  const index = links.findIndex((link) => row?.contains(link));
  (links[index + step] ?? links[step > 0 ? 0 : links.length - 1])?.focus();
}

/**
 * Move the focus to the field that starts coverage, if the page has it; otherwise open the page that does.
 *
 * @param {HTMLElement} link
 */
function startOrGo(link) {
  const line = document.getElementById("start-headline") ?? document.getElementById("id_headline");
  if (line?.closest(".start-line, .start-sheet")) line.focus();
  else link.click();
}

/**
 * Show the counts of waiting work.
 *
 * @param {Record<string, number>} counts by the name of the queue
 */
export function showCounts(counts) {
  for (const element of findAll(document, "[data-count]")) {
    const count = counts[element.dataset.count ?? ""];
    if (count === undefined) continue;
    element.textContent = String(count);
    element.hidden = count === 0;
  }
}

async function refreshCounts() {
  if (document.visibilityState !== "visible" || document.querySelector("[data-part]")) return;
  const address = document.getElementById("palette")?.dataset.now;
  if (!address) return;
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (response.ok && !response.redirected) showCounts((await response.json()).counts);
  } catch {
    // The next time.
  }
}

if (globalThis.document) {
  const dialog = document.getElementById("palette");
  if (dialog instanceof HTMLDialogElement) {
    const palette = new Palette(dialog);
    new Keys(palette);
    document.addEventListener("click", (event) => {
      const link = closest(event, "[data-palette]");
      if (!link || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      /** @type {HTMLElement | null} */ (link.closest("[popover]"))?.hidePopover?.();
      palette.toggle();
    });
    find(dialog, "[data-close]").addEventListener("click", () => dialog.close());
    setInterval(refreshCounts, COUNT_EVERY);
    document.addEventListener("visibilitychange", refreshCounts);
  }
}

// Django's lists with a search have a field without a name. Its own code makes them when jQuery is ready, and comes first.
/** @type {any} */ (window).django?.jQuery?.(() => {
  for (const list of findAll(document, "select.admin-autocomplete[multiple]")) {
    const label = document.querySelector(`label[for="${CSS.escape(list.id)}"]`)?.textContent?.trim();
    if (label) list.nextElementSibling?.querySelector(".select2-search__field")?.setAttribute("aria-label", label);
  }
});
