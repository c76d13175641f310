// Reader comments: the form is sent without leaving the page and forgets nothing that was typed; a reader's own
// comments are shown to them alone. Without this module the same forms lead to pages.

const article = location.pathname.match(/\/live\/([^/]+)\//)?.[1];
const DRAFT = `comment:${article}`;
const OWN = `comments:${article}`;
const KEPT_FIELDS = ["name", "email", "text", "parent", "notify", "key"];

const find = (selector, root = document) => root.querySelector(selector);
const form = () => find("form[data-comment-form]");

// What the browser keeps -----------------------------------------------------------------------------------------

// Browsers may refuse to keep anything; then nothing is kept, and the rest works.
function kept(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Nothing is kept.
  }
}

function draftOf(written) {
  const draft = {};
  for (const name of KEPT_FIELDS) {
    const field = written.elements[name];
    if (field) draft[name] = field.type === "checkbox" ? field.checked : field.value;
  }
  draft.to = find("[data-replying-to]", written).textContent;
  return draft;
}

const keepDraft = (written) => keep(DRAFT, draftOf(written));

function restoreDraft(draft = kept(DRAFT, null)) {
  if (!draft || !form()) return;
  const { elements } = form();
  for (const name of KEPT_FIELDS) {
    const field = elements[name];
    if (!field || draft[name] === undefined) continue;
    if (field.type === "checkbox") field.checked = draft[name];
    // What the server sent back, or what the address asks for, comes first.
    else if (!field.value) field.value = draft[name];
  }
  if (elements.parent.value && elements.parent.value === draft.parent && draft.to) showAnswered(draft.parent, draft.to);
}

// The article's rules have become others, and with them the form: what somebody is writing in it stays.
function takeOver(removed) {
  const old = removed?.querySelector("form[data-comment-form]");
  if (!form()) return;
  restoreDraft(old ? draftOf(old) : undefined);
  const { text } = form().elements;
  if (old && document.activeElement === text) {
    text.setSelectionRange(old.elements.text.selectionStart, old.elements.text.selectionEnd);
  }
}

// Answering ------------------------------------------------------------------------------------------------------

function showAnswered(pk, name) {
  const { elements } = form();
  elements.parent.value = pk ?? "";
  const line = find("[data-replying]", form());
  line.hidden = !pk;
  const link = find("[data-replying-to]", line);
  link.href = pk ? `${form().getAttribute("action")}${pk}/` : "";
  link.replaceChildren(Object.assign(document.createElement("bdi"), { textContent: name ?? "" }));
}

function answer(link) {
  showAnswered(link.dataset.reply, find(".who", link.closest("article")).textContent);
  keepDraft(form());
  form().scrollIntoView({ block: "center" });
  form().elements.text.focus({ preventScroll: true });
}

// Sending --------------------------------------------------------------------------------------------------------

let openedAt = null;

// A comment that is sent again, because its answer was lost or a button was pressed twice, is known by it.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (number) => number.toString(36)).join("-");
}

async function send() {
  const sent = form();
  const button = find("button", sent);
  button.disabled = true;
  sent.elements.key.value ||= newKey();
  keepDraft(sent);
  if (openedAt !== null) sent.elements.seconds.value = ((performance.now() - openedAt) / 1000).toFixed(1);
  try {
    const response = await fetch(sent.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(sent)),
      headers: { Accept: "application/json" },
    });
    const answer = await response.json();
    if (response.status === 201) taken(sent, answer);
    else refused(sent, answer);
  } catch {
    refused(sent, { errors: {}, problem: sent.dataset.failed });
  } finally {
    button.disabled = false;
  }
}

function taken(sent, { url, html, comment }) {
  refused(sent, { errors: {}, problem: "" });
  sent.elements.text.value = sent.elements.key.value = "";
  showAnswered(null);
  openedAt = null;
  keep(DRAFT, { name: sent.elements.name.value, email: sent.elements.email.value });
  keep(OWN, [...kept(OWN, []).filter((one) => one.comment !== comment), { url, comment }]);
  showOwn(html, comment);
  find(`[data-own="${comment}"]:not([hidden]), [data-comment="${comment}"]`)?.scrollIntoView({ block: "center" });
}

function refused(sent, { errors, problem }) {
  const line = find("[data-problem]", sent);
  line.textContent = problem;
  line.hidden = !problem;
  let first = null;
  for (const place of sent.querySelectorAll("[data-field]")) {
    const said = errors[place.dataset.field] ?? [];
    const list = find(".errorlist", place);
    list.replaceChildren(
      ...said.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
    );
    list.hidden = !said.length;
    const field = sent.elements[place.dataset.field];
    const described = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    described[said.length ? "add" : "delete"](list.id);
    field.setAttribute("aria-describedby", [...described].join(" "));
    field.toggleAttribute("aria-invalid", said.length > 0);
    if (said.length) {
      field.setAttribute("aria-invalid", "true");
      first ??= field;
    }
  }
  (first ?? (problem ? line : null))?.focus();
}

// One's own ------------------------------------------------------------------------------------------------------

function showOwn(html, comment) {
  const place = find("[data-mine]");
  if (!place) return;
  const element = Object.assign(document.createElement("template"), { innerHTML: html }).content.firstElementChild;
  const old = find(`[data-own="${comment}"]`, place);
  if (old) old.replaceWith(element);
  else place.prepend(element);
  joinOwn();
}

// What stands in the page for everybody needs no second copy. There its author finds the way to change it.
function joinOwn() {
  for (const own of document.querySelectorAll("[data-mine] > [data-own]")) {
    const actions = find(`[data-comment="${own.dataset.own}"] .comment-actions`);
    const change = find("[data-change]", own);
    if (actions && change && !find("[data-change]", actions)) actions.append(" ", change.cloneNode(true));
    // It is no longer there: something was decided.
    if (own.hidden && !actions) loadOwn(Number(own.dataset.own));
    own.hidden = actions !== null;
  }
}

async function loadOwn(only) {
  for (const { url, comment } of kept(OWN, [])) {
    if (only && comment !== only) continue;
    try {
      const response = await fetch(`${url}?fragment`);
      if (response.status === 410) keep(OWN, kept(OWN, []).filter((one) => one.comment !== comment));
      else if (response.ok) showOwn(await response.text(), comment);
    } catch {
      // It is asked for again when the page is loaded again.
    }
  }
}

// Translations ---------------------------------------------------------------------------------------------------

// By comment; what is pushed replaces elements, and what was asked for stays.
const translations = new Map();

async function translate(asked) {
  const button = find("button", asked);
  const comment = asked.closest("[data-comment]").dataset.comment;
  button.disabled = true;
  try {
    const response = await fetch(asked.action, { method: "POST", headers: { Accept: "application/json" } });
    const { html, label, problem } = await response.json();
    if (html) translations.set(comment, { html, label });
    else button.title = button.textContent = problem;
    if (html) showTranslations();
  } catch {
    button.disabled = false;
  }
}

function showTranslations() {
  for (const [comment, { html, label }] of translations) {
    const place = find(`[data-comment="${comment}"]`);
    if (!place || find(".translated", place)) continue;
    const box = Object.assign(document.createElement("div"), { className: "translated", innerHTML: html });
    box.prepend(Object.assign(document.createElement("p"), { className: "note", textContent: label }));
    find(".comment-text", place).after(box);
    find("[data-translate]", place).hidden = true;
  }
}

// ----------------------------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-comment-form]")) send();
  else if (event.target.matches("[data-translate]")) translate(event.target);
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const reply = event.target.closest("[data-reply]");
  const alone = event.target.closest("[data-no-reply]");
  if (!form() || !(reply || alone)) return;
  event.preventDefault();
  if (reply) answer(reply);
  else showAnswered(null);
  keepDraft(form());
});

document.addEventListener("input", (event) => {
  if (!event.target.form?.matches("[data-comment-form]")) return;
  openedAt ??= performance.now();
  keepDraft(event.target.form);
});

const list = document.getElementById("comments");
if (list) {
  new MutationObserver(() => {
    joinOwn();
    showTranslations();
  }).observe(list, { childList: true });
}
const around = document.getElementById("comments-form")?.parentElement;
if (around) {
  new MutationObserver((changes) => {
    for (const removed of changes.flatMap(({ removedNodes }) => [...removedNodes])) {
      if (removed.id === "comments-form") takeOver(removed);
    }
  }).observe(around, { childList: true });
}
restoreDraft();
loadOwn();
