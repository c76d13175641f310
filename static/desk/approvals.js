// The updates that await approval, on every page of the newsroom, for people who can approve.
import { byId, find, make } from "../liveblog/dom.js";
import { Presence } from "./presence.js";
import { get } from "./requests.js";

const element = byId("approvals", HTMLDetailsElement);
const count = find(element, ".count");

async function refresh() {
  const { json } = await get(element.dataset.url ?? "");
  const { format } = new Intl.NumberFormat(document.documentElement.lang || undefined);
  const text = (count.dataset.waiting ?? "").replace("%(count)s", format(json.count));
  // Screen readers would repeat an unchanged status.
  if (count.textContent !== text) count.textContent = text;
  element.hidden = json.count === 0;
  if (element.hidden) element.open = false;
  find(element, ".list").innerHTML = json.html;
}

document.addEventListener("click", ({ target }) => {
  if (target instanceof Node && !element.contains(target)) element.open = false;
});
element.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !element.open) return;
  element.open = false;
  find(element, "summary").focus();
});

// The page shows the state of its connection elsewhere.
new Presence(element.dataset.socket ?? "", { notice: make("p"), refresh, pause: 500 });
refresh().catch(() => {});
