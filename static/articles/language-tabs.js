// Turns the fieldsets of a form that hold one language each into tabs. Without it they stand one under the other.

const words = document.getElementById("language-tabs-words")?.dataset ?? {};
const fieldsets = [...document.querySelectorAll("form fieldset.language")];
if (fieldsets.length > 1) build();

function build() {
  const sourceSelect = document.getElementById("id_source_language");
  const form = fieldsets[0].closest("form");
  const tablist = make("div", { class: "language-tablist", role: "tablist", "aria-label": words.label ?? "" });
  const container = make("div", { class: "language-tabs" }, tablist);
  fieldsets[0].before(container);
  const tabs = fieldsets.map(makeTab);
  tablist.append(...tabs.map((tab) => tab.button));

  const sourceCode = () => sourceSelect?.value || words.sourceLanguage;
  const byCode = (code) => tabs.find((tab) => tab.code === code);

  mark();
  activate(
    tabs.find(hasErrors) ?? byCode(leftOpen()) ?? byCode(sourceCode()) ?? tabs.find((tab) => hasText(tab.panel)) ?? tabs[0],
  );
  if (container.querySelector("[hidden] :focus")) tabs.find((tab) => !tab.panel.hidden).panel.querySelector("input").focus();

  sourceSelect?.addEventListener("change", () => {
    mark();
    if (byCode(sourceCode())) activate(byCode(sourceCode()));
  });
  container.addEventListener("input", mark); // The rich text editor's textarea sends it, too.
  form.addEventListener("submit", () => {
    sessionStorage.setItem("language-tab", `${location.pathname} ${tabs.find((tab) => !tab.panel.hidden).code}`);
  });

  function makeTab(fieldset) {
    const code = [...fieldset.classList].find((name) => name.startsWith("language-")).slice("language-".length);
    const heading = fieldset.querySelector(".fieldset-heading");
    const button = make("button", {
      type: "button",
      form: "", // Not a field of the form, whose first one Django's admin gives the focus.
      role: "tab",
      id: `language-tab-${code}`,
      "aria-controls": `language-panel-${code}`,
    });
    const name = make("span", { lang: code }, heading.textContent.trim());
    const source = make("span", { class: "source", hidden: "" }, words.source ?? "");
    const filled = make("span", { class: "filled", hidden: "" }, hiddenText(words.filled));
    const errors = make("span", { class: "wrong", hidden: "" }, hiddenText(words.errors));
    button.append(name, source, filled, errors);

    const panel = make("div", { role: "tabpanel", id: `language-panel-${code}`, "aria-labelledby": button.id });
    container.append(panel);
    panel.append(fieldset);
    heading.hidden = true;

    const tab = { code, button, panel, source, filled, errors };
    button.addEventListener("click", () => activate(tab));
    button.addEventListener("keydown", (event) => move(event, tab));
    return tab;
  }

  function activate(active) {
    for (const tab of tabs) {
      tab.panel.hidden = tab !== active;
      tab.button.setAttribute("aria-selected", tab === active);
      tab.button.tabIndex = tab === active ? 0 : -1;
    }
    // Sideways only, in a list too long for the screen: the page stays where it is.
    const list = tablist.getBoundingClientRect();
    const shown = active.button.getBoundingClientRect();
    tablist.scrollLeft += Math.min(0, shown.left - list.left) || Math.max(0, shown.right - list.right);
  }

  function move(event, tab) {
    const forward = getComputedStyle(tablist).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const index = tabs.indexOf(tab);
    const next = { [forward]: index + 1, [backward]: index - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const target = tabs[next % tabs.length];
    activate(target);
    target.button.focus({ preventScroll: true });
  }

  function mark() {
    for (const tab of tabs) {
      tab.source.hidden = tab.code !== sourceCode();
      tab.filled.hidden = !hasText(tab.panel);
      tab.errors.hidden = !hasErrors(tab);
    }
  }

  function hasErrors(tab) {
    return Boolean(tab.panel.querySelector(".errors, .errorlist"));
  }

  // The tab from which this form was last sent, once: whoever saves stays in their language.
  function leftOpen() {
    const [path, code] = (sessionStorage.getItem("language-tab") ?? "").split(" ");
    sessionStorage.removeItem("language-tab");
    return path === location.pathname ? code : undefined;
  }
}

function hasText(panel) {
  const written = [...panel.querySelectorAll('input[type="text"], textarea')].some(
    (field) => field.name && withoutTags(field.value),
  );
  return written || [...panel.querySelectorAll(".readonly")].some((shown) => shown.textContent.trim().length > 1);
}

function withoutTags(html) {
  return html.replace(/<[^>]*>|&nbsp;/g, "").trim();
}

function hiddenText(text) {
  return make("span", { class: "visually-hidden" }, text ? ` (${text})` : "");
}

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
