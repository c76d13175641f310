// Following: the buttons by which readers are notified of a coverage, a topic or an author, and the page on which they see
// all that they follow. The server stores this; the browser remembers it to show the buttons correctly at once.
import { closest, find, findAll, make } from "./dom.js";
import { present, Refused, subscribe, supported } from "./push.js";
import { load, store } from "./storage.js";

/**
 * @typedef {{ kind: string, id: number, level: string, name: string, lang: string, dir: string, url: string, language: string }} Follow
 * @typedef {{ follows: Follow[], quiet: { from: string, until: string } | null }} State
 */

const REMEMBERED = "follows";

/** A message of the server for the reader. */
class Told extends Error {}

/**
 * Ask the server.
 *
 * @param {string} address
 * @param {object} body
 * @returns {Promise<State>}
 */
async function ask(address, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Told(answer.message);
  const entries = answer.follows.map((/** @type {Follow} */ one) => [`${one.kind}:${one.id}`, one.level]);
  store(REMEMBERED, entries.length ? JSON.stringify(Object.fromEntries(entries)) : null);
  return answer;
}

/** The levels at which this browser follows, by kind and id. @returns {Record<string, string>} */
function remembered() {
  try {
    return JSON.parse(load(REMEMBERED) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

const zone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** One button, with the panel that it opens. */
class Button {
  #root;
  #button;
  #panel;
  #status;
  #id;
  #kind;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#button = find(root, ".follow-button");
    this.#panel = find(root, ".follow-panel");
    this.#status = find(root, "[role=status]");
    this.#id = Number(root.dataset.id);
    this.#kind = root.dataset.kind ?? "";
  }

  start() {
    this.#root.hidden = false;
    this.show();
    this.#button.addEventListener("click", () => this.#open(this.#panel.hidden === true));
    this.#panel.addEventListener("click", (event) => {
      const level = closest(event, "[data-level]")?.dataset.level;
      if (level) this.#do(() => this.#follow(level));
      else if (closest(event, "[data-leave]")) this.#do(() => this.#leave());
    });
    document.addEventListener("click", (event) => {
      if (event.target instanceof Node && !this.#root.contains(event.target)) this.#open(false);
    });
    this.#root.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || this.#panel.hidden) return;
      this.#open(false);
      this.#button.focus();
    });
  }

  /** Show whether this browser follows. */
  show() {
    const level = remembered()[`${this.#kind}:${this.#id}`] ?? "";
    this.#root.classList.toggle("followed", Boolean(level));
    const label = find(this.#button, ".follow-label");
    label.textContent = (level ? label.dataset.on : label.dataset.off) ?? "";
    for (const choice of findAll(this.#panel, "[data-level]")) {
      choice.setAttribute("aria-pressed", String(choice.dataset.level === level));
    }
    find(this.#panel, "[data-leave]").hidden = !level;
  }

  /** @param {boolean} open */
  #open(open) {
    if (open === !this.#panel.hidden) return;
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    this.#status.textContent = "";
    if (!open) return;
    findAll(this.#panel, "button")[0]?.focus({ preventScroll: true });
    this.#refresh();
  }

  /** Update the remembered state from the server, which may have deleted an ended subscription. */
  async #refresh() {
    if (!load(REMEMBERED)) return;
    try {
      const subscription = await present();
      if (subscription) await ask(`${this.#root.dataset.address}state/`, { endpoint: subscription.endpoint });
      else store(REMEMBERED, null);
      showAll();
    } catch {
      // The stored state stays.
    }
  }

  /** @param {() => Promise<void>} act */
  async #do(act) {
    const { denied, failed } = this.#status.dataset;
    for (const button of findAll(this.#panel, "button")) button.setAttribute("aria-disabled", "true");
    try {
      await act();
    } catch (error) {
      if (error instanceof Told) this.#status.textContent = error.message;
      else this.#status.textContent = (error instanceof Refused ? denied : failed) ?? "";
    }
    for (const button of findAll(this.#panel, "button")) button.removeAttribute("aria-disabled");
    showAll();
  }

  /** @param {string} level */
  async #follow(level) {
    const { key = "", address = "" } = this.#root.dataset;
    const subscription = await subscribe(key, (former, made) =>
      ask(`${address}renew/`, { endpoint: former, subscription: made.toJSON() }),
    );
    const subject = { kind: this.#kind, id: this.#id, level, time_zone: zone() };
    await ask(address, { subscription: subscription.toJSON(), ...subject });
    this.#status.textContent = this.#status.dataset.followed ?? "";
  }

  async #leave() {
    const subscription = await present();
    const subject = { kind: this.#kind, id: this.#id };
    if (subscription) await ask(`${this.#root.dataset.address}leave/`, { endpoint: subscription.endpoint, ...subject });
    else store(REMEMBERED, null);
    this.#status.textContent = this.#status.dataset.left ?? "";
  }
}

/** @type {Button[]} */
const buttons = [];

function showAll() {
  for (const button of buttons) button.show();
}

if (supported) {
  for (const root of findAll(document, "[data-follow]")) {
    const button = new Button(root);
    button.start();
    buttons.push(button);
  }
  // Another tab may have changed it.
  addEventListener("storage", showAll);
}

// The page of all that this browser follows -----------------------------------------------------------------------------

const overview = document.getElementById("following");
if (overview) showOverview(overview);

/** @param {HTMLElement} root */
async function showOverview(root) {
  const address = root.dataset.address ?? "";
  const list = find(root, "ul");
  const form = find(root, "form", HTMLFormElement);
  const status = find(root, "[role=status]");
  const [from, until] = findAll(form, "input[type=time]").map((one) => /** @type {HTMLInputElement} */ (one));
  let endpoint = "";

  /** @param {State} state */
  const show = ({ follows, quiet }) => {
    list.replaceChildren(...follows.map((one) => entry(one, root)));
    find(root, ".some").hidden = !follows.length;
    find(root, ".none").hidden = Boolean(follows.length);
    if (from && until) [from.value, until.value] = [quiet?.from ?? "", quiet?.until ?? ""];
  };

  /**
   * @param {string} action
   * @param {object} [body]
   * @param {string} [done] the message after success
   */
  const act = async (action, body = {}, done = "") => {
    try {
      show(await ask(`${address}${action}`, { endpoint, ...body }));
      status.textContent = done;
    } catch (error) {
      status.textContent = (error instanceof Told ? error.message : root.dataset.failed) ?? "";
    }
  };

  const subscription = await present().catch(() => null);
  if (subscription) {
    ({ endpoint } = subscription);
    await act("state/");
  } else {
    store(REMEMBERED, null);
    show({ follows: [], quiet: null });
  }
  list.addEventListener("click", (event) => {
    const { kind, id } = closest(event, "[data-kind]")?.dataset ?? {};
    if (kind) act("leave/", { kind, id: Number(id) }, root.dataset.left);
  });
  find(root, "[data-everything]").addEventListener("click", () =>
    act("leave/", { everything: true }, root.dataset.left),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act("quiet-hours/", { from: from?.value, until: until?.value, time_zone: zone() }, root.dataset.saved);
  });
}

/**
 * Return the line of one followed subject.
 *
 * @param {Follow} follow
 * @param {HTMLElement} root
 */
function entry({ kind, id, level, name, lang, dir, url, language }, root) {
  const title = url ? make("a", { href: url, lang, dir }, name) : make("bdi", { lang, dir }, name);
  const levels = JSON.parse(root.dataset.levels ?? "{}");
  const details = make("span", { className: "details" }, `${levels[level]} · `, make("bdi", {}, language));
  const stop = make(
    "button",
    { type: "button" },
    root.dataset.stop ?? "",
    make("span", { className: "visually-hidden" }, " ", make("bdi", { lang, dir }, name)),
  );
  Object.assign(stop.dataset, { kind, id: String(id) });
  return make("li", {}, title, details, stop);
}
