// The upload of one file, with progress, and automatic retries if the connection was lost.
import { csrfToken } from "../../desk/requests.js";
import { doubling } from "../../liveblog/backoff.js";

/**
 * @typedef {{ id: number, url: string, thumbnail: string, width: number, height: number } & Record<string, any>}
 *   Picture
 * @typedef {{ file: File, head?: Blob, error?: undefined } | { error: string }} Prepared
 *
 * @typedef {object} UploadEvents what may happen to an upload
 * @property {(share: number) => void} progress the share that has been sent, from 0 to 1
 * @property {() => void} waiting the connection was lost; it is tried again
 * @property {(picture: Picture) => void} done
 * @property {(message: string) => void} failed with the server's reason, if it gave one
 * @property {() => void} refused the user may not do this, or is no longer logged in
 */

/** The upload of a file. The file is prepared once, however often it is sent. */
export class Upload {
  /** Whether it has begun. */
  started = false;
  #url;
  #prepare;
  #events;
  /** @type {Prepared | null} */
  #prepared = null;
  /** @type {XMLHttpRequest | null} */
  #request = null;
  /** @type {number | undefined} */
  #timer;
  #failures = 0;
  #cancelled = false;

  /**
   * @param {string} url
   * @param {() => Promise<Prepared>} prepare makes the file ready to be sent
   * @param {UploadEvents} events
   */
  constructor(url, prepare, events) {
    this.#url = url;
    this.#prepare = prepare;
    this.#events = events;
  }

  /** Send it. */
  async start() {
    this.started = true;
    await this.#send();
  }

  /** Reset the upload after a failure. */
  reset() {
    this.started = this.#cancelled = false;
    this.#failures = 0;
  }

  /** Try again now instead of waiting. */
  retryNow() {
    this.#retry();
  }

  /** Abort the upload. */
  cancel() {
    this.#cancelled = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#retry);
    this.#request?.abort();
  }

  async #send() {
    this.#prepared ??= await this.#prepare();
    if (this.#cancelled) return;
    if (this.#prepared.error !== undefined) {
      this.#events.failed(this.#prepared.error);
      return;
    }
    const body = new FormData();
    body.set("csrfmiddlewaretoken", csrfToken() ?? "");
    body.set("file", this.#prepared.file);
    if (this.#prepared.head) body.set("head", this.#prepared.head, "head.jpg");
    const request = new XMLHttpRequest();
    this.#request = request;
    request.open("POST", this.#url);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      this.#events.progress(total ? loaded / total : 0);
    });
    request.addEventListener("load", () => this.#answered(request));
    for (const kind of ["error", "timeout"]) request.addEventListener(kind, () => this.#wait());
    request.send(body);
  }

  /** @param {XMLHttpRequest} request */
  #answered({ status, response }) {
    if (status === 201 && response?.id) this.#events.done(response);
    // A proxy answers so while the server is being replaced.
    else if (status >= 500) this.#wait();
    else if (response?.error) this.#events.failed(response.error);
    else if (status === 200 || status === 403) this.#events.refused();
    else this.#events.failed("");
  }

  #wait() {
    if (this.#cancelled) return;
    this.#events.progress(0);
    this.#events.waiting();
    this.#failures += 1;
    this.#timer = setTimeout(this.#retry, doubling(this.#failures));
    addEventListener("online", this.#retry, { once: true });
  }

  #retry = () => {
    clearTimeout(this.#timer);
    removeEventListener("online", this.#retry);
    this.#send();
  };
}
