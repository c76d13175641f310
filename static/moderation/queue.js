// The moderators' queue: starts its parts, and handles buttons and keys.
import { askInDialog } from "../desk/dialogs.js";
import { Presence, showPeople } from "../desk/presence.js";
import { Forbidden, LoggedOut, post } from "../desk/requests.js";
import { byId, closest, control, find } from "../liveblog/dom.js";
import "../liveblog/moment-inputs.js";
import { load, store } from "../liveblog/storage.js";
import { boxOf, Cards, viewOf } from "./cards.js";
import { Claim } from "./claims.js";
import { letterOf } from "./keys.js";

/** @import { Card } from "./cards.js" */
/** @typedef {"approved" | "rejected" | "spam"} Decision */

// Milliseconds: between two refreshes, however many notifications come; and quiet before the filter applies.
const PAUSE = 1000;
const FILTER_AFTER = 250;

/** The server refused an action, and says why. */
class Refused extends Error {}

class Queue {
  #element = byId("queue");
  #messages = this.#element.dataset;
  #filter = byId("queue-filter", HTMLFormElement);
  #rules = byId("rules");
  #more = byId("more");
  #status = byId("queue-status");
  #keysOn = preference("keys-on");
  #translateAhead = preference("translate-ahead");
  #cards;
  #presence;
  #claim;
  /** The number of actions that are under way, or wait for another. */
  #actions = 0;
  /** Ends when all of them have. @type {Promise<unknown>} */
  #settled = Promise.resolve();
  /** What was typed for an action that failed, by dialog and card. @type {Map<string, FormData>} */
  #kept = new Map();
  /** Counts the beginnings and ends of requests: an older response does not include their effects. */
  #changes = 0;
  /** Decisions made here that can be undone, the last one last. @type {{ decisions: number[], ids: string[] }[]} */
  #undoable = [];
  /** By element, the HTML that the server last sent. @type {Map<HTMLElement, string>} */
  #sent = new Map();
  /** Comments whose translation was requested in advance. @type {Set<string>} */
  #translated = new Set();
  /** @type {number | undefined} */
  #filterTimer;

  constructor() {
    this.#cards = new Cards(byId("cards"), {
      claimedLabel: this.#messages.claimed ?? "",
      claimantsOf: (id) => this.#presence.othersAt(id),
    });
    this.#presence = new Presence(this.#messages.socket ?? "", {
      notice: byId("queue-connection"),
      refresh: () => this.#refresh(),
      onPeople: (people) => {
        showPeople(byId("people"), people);
        this.#cards.showClaims(people);
      },
      pause: PAUSE,
    });
    this.#claim = new Claim({
      urlOf: (id) => this.#urlOf(id, "claim"),
      onClaimed: (id) => this.#presence.workOn(id),
      onAnswer: (id, name) => {
        if (name) this.#cards.showRefusedClaim(id, [name]);
      },
    });
    this.#listenToCards();
    this.#listenToForms();
    document.addEventListener("keydown", (event) => this.#pressed(event));
    this.#cards.nextFree([])?.focus();
  }

  #listenToCards() {
    const { list } = this.#cards;
    list.addEventListener("click", (event) => {
      const button = closest(event, "[data-act]");
      const card = closest(event, ".card");
      if (button && card) this.#act(card, button);
    });
    list.addEventListener("change", () => this.#showSelected());
    list.addEventListener("focusin", (event) => {
      const card = closest(event, ".card");
      if (!card) return;
      this.#cards.last = card.id;
      if (this.#cards.isOpen(card)) this.#claim.take(card.id);
      this.#translateNext(card);
    });
    byId("bulk").addEventListener("click", (event) => {
      const to = closest(event, "[data-bulk]")?.dataset.bulk;
      if (to === "none") this.#selectNone();
      else if (to) this.#decide(this.#cards.selected, /** @type {Decision} */ (to));
    });
    this.#more.addEventListener("click", () => this.#loadMore());
  }

  #listenToForms() {
    this.#filter.addEventListener("input", () => {
      clearTimeout(this.#filterTimer);
      this.#filterTimer = setTimeout(() => this.#reload(), FILTER_AFTER);
    });
    this.#filter.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#reload();
    });
    this.#rules.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!(event.target instanceof HTMLFormElement)) return;
      const answer = await post(event.target.action, new FormData(event.target)).catch(() => null);
      if (!answer?.json?.rules) return;
      this.#rules.innerHTML = answer.json.rules;
      this.#sent.delete(this.#rules);
    });
    byId("refuse").addEventListener("keydown", (event) => pressReason(event));
  }

  // Requests ---------------------------------------------------------------------------------------------------------

  /**
   * @param {string} id of a card
   * @param {string} action
   */
  #urlOf(id, action) {
    return `${this.#messages.address}${numberOf(id)}/${action}/`;
  }

  /**
   * Return the filter as a query. A search text may be an e-mail address, so it must not be in a URL.
   *
   * @param {Record<string, string>} [extra]
   */
  #query(extra = {}) {
    const filter = /** @type {[string, string][]} */ ([...new FormData(this.#filter)]);
    const set = filter.filter(([name, value]) => value && name !== "q");
    return new URLSearchParams([...set, ...Object.entries(extra)]);
  }

  get #search() {
    return control(this.#filter, "q");
  }

  /** @param {Record<string, string>} extra */
  #load(extra) {
    const body = new FormData();
    body.set("q", this.#search.value);
    return post(`${this.#messages.entries}?${this.#query(extra)}`, body);
  }

  // The list ---------------------------------------------------------------------------------------------------------

  /** Whether an action is under way. */
  get #busy() {
    return this.#actions > 0;
  }

  /** What the filter selects. */
  get #wanted() {
    return `${this.#query()} ${this.#search.value}`;
  }

  async #refresh() {
    const shown = this.#cards.all.map((card) => numberOf(card.id)).join(",");
    const wanted = this.#wanted;
    const changes = this.#changes;
    const { json } = await this.#load({ shown });
    // The filter has changed in the meantime, or this response does not include the effects of another request. That
    // request may still be under way: decisions wait until it ends.
    if (wanted !== this.#wanted) return;
    if (this.#busy || changes !== this.#changes) {
      this.#presence.refresh();
      return;
    }
    byId("queue-title").textContent = json.total;
    this.#renew(this.#filter, json.filter);
    this.#renew(this.#rules, json.rules);
    this.#more.hidden = !json.more;
    this.#put([...json.cards, ...json.shown]);
    for (const id of json.gone) this.#cards.drop(id);
    this.#settle();
  }

  /**
   * Show new HTML of the server. Keep the moderator's selection in it until the server sends other HTML.
   *
   * @param {HTMLElement} element
   * @param {string} html
   */
  #renew(element, html) {
    if (!this.#sent.has(element)) this.#sent.set(element, html);
    if (this.#sent.get(element) === html || element.contains(document.activeElement)) return;
    this.#sent.set(element, html);
    element.innerHTML = html;
  }

  /** @param {Card[]} cards */
  #put(cards) {
    for (const card of cards) this.#cards.put(card);
  }

  #settle() {
    if (this.#presence.isOpen) this.#cards.showClaims(this.#presence.people);
    const narrowed = ["comment", "author"].some((name) => control(this.#filter, name));
    if (!control(this.#filter, "state").value && !narrowed) {
      this.#cards.trim(new Set(this.#undoable.at(-1)?.ids ?? []));
    }
    this.#showSelected();
  }

  async #reload() {
    history.replaceState(null, "", `?${this.#query()}`);
    this.#cards.clear();
    await this.#refresh().catch((error) => {
      if (error instanceof LoggedOut) this.#presence.show("loggedOut");
    });
  }

  async #loadMore() {
    const last = this.#cards.all.at(-1);
    const wanted = this.#wanted;
    this.#cards.showProblem(last?.id, "");
    try {
      /** @type {number} */
      let changes;
      /** @type {any} */
      let json;
      do {
        // A response that does not include the effects of an action would take them back.
        await this.#settled;
        changes = this.#changes;
        ({ json } = await this.#load({ after: last?.dataset.sort ?? "" }));
        // The filter has changed in the meantime, so the list has been loaded again.
        if (wanted !== this.#wanted) return;
      } while (this.#busy || changes !== this.#changes);
      this.#put(json.cards);
      this.#more.hidden = !json.more;
      document.getElementById(json.cards[0]?.id)?.focus();
      this.#settle();
    } catch (error) {
      this.#report(error, last?.id);
    }
  }

  // Decisions --------------------------------------------------------------------------------------------------------

  /**
   * Send an action after those under way: one at a time, because their responses contain the same cards.
   *
   * @param {string} url
   * @param {FormData} [body]
   * @param {string} [id] of the card that shows the problem if it fails
   * @returns {Promise<any>} the server's answer; null if it failed
   */
  #send(url, body, id = this.#cards.current?.id) {
    this.#actions += 1;
    this.#changes += 1;
    const sent = this.#settled.then(() => this.#sendNow(url, body, id));
    this.#settled = sent;
    return sent;
  }

  /**
   * @param {string} url
   * @param {FormData | undefined} body
   * @param {string | undefined} id
   * @returns {Promise<any>}
   */
  async #sendNow(url, body, id) {
    this.#cards.showProblem(id, "");
    try {
      const { status, json } = await post(`${url}?${this.#query()}`, body);
      if (status >= 400) throw new Refused(json?.problem ?? this.#messages.failed);
      this.#put(json.cards);
      if (json.message) this.#status.textContent = json.message;
      for (const [card, text] of Object.entries(json.problems ?? {})) this.#cards.showProblem(card, String(text));
      return json;
    } catch (error) {
      this.#report(error, id);
      return null;
    } finally {
      this.#actions -= 1;
      this.#changes += 1;
    }
  }

  /**
   * @param {unknown} error
   * @param {string | undefined} id of the card that shows it
   */
  #report(error, id) {
    if (error instanceof LoggedOut) this.#presence.show("loggedOut");
    else this.#cards.showProblem(id, this.#problemOf(error));
  }

  /** @param {unknown} error */
  #problemOf(error) {
    if (error instanceof Forbidden) return byId("queue-connection").dataset.forbidden ?? "";
    // The words of the browser, such as those about a timeout, are in English.
    return error instanceof Refused ? error.message : (this.#messages.failed ?? "");
  }

  /**
   * Ask for data on some comments. What was typed for them in vain is there again.
   *
   * @param {string} dialog
   * @param {HTMLElement[]} cards
   */
  #ask(dialog, cards) {
    const keys = cards.map((card) => keyOf(dialog, card.id));
    const kept = keys.map((key) => this.#kept.get(key)).find(Boolean);
    for (const key of keys) this.#kept.delete(key);
    return askInDialog(dialog, kept);
  }

  /**
   * Keep what was typed, for the next time that the dialog is opened for one of these comments.
   *
   * @param {string} dialog
   * @param {string[]} ids
   * @param {FormData} typed
   */
  #keep(dialog, ids, typed) {
    for (const id of ids) this.#kept.set(keyOf(dialog, id), typed);
  }

  /**
   * @param {HTMLElement[]} cards
   * @param {Decision} to
   */
  async #decide(cards, to) {
    // Nobody may decide on a comment whose new state they have not seen: not on one that an action is changing, nor on
    // one that its author changes while the dialog is open.
    if (!cards.length || this.#busy) return;
    const read = cards.map((card) => `${card.dataset.pk}.${viewOf(card).dataset.version}`);
    const answer = to === "rejected" ? await this.#ask("refuse", cards) : new FormData();
    if (!answer) return;
    answer.set("to", to);
    for (const version of read) answer.append("comment", version);
    const json = await this.#send(this.#messages.decide ?? "", answer);
    const all = cards.map((card) => card.id);
    const failed = json ? all.filter((id) => id in json.problems) : all;
    if (to === "rejected") this.#keep("refuse", failed, answer);
    if (!json) return;
    const ids = all.filter((id) => !failed.includes(id));
    if (json.decisions.length) this.#undoable.push({ decisions: json.decisions, ids });
    this.#claim.forget(ids);
    for (const card of cards) boxOf(card).checked = false;
    this.#settle();
    if (ids.length) this.#goOnAfter(cards);
  }

  /** @param {HTMLElement[]} cards */
  #goOnAfter(cards) {
    const next = this.#cards.nextFree(cards);
    if (!next) this.#status.textContent = `${this.#status.textContent} – ${this.#messages.allDone}`;
    (next ?? cards.at(-1))?.focus();
  }

  /** @param {number} [decision] default: the last one that was made here */
  async #undo(decision) {
    // The decision stays in the list, so the moderator can reverse it later.
    if (this.#busy) return;
    const last = decision ? undefined : this.#undoable.pop();
    const body = new FormData();
    for (const each of decision ? [decision] : (last?.decisions ?? [])) body.append("decision", String(each));
    const json = await this.#send(this.#messages.undo ?? "", body);
    if (!json) {
      // The next attempt must undo the same decision, not the one before it.
      if (last) this.#undoable.push(last);
      return;
    }
    if (decision) this.#undoable = this.#undoable.filter((each) => !each.decisions.includes(decision));
    this.#settle();
    document.getElementById(json.cards[0]?.id)?.focus();
  }

  // Other actions ----------------------------------------------------------------------------------------------------

  /**
   * @param {HTMLElement} card
   * @param {HTMLElement} button
   */
  async #act(card, button) {
    const { act = "", decision } = button.dataset;
    if (act === "approved" || act === "rejected" || act === "spam") await this.#decide([card], act);
    else if (act === "undo") await this.#undo(Number(decision));
    else if (act === "translate" || act === "update") await this.#send(this.#urlOf(card.id, act), undefined, card.id);
    else if (act === "note" || act === "ban") await this.#write(card, act);
    else if (act === "feature") await this.#feature(card);
  }

  /** @param {HTMLElement} card */
  async #feature(card) {
    const body = new FormData();
    body.set("wanted", "featured" in viewOf(card).dataset ? "0" : "1");
    await this.#send(this.#urlOf(card.id, "feature"), body, card.id);
  }

  /**
   * @param {HTMLElement} card
   * @param {"note" | "ban"} action
   */
  async #write(card, action) {
    const dialog = `${action}-dialog`;
    const answer = await this.#ask(dialog, [card]);
    // Not once it is sent: until then, the moderator may have gone on to another comment.
    card.focus();
    if (!answer) return;
    const json = await this.#send(this.#urlOf(card.id, action), answer, card.id);
    if (!json) this.#keep(dialog, [card.id], answer);
  }

  #showSelected() {
    const count = this.#cards.selected.length;
    byId("bulk").hidden = count === 0;
    byId("bulk-count").textContent = (this.#messages.selected ?? "").replace("%(count)s", String(count));
  }

  /** @param {HTMLElement} card */
  #select(card) {
    const box = boxOf(card);
    box.checked = !box.checked;
    this.#showSelected();
  }

  #selectNone() {
    for (const card of this.#cards.selected) boxOf(card).checked = false;
    this.#showSelected();
  }

  /**
   * Request the translations of a comment and the next one before the moderator needs them.
   *
   * @param {HTMLElement} card
   */
  async #translateNext(card) {
    if (!this.#translateAhead?.checked) return;
    for (const each of [card, this.#cards.nextFree([card])]) {
      if (!each?.querySelector('[data-act="translate"]') || this.#translated.has(each.id)) continue;
      this.#translated.add(each.id);
      const changes = this.#changes;
      const answer = await post(`${this.#urlOf(each.id, "translate")}?${this.#query()}`).catch(() => null);
      if (this.#busy || changes !== this.#changes) this.#presence.refresh();
      else this.#put(answer?.json?.cards ?? []);
    }
  }

  // Keys -------------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (!this.#keysOn?.checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (closest(event, "input:not([type='checkbox']), textarea, select, dialog")) return;
    const act = this.#acts[letterOf(event)];
    if (!act) return;
    event.preventDefault();
    act(this.#cards.current);
  }

  /** The actions of keys on the current card. @type {Record<string, (card: HTMLElement | null) => unknown>} */
  #acts = {
    a: () => this.#decideSelected("approved"),
    r: () => this.#decideSelected("rejected"),
    s: () => this.#decideSelected("spam"),
    u: () => this.#undo(),
    j: () => this.#moveDown(),
    k: () => this.#cards.move(-1),
    x: (card) => card && this.#select(card),
    t: (card) => press(card, "translate"),
    n: (card) => press(card, "note"),
    b: (card) => press(card, "ban"),
    f: (card) => press(card, "feature"),
    p: (card) => press(card, "update"),
    "/": () => this.#search.focus(),
    escape: () => this.#selectNone(),
  };

  #moveDown() {
    if (this.#cards.current === this.#cards.all.at(-1) && !this.#more.hidden) this.#loadMore();
    else this.#cards.move(1);
  }

  /** @param {Decision} to */
  #decideSelected(to) {
    const { selected } = this.#cards;
    if (selected.length) this.#decide(selected, to);
    else press(this.#cards.current, to);
  }
}

/** @param {string} id of a card */
function numberOf(id) {
  return id.replace("comment-", "");
}

/**
 * @param {string} dialog
 * @param {string} id of a card
 */
function keyOf(dialog, id) {
  return `${dialog} ${id}`;
}

/**
 * Press a button of a card, if it exists.
 *
 * @param {HTMLElement | null} card
 * @param {string} act
 */
function press(card, act) {
  const button = card?.querySelector(`[data-act="${act}"]`);
  if (button instanceof HTMLElement) button.click();
}

/**
 * In the dialog, press the number of a reason to refuse; the last reason asks for a text.
 *
 * @param {KeyboardEvent} event
 */
function pressReason(event) {
  const dialog = byId("refuse");
  const radios = [.../** @type {NodeListOf<HTMLInputElement>} */ (dialog.querySelectorAll("[type='radio']"))];
  const radio = closest(event, "[type='text']") ? undefined : radios[Number(event.key) - 1];
  if (!radio || event.key === " ") return;
  event.preventDefault();
  radio.checked = true;
  if (radio === radios.at(-1)) find(dialog, "[type='text']").focus();
  else find(dialog, ".default").click();
}

/**
 * Store the state of a box in this browser.
 *
 * @param {string} id
 */
function preference(id) {
  const box = document.getElementById(id);
  if (!(box instanceof HTMLInputElement)) return null;
  box.checked = load(`moderation.${id}`) !== "off";
  box.addEventListener("change", () => store(`moderation.${id}`, box.checked ? "on" : "off"));
  return box;
}

new Queue();
