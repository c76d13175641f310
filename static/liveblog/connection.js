// The connection of a live page: a websocket that is opened again whenever it is lost, and plain requests where
// websockets do not get through.

const BACKOFF_BASE = 1000;
const BACKOFF_CAP = 30_000;
const ATTEMPTS_BEFORE_POLLING = 3;
const POLL_EVERY = 5000;
// Three heartbeats without a sign of life: the network went away without saying so.
const SILENCE = 80_000;
const RELOAD_PAUSE = 60_000;
const NO_SUCH_PAGE = 4004;

export class Connection {
  constructor(page, { socket, changes, tell }) {
    this.page = page;
    this.address = new URL(socket, location.href);
    this.address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.changes = changes;
    this.tell = tell;
    this.failures = 0;
    this.gone = false;
    // Whether plain requests bring what the websocket does not.
    this.polled = false;
  }

  start() {
    addEventListener("online", () => this.connect());
    addEventListener("offline", () => {
      this.tell("offline");
      this.socket?.close();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.wake();
    });
    // A page taken out of the back/forward cache has slept like a laptop.
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    if (navigator.onLine) this.connect();
    else this.tell("offline");
  }

  wake() {
    if (this.socket?.readyState !== WebSocket.OPEN) this.connect();
    else this.catchUp();
  }

  connect() {
    if (this.gone) return;
    clearTimeout(this.retry);
    this.drop();
    this.address.searchParams.set("after", this.page.revision);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    this.listen();
    socket.onmessage = ({ data }) => {
      this.failures = 0;
      this.polled = false;
      clearTimeout(this.poll);
      this.tell("open");
      this.listen();
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
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.drop();
      this.later();
    }, SILENCE);
  }

  later() {
    this.failures += 1;
    this.tellOfLoss();
    if (this.failures === ATTEMPTS_BEFORE_POLLING) this.keepPolling();
    // Full jitter: after a restart thousands of pages must not come back in the same moment.
    const limit = Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** (this.failures - 1));
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), Math.random() * limit);
  }

  keepPolling() {
    clearTimeout(this.poll);
    this.poll = setTimeout(async () => {
      this.polled = await this.catchUp();
      if (this.gone || this.failures < ATTEMPTS_BEFORE_POLLING) return;
      this.tellOfLoss();
      this.keepPolling();
    }, POLL_EVERY * (0.5 + Math.random()));
  }

  tellOfLoss() {
    if (!navigator.onLine) this.tell("offline");
    else this.tell(this.polled ? "open" : "waiting");
  }

  take(frame) {
    const outcome = this.page.apply(frame);
    if (outcome === "behind") this.catchUp();
    if (outcome === "reload") this.reload();
  }

  // Asks for what the page lacks. True where an answer came.
  async catchUp() {
    if (this.asking) return false;
    this.asking = true;
    try {
      const response = await fetch(`${this.changes}?after=${this.page.revision}`);
      if (response.status === 404) this.end();
      if (!response.ok) return false;
      const frame = await response.json();
      if (this.page.apply(frame) === "reload") this.reload();
      return true;
    } catch {
      return false;
    } finally {
      this.asking = false;
    }
  }

  // The page was taken away. What it shows stays; nothing more will come.
  end() {
    this.gone = true;
    clearTimeout(this.retry);
    clearTimeout(this.poll);
    this.drop();
    this.tell("open");
  }

  // Loads the page anew, at a moment of its own, and not over and over where a cache in front serves an old copy.
  reload() {
    const key = `reloaded:${location.pathname}`;
    const last = Number(sessionStorage.getItem(key) ?? 0);
    const wait = Math.max(0, last + RELOAD_PAUSE - Date.now()) + Math.random() * 2000;
    clearTimeout(this.reloading);
    this.reloading = setTimeout(() => {
      sessionStorage.setItem(key, Date.now());
      location.reload();
    }, wait);
  }
}
