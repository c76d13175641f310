// The connection of a live page: a websocket that is opened again whenever it is lost, and plain requests if websockets
// do not get through or the page cannot wait for one.
import { fullJitter } from "./backoff.js";
import { nameOf } from "./frames.js";

/** @import { Frame, PageState } from "./frames.js" */
/** @typedef {"open" | "waiting" | "offline" | "gone"} State */
/**
 * @typedef {{
 *   readonly state: PageState,
 *   readonly revision: number,
 *   readonly finished: boolean,
 *   apply: (frame: Frame) => "applied" | "known" | "behind" | "reload",
 * }} Shown what shows the coverage: a live page, or an element on a page of another site
 */

// All times in milliseconds.
const ATTEMPTS_BEFORE_POLLING = 3;
const POLL_EVERY = 3000;
/** The time that a connection may take to say its first word, and an answer to come. */
const PATIENCE = 8000;
const TICK = 1000;
/** A clock that went on by so much between two ticks has slept, and so has the network. */
const SLEPT = 10_000;
/** When the coverage has ended, pages leave one by one; late updates still come. */
const LEAVE_AFTER = 3000;
const LEAVE_WITHIN = 10_000;
/** A page without a connection counts as up to date for so long. */
const FRESH_FOR = 60_000;
const NO_SUCH_PAGE = 4004;

/** Brings a page what changes. */
export class Connection {
  #page;
  #address;
  #changesUrl;
  #silence;
  #onState;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {AbortController | null} */
  #request = null;
  #failures = 0;
  /** The page was taken away. */
  #gone = false;
  /** Plain requests bring what the websocket does not. */
  #polled = false;
  /** The highest revision that the page was told of. */
  #wanted = 0;
  /** A page whose coverage has ended needs no connection. It asks when it is opened, and when it is looked at again. */
  #resting;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  #tickedAt = 0;
  /** @type {number | undefined} */
  #leaveTimer;
  /** @type {number | undefined} */
  #retryTimer;
  /** @type {number | undefined} */
  #pollTimer;
  #onReload;
  /** Its listeners and its clock, until it is stopped. */
  #life = new AbortController();

  /**
   * @param {Shown} page
   * @param {object} options
   * @param {string} options.socket address of the websocket
   * @param {string} options.changes address of the same changes as plain answers
   * @param {number} options.heartbeat seconds after which the server says something at the latest
   * @param {(state: State) => void} options.onState hears how the connection is
   * @param {(state: PageState) => void} options.onReload loads the page again, which has to show this state
   */
  constructor(page, { socket, changes, heartbeat, onState, onReload }) {
    this.#page = page;
    this.#onReload = onReload;
    this.#address = new URL(socket, location.href);
    this.#address.protocol = this.#address.protocol === "https:" ? "wss:" : "ws:";
    this.#changesUrl = changes;
    // One heartbeat may be late; if two are missing, the network went away without saying so.
    this.#silence = 2000 * heartbeat;
    this.#onState = onState;
    this.#resting = page.finished;
  }

  /** Connect, and stay connected from now on. */
  start() {
    const { signal } = this.#life;
    addEventListener("online", () => this.#wake(), { signal });
    addEventListener(
      "offline",
      () => {
        this.#onState("offline");
        this.#socket?.close();
      },
      { signal },
    );
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") this.#wake();
      },
      { signal },
    );
    document.addEventListener("resume", () => this.#wake(), { signal });
    // A page taken out of the back/forward cache has slept like a laptop.
    addEventListener(
      "pageshow",
      (event) => {
        if (event.persisted) this.#wake();
      },
      { signal },
    );
    this.#tickedAt = Date.now();
    const clock = setInterval(() => this.#tick(), TICK);
    signal.addEventListener("abort", () => clearInterval(clock));
    if (!navigator.onLine) this.#onState("offline");
    else if (this.#resting) this.#catchUp();
    else this.#connect();
  }

  /** Let go for good: the page is no longer shown. */
  stop() {
    this.#life.abort();
    this.#request?.abort();
    this.#gone = true;
    this.#stopTimers();
    this.#drop();
  }

  /** The page has changed: it may be time to leave, or to come back. */
  #settle() {
    if (this.#page.finished) {
      if (this.#resting || this.#leaveTimer) return;
      this.#leaveTimer = setTimeout(() => this.#rest(), LEAVE_AFTER + Math.random() * LEAVE_WITHIN);
      return;
    }
    clearTimeout(this.#leaveTimer);
    this.#leaveTimer = undefined;
    if (!this.#resting) return;
    this.#resting = false;
    this.#connect();
  }

  #rest() {
    this.#stopTimers();
    this.#resting = true;
    this.#answeredAt = Date.now();
    this.#drop();
    this.#onState("open");
  }

  #stopTimers() {
    for (const timer of [this.#leaveTimer, this.#retryTimer, this.#pollTimer]) clearTimeout(timer);
    this.#leaveTimer = undefined;
  }

  /** Somebody looks again, or the network is back: wait for nothing, and do not trust what seems open. */
  #wake() {
    if (this.#gone) return;
    if (this.#resting) {
      if (Date.now() - this.#answeredAt > FRESH_FOR) this.#catchUp();
      else if (navigator.onLine) this.#onState("open");
      return;
    }
    if (!this.#isHeard()) this.#connect();
    this.#request?.abort();
    this.#request = null;
    this.#catchUp();
  }

  #tick() {
    const now = Date.now();
    const slept = now - this.#tickedAt > SLEPT;
    this.#tickedAt = now;
    // Timers of a hidden page come late without any sleep. It is woken when it is looked at.
    if (slept && document.visibilityState === "visible") {
      this.#heardAt = Number.NEGATIVE_INFINITY;
      this.#wake();
    } else if (this.#socket && !this.#isHeard()) {
      // A server that answers nothing may go on doing so: do not wait for a third attempt.
      this.#failures = Math.max(this.#failures, ATTEMPTS_BEFORE_POLLING - 1);
      this.#drop();
      this.#retryLater();
    }
  }

  #isHeard() {
    if (!this.#socket) return false;
    const patience = this.#socket.readyState === WebSocket.OPEN ? this.#silence : PATIENCE;
    return Date.now() - this.#heardAt < patience;
  }

  #connect() {
    if (this.#gone) return;
    clearTimeout(this.#retryTimer);
    this.#drop();
    this.#address.searchParams.set("after", nameOf(this.#page.state));
    const socket = new WebSocket(this.#address);
    // The server counts how often pages lose their connection.
    this.#address.searchParams.set("again", "1");
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return;
      this.#drop();
      if (code === NO_SUCH_PAGE) this.#end();
      else this.#retryLater();
    });
  }

  /** Let go of the socket, and ignore its events from now on. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {Frame} frame */
  #receive(frame) {
    this.#heardAt = Date.now();
    this.#failures = 0;
    this.#polled = false;
    clearTimeout(this.#pollTimer);
    this.#onState("open");
    const outcome = this.#page.apply(frame);
    if (outcome === "behind") {
      this.#wanted = Math.max(this.#wanted, frame.revision);
      this.#catchUp();
    }
    if (outcome === "reload") this.#onReload(frame);
    this.#settle();
  }

  #retryLater() {
    if (this.#page.finished) {
      this.#rest();
      return;
    }
    this.#failures += 1;
    this.#showLoss();
    if (this.#failures === ATTEMPTS_BEFORE_POLLING) this.#keepPolling();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#connect(), fullJitter(this.#failures));
  }

  async #keepPolling() {
    clearTimeout(this.#pollTimer);
    this.#polled = await this.#catchUp();
    if (this.#gone || this.#resting || this.#failures < ATTEMPTS_BEFORE_POLLING) return;
    this.#showLoss();
    this.#pollTimer = setTimeout(() => this.#keepPolling(), POLL_EVERY * (0.5 + Math.random()));
  }

  /** A connection that is lost and back within a second is not worth a word. */
  #showLoss() {
    if (!navigator.onLine) this.#onState("offline");
    else if (this.#polled) this.#onState("open");
    else if (this.#failures > 1) this.#onState("waiting");
  }

  /**
   * Ask for the changes that the page lacks.
   *
   * @returns {Promise<boolean>} whether an answer came
   */
  async #catchUp() {
    if (this.#request) return false;
    const before = this.#page.state;
    const request = new AbortController();
    this.#request = request;
    const patience = setTimeout(() => request.abort(), PATIENCE);
    try {
      const response = await fetch(`${this.#changesUrl}?after=${nameOf(before)}`, { signal: request.signal });
      if (response.status === 404) this.#end();
      if (!response.ok) return false;
      const frame = await response.json();
      const outcome = this.#page.apply(frame);
      if (outcome === "reload") this.#onReload(frame);
      if (outcome === "behind") this.#wanted = Math.max(this.#wanted, frame.revision);
      this.#answeredAt = Date.now();
      if (this.#resting) this.#onState("open");
      this.#settle();
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(patience);
      if (this.#request === request) this.#request = null;
      // Frames that came meanwhile may tell of more than the answer did.
      if (before.revision < this.#page.revision && this.#page.revision < this.#wanted) this.#catchUp();
    }
  }

  /** The page was taken away. What it shows stays; nothing more will come. */
  #end() {
    this.#gone = true;
    this.#stopTimers();
    this.#drop();
    this.#onState("gone");
  }
}
