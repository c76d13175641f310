// The cards of the queue: by id and place, as the server last said. What a person has begun at one of them stays.

//: How many decided ones stay in sight, so that a decision can be looked at once more.
const KEPT = 5;

export class Cards {
  // `inHand`: the words for who has a comment; `others`: the names of those who have the comment of an id in hand.
  constructor(list, { inHand, others }) {
    this.list = list;
    this.inHand = inHand;
    this.others = others;
    this.html = new Map();
  }

  get all() {
    return [...this.list.children];
  }

  get chosen() {
    return this.all.filter((card) => card.querySelector(".chosen").checked);
  }

  // The one that has the focus, or had it last.
  get current() {
    return document.activeElement?.closest(".card") ?? document.getElementById(this.last ?? "");
  }

  isOpen(card) {
    return "open" in card.querySelector(".view").dataset;
  }

  isFree(card) {
    return this.isOpen(card) && !card.querySelector(".taken").textContent;
  }

  put({ id, sort, html }) {
    if (this.html.get(id) === html && document.getElementById(id)) return;
    this.html.set(id, html);
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.firstElementChild;
    const old = document.getElementById(id);
    if (old) this.replace(old, fresh);
    else this.list.insertBefore(fresh, this.all.find((card) => card.dataset.sort > sort) ?? null);
  }

  replace(old, fresh) {
    const inside = old.contains(document.activeElement) && old !== document.activeElement;
    const act = inside && document.activeElement.dataset.act;
    fresh.querySelector(".chosen").checked = old.querySelector(".chosen").checked;
    old.querySelector(".view").replaceWith(fresh.querySelector(".view"));
    old.className = fresh.className;
    if (inside) (old.querySelector(`[data-act="${act}"]`) ?? old).focus();
  }

  drop(id) {
    const card = document.getElementById(id);
    if (!card) return;
    const next = card.contains(document.activeElement) ? this.nextFree([card]) : null;
    card.remove();
    this.html.delete(id);
    next?.focus();
  }

  // Leaves only the latest of what is decided; `keep` are those to be undone next.
  trim(keep) {
    const done = this.all.filter((card) => !this.isOpen(card) && card !== this.current && !keep.has(card.id));
    for (const card of done.slice(0, Math.max(0, done.length - KEPT))) this.drop(card.id);
  }

  clear() {
    this.html.clear();
    this.list.replaceChildren();
  }

  // The free one that follows these, from the top again where none does.
  nextFree(these) {
    const all = this.all;
    const from = all.indexOf(these.at(-1)) + 1;
    return [...all.slice(from), ...all.slice(0, from)].find((card) => this.isFree(card) && !these.includes(card));
  }

  move(step) {
    const all = this.all;
    const now = all.indexOf(this.current);
    (all[now + step] ?? all[now])?.focus();
  }

  // Who has which one in hand: of those at the queue the websocket tells, of others the server did.
  showTaken(people) {
    const present = new Set(people.map((one) => one.name));
    for (const card of this.all) {
      const { taken } = card.querySelector(".view").dataset;
      const absent = taken && !present.has(taken) ? [taken] : [];
      const names = [...this.others(card.id), ...absent];
      const words = names.length ? this.inHand.replace("%(name)s", names.join(", ")) : "";
      const place = card.querySelector(".taken");
      if (place.textContent !== words) place.textContent = words;
    }
  }

  complain(id, text) {
    const item = Object.assign(document.createElement("li"), { textContent: text });
    const place = document.getElementById(id)?.querySelector(".errorlist");
    place?.replaceChildren(...(text ? [item] : []));
  }
}
