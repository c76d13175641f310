// Dialogs that ask for data before an action.
import { byId, find } from "../liveblog/dom.js";

/**
 * Open a dialog, and wait until it is closed.
 *
 * @param {string} id
 * @param {FormData} [kept] the data with which its form opens, by default blank
 * @returns {Promise<FormData | null>} the data of its form; null if it was cancelled
 */
export function askInDialog(id, kept) {
  const dialog = byId(id, HTMLDialogElement);
  const form = find(dialog, "form", HTMLFormElement);
  form.reset();
  if (kept) fill(form, kept);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue ? new FormData(form) : null), { once: true });
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {FormData} data
 */
function fill(form, data) {
  for (const element of form.elements) {
    const field = /** @type {HTMLInputElement} */ (element);
    if (!field.name || field.type === "submit") continue;
    const given = data.getAll(field.name).map(String);
    if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
    else field.value = given[0] ?? "";
  }
}
