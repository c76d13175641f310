// Claims the comment on which a moderator works, so that the others leave it alone. See comments.moderation.claim.
import { post } from "../desk/requests.js";

// Milliseconds: how long a comment must have the focus until it is claimed, the time between two renewals of a claim,
// and the time without a key or pointer after which it is released.
const CLAIM_AFTER = 150;
const RENEW_EVERY = 15_000;
const IDLE = 60_000;

/** The claim of this page: on one comment at a time. */
export class Claim {
  #urlOf;
  #onClaimed;
  #onAnswer;
  /** The comment that has the focus, by the id of its card. @type {string | null} */
  #wanted = null;
  /** The comment that is claimed for us, according to the server. @type {string | null} */
  #claimed = null;
  /** The comment to claim again when the moderator is back. @type {string | null} */
  #left = null;
  #activeAt = Date.now();
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {(id: string) => string} options.urlOf returns the address of a comment's claim
   * @param {(id: string) => void} options.onClaimed gets the claimed comment; none if empty
   * @param {(id: string, claimedBy: string) => void} options.onAnswer gets the other moderator with a claim; nobody if
   * empty
   */
  constructor({ urlOf, onClaimed, onAnswer }) {
    this.#urlOf = urlOf;
    this.#onClaimed = onClaimed;
    this.#onAnswer = onAnswer;
    for (const kind of ["keydown", "pointermove", "pointerdown"]) {
      document.addEventListener(kind, () => this.#active(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.#renew());
    setInterval(() => this.#renew(), RENEW_EVERY);
  }

  /**
   * Claim a comment after a short delay, and release the previous one.
   *
   * @param {string} id
   */
  take(id) {
    if (id === this.#wanted) return;
    this.#release();
    this.#wanted = id;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#claim(id), CLAIM_AFTER);
  }

  /**
   * Forget comments that were decided: nobody has a claim on them.
   *
   * @param {string[]} ids
   */
  forget(ids) {
    if (this.#wanted === null || !ids.includes(this.#wanted)) return;
    this.#wanted = this.#claimed = null;
    this.#onClaimed("");
  }

  #active() {
    this.#activeAt = Date.now();
  }

  /** @param {string} id */
  async #claim(id) {
    const answer = await post(this.#urlOf(id)).catch(() => null);
    /** @type {string | undefined} */
    const claimedBy = answer?.json?.claimed_by;
    if (claimedBy === undefined) return;
    if (this.#wanted !== id) {
      if (!claimedBy) this.#sendRelease(id);
      return;
    }
    this.#claimed = claimedBy ? null : id;
    this.#onClaimed(claimedBy ? "" : id);
    this.#onAnswer(id, claimedBy);
  }

  #release() {
    if (this.#claimed) this.#sendRelease(this.#claimed);
    this.#claimed = this.#wanted = null;
  }

  /** @param {string} id */
  #sendRelease(id) {
    const body = new FormData();
    body.set("release", "1");
    post(this.#urlOf(id), body).catch(() => {});
  }

  /** Renew the claim, or release it: a moderator who is away, or in another tab, must not block others. */
  #renew() {
    const here = document.visibilityState === "visible" && Date.now() - this.#activeAt < IDLE;
    if (!here && this.#wanted) {
      this.#left = this.#wanted;
      this.#release();
      this.#onClaimed("");
    } else if (here && (this.#wanted || this.#left)) {
      this.#wanted ??= this.#left;
      this.#left = null;
      if (this.#wanted) this.#claim(this.#wanted);
    }
  }
}
