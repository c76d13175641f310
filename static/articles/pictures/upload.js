// One file on its way to the server: with progress, and again by itself when the connection was lost.
import { token } from "../../desk/requests.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

export class Upload {
  started = false;
  #address;
  #tell;
  #prepare;
  #request = null;
  #timer = null;
  #attempts = 0;
  #cancelled = false;

  /** `tell` has a function for each thing that may happen: progress, waiting, done, failed, refused. */
  constructor(address, tell) {
    this.#address = address;
    this.#tell = tell;
  }

  /** How the file is made ready: a function to {file, head} or {error}. */
  prepare(make) {
    this.#prepare = make;
  }

  async start() {
    this.started = true;
    let made = null;
    // Once is enough, also if it is sent several times.
    this.#prepare = ((make) => async () => (made ??= await make()))(this.#prepare);
    await this.#send();
  }

  /** After a failure: as if it were new. */
  again() {
    this.started = this.#cancelled = false;
    this.#attempts = 0;
  }

  /** Whoever does not want to wait for the next try. */
  hurry() {
    this.#now();
  }

  cancel() {
    this.#cancelled = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#now);
    this.#request?.abort();
  }

  async #send() {
    const { file, head, error } = await this.#prepare();
    if (this.#cancelled) return;
    if (error) return this.#tell.failed(error);
    const body = new FormData();
    body.set("csrfmiddlewaretoken", token());
    body.set("file", file);
    if (head) body.set("head", head, "head.jpg");
    const request = (this.#request = new XMLHttpRequest());
    request.open("POST", this.#address);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => this.#tell.progress(event.total ? event.loaded / event.total : 0));
    request.addEventListener("load", () => this.#answered(request));
    for (const kind of ["error", "timeout"]) request.addEventListener(kind, () => this.#wait());
    request.send(body);
  }

  #answered(request) {
    if (request.status === 201 && request.response?.id) this.#tell.done(request.response);
    // A proxy says so where the server is being replaced.
    else if (request.status >= 500) this.#wait();
    else if (request.response?.error) this.#tell.failed(request.response.error);
    else if (request.status === 200 || request.status === 403) this.#tell.refused();
    else this.#tell.failed("");
  }

  #wait() {
    if (this.#cancelled) return;
    this.#tell.progress(0);
    this.#tell.waiting();
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempts++);
    this.#timer = setTimeout(this.#now, pause);
    addEventListener("online", this.#now, { once: true });
  }

  #now = () => {
    clearTimeout(this.#timer);
    removeEventListener("online", this.#now);
    this.#send();
  };
}
