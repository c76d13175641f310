// The live page: applies frames to the document. Frames carry states, not steps, so that one applied twice changes
// nothing, and one that does not follow on what the page shows is left to catch-up.

import { keepOpen } from "./embeds.js";

export class Page {
  // `placed` is told of each element that comes to the page.
  constructor(main, placed = () => {}) {
    this.main = main;
    this.placed = placed;
    this.updates = document.getElementById("updates");
    this.button = document.getElementById("new-updates");
    this.status = document.getElementById("new-updates-status");
    if (this.button) this.watch();
  }

  get revision() {
    return Number(this.main.dataset.revision);
  }

  // Whether the coverage is over, as far as the page knows.
  get finished() {
    return document.getElementById("coverage")?.dataset.state === "finished";
  }

  // Applies one frame. "applied" and "known" leave the page at the frame's revision or later; "behind" means that
  // frames are missing in between and the page must ask for them; "reload" that it must be loaded anew.
  apply(frame) {
    if (frame.reload) return "reload";
    if (frame.revision <= this.revision) return "known";
    if (!frame.changes || (frame.after ?? this.revision) > this.revision) return "behind";
    for (const change of frame.changes) this[change.op]?.(change);
    this.main.dataset.revision = frame.revision;
    this.count();
    return "applied";
  }

  put({ id, list: name, sort, html }) {
    const list = document.getElementById(name);
    if (!list) return;
    const old = document.getElementById(id);
    const element = parse(html);
    if (!belongs(list, element, sort, old)) {
      old?.remove();
      return;
    }
    if (old && old.dataset.sort === sort) {
      element.hidden = old.hidden;
      this.replace(old, element);
      return;
    }
    old?.remove();
    const next = [...list.children].find((child) => precedes(list, sort, child.dataset.sort));
    element.hidden = !old && list === this.updates && this.away();
    list.insertBefore(element, next ?? null);
    this.placed(element);
    if (!element.hidden) appear(element);
  }

  remove({ id }) {
    document.getElementById(id)?.remove();
  }

  set({ id, html }) {
    const old = document.getElementById(id);
    if (old) this.replace(old, parse(html));
  }

  // Puts a new state of an element in its place. What the reader is doing in it goes on.
  replace(old, element) {
    // An original that somebody reads beside its translation stays open.
    if (old.querySelector("details[open]")) element.querySelector("details")?.setAttribute("open", "");
    for (const { name, value } of old.querySelectorAll("input:checked")) {
      const same = [...element.querySelectorAll("input")].find((one) => one.name === name && one.value === value);
      if (same) same.checked = true;
    }
    const focused = controls(old).indexOf(document.activeElement);
    const present = keepOpen(old, element) ? old : element;
    if (present !== old) old.replaceWith(element);
    if (focused >= 0 && !present.contains(document.activeElement)) {
      controls(present)[focused]?.focus({ preventScroll: true });
    }
    this.placed(present);
  }

  // New updates wait, hidden, while the reader is further down; what they read does not move.

  away() {
    return this.button != null && this.updates.getBoundingClientRect().top < -40;
  }

  waiting() {
    return [...this.updates.querySelectorAll(":scope > [hidden]")];
  }

  reveal() {
    for (const element of this.waiting()) {
      element.hidden = false;
      appear(element);
    }
    this.count();
  }

  count() {
    if (!this.button) return;
    const number = this.waiting().length;
    this.button.hidden = number === 0;
    const language = document.documentElement.lang;
    const forms = JSON.parse(this.button.dataset.forms);
    const form = forms[new Intl.PluralRules(language).select(number)] ?? forms.other;
    const text = form.replace("%(count)s", new Intl.NumberFormat(language).format(number));
    this.button.textContent = text;
    this.status.textContent = number ? text : "";
  }

  watch() {
    this.button.addEventListener("click", () => {
      this.reveal();
      this.updates.scrollIntoView({ block: "start", behavior: "instant" });
      this.updates.firstElementChild?.querySelector("a")?.focus({ preventScroll: true });
    });
    addEventListener("scroll", () => this.waiting().length && !this.away() && this.reveal(), { passive: true });
  }
}

const controls = (element) => [...element.querySelectorAll("a[href], button, input, textarea, summary, [tabindex]")];

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Whether what sorts as `one` stands before what sorts as `other`: the greatest first, unless the list ascends.
function precedes(list, one, other) {
  return "ascending" in list.dataset ? one < other : one > other;
}

// Whether the element has its place on this page of the list: the page may show key events only, and older or newer
// updates may be on other pages. In a list of an order of its own, what is new has none.
function belongs(list, element, sort, old) {
  if (list.dataset.accepts && !element.matches(list.dataset.accepts)) return false;
  // One that keeps its place is where it belongs; a pin takes another elsewhere.
  if (old?.dataset.sort === sort) return true;
  if (!old && "fixed" in list.dataset) return false;
  const others = [...list.children].filter((child) => child !== old);
  const first = others.at(0);
  const last = others.at(-1);
  if ("closedStart" in list.dataset && !(first && precedes(list, first.dataset.sort, sort))) return false;
  if ("closedEnd" in list.dataset && !(last && precedes(list, sort, last.dataset.sort))) return false;
  return true;
}

function appear(element) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ backgroundColor: "color-mix(in srgb, var(--accent) 18%, transparent)" }, {}], {
    duration: 2500,
    easing: "ease-out",
  });
}
