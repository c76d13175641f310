// Lists: closes an open filter when another one opens or the user moves elsewhere.
import { findAll } from "../liveblog/dom.js";

const filters = findAll(document, "details.filter").filter((each) => each instanceof HTMLDetailsElement);

/** @param {Node | null} inside the element in use */
function closeOthers(inside) {
  for (const filter of filters) {
    if (filter.open && !filter.contains(inside)) filter.open = false;
  }
}

document.addEventListener("click", (event) => closeOthers(/** @type {Node | null} */ (event.target)));
document.addEventListener("focusin", (event) => closeOthers(/** @type {Node | null} */ (event.target)));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = filters.find((filter) => filter.open);
  if (!open) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});
