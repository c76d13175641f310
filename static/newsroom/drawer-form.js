// The form of an article in the drawer of the desk: tells the desk when it was saved, and asks before input is lost.
import { isAboutLink } from "../articles/editors.js";
import { find } from "../liveblog/dom.js";
import { letterOf } from "../moderation/keys.js";

/** @param {import("./drawer.js").Message} message */
function tell(message) {
  if (parent !== globalThis.window) parent.postMessage(message, location.origin);
}

const form = find(document, "#article_form", HTMLFormElement);
let isChanged = false;

form.addEventListener("input", () => {
  isChanged = true;
});
form.addEventListener("change", () => {
  isChanged = true;
});
addEventListener("submit", () => {
  isChanged = false;
});
addEventListener("beforeunload", (event) => {
  if (isChanged) event.preventDefault();
});
addEventListener(
  "keydown",
  (event) => {
    const held = event.ctrlKey || event.metaKey;
    if (held && letterOf(event) === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name=_continue]"));
    } else if (held && !event.altKey && !event.shiftKey && letterOf(event) === "k" && !isAboutLink(event)) {
      event.preventDefault();
      event.stopPropagation();
      tell({ drawer: "palette" });
    } else if (event.key === "Escape" && !document.querySelector("dialog[open], .select2-container--open")) {
      tell({ drawer: "close" });
    }
  },
  { capture: true },
);

if (new URLSearchParams(location.search).has("saved")) {
  tell({ drawer: "saved", headline: document.querySelector("[data-headline]")?.getAttribute("data-headline") ?? "" });
}
