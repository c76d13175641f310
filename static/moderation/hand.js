// The comment that a moderator has in hand: the others see it, and leave it. See comments.moderation.claim.
import { post } from "../desk/requests.js";

//: Milliseconds that a comment must have the focus, between two signs of life, and without a touch until it is let go.
const AFTER = 150;
const EVERY = 15_000;
const IDLE = 60_000;

export class Hand {
  // `urlOf`: the address of a comment's claim; `told`: (id, name of who else has it or ""); `tell`: tells the others.
  constructor({ urlOf, told, tell }) {
    this.events = { urlOf, told, tell };
    this.held = null;
    this.touched = Date.now();
    for (const sign of ["keydown", "pointermove"]) {
      document.addEventListener(sign, () => (this.touched = Date.now()), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.keep());
    setInterval(() => this.keep(), EVERY);
  }

  take(id) {
    if (id === this.held) return;
    this.letGo();
    this.held = id;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.claim(id), AFTER);
  }

  // What was decided is in nobody's hand.
  forget(ids) {
    if (!ids.includes(this.held)) return;
    this.held = this.claimed = null;
    this.events.tell("");
  }

  async claim(id) {
    const { json } = await post(this.events.urlOf(id)).catch(() => ({}));
    if (json?.taken === undefined) return;
    if (this.held !== id) {
      if (!json.taken) this.release(id);
      return;
    }
    this.claimed = json.taken ? null : id;
    this.events.tell(json.taken ? "" : id);
    this.events.told(id, json.taken);
  }

  letGo() {
    if (this.claimed) this.release(this.claimed);
    this.claimed = this.held = null;
  }

  release(id) {
    const body = new FormData();
    body.set("release", "1");
    post(this.events.urlOf(id), body).catch(() => {});
  }

  // Whoever has gone for coffee, or to another tab, keeps nobody waiting.
  keep() {
    const here = document.visibilityState === "visible" && Date.now() - this.touched < IDLE;
    if (!here && this.held) {
      this.left = this.held;
      this.letGo();
      this.events.tell("");
    } else if (here && (this.held || this.left)) {
      this.held ??= this.left;
      this.left = null;
      this.claim(this.held);
    }
  }
}
