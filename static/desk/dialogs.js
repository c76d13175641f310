// Dialogs that ask for data before an action.
import { byId, find } from "../liveblog/dom.js";

/**
 * Open a dialog with blank fields, and wait until it is closed.
 *
 * @param {string} id
 * @returns {Promise<FormData | null>} the data of its form; null if it was cancelled
 */
export function askInDialog(id) {
  const dialog = byId(id, HTMLDialogElement);
  const form = find(dialog, "form", HTMLFormElement);
  form.reset();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue ? new FormData(form) : null), { once: true });
  });
}
