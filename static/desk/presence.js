// A page of the newsroom that several users have open: keeps it up to date, and shows who else is there.
import { fullJitter } from "../liveblog/backoff.js";
import { make } from "../liveblog/dom.js";
import { filled } from "../liveblog/messages.js";
import { Forbidden, LoggedOut } from "./requests.js";

/** @typedef {{ person: number, name: string, at: string, me: boolean }} Person somebody who has the page open */

/** How often a page refreshes by itself, without a websocket and in case a notification was lost, in milliseconds. */
const REFRESH_EVERY = { closed: 3000, open: 20_000 };
const TICK = 1000;
/** The close code for users without permission: see docs/reference/protocol.md. */
const FORBIDDEN = 4003;

/** The connection of a page to the others who have it open. */
export class Presence {
  /** The users who have the page open. @type {Person[]} */
  people = [];
  #address;
  #notice;
  #refresh;
  #onPeople;
  #onMessage;
  #pause;
  /** The element that the user is working on. */
  #at = "";
  #failures = 0;
  #barred = false;
  #refreshedAt = Date.now();
  #refreshAgain = false;
  /** @type {Promise<unknown> | null} */
  #refreshing = null;
  /** @type {WebSocket} */
  #socket;

  /**
   * @param {string} address of the websocket
   * @param {object} options
   * @param {HTMLElement} options.notice shows the state of the connection
   * @param {() => Promise<unknown>} options.refresh brings the page up to date
   * @param {(people: Person[]) => void} [options.onPeople] gets the users who are there
   * @param {(message: any) => void} [options.onMessage] gets all messages of the websocket
   * @param {number} [options.pause] between two refreshes, in milliseconds
   */
  constructor(address, { notice, refresh, onPeople = () => {}, onMessage = () => {}, pause = 0 }) {
    this.#address = new URL(address, location.href);
    this.#address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#notice = notice;
    this.#refresh = refresh;
    this.#onPeople = onPeople;
    this.#onMessage = onMessage;
    this.#pause = pause;
    setInterval(() => this.#refreshNowAndThen(), TICK);
    this.#socket = this.#connect();
  }

  /** Whether the websocket is open. */
  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /**
   * Tell the others which element the user is working on; none if empty.
   *
   * @param {string} at
   */
  workOn(at) {
    if (at === this.#at) return;
    this.#at = at;
    if (this.isOpen) this.#socket.send(JSON.stringify({ at }));
  }

  /**
   * Return the names of the others who work on an element.
   *
   * @param {string} at
   */
  othersAt(at) {
    return this.people.filter((one) => !one.me && one.at === at).map((one) => one.name);
  }

  /**
   * Show one of the notice's messages, or none.
   *
   * @param {"waiting" | "loggedOut" | "forbidden" | null} name
   */
  show(name) {
    this.#notice.hidden = name === null;
    this.#notice.dataset.shown = name ?? "";
    if (name) this.#notice.textContent = this.#notice.dataset[name] ?? "";
  }

  /** Bring the page up to date: one request at a time, and one more if something changed in the meantime. */
  refresh() {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return this.#refreshing;
    }
    this.#refreshedAt = Date.now();
    this.#refreshing = this.#refresh()
      .then(
        () => this.#admitted(),
        (error) => this.#denied(error),
      )
      .then(() => this.#refreshAgain && new Promise((resolve) => setTimeout(resolve, this.#pause)))
      .finally(() => {
        this.#refreshing = null;
        if (!this.#refreshAgain) return;
        this.#refreshAgain = false;
        this.refresh();
      });
    return this.#refreshing;
  }

  #connect() {
    const socket = new WebSocket(this.#address);
    socket.addEventListener("open", () => {
      if (this.#at) socket.send(JSON.stringify({ at: this.#at }));
    });
    // The server also accepts users without permission, to tell them; it sends messages only to the others.
    socket.addEventListener("message", () => this.#welcomed(), { once: true });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => this.#closed(code));
    return socket;
  }

  #reconnectLater() {
    setTimeout(() => {
      this.#socket = this.#connect();
    }, fullJitter(this.#failures));
  }

  #welcomed() {
    this.#failures = 0;
    this.show(null);
    this.refresh();
  }

  /** @param {any} message */
  #receive(message) {
    if (message.changed) this.refresh();
    if (message.people) {
      this.people = message.people;
      this.#onPeople(this.people);
    }
    this.#onMessage(message);
  }

  /** @param {number} code */
  #closed(code) {
    this.#failures += 1;
    if (code === FORBIDDEN) {
      // A request tells the reason, and whether it still applies.
      this.#barred = true;
      this.refresh();
      return;
    }
    if (!this.#isDenied) this.show("waiting");
    this.#reconnectLater();
  }

  /** Whether the notice reports that the user has no permission. */
  get #isDenied() {
    return ["loggedOut", "forbidden"].includes(this.#notice.dataset.shown ?? "");
  }

  /** A request succeeded: the user has permission, perhaps again, after logging in in another tab. */
  #admitted() {
    if (this.#isDenied) this.show(this.isOpen ? null : "waiting");
    if (this.#barred) {
      this.#barred = false;
      this.#reconnectLater();
    }
  }

  /** @param {unknown} error */
  #denied(error) {
    if (error instanceof LoggedOut) this.show("loggedOut");
    if (error instanceof Forbidden) this.show("forbidden");
  }

  #refreshNowAndThen() {
    const wait = this.isOpen ? REFRESH_EVERY.open : REFRESH_EVERY.closed;
    if (document.visibilityState === "visible" && Date.now() - this.#refreshedAt >= wait) this.refresh();
  }
}

/**
 * Return each person once, and whether they are working on something: one may have the page open several times.
 *
 * @param {Person[]} people
 * @returns {{ name: string, me: boolean, busy: boolean }[]}
 */
export function distinctPeople(people) {
  const known = new Map();
  for (const { person, name, at, me } of people) {
    known.set(person, { name, me, busy: Boolean(at) || Boolean(known.get(person)?.busy) });
  }
  return [...known.values()];
}

/**
 * Return the nodes of a message about a person, whose name may be written in another direction.
 *
 * @param {string} message with "{name}"
 * @param {string} name
 */
export function aboutPerson(message, name) {
  return filled(message, "{name}", make("bdi", {}, name));
}

/**
 * Fill a list with the users who are there.
 *
 * @param {HTMLElement} list with the messages that name the user ("me") and, where it matters, those who write ("writing")
 * @param {Person[]} people
 */
export function showPeople(list, people) {
  const { me: you = "{name}", writing = "{name}" } = list.dataset;
  list.replaceChildren(
    ...distinctPeople(people).map(({ name, me, busy }) =>
      make("li", {}, ...aboutPerson(me ? you : busy ? writing : "{name}", name)),
    ),
  );
}
