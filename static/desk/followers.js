// Shows how many readers the update in the composer would notify with its present options, and stops a waiting
// notification.
import { closest, findAll } from "../liveblog/dom.js";
import { get } from "./requests.js";

/** The time after which the numbers are asked for again, in milliseconds. */
const FRESH = 30_000;

/** By line: when its numbers were requested. @type {WeakMap<HTMLElement, number>} */
const asked = new WeakMap();

document.addEventListener("input", (event) => {
  const line = closest(event, "form.composer")?.querySelector(".followers");
  if (!(line instanceof HTMLElement)) return;
  show(line);
  refresh(line);
});

/** @param {HTMLElement} line */
function show(line) {
  const ticked = (/** @type {string} */ name) => line.closest("form")?.querySelector(`[name=${name}]:checked`);
  const level = ticked("is_breaking") ? "breaking" : ticked("is_key") ? "key" : "all";
  const text = line.dataset[ticked("is_silent") ? "nobody" : level] ?? "";
  if (line.textContent !== text) line.textContent = text;
}

/** @param {HTMLElement} line */
async function refresh(line) {
  const now = Date.now();
  if (now < (asked.get(line) ?? 0) + FRESH) return;
  asked.set(line, now);
  try {
    const { status, json } = await get(line.dataset.address ?? "");
    if (status === 200) Object.assign(line.dataset, json);
    show(line);
  } catch {
    // Keep the former numbers.
  }
}

setInterval(() => {
  const now = Date.now();
  for (const part of findAll(document, "[data-until]")) part.hidden = Date.parse(part.dataset.until ?? "") < now;
}, 1000);
