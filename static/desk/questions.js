// Questions that a person is asked before something is done.

// Opens a dialog with blank fields; its form's data where it was agreed to, null where not.
export function ask(id) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  form.reset();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue ? new FormData(form) : null), { once: true });
  });
}
