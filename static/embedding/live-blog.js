// The element <live-blog>: the fragment (articles/embedding/fragment.py) in a shadow root, updated by frames.
import { fullJitter } from "../liveblog/backoff.js";
import { Connection } from "../liveblog/connection.js";
import { countText } from "../liveblog/counting.js";
import { entriesOf, placeDays } from "../liveblog/days.js";
import { find, findAll, parse } from "../liveblog/dom.js";
import { liesWithin, nameOf, precedes, verdict } from "../liveblog/frames.js";
import { Places } from "../liveblog/places.js";
import { adapted } from "./adapting.js";

/** @import { Change, Frame, PageState, Put } from "../liveblog/frames.js" */

const SITE = new URL(import.meta.url).origin;
const ADDRESS =
  /^\/(?:embed\/([a-z]{2,3}(?:-[a-z0-9]{2,8})*)|([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\/live)\/([\w-]+)\/(?:update\/(\d+)\/)?$/i;
/** Pixels of the list above the window that make a reader further down. */
const SCROLLED = 40;
const TEASER_SIZE = 3;
/** Attempts to load: a site that may not embed the coverage must not keep trying. */
const ATTEMPTS = 8;
/** Reloads without a pause, and the pause in milliseconds. */
const LOADS_AT_ONCE = 2;
const LOAD_PAUSE = 60_000;
const LOAD_WITHIN = 2000;

class LiveBlog extends HTMLElement {
  static observedAttributes = ["src", "teaser"];
  /** @type {HTMLElement | null} */
  #box = null;
  /** @type {Connection | null} */
  #connection = null;
  /** Aborted when the element is removed. @type {AbortController | null} */
  #life = null;
  /** @type {number[]} */
  #loaded = [];
  #counted = 0;
  /** The number of loads, and of the one on show: no earlier one replaces it. */
  #loads = 0;
  #shown = 0;

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    addEventListener("scroll", () => this.#scrolled(), { passive: true, signal });
    addEventListener("hashchange", () => this.show(location.hash.slice(1)), { signal });
    const root = this.shadowRoot ?? declared(this);
    const box = root?.querySelector(".live-blog");
    if (root && box instanceof HTMLElement) {
      adoptStyle(root);
      this.#start(box);
    } else {
      const at = ADDRESS.exec(new URL(this.getAttribute("src") ?? "", document.baseURI).pathname)?.[4];
      // Not the surrounding page.
      this.#load(at ? { at } : {}).then(() => this.#box?.scrollTo(0, this.#byId(`update-${at}`)?.offsetTop ?? 0));
    }
  }

  disconnectedCallback() {
    this.#life?.abort();
    this.#life = null;
    this.#connection?.stop();
    this.#connection = null;
  }

  /**
   * @param {string} _name
   * @param {string | null} old
   * @param {string | null} value
   */
  attributeChangedCallback(_name, old, value) {
    if (old === value) return;
    this.#shown = this.#loads + 1;
    if (this.#life) this.#load();
  }

  // The interface for the connection.

  get revision() {
    return this.state.revision;
  }

  /** The state on show. @returns {PageState} */
  get state() {
    const { revision, token = "" } = this.#box?.dataset ?? {};
    return { revision: Number(revision), token };
  }

  get finished() {
    return this.#byId("coverage")?.dataset.state === "finished";
  }

  /**
   * @param {Frame} frame
   * @returns {"applied" | "known" | "behind" | "reload"}
   */
  apply(frame) {
    const found = verdict(frame, this.state);
    if (found !== "apply" || !this.#box) return found === "apply" ? "known" : found;
    const places = new Places(this.#box);
    for (const change of frame.changes ?? []) this.#change(change);
    this.#settle();
    places.glide();
    this.#box.dataset.revision = String(frame.revision);
    this.#box.dataset.token = frame.token;
    return "applied";
  }

  /**
   * Bring an update into view, if necessary from another page of the list. The address of the surrounding page names
   * it, as `#update-17`.
   *
   * @param {string} id
   * @returns {Promise<HTMLElement | null>} null if it is no update of this coverage
   */
  async show(id) {
    const number = /^update-(\d+)$/.exec(id)?.[1];
    if (!number || this.hasAttribute("teaser")) return null;
    if (!this.#byId(id) && !(await this.#load({ at: number }))) return null;
    const update = this.#byId(id);
    if (!update) return null;
    update.tabIndex = -1;
    update.scrollIntoView();
    update.focus({ preventScroll: true });
    return update;
  }

  // Loading ------------------------------------------------------------------------------------------------------------

  /**
   * Load and show the coverage.
   *
   * @param {Record<string, string>} [query]
   * @returns {Promise<boolean>} whether there was such a page
   */
  async #load(query = {}) {
    const load = ++this.#loads;
    const html = await this.#fetched(query);
    if (!html || !this.#life || load < this.#shown) return false;
    this.#shown = load;
    const { content } = /** @type {HTMLTemplateElement} */ (parse(html).firstElementChild);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    adopt(root, content.querySelector("style"));
    root.replaceChildren(document.importNode(content, true));
    this.#start(find(/** @type {any} */ (root), ".live-blog"), Object.keys(query).length > 0);
    return true;
  }

  /**
   * @param {Record<string, string>} query
   * @returns {Promise<string | null>} the fragment, null if there is none
   */
  async #fetched(query) {
    const teaser = this.hasAttribute("teaser") && { at: "", teaser: "1" };
    const address = addressOf(this.getAttribute("src") ?? "", { ...query, ...teaser });
    if (!address) {
      console.error(`<live-blog> shows pages of ${SITE}. Give it one as src.`);
      return null;
    }
    for (let failures = 1; failures <= ATTEMPTS && this.#life; failures += 1) {
      try {
        const response = await fetch(address, { credentials: "omit", signal: this.#life.signal });
        if (response.ok) return await response.text();
        if (response.status < 500) return null;
      } catch {
        // The network is down, or this site may not embed the coverage.
      }
      await new Promise((resolve) => setTimeout(resolve, fullJitter(failures)));
    }
    return null;
  }

  /**
   * Reload after a random pause, because the log does not reach back to the state that is shown.
   *
   * @param {PageState} state
   */
  #reload(state) {
    const now = Date.now();
    this.#loaded = this.#loaded.filter((time) => now - time < LOAD_PAUSE);
    const again = this.#loaded.length;
    const wait = (again < LOADS_AT_ONCE ? 0 : LOAD_PAUSE) + Math.random() * LOAD_WITHIN;
    this.#loaded.push(now + wait);
    // The second time bypasses caches.
    setTimeout(() => this.#load(again ? { fresh: nameOf(state) } : {}), wait);
  }

  /**
   * Keep the coverage up to date.
   *
   * @param {HTMLElement} box
   * @param {boolean} [named] whether it was requested by name
   */
  #start(box, named = false) {
    this.#box = box;
    this.#counted = 0;
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    box.addEventListener("click", (event) => this.#clicked(event));
    const { socket = "", changes = "", heartbeat } = box.dataset;
    this.#connection?.stop();
    this.#connection = new Connection(this, {
      socket,
      changes,
      heartbeat: Number(heartbeat),
      onState: (state) => this.#tell(state),
      onReload: (state) => this.#reload(state),
    });
    this.#connection.start();
    if (!named) this.show(location.hash.slice(1));
  }

  // Changes ------------------------------------------------------------------------------------------------------------

  /** @param {Change} change */
  #change(change) {
    if (change.op === "put") this.#put(change);
    else if (change.op === "remove") this.#byId(change.id)?.remove();
    else if (change.op === "set") {
      const old = this.#byId(change.id);
      const element = this.#adapted(change.html);
      if (old && change.id === "coverage") takeOver(old, element);
      else old?.replaceWith(element);
    }
  }

  /** @param {Put} change */
  #put({ id, list: name, sort, html }) {
    const list = this.#byId(name === "in-short" && this.hasAttribute("teaser") ? "updates" : name);
    if (!list) return;
    const old = this.#byId(id);
    if (!(old && old.dataset.sort === sort) && !liesWithin(sort, list.dataset)) {
      old?.remove();
      return;
    }
    const element = this.#adapted(html);
    if (old?.querySelector("details[open]")) element.querySelector("details")?.setAttribute("open", "");
    if (old && old.dataset.sort === sort && old.parentElement === list) {
      element.hidden = old.hidden;
      old.replaceWith(element);
      return;
    }
    old?.remove();
    const next = entriesOf(list).find((child) => precedes(sort, child.dataset.sort ?? "", false));
    element.hidden = !old && name === "updates" && this.#isScrolledDown();
    list.insertBefore(element, next ?? null);
  }

  /** Update the parts that depend on several elements. */
  #settle() {
    const list = this.#byId("updates");
    if (!list) return;
    if (this.hasAttribute("teaser")) this.#keepNewest(list);
    else placeDays(list);
    this.#count();
  }

  /**
   * Keep the newest updates of a teaser, including key facts.
   *
   * @param {HTMLElement} list
   */
  #keepNewest(list) {
    const newest = entriesOf(list).toSorted((one, other) => timeOf(other) - timeOf(one));
    list.append(...newest.slice(0, TEASER_SIZE));
    for (const old of newest.slice(TEASER_SIZE)) old.remove();
    // The update that moves up is not loaded.
    if (newest.length < TEASER_SIZE && Number(list.dataset.count) > newest.length) this.#reload(this.state);
    list.dataset.count = String(Math.min(newest.length, TEASER_SIZE));
  }

  /** @param {string} html */
  #adapted(html) {
    return adapted(parse(html), this.#box?.dataset.address ?? SITE);
  }

  // New updates wait, hidden, while the reader is further down, so that the text being read does not move.

  #isScrolledDown() {
    const list = this.#byId("updates");
    if (!list || !this.#box) return false;
    return this.#box.scrollTop > SCROLLED || list.getBoundingClientRect().top < -SCROLLED;
  }

  #waiting() {
    const list = this.#byId("updates");
    return list ? findAll(list, ":scope > [data-sort][hidden]") : [];
  }

  #scrolled() {
    if (this.#waiting().length && !this.#isScrolledDown()) this.#reveal();
  }

  #reveal() {
    for (const element of this.#waiting()) element.hidden = false;
    this.#settle();
  }

  #count() {
    const button = this.#box?.querySelector(".new button");
    const status = this.#box?.querySelector(".new [role=status]");
    if (!(button instanceof HTMLElement) || !status) return;
    const number = this.#waiting().length;
    button.hidden = number === 0;
    button.textContent = countText(number, JSON.parse(button.dataset.forms ?? "{}"), this.#box?.lang ?? "");
    if (number > this.#counted) status.textContent = button.textContent;
    this.#counted = number;
  }

  // Controls -----------------------------------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { target } = event;
    if (!(target instanceof Element) || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = target.closest("a");
    if (target.closest(".new button")) {
      this.#reveal();
      this.#box?.scrollTo(0, 0);
      this.#byId("updates")?.scrollIntoView({ block: "nearest" });
    } else if (link?.closest(".newest")) {
      event.preventDefault();
      this.#load({ fresh: nameOf(this.state) });
    } else if (link?.closest(".more")) {
      event.preventDefault();
      this.#loadOlder(link);
    } else if (link?.closest(".embed[data-player]") && this.hasAttribute("players")) {
      event.preventDefault();
      this.#play(/** @type {HTMLElement} */ (link.closest(".embed")));
    }
  }

  /** @param {HTMLElement} embed */
  async #play(embed) {
    const { open } = await import("../liveblog/embeds.js");
    open(embed).focus();
  }

  /**
   * Insert the next older updates.
   *
   * @param {HTMLAnchorElement} link
   */
  async #loadOlder(link) {
    if (link.getAttribute("aria-disabled") === "true" || !this.shadowRoot) return;
    link.setAttribute("aria-disabled", "true");
    const [{ appendOlder }, html] = await Promise.all([
      import("./older.js"),
      this.#fetched({ before: link.dataset.before ?? "" }),
    ]);
    if (!link.isConnected) return;
    link.removeAttribute("aria-disabled");
    if (!html) {
      location.assign(link.href);
      return;
    }
    const places = this.#box && new Places(this.#box);
    const changes = appendOlder(this.shadowRoot, html, this.revision);
    this.#settle();
    // The response may have come late.
    places?.glide();
    for (const change of await changes) this.#change(change);
    this.#settle();
  }

  /** @param {string} state of the connection */
  #tell(state) {
    const notice = this.#box?.querySelector(".connection");
    if (!(notice instanceof HTMLElement)) return;
    for (const words of findAll(notice, "[data-when]")) words.hidden = words.dataset.when !== state;
    notice.hidden = state === "open" || state === "gone";
  }

  /** @param {string} id */
  #byId(id) {
    return this.shadowRoot?.getElementById(id) ?? null;
  }
}

/**
 * Return the address of the fragment of a page.
 *
 * @param {string} src
 * @param {Record<string, string>} query
 * @returns {string | null} null if it is no page of the site
 */
function addressOf(src, query) {
  const page = new URL(src, document.baseURI);
  const found = ADDRESS.exec(page.pathname);
  if (!found || page.origin !== SITE) return null;
  const address = new URL(`/embed/${found[1] ?? found[2]}/${found[3]}/fragment.html`, SITE);
  for (const [name, value] of Object.entries(query)) if (value) address.searchParams.set(name, value);
  return address.href;
}

/**
 * Return a shadow root from the template in an element, if the browser did not create it while parsing the page.
 *
 * @param {HTMLElement} element
 */
function declared(element) {
  const template = element.querySelector(":scope > template[shadowrootmode]");
  if (!(template instanceof HTMLTemplateElement)) return null;
  const root = element.attachShadow({ mode: "open" });
  root.append(template.content);
  template.remove();
  return root;
}

/**
 * Use the style sheet of a fragment that came with the page, if the policy of that page forbids inline styles.
 *
 * @param {ShadowRoot} root
 */
function adoptStyle(root) {
  const style = root.querySelector("style");
  if (!style?.sheet) adopt(root, style);
}

/**
 * @param {ShadowRoot} root
 * @param {HTMLElement | null} style
 */
function adopt(root, style) {
  if (!style) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style.textContent ?? "");
  root.adoptedStyleSheets = [sheet];
  style.remove();
}

/**
 * Update the state and the headline of the coverage from the head of the live page.
 *
 * @param {HTMLElement} head
 * @param {HTMLElement} fresh
 */
function takeOver(head, fresh) {
  head.dataset.state = fresh.dataset.state;
  head.className = fresh.className;
  find(head, ".state").replaceWith(find(fresh, ".state"));
  const [link, headline] = [find(head, ".headline a"), find(fresh, "h1")];
  link.replaceChildren(...headline.childNodes);
  for (const name of ["lang", "dir"]) {
    const value = headline.getAttribute(name);
    if (value) link.setAttribute(name, value);
    else link.removeAttribute(name);
  }
}

/** @param {HTMLElement} update */
function timeOf(update) {
  return Date.parse(update.querySelector("[data-clock]")?.getAttribute("data-clock") ?? "") || 0;
}

if (!customElements.get("live-blog")) {
  customElements.define("live-blog", LiveBlog);
  // One of our iframes announces itself.
  addEventListener("message", async (event) => {
    if (event.origin !== SITE || event.data?.type !== "live-blog") return;
    (await import("./frames-of-host.js")).hear(event);
  });
}
