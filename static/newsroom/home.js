// Home: keeps its parts up to date, and shows who is at which desk and how many readers there are.
import { aboutPerson, Presence } from "../desk/presence.js";
import { get } from "../desk/requests.js";
import { byId, find, findAll, make } from "../liveblog/dom.js";
import { filled } from "../liveblog/messages.js";
import { pageLocale } from "../liveblog/moments.js";
import { showCounts } from "./newsroom.js";

/** @import { Person } from "../desk/presence.js" */
/** @typedef {Person & { place: string }} Located where somebody is: the article of a desk, "" for home, or "comments" */
/** @typedef {{ name: string, initials: string, language: string }} Translating */
/** @typedef {{ name: string, me: boolean, place: string, busy: boolean }} Present */

/** The pause between two requests in milliseconds, because much may change at once. */
const PAUSE = 1000;
const MAX_FACES = 4;

class Home {
  #cards = byId("cards");
  #here = byId("here");
  /** @type {Located[]} */
  #people = [];
  /** @type {Translating[]} */
  #translating = JSON.parse(byId("translating").textContent ?? "[]");
  /** @type {Record<string, number>} */
  #audience = {};

  constructor() {
    this.#showPeople();
    new Presence("/ws/newsroom/", {
      notice: byId("home-connection"),
      pause: PAUSE,
      refresh: () => this.#refresh(),
      onPeople: (people) => {
        this.#people = /** @type {Located[]} */ (people);
        this.#showPeople();
      },
      onMessage: (message) => {
        if (!message.audience) return;
        this.#audience = message.audience;
        this.#showReaders();
      },
    });
  }

  async #refresh() {
    const { json } = await get("/admin/now/?home=1");
    if (!json) return;
    for (const element of findAll(document, "[data-part]")) showPart(element, json.parts[element.dataset.part ?? ""]);
    showCounts(json.counts);
    this.#translating = json.translating;
    this.#showPeople();
    this.#showReaders();
  }

  #showReaders() {
    for (const card of findAll(this.#cards, "[data-article]")) {
      const element = card.querySelector("[data-readers]");
      const count = this.#audience[card.dataset.article ?? ""];
      if (!(element instanceof HTMLElement) || count === undefined) continue;
      const forms = JSON.parse(element.dataset.forms ?? "{}");
      const locale = pageLocale();
      const form = forms[new Intl.PluralRules(locale).select(count)] ?? forms.other ?? "";
      // Some plural forms contain the number as a word, such as the Arabic dual.
      const [before = "", after] = form.split("%(count)s");
      const number = new Intl.NumberFormat(locale, { numberingSystem: "latn" }).format(count);
      element.replaceChildren(before, ...(after === undefined ? [] : [make("b", {}, number), after]));
      element.hidden = false;
    }
  }

  #showPeople() {
    const present = distinct(this.#people);
    for (const card of findAll(this.#cards, "[data-article]")) {
      this.#showAtDesk(
        find(card, "[data-who]"),
        present.filter(({ place }) => place === card.dataset.article),
      );
    }
    const words = this.#here.dataset;
    const lines = present.map(({ name, me, place, busy }) => {
      const note = me ? ` (${words.me})` : "";
      if (place === "") return line(name, initialsOf(name), [words.home ?? ""], note);
      if (place === "comments") return line(name, initialsOf(name), [words.comments ?? ""], note);
      const headline = this.#headlineOf(place);
      return line(name, initialsOf(name), busy ? filled(words.writing ?? "", "{place}", headline) : [headline], note);
    });
    const translators = this.#translating.map(({ name, initials, language }) =>
      line(name, initials, filled(words.translating ?? "", "{language}", language)),
    );
    this.#here.replaceChildren(...lines, ...translators);
    const section = this.#here.closest("section");
    if (section) section.hidden = this.#here.childElementCount === 0;
  }

  /**
   * Return the headline of an article in an element of its own, because its language may not be that of the page.
   *
   * @param {string} place
   */
  #headlineOf(place) {
    const heading = document.getElementById(`card-${place}`);
    if (!heading) return "";
    return make("bdi", { lang: heading.lang, dir: heading.dir }, heading.textContent?.trim() ?? "");
  }

  /**
   * @param {HTMLElement} element
   * @param {Present[]} people
   */
  #showAtDesk(element, people) {
    const words = this.#cards.dataset;
    const writer = people.find(({ busy }) => busy);
    const first = writer ?? people[0];
    const several = people.length > 1 ? words.areThere : words.isThere;
    const sentence = first ? aboutPerson((writer ? words.isWriting : several) ?? "", first.name) : [];
    const faces = people.slice(0, MAX_FACES).map(({ name, busy }) => {
      const circle = face(initialsOf(name), name);
      if (busy) circle.classList.add("busy");
      return circle;
    });
    element.replaceChildren(make("span", { className: "faces" }, ...faces), ...sentence);
  }
}

/**
 * Replace a part of the page, unless it contains the focus.
 *
 * @param {HTMLElement} element
 * @param {string | undefined} html
 */
function showPart(element, html) {
  if (html === undefined || shown.get(element) === html || element.contains(document.activeElement)) return;
  shown.set(element, html);
  element.innerHTML = html;
}
/** @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap();

/**
 * Return each person once for each place where they are.
 *
 * @param {Located[]} people
 * @returns {Present[]}
 */
export function distinct(people) {
  /** @type {Map<string, Present>} */
  const known = new Map();
  const atWork = new Set(people.filter(({ place }) => place).map(({ person }) => person));
  for (const { person, name, at, me, place } of people) {
    // Omit home for users who are at a desk.
    if (place === "" && atWork.has(person)) continue;
    const key = `${person} ${place}`;
    known.set(key, { name, me, place, busy: Boolean(at) || Boolean(known.get(key)?.busy) });
  }
  return [...known.values()];
}

/**
 * Return the initials of a person.
 *
 * @param {string} name
 */
export function initialsOf(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  return chosen
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toLocaleUpperCase();
}

/**
 * @param {string} initials
 * @param {string} name
 */
function face(initials, name) {
  const circle = make("span", { className: `face face-${toneOf(name)}`, title: name }, initials);
  circle.setAttribute("aria-hidden", "true");
  return circle;
}

/**
 * Return one of four tones, always the same for a name.
 *
 * @param {string} name
 */
function toneOf(name) {
  return [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 4;
}

/**
 * @param {string} name
 * @param {string} initials
 * @param {(Node | string)[]} doing
 * @param {string} [note]
 */
function line(name, initials, doing, note = "") {
  const words = make("span", {}, make("bdi", {}, name), note, make("small", {}, ...doing));
  return make("li", {}, face(initials, name), words);
}

if (globalThis.document?.getElementById("cards")) new Home();
