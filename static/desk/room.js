// A room of the newsroom: keeps its page up to date, and knows who else is there. See liveblog/newsroom/room.py.
import { Forbidden, LoggedOut } from "./requests.js";

//: How often a page looks by itself while there is no websocket, and in case a bell was lost, in milliseconds.
const LOOK_EVERY = { closed: 3000, open: 20_000 };
const LONGEST_PAUSE = 30_000;
//: The close code for those who may not come in: see liveblog/newsroom/room.py.
const FORBIDDEN = 4003;

export class Room {
  // `address`: of the websocket; `notice`: the element that says how the connection is; `look`: asks for what is new;
  // `people`: told who is there; `message`: told all else that the websocket says; `pause`: between two looks, in ms.
  constructor(address, { notice, look, people = () => {}, message = () => {}, pause = 0 }) {
    this.address = new URL(address, location.href);
    this.address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.notice = notice;
    this.events = { look, people, message };
    this.pause = pause;
    this.at = "";
    this.people = [];
    this.failures = 0;
    this.lastLook = Date.now();
    setInterval(() => this.lookNowAndThen(), 1000);
    this.connect();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    this.socket = new WebSocket(this.address);
    this.socket.addEventListener("open", () => this.at && this.socket.send(JSON.stringify({ at: this.at })));
    // Only those who may be here hear something: the server opens for the others, too, to say that they may not.
    this.socket.addEventListener("message", () => this.welcomed(), { once: true });
    this.socket.addEventListener("message", (event) => this.heard(JSON.parse(event.data)));
    this.socket.addEventListener("close", ({ code }) => {
      this.failures += 1;
      if (code === FORBIDDEN) {
        // It says why, and whether that has changed.
        this.barred = true;
        this.look();
        return;
      }
      if (!this.shut) this.say("waiting");
      this.reconnect();
    });
  }

  welcomed() {
    this.failures = 0;
    this.say(null);
    this.look();
  }

  reconnect() {
    setTimeout(() => this.connect(), Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(this.failures, 5)));
  }

  heard(message) {
    if (message.changed) this.look();
    if (message.people) {
      this.people = message.people;
      this.events.people(this.people);
    }
    this.events.message(message);
  }

  // Tells the others what the person has in hand.
  tell(where) {
    if (where === this.at) return;
    this.at = where;
    if (this.open) this.socket.send(JSON.stringify({ at: where }));
  }

  // What the others have in hand.
  others(where) {
    return this.people.filter((one) => !one.me && one.at === where).map((one) => one.name);
  }

  // Whether the person is told that they are not let in.
  get shut() {
    return ["loggedOut", "forbidden"].includes(this.notice.dataset.shown);
  }

  say(what) {
    this.notice.hidden = what === null;
    this.notice.dataset.shown = what ?? "";
    if (what) this.notice.textContent = this.notice.dataset[what];
  }

  // One look at a time; one more where something changed meanwhile.
  look() {
    if (this.looking) {
      this.again = true;
      return this.looking;
    }
    this.lastLook = Date.now();
    this.looking = this.events
      .look()
      .then(
        () => this.letIn(),
        (error) => this.turnedAway(error),
      )
      .then(() => this.again && new Promise((resolve) => setTimeout(resolve, this.pause)))
      .finally(() => {
        this.looking = null;
        if (this.again) {
          this.again = false;
          this.look();
        }
      });
    return this.looking;
  }

  // Who could look may come in, perhaps again: they have logged in in another tab.
  letIn() {
    if (this.shut) this.say(this.open ? null : "waiting");
    if (this.barred) {
      this.barred = false;
      this.reconnect();
    }
  }

  turnedAway(error) {
    if (error instanceof LoggedOut) this.say("loggedOut");
    if (error instanceof Forbidden) this.say("forbidden");
  }

  lookNowAndThen() {
    const wait = this.open ? LOOK_EVERY.open : LOOK_EVERY.closed;
    if (document.visibilityState === "visible" && Date.now() - this.lastLook >= wait) this.look();
  }
}

// Fills a list with those who are there, each once; two people may have the same name.
export function showPeople(list, people) {
  const known = new Map();
  for (const { person, name, at, me } of people) {
    const busy = Boolean(at) || known.get(person)?.busy;
    known.set(person, { name, me, busy });
  }
  list.replaceChildren(
    ...[...known.values()].map(({ name, me, busy }) => {
      const item = document.createElement("li");
      const bdi = Object.assign(document.createElement("bdi"), { textContent: name });
      item.append(bdi, me ? ` (${list.dataset.me})` : "", busy && list.dataset.writing ? ` – ${list.dataset.writing}` : "");
      return item;
    }),
  );
}
