// Turns fieldsets with one language each into tabs. Without it they are below each other.
import { find, findAll, make } from "../liveblog/dom.js";
import { load, store } from "../liveblog/storage.js";
import { isBlank, isBlankHtml } from "../liveblog/text.js";

/**
 * @typedef {object} Tab
 * @property {string} code the language
 * @property {HTMLButtonElement} button
 * @property {HTMLElement} panel
 * @property {HTMLElement} source shown if the text is written in this language
 * @property {HTMLElement} filled shown if there is text
 * @property {HTMLElement} errors shown if there are errors
 */

/** The key under which the tab from which a form was last sent is stored. */
const LAST_TAB = "language-tab";

class LanguageTabs {
  #labels;
  #sourceSelect = document.getElementById("id_source_language");
  #list = make("div", { className: "language-tablist" });
  #container = make("div", { className: "language-tabs" }, this.#list);
  /** @type {Tab[]} */
  #tabs;

  /**
   * @param {HTMLElement[]} fieldsets
   * @param {DOMStringMap} labels
   */
  constructor(fieldsets, labels) {
    this.#labels = labels;
    this.#list.setAttribute("role", "tablist");
    this.#list.setAttribute("aria-label", labels.label ?? "");
    fieldsets[0]?.before(this.#container);
    this.#tabs = fieldsets.map((fieldset) => this.#makeTab(fieldset));
    this.#list.append(...this.#tabs.map((tab) => tab.button));
    this.#mark();
    this.#activate(this.#first());
    if (this.#container.querySelector("[hidden] :focus")) this.#active?.panel.querySelector("input")?.focus();
    this.#sourceSelect?.addEventListener("change", () => {
      this.#mark();
      this.#activate(this.#tabOf(this.#sourceCode));
    });
    // The rich text editor's textarea dispatches it, too.
    this.#container.addEventListener("input", () => this.#mark());
    this.#container.closest("form")?.addEventListener("submit", () => {
      store(LAST_TAB, `${location.pathname} ${this.#active?.code}`, "sessionStorage");
    });
  }

  get #sourceCode() {
    return (this.#sourceSelect instanceof HTMLSelectElement && this.#sourceSelect.value) || this.#labels.sourceLanguage;
  }

  get #active() {
    return this.#tabs.find((tab) => !tab.panel.hidden);
  }

  /** @param {string | undefined} code */
  #tabOf(code) {
    return this.#tabs.find((tab) => tab.code === code);
  }

  #first() {
    return (
      this.#tabs.find(hasErrors) ??
      this.#tabOf(lastTab()) ??
      this.#tabOf(this.#sourceCode) ??
      this.#tabs.find((tab) => hasText(tab.panel)) ??
      this.#tabs[0]
    );
  }

  /**
   * @param {HTMLElement} fieldset
   * @returns {Tab}
   */
  #makeTab(fieldset) {
    const code = [...fieldset.classList].find((name) => name.startsWith("language-"))?.slice("language-".length) ?? "";
    const heading = find(fieldset, ".fieldset-heading");
    const button = make("button", { type: "button", id: `language-tab-${code}` });
    button.setAttribute("role", "tab");
    button.setAttribute("form", ""); // Not a field of the form, whose first one Django's admin gives the focus.
    button.setAttribute("aria-controls", `language-panel-${code}`);
    const name = make("span", { lang: code }, heading.textContent.trim());
    const source = make("span", { className: "source", hidden: true }, this.#labels.source ?? "");
    const filled = make("span", { className: "filled", hidden: true }, hiddenText(this.#labels.filled));
    const errors = make("span", { className: "wrong", hidden: true }, hiddenText(this.#labels.errors));
    button.append(name, source, filled, errors);

    const panel = make("div", { id: `language-panel-${code}` }, fieldset);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", button.id);
    this.#container.append(panel);
    heading.hidden = true;

    const tab = { code, button, panel, source, filled, errors };
    button.addEventListener("click", () => this.#activate(tab));
    button.addEventListener("keydown", (event) => this.#move(event, tab));
    return tab;
  }

  /** @param {Tab | undefined} active */
  #activate(active) {
    if (!active) return;
    for (const tab of this.#tabs) {
      tab.panel.hidden = tab !== active;
      tab.button.setAttribute("aria-selected", String(tab === active));
      tab.button.tabIndex = tab === active ? 0 : -1;
    }
    // Scroll only sideways, in a list too long for the screen: the page must not move.
    const list = this.#list.getBoundingClientRect();
    const shown = active.button.getBoundingClientRect();
    this.#list.scrollLeft += Math.min(0, shown.left - list.left) || Math.max(0, shown.right - list.right);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Tab} tab
   */
  #move(event, tab) {
    const rightToLeft = getComputedStyle(this.#list).direction === "rtl";
    const index = nextIndex(event.key, this.#tabs.indexOf(tab), this.#tabs.length, rightToLeft);
    const target = index === undefined ? undefined : this.#tabs[index];
    if (!target) return;
    event.preventDefault();
    this.#activate(target);
    target.button.focus({ preventScroll: true });
  }

  #mark() {
    for (const tab of this.#tabs) {
      tab.source.hidden = tab.code !== this.#sourceCode;
      tab.filled.hidden = !hasText(tab.panel);
      tab.errors.hidden = !hasErrors(tab);
    }
  }
}

/**
 * Return the tab to which a key moves (WAI-ARIA Authoring Practices, tabs pattern).
 *
 * @param {string} key
 * @param {number} index
 * @param {number} count
 * @param {boolean} rightToLeft
 * @returns {number | undefined}
 */
export function nextIndex(key, index, count, rightToLeft) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key === (rightToLeft ? "ArrowLeft" : "ArrowRight")) return (index + 1) % count;
  if (key === (rightToLeft ? "ArrowRight" : "ArrowLeft")) return (index - 1 + count) % count;
  return undefined;
}

/** @param {Tab} tab */
function hasErrors({ panel }) {
  return Boolean(panel.querySelector(".errors, .errorlist"));
}

/** @param {HTMLElement} panel */
function hasText(panel) {
  const fields = panel.querySelectorAll('input[type="text"], textarea');
  const written = [.../** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */ (fields)].some((field) => {
    // The text of an editor is HTML.
    const blank = field instanceof HTMLTextAreaElement ? isBlankHtml : isBlank;
    return field.name && !blank(field.value);
  });
  return written || findAll(panel, ".readonly").some((shown) => shown.textContent.trim().length > 1);
}

/** @param {string | undefined} text */
function hiddenText(text) {
  return make("span", { className: "visually-hidden" }, text ? ` (${text})` : "");
}

/** Return the tab from which this form was last sent, once: users stay in their language after saving. */
function lastTab() {
  const [path, code] = (load(LAST_TAB, "sessionStorage") ?? "").split(" ");
  store(LAST_TAB, null, "sessionStorage");
  return path === location.pathname ? code : undefined;
}

if (globalThis.document) {
  const fieldsets = findAll(document, "form fieldset.language");
  if (fieldsets.length > 1) new LanguageTabs(fieldsets, document.getElementById("language-tabs-labels")?.dataset ?? {});
}
