// The timeline: entries by id and place, as the server last said. An entry that somebody edits here keeps its form.
import { Composer } from "./composer.js";
import { get, post } from "./requests.js";

export class Timeline {
  constructor(list, { url, composer, changed, ask }) {
    this.list = list;
    this.url = url;
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
    this.older.addEventListener("click", () => this.more());
  }

  query(more) {
    return `${this.url}?${new URLSearchParams([...new FormData(this.filter), ...Object.entries(more)])}`;
  }

  // What was edited since a revision; the answer of the server, for what else it says.
  async since(revision) {
    return this.show(await get(this.query({ after: revision })));
  }

  async reload() {
    this.show(await get(this.query({})));
  }

  async more() {
    const last = this.list.lastElementChild?.dataset.sort ?? "";
    const { entries } = this.show(await get(this.query({ before: last })));
    this.older.hidden = entries.length < 50;
    document.getElementById(entries[0]?.id)?.focus();
  }

  show({ json }) {
    if (json.whole) {
      const wanted = new Set(json.entries.map((entry) => entry.id));
      for (const element of [...this.list.children]) {
        if (!wanted.has(element.id) && !element.querySelector(".composer")) element.remove();
      }
      this.older.hidden = json.entries.length < 50;
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
      old.className = fresh.className;
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
    const { status, json } = await post(`${entry.dataset.url}${action === "discard" ? "withdraw" : action}/`, body);
    const messages = status === 422 ? Object.values(json.errors).flat() : [];
    this.changed();
    entry.querySelector(".view > .errorlist").replaceChildren(
      ...messages.map((message) => Object.assign(document.createElement("li"), { textContent: message })),
    );
  }

  async edit(entry) {
    const place = entry.querySelector(":scope > .editing");
    if (place.firstElementChild) return;
    const response = await fetch(`${entry.dataset.url}composer/`);
    if (!response.ok || response.redirected) return;
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    const closed = () => {
      this.open = null;
      entry.classList.remove("edited");
      entry.querySelector('[data-act="edit"]')?.focus();
    };
    entry.classList.add("edited");
    this.open = await new Composer(template.content.firstElementChild, place, { ...this.composerOptions, closed }).ready;
    this.open.focus();
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
