// The timeline of the desk: entries by id and position, as last sent by the server. An entry that the user edits keeps
// its form.
import { doubling } from "../liveblog/backoff.js";
import { byId, childrenOf, closest, control, find, findAll, focused, parse } from "../liveblog/dom.js";
import { Composer } from "./composer.js";
import { preferred } from "./preferences.js";
import { aboutPerson } from "./presence.js";
import { Forbidden, get, LoggedOut, listItems, post, problemsOf } from "./requests.js";

/** @import { ComposerEvents } from "./composer.js" */
/** @import { Draft } from "./drafts.js" */
/** @import { Person } from "./presence.js" */
/**
 * @typedef {{ id: string, sort?: string, html?: string }} Entry without HTML if it is no longer in the timeline
 * @typedef {{ entries: Entry[], whole?: boolean, state: string, side: string }} Page
 */

/** How many entries the server sends at a time: PAGE_SIZE of articles/desk/timeline.py. */
const PAGE_SIZE = 50;
const FILTER_AFTER = 200; // milliseconds
/** Time between two counts of the seconds until an update is published, in milliseconds. */
const COUNT_EVERY = 500;
/** By action, the dialog that asks before it. @type {Record<string, string>} */
const DIALOGS = {
  withdraw: "withdraw-dialog",
  "hand-over": "hand-over",
  "send-back": "send-back",
  note: "note-dialog",
};

/** The list of updates at the desk. */
export class Timeline {
  #list;
  #url;
  #messages;
  #composer;
  #refresh;
  #ask;
  #filter = byId("timeline-filter", HTMLFormElement);
  #older = byId("older");
  /** @type {number | undefined} */
  #filterTimer;
  /** Requests are sequential: the response to each is shown before the next one is sent. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  /** The sort key at which the loaded pages end. */
  #end = "";

  /**
   * @param {HTMLElement} list
   * @param {object} options
   * @param {string} options.url of the entries
   * @param {DOMStringMap} options.messages for requests that fail
   * @param {{ scope: string } & ComposerEvents} options.composer options of the composers in entries
   * @param {() => unknown} options.refresh fetches changes
   * @param {(id: string) => Promise<FormData | null>} options.ask opens a dialog
   */
  constructor(list, { url, messages, composer, refresh, ask }) {
    this.#list = list;
    this.#url = url;
    this.#messages = messages;
    this.#composer = composer;
    this.#refresh = refresh;
    this.#ask = ask;
    list.addEventListener("click", (event) => {
      const button = closest(event, "[data-act]");
      const entry = closest(event, ".entry");
      if (button && entry) this.act(entry, button.dataset.act ?? "");
    });
    this.#filter.addEventListener("submit", (event) => event.preventDefault());
    this.#filter.addEventListener("input", () => {
      clearTimeout(this.#filterTimer);
      this.#filterTimer = setTimeout(() => this.#reload(), FILTER_AFTER);
    });
    this.#older.addEventListener("click", async () => {
      const [first] = await this.#loadMore();
      if (first) document.getElementById(first.id)?.focus();
    });
    setInterval(() => countDown(list), COUNT_EVERY);
    const last = childrenOf(list).at(-1);
    this.#endAt(last?.dataset.sort);
  }

  /**
   * Show what was edited since a state of the desk.
   *
   * @param {string} state
   * @returns {Promise<Page>} the response of the server, for its further data
   */
  loadSince(state) {
    return this.#enqueue(async () => {
      /** @type {Page} */
      const page = (await get(this.#query({ after: state }))).json;
      return this.#show(page.whole ? page : { ...page, entries: page.entries.map((entry) => this.#loaded(entry)) });
    });
  }

  /**
   * Perform an action on an entry.
   *
   * @param {HTMLElement} entry
   * @param {string} action
   */
  async act(entry, action) {
    if (action === "edit") {
      await this.#edit(entry);
      return;
    }
    const body = new FormData();
    if (action in DIALOGS) {
      const answer = await this.#ask(DIALOGS[action]);
      if (!answer) return;
      for (const [name, value] of answer) body.set(name, value);
    }
    if (action === "publish") {
      body.set("opened", find(entry, ".view").dataset.opened ?? "");
      body.set("delay", preferred("delay"));
    }
    if (action === "note") body.set("update", entry.id.replace("update-", ""));
    const notes = byId("note-form", HTMLFormElement).action;
    const address = action === "note" ? notes : `${entry.dataset.url}${action === "discard" ? "withdraw" : action}/`;
    const problems = await problemsOf(post(address, body), this.#messages);
    this.#refresh();
    showProblems(entry, problems);
    // Its author continues with the text.
    if (action === "undo" && !problems.length) await this.#edit(entry);
  }

  /** Undo the update that is about to be published, the newest of several. */
  undo() {
    const button = this.#list.querySelector('[data-act="undo"]');
    const entry = button?.closest(".entry");
    if (entry instanceof HTMLElement) this.act(entry, "undo");
  }

  /**
   * Edit an entry, however far down it is.
   *
   * @param {string} id
   * @param {string} address of the update
   */
  async open(id, address) {
    const found = await this.#reach(id, address);
    if (!found) return;
    await this.#edit(found);
    found.scrollIntoView({ block: "start" });
  }

  /**
   * Continue with a draft of an edit in its entry, however far down that is.
   *
   * @param {string} id
   * @param {Draft} draft
   */
  async resume(id, draft) {
    const found = await this.#reachAtLast(id, draft.content?.address ?? "");
    if (found) await this.#edit(found, draft);
    else draft.release();
  }

  /**
   * Return an entry, loading as many pages as necessary.
   *
   * @param {string} id
   * @param {string} address of the update
   */
  async #reach(id, address) {
    const entry = () => document.getElementById(id);
    if (!entry() && (await get(`${address}composer/`)).status === 200) {
      while (!entry() && !this.#older.hidden) await this.#loadMore();
    }
    return entry();
  }

  /**
   * Return an entry. While the server cannot answer, try again.
   *
   * @param {string} id
   * @param {string} address of the update
   */
  async #reachAtLast(id, address) {
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#reach(id, address);
      } catch (error) {
        if (error instanceof LoggedOut || error instanceof Forbidden) return null;
        await new Promise((resolve) => setTimeout(resolve, doubling(failures)));
      }
    }
  }

  /**
   * Show who writes in which entry.
   *
   * @param {Person[]} people
   */
  showWriters(people) {
    const { writing = "{name}" } = byId("people").dataset;
    for (const place of findAll(this.#list, ".writers")) {
      const here = people.filter((one) => !one.me && one.at === place.closest(".entry")?.id);
      place.replaceChildren(...here.flatMap(({ name }, index) => [index ? " · " : "", ...aboutPerson(writing, name)]));
    }
  }

  /**
   * Move the focus by a number of entries.
   *
   * @param {number} step
   */
  move(step) {
    const entries = childrenOf(this.#list);
    const entry = focused()?.closest(".entry");
    const index = entry instanceof HTMLElement ? entries.indexOf(entry) : -1;
    (entries[index + step] ?? entries[step > 0 ? 0 : entries.length - 1])?.focus();
  }

  /** Move the focus to the search field. */
  focusSearch() {
    control(this.#filter, "q").focus();
  }

  /** @param {Record<string, string>} more */
  #query(more) {
    const filter = /** @type {[string, string][]} */ ([...new FormData(this.#filter)]);
    return `${this.#url}?${new URLSearchParams([...filter, ...Object.entries(more)])}`;
  }

  /**
   * @template T
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  #enqueue(act) {
    const turn = this.#queue.catch(() => {}).then(act);
    this.#queue = turn;
    return turn;
  }

  #reload() {
    return this.#enqueue(async () => this.#show((await get(this.#query({}))).json));
  }

  #loadMore() {
    return this.#enqueue(async () => {
      const { entries } = this.#show((await get(this.#query({ before: this.#end }))).json);
      this.#older.hidden = entries.length < PAGE_SIZE;
      this.#endAt(entries.at(-1)?.sort);
      return entries;
    });
  }

  /** @param {string | undefined} sort */
  #endAt(sort) {
    this.#end = sort ?? this.#end;
  }

  /**
   * Return an entry, but without HTML if it is below the loaded pages: it comes with a later page.
   *
   * @param {Entry} entry
   * @returns {Entry}
   */
  #loaded(entry) {
    return !this.#older.hidden && (entry.sort ?? "") < this.#end ? { id: entry.id } : entry;
  }

  /**
   * @param {Page} page
   * @returns {Page}
   */
  #show(page) {
    if (page.whole) {
      const wanted = new Set(page.entries.map((entry) => entry.id));
      for (const element of childrenOf(this.#list)) {
        if (!wanted.has(element.id) && !element.querySelector(".composer")) element.remove();
      }
      this.#older.hidden = page.entries.length < PAGE_SIZE;
      this.#endAt(page.entries.at(-1)?.sort);
    }
    for (const entry of page.entries) this.#put(entry);
    return page;
  }

  /** @param {Entry} entry */
  #put({ id, sort = "", html }) {
    const old = document.getElementById(id);
    if (!html) {
      if (!old?.querySelector(".composer")) old?.remove();
      return;
    }
    const fresh = parse(html);
    if (old) renew(old, fresh);
    if (old && old.dataset.sort === sort) return;
    const element = old ?? fresh;
    element.dataset.sort = sort;
    // Moving an element removes the focus from its contents.
    const active = element.contains(document.activeElement) ? focused() : null;
    const next = childrenOf(this.#list).find((child) => child !== element && (child.dataset.sort ?? "") < sort);
    this.#list.insertBefore(element, next ?? null);
    active?.focus();
  }

  /**
   * @param {HTMLElement} entry
   * @param {Draft} [draft] one to continue with
   */
  async #edit(entry, draft) {
    if (entry.classList.contains("edited")) {
      draft?.release();
      return;
    }
    entry.classList.add("edited");
    const answer = get(`${entry.dataset.url}composer/`);
    const problems = await problemsOf(answer, this.#messages);
    showProblems(entry, problems);
    if (problems.length) {
      entry.classList.remove("edited");
      draft?.release();
      return;
    }
    const form = parse((await answer).html);
    if (!(form instanceof HTMLFormElement)) throw new Error("The server sent no composer.");
    const composer = new Composer(form, find(entry, ":scope > .editing"), {
      ...this.#composer,
      draft,
      onClosed: (idle) => {
        entry.classList.remove("edited");
        const button = entry.querySelector('[data-act="edit"]');
        if (idle && button instanceof HTMLElement) button.focus();
      },
    });
    await composer.ready;
    if (!draft) composer.focus();
  }
}

/**
 * Show a new state of an entry, and keep the user's input in it.
 *
 * @param {HTMLElement} old
 * @param {HTMLElement} fresh
 */
function renew(old, fresh) {
  const view = find(old, ":scope > .view");
  const active = view.contains(document.activeElement) ? focused() : null;
  view.replaceWith(find(fresh, ":scope > .view"));
  const edited = old.classList.contains("edited");
  old.className = fresh.className;
  old.classList.toggle("edited", edited);
  if (!active) return;
  // If the focused element is gone, such as the button of a withdrawn update, the entry gets the focus.
  const again = old.querySelector(`:scope > .view [data-act="${active.dataset.act}"]`);
  (again instanceof HTMLElement ? again : old).focus();
}

/**
 * Show how many seconds there are until updates are published.
 *
 * @param {HTMLElement} list
 */
function countDown(list) {
  for (const place of findAll(list, ".countdown")) {
    const seconds = Math.ceil((Date.parse(place.dataset.at ?? "") - Date.now()) / 1000);
    place.textContent = (place.dataset.text ?? "").replace("%(seconds)s", String(Math.max(0, seconds)));
  }
}

/**
 * @param {HTMLElement} entry
 * @param {string[]} problems
 */
function showProblems(entry, problems) {
  find(entry, ":scope > .errorlist").replaceChildren(...listItems(problems));
}
