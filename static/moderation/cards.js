// The cards of the queue: by id and position, as last sent by the server. A moderator's input in them stays.
import { childrenOf, find, focused, make, parse } from "../liveblog/dom.js";
import { listNodes } from "../liveblog/lists.js";
import { filled } from "../liveblog/messages.js";

/** @typedef {{ id: string, sort: string, html: string }} Card a comment as the server sends it */

/** The number of decided comments that stay visible, so that a decision can be checked again. */
const DECIDED_IN_SIGHT = 5;

/** The list of comments. */
export class Cards {
  /** The id of the last card with the focus. */
  last = "";
  #claimedLabel;
  #claimantsOf;
  /** The last HTML from the server, by id. @type {Map<string, string>} */
  #html = new Map();

  /**
   * @param {HTMLElement} list
   * @param {object} options
   * @param {string} options.claimedLabel the text for a claimed comment, with `%(name)s`
   * @param {(id: string) => string[]} options.claimantsOf returns the names of others at the queue who claimed a
   *   comment
   */
  constructor(list, { claimedLabel, claimantsOf }) {
    this.list = list;
    this.#claimedLabel = claimedLabel;
    this.#claimantsOf = claimantsOf;
  }

  /** All cards, in their order. */
  get all() {
    return childrenOf(this.list);
  }

  /** The cards whose box is checked. */
  get selected() {
    return this.all.filter((card) => boxOf(card).checked);
  }

  /** The card that has the focus, or had it last. */
  get current() {
    const card = focused()?.closest(".card") ?? document.getElementById(this.last);
    return card instanceof HTMLElement ? card : null;
  }

  /**
   * Return whether a comment is undecided.
   *
   * @param {HTMLElement} card
   */
  isOpen(card) {
    return "open" in viewOf(card).dataset;
  }

  /**
   * Insert a card, or show its new state.
   *
   * @param {Card} card
   */
  put({ id, sort, html }) {
    const old = document.getElementById(id);
    if (old && this.#html.get(id) === html) return;
    this.#html.set(id, html);
    const fresh = parse(html);
    if (old) renew(old, fresh);
    else this.list.insertBefore(fresh, this.all.find((card) => (card.dataset.sort ?? "") > sort) ?? null);
  }

  /**
   * Remove a card.
   *
   * @param {string} id
   */
  drop(id) {
    const card = document.getElementById(id);
    if (!card) return;
    const next = card.contains(document.activeElement) ? this.nextFree([card]) : undefined;
    card.remove();
    this.#html.delete(id);
    next?.focus();
  }

  /**
   * Remove all but the latest decided cards.
   *
   * @param {Set<string>} keep ids of cards that stay because they are undone next
   */
  trim(keep) {
    const decided = this.all.filter((card) => !this.isOpen(card) && card !== this.current && !keep.has(card.id));
    for (const card of decided.slice(0, Math.max(0, decided.length - DECIDED_IN_SIGHT))) this.drop(card.id);
  }

  /** Remove all cards. */
  clear() {
    this.#html.clear();
    this.list.replaceChildren();
  }

  /**
   * Return the first undecided and unclaimed card after some others, starting again from the top if there is none.
   *
   * @param {HTMLElement[]} cards
   */
  nextFree(cards) {
    const all = this.all;
    const last = cards.at(-1);
    const from = last ? all.indexOf(last) + 1 : 0;
    return [...all.slice(from), ...all.slice(0, from)].find((card) => this.#isFree(card) && !cards.includes(card));
  }

  /**
   * Move the focus by a number of cards.
   *
   * @param {number} step
   */
  move(step) {
    const all = this.all;
    const index = this.current ? all.indexOf(this.current) : -1;
    (all[index + step] ?? all[index])?.focus();
  }

  /**
   * Show which comments are claimed: the websocket reports moderators at the queue, and cards from the server the
   * others.
   *
   * @param {{ name: string }[]} people
   */
  showClaims(people) {
    const present = new Set(people.map((one) => one.name));
    for (const card of this.all) {
      const { claimedBy } = viewOf(card).dataset;
      const absent = claimedBy && !present.has(claimedBy) ? [claimedBy] : [];
      const names = [...this.#claimantsOf(card.id), ...absent];
      const notice = make("p", {}, ...(names.length ? this.#claimedBy(names) : []));
      const place = claimNoticeOf(card);
      if (place.textContent !== notice.textContent) place.replaceChildren(...notice.childNodes);
    }
  }

  /**
   * Show that other moderators have claimed the comment of a card, as its problem.
   *
   * @param {string} id
   * @param {string[]} names
   */
  showRefusedClaim(id, names) {
    this.#showProblem(id, this.#claimedBy(names));
  }

  /**
   * Show a problem at a card; none if the text is empty.
   *
   * @param {string | undefined} id
   * @param {string} text
   */
  showProblem(id, text) {
    this.#showProblem(id, text ? [text] : []);
  }

  /**
   * @param {string | undefined} id
   * @param {(Node | string)[]} content
   */
  #showProblem(id, content) {
    const place = document.getElementById(id ?? "")?.querySelector(".errorlist");
    place?.replaceChildren(...(content.length ? [make("li", {}, ...content)] : []));
  }

  /** @param {string[]} names */
  #claimedBy(names) {
    return filled(this.#claimedLabel, "%(name)s", ...listNodes(names));
  }

  /** @param {HTMLElement} card */
  #isFree(card) {
    return this.isOpen(card) && !claimNoticeOf(card).textContent;
  }
}

/**
 * Return the box that selects a card.
 *
 * @param {HTMLElement} card
 */
export function boxOf(card) {
  return find(card, ".select-card", HTMLInputElement);
}

/**
 * Return the part of a card with its comment.
 *
 * @param {HTMLElement} card
 */
export function viewOf(card) {
  return find(card, ".view");
}

/** @param {HTMLElement} card */
function claimNoticeOf(card) {
  return find(card, ".claimed-by");
}

/**
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function renew(old, fresh) {
  const active = old.contains(document.activeElement) && old !== document.activeElement ? focused() : null;
  const act = active?.dataset.act;
  boxOf(fresh).checked = boxOf(old).checked;
  viewOf(old).replaceWith(viewOf(fresh));
  old.className = fresh.className;
  if (!active) return;
  const button = old.querySelector(`[data-act="${act}"]`);
  (button instanceof HTMLElement ? button : old).focus();
}
