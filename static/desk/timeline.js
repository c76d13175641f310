// The timeline: entries by id and place, as the server last said. An entry that somebody edits here keeps its form.
import { Composer } from "./composer.js";
import { get, items, post, problems } from "./requests.js";

//: How many the server sends at a time: PAGE_SIZE of articles/desk/timeline.py.
const PAGE_SIZE = 50;

export class Timeline {
  // `words`: what is said where something fails; `changed`: asks for what is new; `ask`: puts a question.
  constructor(list, { url, words, composer, changed, ask }) {
    this.list = list;
    this.url = url;
    this.words = words;
    this.composerOptions = composer;
    this.changed = changed;
    this.ask = ask;
    this.filter = document.getElementById("timeline-filter");
    this.older = document.getElementById("older");
    list.addEventListener("click", (event) => this.clicked(event));
    this.filter.addEventListener("submit", (event) => event.preventDefault());
    this.filter.addEventListener("input", () => {
      clearTimeout(this.filtering);
      this.filtering = setTimeout(() => this.reload(), 200);
    });
    this.older.addEventListener("click", async () => document.getElementById((await this.more())[0]?.id)?.focus());
    this.endAt(list.lastElementChild?.dataset);
  }

  query(more) {
    return `${this.url}?${new URLSearchParams([...new FormData(this.filter), ...Object.entries(more)])}`;
  }

  // One question after the other: the answer to each is shown before the next one is asked.
  inTurn(act) {
    this.turn = (this.turn ?? Promise.resolve()).catch(() => {}).then(act);
    return this.turn;
  }

  // What was edited since a revision; the answer of the server, for what else it says.
  since(revision) {
    return this.inTurn(async () => {
      const { json } = await get(this.query({ after: revision }));
      return this.show(json.whole ? json : { ...json, entries: json.entries.map((entry) => this.above(entry)) });
    });
  }

  reload() {
    return this.inTurn(async () => this.show((await get(this.query({}))).json));
  }

  more() {
    return this.inTurn(async () => {
      const { entries } = this.show((await get(this.query({ before: this.end }))).json);
      this.older.hidden = entries.length < PAGE_SIZE;
      this.endAt(entries.at(-1));
      return entries;
    });
  }

  // Where the pages end that were asked for. What is below comes with the next one, so that nothing is passed over.
  endAt(last) {
    this.end = last?.sort ?? this.end ?? "";
  }

  above(entry) {
    return !this.older.hidden && entry.sort < this.end ? { id: entry.id } : entry;
  }

  show(json) {
    if (json.whole) {
      const wanted = new Set(json.entries.map((entry) => entry.id));
      for (const element of [...this.list.children]) {
        if (!wanted.has(element.id) && !element.querySelector(".composer")) element.remove();
      }
      this.older.hidden = json.entries.length < PAGE_SIZE;
      this.endAt(json.entries.at(-1));
    }
    for (const entry of json.entries) this.put(entry);
    return json;
  }

  put({ id, sort, html }) {
    const old = document.getElementById(id);
    if (!html) {
      if (!old?.querySelector(".composer")) old?.remove();
      return;
    }
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.firstElementChild;
    if (old) {
      const focused = old.contains(document.activeElement) && document.activeElement.dataset.act;
      old.querySelector(":scope > .view").replaceWith(fresh.querySelector(":scope > .view"));
      const edited = old.classList.contains("edited");
      old.className = fresh.className;
      old.classList.toggle("edited", edited);
      if (focused) old.querySelector(`[data-act="${focused}"]`)?.focus();
    }
    const element = old ?? fresh;
    if (old && old.dataset.sort === sort) return;
    element.dataset.sort = sort;
    // Moving an element takes the focus from what is inside.
    const active = element.contains(document.activeElement) ? document.activeElement : null;
    const next = [...this.list.children].find((child) => child !== element && child.dataset.sort < sort);
    this.list.insertBefore(element, next ?? null);
    active?.focus();
  }

  // What is done to an entry ----------------------------------------------------------------------------------------

  clicked(event) {
    const button = event.target.closest("[data-act]");
    if (button) this.act(button.closest(".entry"), button.dataset.act);
  }

  async act(entry, action) {
    if (action === "edit") return this.edit(entry);
    const body = new FormData();
    if (action === "withdraw") {
      const answer = await this.ask("withdraw-dialog");
      if (!answer) return;
      for (const [name, value] of answer) body.set(name, value);
    }
    if (action === "hand-over") {
      const answer = await this.ask("hand-over");
      if (!answer) return;
      body.set("to", answer.get("to"));
    }
    if (action === "publish") body.set("opened", entry.querySelector(".view").dataset.opened ?? "");
    const address = `${entry.dataset.url}${action === "discard" ? "withdraw" : action}/`;
    const found = await problems(post(address, body), this.words);
    this.changed();
    this.complain(entry, found);
  }

  complain(entry, sentences) {
    entry.querySelector(":scope > .errorlist").replaceChildren(...items(sentences));
  }

  // `draft`: one that goes on.
  async edit(entry, draft) {
    if (entry.classList.contains("edited")) return;
    entry.classList.add("edited");
    const asked = get(`${entry.dataset.url}composer/`);
    const found = await problems(asked, this.words);
    this.complain(entry, found);
    if (found.length) {
      entry.classList.remove("edited");
      draft?.letGo();
      return;
    }
    const template = document.createElement("template");
    template.innerHTML = (await asked).html;
    const closed = (idle) => {
      entry.classList.remove("edited");
      if (idle) entry.querySelector('[data-act="edit"]')?.focus();
    };
    const options = { ...this.composerOptions, draft, closed };
    const place = entry.querySelector(":scope > .editing");
    const composer = await new Composer(template.content.firstElementChild, place, options).ready;
    if (!draft) composer.focus();
  }

  // What was kept of an edit goes on in its entry, however far down that is.
  async resume(id, draft) {
    const entry = () => document.getElementById(id);
    if (!entry() && (await get(`${draft.kept.address}composer/`)).status === 200) {
      while (!entry() && !this.older.hidden) await this.more();
    }
    if (entry()) await this.edit(entry(), draft);
    else draft.letGo();
  }

  // Who writes where, told by the desk's websocket.
  showWriters(people) {
    const words = document.getElementById("people").dataset.writing;
    for (const place of this.list.querySelectorAll(".writers")) {
      const here = people.filter((one) => !one.me && one.at === place.closest(".entry").id);
      place.textContent = here.length ? `${here.map((one) => one.name).join(", ")} ${words}…` : "";
    }
  }

  move(step) {
    const entries = [...this.list.children];
    const now = entries.indexOf(document.activeElement.closest(".entry"));
    (entries[now + step] ?? entries[step > 0 ? 0 : entries.length - 1])?.focus();
  }
}
