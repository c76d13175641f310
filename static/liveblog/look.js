/* The name and look of the site: colours are picked by eye, and the preview follows the form while it is filled in. */

const WAIT_MS = 400;

const form = /** @type {HTMLFormElement} */ (document.querySelector(".look-form"));
const preview = /** @type {HTMLElement} */ (document.querySelector(".look-preview"));
const frame = /** @type {HTMLIFrameElement} */ (preview.querySelector("iframe"));
const card = /** @type {HTMLImageElement} */ (preview.querySelector("img"));
const mail = /** @type {HTMLElement} */ (preview.querySelector(".mail"));
const status = /** @type {HTMLElement} */ (preview.querySelector(".preview-status"));
const contrast = /** @type {HTMLElement} */ (form.querySelector(".contrast"));
const language = /** @type {HTMLSelectElement} */ (preview.querySelector(".preview-language"));
const dark = /** @type {HTMLInputElement} */ (preview.querySelector(".preview-dark"));

/** @typedef {{errors: Record<string, string[]>, page?: string, card?: string, mail?: string, styles?: string,
 *   contrast?: string}} Answer */

/* Colours --------------------------------------------------------------- */

/** Put a colour picker beside a text field for a colour.
 * @param {HTMLInputElement} field */
function addPicker(field) {
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
  const follow = () => {
    const written = field.value || field.placeholder;
    if (/^#[0-9a-f]{6}$/i.test(written)) picker.value = written;
  };
  picker.addEventListener("input", () => {
    field.value = picker.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", follow);
  follow();
  field.after(picker);
}

for (const field of form.querySelectorAll("[data-colour]")) addPicker(/** @type {HTMLInputElement} */ (field));

for (const swatches of form.querySelectorAll(".swatches")) {
  const list = /** @type {HTMLElement} */ (swatches);
  const field = /** @type {HTMLInputElement} */ (document.getElementById(list.dataset.for ?? ""));
  list.hidden = false;
  list.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (!button) return;
    field.value = button.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/* Preview --------------------------------------------------------------- */

let asked = 0;
/** @type {Answer | null} */
let shown = null;

async function refresh() {
  const number = ++asked;
  const data = new FormData(form);
  data.set("preview_language", language.value);
  let answer;
  try {
    const response = await fetch(form.dataset.preview ?? "", { method: "POST", body: data });
    if (!response.ok) throw new Error(String(response.status));
    answer = /** @type {Answer} */ (await response.json());
  } catch {
    status.textContent = form.dataset.failed ?? "";
    return;
  }
  // A later request has its own response.
  if (number !== asked) return;
  status.textContent = Object.values(answer.errors).flat().join(" ");
  contrast.textContent = answer.contrast ?? "";
  if (!answer.page) return;
  shown = answer;
  show();
}

function show() {
  if (!shown) return;
  const scroll = frame.contentWindow?.scrollY ?? 0;
  frame.addEventListener("load", () => applyStyles(scroll), { once: true });
  frame.srcdoc = shown.page ?? "";
  card.src = shown.card ?? "";
  mail.textContent = shown.mail ?? "";
}

/** Apply the colours and fonts that are not saved yet, and so have no address.
 * @param {number} scroll */
function applyStyles(scroll) {
  const page = /** @type {(Window & typeof globalThis) | null} */ (frame.contentWindow);
  if (!page || !shown) return;
  const sheet = new page.CSSStyleSheet();
  const scheme = `:root, :root:lang(ar) { color-scheme: ${dark.checked ? "dark" : "light"}; }`;
  sheet.replaceSync(`${shown.styles ?? ""}\n${scheme}`);
  page.document.adoptedStyleSheets = [sheet];
  page.scrollTo(0, scroll);
}

let timer = 0;
function refreshSoon() {
  clearTimeout(timer);
  timer = window.setTimeout(refresh, WAIT_MS);
}

preview.hidden = false;
form.addEventListener("input", refreshSoon);
form.addEventListener("change", refreshSoon);
language.addEventListener("change", refresh);
dark.addEventListener("change", show);
for (const button of preview.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    const kind = /** @type {HTMLElement} */ (button).dataset.show;
    for (const other of preview.querySelectorAll("[data-show]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    for (const each of preview.querySelectorAll("[data-kind]")) {
      /** @type {HTMLElement} */ (each).hidden = /** @type {HTMLElement} */ (each).dataset.kind !== kind;
    }
  });
}
refresh();
