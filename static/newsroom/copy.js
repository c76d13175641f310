// Buttons that copy a text of the page, such as a link or a secret: selecting it is hard with a keyboard or a finger.
// Without this module there is no button.
import { byId, find, findAll } from "../liveblog/dom.js";

/** @param {HTMLElement} button */
function prepare(button) {
  const source = byId(button.dataset.copy ?? "");
  const status = find(button.parentElement ?? document, "[role=status]");
  button.hidden = false;
  if ("focus" in button.dataset) button.focus();
  button.addEventListener("click", async () => {
    status.textContent = "";
    if (await copied(source)) status.textContent = button.dataset.copied ?? "";
  });
}

/**
 * Copy the text of an element, and select it, so that the user can copy it if the browser does not allow it here.
 *
 * @param {HTMLElement} source
 * @returns {Promise<boolean>} whether it was copied
 */
async function copied(source) {
  getSelection()?.selectAllChildren(source);
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    // Browsers give pages without encryption no access to the clipboard.
    return document.execCommand("copy");
  }
}

for (const button of findAll(document, "[data-copy]")) prepare(button);
