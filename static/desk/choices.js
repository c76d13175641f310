// The choices of a poll: a field for each, in a form that the server renders (templates/articles/widgets/choices.html).
import { childrenOf, closest, find } from "../liveblog/dom.js";

const FEWEST_SHOWN = 2;

/** The fields of the choices. */
export class Choices {
  #container;
  #list;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
    this.#list = find(container, "ol");
    container.addEventListener("click", (event) => this.#clicked(event));
    container.addEventListener("keydown", (event) => {
      // Otherwise Enter would send the form.
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLInputElement))
        return;
      event.preventDefault();
      const next = event.target.closest("li")?.nextElementSibling;
      if (next instanceof HTMLElement) inputOf(next).focus();
      else if (event.target.value.trim()) this.#add();
    });
    this.#renumber();
  }

  /** The entered choices. */
  get values() {
    return childrenOf(this.#list)
      .map((item) => inputOf(item).value.trim())
      .filter(Boolean);
  }

  /**
   * Show these choices.
   *
   * @param {string[]} values
   */
  put(values) {
    const items = childrenOf(this.#list);
    const wanted = [...values, ...Array(Math.max(0, FEWEST_SHOWN - values.length)).fill("")];
    for (const item of items.slice(wanted.length)) item.remove();
    for (const [index, value] of wanted.entries()) inputOf(items[index] ?? this.#copy()).value = value;
    this.#renumber();
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = closest(event, "[data-choice]");
    if (button?.dataset.choice === "add") this.#add();
    const item = button?.closest("li");
    if (button?.dataset.choice === "remove" && item) this.#remove(item);
  }

  #add() {
    if (childrenOf(this.#list).length >= Number(this.#container.dataset.most)) return;
    const item = this.#copy();
    this.#renumber();
    inputOf(item).focus();
  }

  /** @param {HTMLElement} item */
  #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    if (childrenOf(this.#list).length > FEWEST_SHOWN) item.remove();
    else inputOf(item).value = "";
    this.#renumber();
    if (next instanceof HTMLElement) inputOf(next).focus();
    this.#container.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #copy() {
    const copy = /** @type {HTMLElement} */ (childrenOf(this.#list)[0].cloneNode(true));
    inputOf(copy).value = "";
    this.#list.append(copy);
    return copy;
  }

  #renumber() {
    const items = childrenOf(this.#list);
    const base = inputOf(items[0]).id.replace(/-\d+$/, "");
    const { format } = new Intl.NumberFormat(document.documentElement.lang || undefined);
    for (const [index, item] of items.entries()) {
      const input = inputOf(item);
      input.id = `${base}-${index + 1}`;
      input.setAttribute("aria-label", (this.#container.dataset.name ?? "").replace("{number}", format(index + 1)));
    }
    const isFull = items.length >= Number(this.#container.dataset.most);
    find(this.#container, '[data-choice="add"]').hidden = isFull;
  }
}

/** @param {HTMLElement} item */
function inputOf(item) {
  return find(item, "input", HTMLInputElement);
}

/**
 * Extract the choices from a text that has them as its only list.
 *
 * @param {string} html
 * @returns {{ html: string, choices: string[] } | null} null if it has no such list
 */
export function choicesIn(html) {
  const { content } = Object.assign(document.createElement("template"), { innerHTML: html });
  const lists = content.querySelectorAll("ul, ol");
  const [list] = lists;
  if (lists.length !== 1 || list.parentNode !== content) return null;
  const choices = [...list.children].map((item) => (item.textContent ?? "").trim()).filter(Boolean);
  list.remove();
  const box = document.createElement("div");
  box.append(content);
  return { html: box.innerHTML, choices };
}

/**
 * Return a text with choices as a list at its end.
 *
 * @param {string} html
 * @param {string[]} choices
 */
export function withList(html, choices) {
  const list = document.createElement("ul");
  for (const choice of choices) {
    const item = document.createElement("li");
    item.textContent = choice;
    list.append(item);
  }
  return html + list.outerHTML;
}
