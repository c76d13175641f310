// The connection of a live page: a websocket that is reopened whenever it is lost, and plain requests if websockets do
// not get through or the page cannot wait for one.
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
/** The time limits for the first message of a connection, and for a response. */
const PATIENCE = 8000;
const TICK = 1000;
/** If the clock jumped by this much between two ticks, the device has slept, and so has the network. */
const SLEPT = 10_000;
/** When the coverage has ended, pages leave one by one; late updates still come. */
const LEAVE_AFTER = 3000;
const LEAVE_WITHIN = 10_000;
/** The time for which a page without a connection counts as up to date. */
const FRESH_FOR = 60_000;
const NO_SUCH_PAGE = 4004;

/** Keeps a page up to date. */
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
  /** Whether the page was removed. */
  #gone = false;
  /** Whether plain requests replace the websocket. */
  #polled = false;
  /** The highest revision of which the page was notified. */
  #wanted = 0;
  /** A page whose coverage has ended needs no connection: it requests changes when it is opened or seen again. */
  #idle;
  #answeredAt = 0;
  #heardAt = 0;
  #tickedAt = 0;
  /** @type {number | undefined} */
  #leaveTimer;
  /** @type {number | undefined} */
  #retryTimer;
  /** @type {number | undefined} */
  #pollTimer;
  #onReload;
  /** Aborts its listeners and its clock when it is stopped. */
  #life = new AbortController();

  /**
   * @param {Shown} page
   * @param {object} options
   * @param {string} options.socket address of the websocket
   * @param {string} options.changes address of the same changes as plain responses
   * @param {number} options.heartbeat the greatest number of seconds between two messages of the server
   * @param {(state: State) => void} options.onState gets the state of the connection
   * @param {(state: PageState) => void} options.onReload reloads the page, which must then show this state
   */
  constructor(page, { socket, changes, heartbeat, onState, onReload }) {
    this.#page = page;
    this.#onReload = onReload;
    this.#address = new URL(socket, location.href);
    this.#address.protocol = this.#address.protocol === "https:" ? "wss:" : "ws:";
    this.#changesUrl = changes;
    // One heartbeat may be late; if two are missing, the network was silently lost.
    this.#silence = 2000 * heartbeat;
    this.#onState = onState;
    this.#idle = page.finished;
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
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake(), { signal });
    document.addEventListener("resume", () => this.#wake(), { signal });
    // A page taken out of the back/forward cache has slept like a laptop.
    addEventListener("pageshow", (event) => event.persisted && this.#wake(), { signal });
    this.#tickedAt = Date.now();
    const clock = setInterval(() => this.#tick(), TICK);
    signal.addEventListener("abort", () => clearInterval(clock));
    if (!navigator.onLine) this.#onState("offline");
    else if (this.#idle) this.#catchUp();
    else this.#connect();
  }

  /** Stop for good: the page is no longer shown. */
  stop() {
    this.#life.abort();
    this.#request?.abort();
    this.#gone = true;
    this.#stopTimers();
    this.#drop();
  }

  /** The page has changed: it may be time to disconnect, or to reconnect. */
  #settle() {
    if (this.#page.finished) {
      if (this.#idle || this.#leaveTimer) return;
      this.#leaveTimer = setTimeout(() => this.#rest(), LEAVE_AFTER + Math.random() * LEAVE_WITHIN);
      return;
    }
    clearTimeout(this.#leaveTimer);
    this.#leaveTimer = undefined;
    if (!this.#idle) return;
    this.#idle = false;
    this.#connect();
  }

  #rest() {
    this.#stopTimers();
    this.#idle = true;
    this.#answeredAt = Date.now();
    this.#drop();
    this.#onState("open");
  }

  #stopTimers() {
    for (const timer of [this.#leaveTimer, this.#retryTimer, this.#pollTimer]) clearTimeout(timer);
    this.#leaveTimer = undefined;
  }

  /** The page is visible again, or the network is back: reconnect at once. A socket that seems open may be dead. */
  #wake() {
    if (this.#gone) return;
    if (this.#idle) {
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
    // Timers of a hidden page are late even without sleep. The page is woken when it becomes visible.
    if (slept && !document.hidden) {
      this.#heardAt = 0;
      this.#wake();
    } else if (this.#socket && !this.#isHeard()) {
      // A server that does not answer may keep doing so: do not wait for a third attempt.
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

  /** Drop the socket, and ignore its events from now on. */
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
    if (this.#gone || this.#idle || this.#failures < ATTEMPTS_BEFORE_POLLING) return;
    this.#showLoss();
    this.#pollTimer = setTimeout(() => this.#keepPolling(), POLL_EVERY * (0.5 + Math.random()));
  }

  /** Do not report a connection that is back within a second. */
  #showLoss() {
    if (!navigator.onLine) this.#onState("offline");
    else if (this.#polled) this.#onState("open");
    else if (this.#failures > 1) this.#onState("waiting");
  }

  /**
   * Request the changes that the page lacks.
   *
   * @returns {Promise<boolean>} whether a response came
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
      if (this.#idle) this.#onState("open");
      this.#settle();
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(patience);
      if (this.#request === request) this.#request = null;
      // Frames that came in the meantime may be newer than the response.
      if (before.revision < this.#page.revision && this.#page.revision < this.#wanted) this.#catchUp();
    }
  }

  /** The page was removed. Its content stays on the screen; nothing more will come. */
  #end() {
    this.#gone = true;
    this.#stopTimers();
    this.#drop();
    this.#onState("gone");
  }
}
