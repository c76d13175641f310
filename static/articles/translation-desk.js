// One text at the translators' desk: keys for the buttons, checks while writing, and who else has it open.
const form = document.getElementById("translation-desk");
const CHECK_AFTER = 600;
const PRESENCE_EVERY = 15_000;

document.addEventListener("keydown", (event) => {
  for (const button of form.querySelectorAll("[data-keys]")) {
    const [modifier, key] = button.dataset.keys.split("+");
    const held = modifier === "Alt" ? event.altKey : event.ctrlKey || event.metaKey;
    // With Alt some keyboards write another letter; the key itself is the same.
    if (held && (event.key.toLowerCase() === key.toLowerCase() || event.code === `Key${key.toUpperCase()}`)) {
      event.preventDefault();
      event.stopPropagation();
      button.click();
      return;
    }
  }
}, { capture: true });

let timer;
function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_AFTER);
}

async function check() {
  const response = await fetch(form.dataset.check, { method: "POST", body: new FormData(form) });
  if (!response.ok) return;
  const found = await response.json();
  for (const section of form.querySelectorAll("[data-field]")) {
    const items = (found[section.dataset.field] ?? []).map((message) => {
      const item = document.createElement("li");
      item.textContent = message;
      return item;
    });
    section.querySelector(".problems").replaceChildren(...items);
  }
}

form.addEventListener("input", checkSoon);
form.addEventListener("keyup", checkSoon);

function signal(leave) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  if (leave) body.set("leave", "1");
  return fetch(form.dataset.presence, { method: "POST", body, keepalive: true });
}

async function present() {
  const response = await signal(false).catch(() => null);
  if (!response?.ok) return;
  const { other, stamp } = await response.json();
  const notice = document.getElementById("other-editor");
  notice.hidden = !other;
  notice.querySelector("bdi").textContent = other;
  document.getElementById("newer-version").hidden = stamp === form.elements.stamp.value;
}

setInterval(present, PRESENCE_EVERY);
let submitted = false;
form.addEventListener("submit", () => (submitted = true));
addEventListener("pagehide", () => submitted || signal(true));
