// The connection of a live page: a websocket that is opened again whenever it is lost, and plain requests where
// websockets do not get through or the page cannot wait for one.

// All times in milliseconds.
const BACKOFF_BASE = 1000;
const BACKOFF_CAP = 30_000;
const ATTEMPTS_BEFORE_POLLING = 3;
const POLL_EVERY = 3000;
// How long a connection may take to say its first word, and an answer to come.
const PATIENCE = 8000;
const TICK = 1000;
// A clock that went on by so much between two ticks has slept, and so has the network.
const SLEPT = 10_000;
const RELOAD_PAUSE = 60_000;
// How long a page whose coverage has ended stays, so that not all of them go at once, and what came last still comes.
const LEAVE_AFTER = 3000;
const LEAVE_WITHIN = 10_000;
// How long a page without a connection is taken to be right, when somebody looks at it again.
const RIGHT_FOR = 60_000;
const NO_SUCH_PAGE = 4004;

export class Connection {
  // `heartbeat`: the seconds after which the server says something at the latest.
  constructor(page, { socket, changes, heartbeat, tell }) {
    this.page = page;
    this.address = new URL(socket, location.href);
    this.address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.changes = changes;
    // One heartbeat may be late; where two are missing, the network went away without saying so.
    this.silence = 2000 * heartbeat;
    this.tell = tell;
    this.failures = 0;
    this.gone = false;
    // Whether plain requests bring what the websocket does not.
    this.polled = false;
    // The highest revision that the page was told of.
    this.wanted = 0;
    // A page whose coverage has ended needs no connection. It asks when it is opened, and when it is looked at again.
    this.resting = page.finished;
    this.answered = -Infinity;
  }

  start() {
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => {
      this.tell("offline");
      this.socket?.close();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.wake();
    });
    document.addEventListener("resume", () => this.wake());
    // A page taken out of the back/forward cache has slept like a laptop.
    addEventListener("pageshow", (event) => event.persisted && this.wake());
    this.ticked = Date.now();
    setInterval(() => this.tick(), TICK);
    if (!navigator.onLine) this.tell("offline");
    else if (this.resting) this.catchUp();
    else this.connect();
  }

  // What the page shows has changed: it may be time to leave, or to come back.
  settle() {
    if (this.page.finished) {
      if (this.resting || this.leaving) return;
      this.leaving = setTimeout(() => this.rest(), LEAVE_AFTER + Math.random() * LEAVE_WITHIN);
      return;
    }
    clearTimeout(this.leaving);
    this.leaving = null;
    if (!this.resting) return;
    this.resting = false;
    this.connect();
  }

  rest() {
    clearTimeout(this.leaving);
    clearTimeout(this.retry);
    clearTimeout(this.poll);
    this.leaving = null;
    this.resting = true;
    this.answered = Date.now();
    this.drop();
    this.tell("open");
  }

  // Somebody looks again, or the network is back: nothing is waited for, and what seems open is not trusted.
  wake() {
    if (this.gone) return;
    if (this.resting) {
      this.tell("open");
      if (Date.now() - this.answered > RIGHT_FOR) this.catchUp();
      return;
    }
    if (!this.hears()) this.connect();
    this.asking?.abort();
    this.asking = null;
    this.catchUp();
  }

  tick() {
    const now = Date.now();
    const slept = now - this.ticked > SLEPT;
    this.ticked = now;
    // Timers of a hidden page come late without any sleep. It is woken when it is looked at.
    if (slept && document.visibilityState === "visible") {
      this.heard = -Infinity;
      this.wake();
    } else if (this.socket && !this.hears()) {
      // What answers nothing may go on doing so: no third attempt is waited for.
      this.failures = Math.max(this.failures, ATTEMPTS_BEFORE_POLLING - 1);
      this.drop();
      this.later();
    }
  }

  hears() {
    const patience = this.socket?.readyState === WebSocket.OPEN ? this.silence : PATIENCE;
    return Boolean(this.socket) && Date.now() - this.heard < patience;
  }

  connect() {
    if (this.gone) return;
    clearTimeout(this.retry);
    this.drop();
    this.address.searchParams.set("after", this.page.revision);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    this.heard = Date.now();
    socket.onmessage = ({ data }) => {
      this.heard = Date.now();
      this.failures = 0;
      this.polled = false;
      clearTimeout(this.poll);
      this.tell("open");
      this.take(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.socket) return;
      this.drop();
      if (code === NO_SUCH_PAGE) this.end();
      else this.later();
    };
  }

  // Lets go of the socket without waiting for what it has to say.
  drop() {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  later() {
    if (this.page.finished) {
      this.rest();
      return;
    }
    this.failures += 1;
    this.tellOfLoss();
    if (this.failures === ATTEMPTS_BEFORE_POLLING) this.keepPolling();
    // Full jitter: after a restart thousands of pages must not come back in the same moment.
    const limit = Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (this.failures - 1));
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), Math.random() * limit);
  }

  async keepPolling() {
    clearTimeout(this.poll);
    this.polled = await this.catchUp();
    if (this.gone || this.resting || this.failures < ATTEMPTS_BEFORE_POLLING) return;
    this.tellOfLoss();
    this.poll = setTimeout(() => this.keepPolling(), POLL_EVERY * (0.5 + Math.random()));
  }

  // A connection that is lost and back within a second is not worth a word.
  tellOfLoss() {
    if (!navigator.onLine) this.tell("offline");
    else if (this.polled) this.tell("open");
    else if (this.failures > 1) this.tell("waiting");
  }

  take(frame) {
    const outcome = this.page.apply(frame);
    if (outcome === "behind") this.lack(frame.revision);
    if (outcome === "reload") this.reload(frame.revision);
    this.settle();
  }

  lack(revision) {
    this.wanted = Math.max(this.wanted, revision);
    this.catchUp();
  }

  // Asks for what the page lacks. True where an answer came.
  async catchUp() {
    if (this.asking) return false;
    const before = this.page.revision;
    const asking = new AbortController();
    this.asking = asking;
    const patience = setTimeout(() => asking.abort(), PATIENCE);
    try {
      const response = await fetch(`${this.changes}?after=${before}`, { signal: asking.signal });
      if (response.status === 404) this.end();
      if (!response.ok) return false;
      const frame = await response.json();
      if (this.page.apply(frame) === "reload") this.reload(frame.revision);
      this.answered = Date.now();
      this.settle();
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(patience);
      if (this.asking === asking) this.asking = null;
      // Frames that came meanwhile may tell of more than the answer did.
      if (before < this.page.revision && this.page.revision < this.wanted) this.catchUp();
    }
  }

  // The page was taken away. What it shows stays; nothing more will come.
  end() {
    this.gone = true;
    clearTimeout(this.leaving);
    clearTimeout(this.retry);
    clearTimeout(this.poll);
    this.drop();
    this.tell("open");
  }

  // Loads the page anew, at a moment of its own, and not over and over where a cache in front serves an old copy: the
  // second time it goes round the cache.
  reload(revision) {
    const key = `reloaded:${location.pathname}`;
    const last = Number(sessionStorage.getItem(key) ?? 0);
    const wait = Math.max(0, last + RELOAD_PAUSE - Date.now());
    clearTimeout(this.reloading);
    this.reloading = setTimeout(
      () => {
        sessionStorage.setItem(key, Date.now());
        if (!wait) {
          location.reload();
          return;
        }
        const address = new URL(location.href);
        address.searchParams.set("fresh", revision);
        location.replace(address);
      },
      wait + Math.random() * 2000,
    );
  }
}
