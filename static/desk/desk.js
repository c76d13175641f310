// The live desk: starts its parts, and keeps them up to date.
import { byId, closest, find, focused, make } from "../liveblog/dom.js";
import { load, store } from "../liveblog/storage.js";
import { letterOf } from "../moderation/keys.js";
import { Composer } from "./composer.js";
import { askInDialog } from "./dialogs.js";
import { Draft } from "./drafts.js";
import { Presence, showPeople } from "./presence.js";
import { get, listItems, post, problemsOf } from "./requests.js";
import { Timeline } from "./timeline.js";

/** @import { Answer } from "./requests.js" */

const SEARCH_AFTER = 200; // milliseconds

/**
 * Show the number of updates that await approval at the link to the timeline.
 * @param {HTMLElement} timeline
 * @param {HTMLElement} shown
 */
function countWaiting(timeline, shown) {
  const { format } = new Intl.NumberFormat(document.documentElement.lang || undefined);
  const count = () => {
    const number = timeline.querySelectorAll(".entry-submitted").length;
    shown.hidden = number === 0;
    find(shown, ".count").textContent = format(number);
    find(shown, ".visually-hidden").textContent = (shown.dataset.waiting ?? "").replace("%(count)s", format(number));
  };
  new MutationObserver(count).observe(timeline, { childList: true });
  count();
}

class Desk {
  #element = byId("desk");
  #notice = byId("desk-connection");
  /** The desk of one user, under whose name drafts are stored. */
  #scope = `${this.#element.dataset.article}/${this.#element.dataset.person}`;
  #state = this.#element.dataset.state ?? "";
  #side = new Side(byId("side"));
  #sideProblems = byId("side-problems");
  #timeline;
  #composer;
  #presence;

  constructor() {
    const composer = {
      scope: this.#scope,
      onSaved: () => this.#presence.refresh(),
      onWriting: (/** @type {string} */ at) => this.#presence.workOn(at),
      onLoggedOut: () => this.#presence.show("loggedOut"),
    };
    this.#timeline = new Timeline(byId("timeline"), {
      url: this.#element.dataset.entries ?? "",
      messages: this.#notice.dataset,
      composer,
      refresh: () => this.#presence.refresh(),
      ask: askInDialog,
    });
    const { content } = byId("composer-template", HTMLTemplateElement);
    this.#composer = new Composer(find(content, "form", HTMLFormElement), byId("composer-place"), composer);
    this.#presence = new Presence(this.#element.dataset.socket ?? "", {
      notice: this.#notice,
      refresh: () => this.#refresh(),
      onPeople: (people) => {
        showPeople(byId("people"), people);
        this.#timeline.showWriters(people);
      },
      onMessage: (message) => {
        if (message.readers) showReaders(message);
      },
    });
    this.#side.element.addEventListener("click", (event) => this.#clickedSide(event));
    new RelatedSearch(this.#relatedUrl, {
      isDone: (answer) => this.#isDone(answer),
      onAdd: (article) => this.#relate(article, true),
    });
    this.#listenToNotes();
    countWaiting(byId("timeline"), byId("waiting-count"));
    document.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    this.#composer.ready.then(() => {
      this.#composer.focus();
      this.#resume();
      this.#followFragment();
    });
    addEventListener("hashchange", () => this.#followFragment());
    byId("desk").addEventListener("click", (event) => {
      const remove = closest(event, "[data-remove-note]");
      if (!remove) return;
      this.#side.leave(remove);
      this.#isDone(post(remove.dataset.removeNote ?? "")).then(() => this.#presence.refresh());
    });
  }

  /** Send notes to colleagues. One that could not be sent stays in its field. */
  #listenToNotes() {
    const form = byId("note-form", HTMLFormElement);
    const field = find(form, "textarea", HTMLTextAreaElement);
    const key = `desk-note/${this.#scope}`;
    field.value = load(key) ?? "";
    field.addEventListener("input", () => store(key, field.value));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const problems = await problemsOf(post(form.action, new FormData(form)), this.#notice.dataset);
      find(form, ".errorlist").replaceChildren(...listItems(problems));
      if (problems.length) return;
      form.reset();
      store(key, null);
      this.#presence.refresh();
    });
  }

  get #relatedUrl() {
    return this.#element.dataset.related ?? "";
  }

  async #refresh() {
    const page = await this.#timeline.loadSince(this.#state);
    this.#state = page.state;
    this.#side.show(page.side);
    this.#timeline.showWriters(this.#presence.people);
  }

  /** Continue with the entries that were being edited when the user left the desk. */
  async #resume() {
    const forms = await Draft.forms(this.#scope);
    forms.delete(this.#composer.at);
    for (const form of forms) this.#resumeEdit(form);
    await this.#openWanted();
  }

  /** @param {string} entry the id of the entry */
  async #resumeEdit(entry) {
    const draft = await Draft.inherit(`${this.#scope}/${entry}`);
    if (draft) await this.#timeline.resume(entry, draft);
  }

  /** Edit the update that the address names. */
  async #openWanted() {
    const address = new URL(location.href);
    const wanted = address.searchParams.get("edit") ?? "";
    if (!/^\d+$/.test(wanted)) return;
    address.searchParams.delete("edit");
    history.replaceState(history.state, "", address);
    await this.#timeline.open(`update-${wanted}`, `${this.#element.dataset.updates}${wanted}/`);
  }

  // The side ---------------------------------------------------------------------------------------------------------

  /**
   * Return whether an action succeeded; otherwise show the reason in the side column.
   *
   * @param {Promise<Answer>} answer
   */
  async #isDone(answer) {
    const problems = await problemsOf(answer, this.#notice.dataset);
    this.#sideProblems.replaceChildren(...listItems(problems));
    return problems.length === 0;
  }

  /** @param {Event} event */
  async #clickedSide(event) {
    const cover = closest(event, "[data-cover]");
    const unrelate = closest(event, "[data-unrelate]");
    if (cover) {
      const { cover: url = "", question } = cover.dataset;
      const isDone = question ? await this.#askAndCover(url, question) : await this.#isDone(post(url));
      // The next press of the key must not undo it, so move the focus off the button.
      if (isDone) this.#side.leave(cover);
      this.#presence.refresh();
    }
    if (unrelate) {
      this.#side.leave(unrelate);
      await this.#relate(unrelate.dataset.unrelate ?? "", false);
    }
  }

  /** Perform the action that was chosen in the command palette. */
  #followFragment() {
    if (location.hash !== "#finish") return;
    history.replaceState(null, "", location.pathname + location.search);
    const button = this.#side.element.querySelector("[data-question]:not([hidden])");
    if (button instanceof HTMLElement) button.click();
  }

  /**
   * Change the state of the coverage once a question of the server is answered. If the situation has changed in the
   * meantime, the question is asked again, with the reason.
   *
   * @param {string} url
   * @param {string} question the address of the question
   * @returns {Promise<boolean>} whether it was changed
   */
  async #askAndCover(url, question) {
    /** @type {string[]} */
    let problems = [];
    do {
      const asked = get(question);
      if (!(await this.#isDone(asked))) return false;
      const dialog = byId("question");
      dialog.innerHTML = (await asked).html;
      find(dialog, ".errorlist").replaceChildren(...listItems(problems));
      const body = await askInDialog("question");
      if (!body) return false;
      const answer = post(url, body);
      problems = await problemsOf(answer, this.#notice.dataset);
      if ((await answer.catch(() => null))?.status !== 409) {
        this.#sideProblems.replaceChildren(...listItems(problems));
        return problems.length === 0;
      }
    } while (problems.length);
    return true;
  }

  /**
   * Add an article to the related ones, or remove it.
   *
   * @param {string} article
   * @param {boolean} wanted
   */
  async #relate(article, wanted) {
    const body = new FormData();
    body.set("article", article);
    body.set("wanted", wanted ? "1" : "0");
    const isDone = await this.#isDone(post(this.#relatedUrl, body));
    this.#presence.refresh();
    return isDone;
  }

  // Keys -------------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const act = this.#actOf(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /**
   * Return the action of a key at the place where it is pressed.
   *
   * @param {KeyboardEvent} event
   * @returns {(() => unknown) | undefined}
   */
  #actOf(event) {
    const form = closest(event, ".composer");
    const composer = Composer.of(form);
    const held = event.ctrlKey || event.metaKey;
    const key = letterOf(event);
    if (held && form && event.key === "Enter") return () => composer?.press("[data-chord]");
    if (held && form && key === "s") return () => composer?.press("[data-save], [data-chord]");
    if (event.altKey && form && /^Digit[1-7]$/.test(event.code)) {
      const kinds = form.querySelectorAll('[name="kind"]');
      const kind = kinds[Number(event.code.slice(-1)) - 1];
      return () => {
        if (kind instanceof HTMLElement) kind.click();
        composer?.focusQuestion();
      };
    }
    if (event.key === "Escape" && composer && !composer.isNew) return () => composer.close();
    if (held || event.altKey || closest(event, "input, textarea, select, [contenteditable], dialog")) return undefined;
    const entry = closest(event, ".entry");
    /** @type {Record<string, () => unknown>} */
    const acts = {
      n: () => this.#composer.focus(),
      j: () => this.#timeline.move(1),
      k: () => this.#timeline.move(-1),
      e: () => entry && this.#timeline.act(entry, "edit"),
      z: () => this.#timeline.undo(),
      "/": () => this.#timeline.focusSearch(),
    };
    return acts[key];
  }
}

/** The side column of the desk. It does not change while one of its controls has the focus. */
class Side {
  /** @type {string | undefined} */
  #shown;
  /** @type {string | undefined} */
  #wanted;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    element.addEventListener("focusout", () => setTimeout(() => this.#renew()));
  }

  /** @param {string} html */
  show(html) {
    this.#wanted = html;
    this.#renew();
  }

  /**
   * Move the focus from a control that was used to the section around it, which is about to change.
   *
   * @param {HTMLElement} used
   */
  leave(used) {
    const section = this.#part(used.closest("section"));
    const isIdle = document.activeElement === document.body || section?.contains(document.activeElement);
    if (isIdle) section?.focus();
  }

  /**
   * Return the section that has replaced an earlier one.
   *
   * @param {HTMLElement | null} section
   * @returns {HTMLElement | null}
   */
  #part(section) {
    const { id } = section ?? {};
    return id ? this.element.querySelector(`#${id}`) : null;
  }

  #renew() {
    if (this.#wanted === undefined || this.#shown === this.#wanted) return;
    const active = this.element.contains(document.activeElement) ? focused() : null;
    if (active && active.localName !== "section") return;
    this.#shown = this.#wanted;
    this.element.innerHTML = this.#wanted;
    if (!active) return;
    (this.#part(active) ?? byId("coverage-state")).focus();
  }
}

/** The search for articles to be related to this one. */
class RelatedSearch {
  #url;
  #isDone;
  #onAdd;
  #input = byId("related-search", HTMLInputElement);
  #results = byId("related-found");
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {object} options
   * @param {(answer: Promise<Answer>) => Promise<boolean>} options.isDone
   * @param {(article: string) => Promise<boolean>} options.onAdd
   */
  constructor(url, { isDone, onAdd }) {
    this.#url = url;
    this.#isDone = isDone;
    this.#onAdd = onAdd;
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), SEARCH_AFTER);
    });
  }

  async #search() {
    const answer = get(`${this.#url}?${new URLSearchParams({ q: this.#input.value })}`);
    if (!(await this.#isDone(answer))) return;
    /** @type {{ id: string, name: string, lang: string }[]} */
    const articles = (await answer).json.articles;
    this.#results.replaceChildren(...articles.map((article) => this.#result(article)));
  }

  /** @param {{ id: string, name: string, lang: string }} article */
  #result({ id, name, lang }) {
    const button = make("button", { type: "button" }, this.#results.dataset.add ?? "");
    const item = make("li", {}, make("bdi", { lang }, name), " ", button);
    button.addEventListener("click", async () => {
      if (await this.#onAdd(id)) item.remove();
    });
    return item;
  }
}

/** @param {{ readers: Record<string, number>, total: number }} counts */
function showReaders({ readers, total }) {
  const { lang } = document.documentElement;
  const { format } = new Intl.NumberFormat(lang);
  const names = new Intl.DisplayNames([lang], { type: "language" });
  byId("audience").textContent = format(total);
  byId("audience-languages").replaceChildren(
    ...Object.entries(readers)
      .filter(([, count]) => count)
      .map(([code, count]) => make("li", {}, `${names.of(code)}: ${format(count)}`)),
  );
}

new Desk();
