// Makes Select2, the lists with a search, use the messages of the page, and gives its boxes accessible names.

const list = document.querySelector("select[data-words]");
if (list instanceof HTMLSelectElement) {
  const words = Object.entries(JSON.parse(list.dataset.words ?? "{}"));
  // Django's admin brings jQuery and Select2, neither with types.
  /** @type {any} */ (window).django.jQuery.fn.select2.defaults.set(
    "language",
    Object.fromEntries(words.map(([name, text]) => [name, () => text])),
  );
}

/** Name the boxes with which Select2 replaces lists by the labels of the lists: without a choice they have no name. */
function nameBoxes() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${select.id}"]`);
    const box = select.nextElementSibling?.querySelector(".select2-selection");
    if (!label || !box) continue;
    label.id ||= `${select.id}-label`;
    box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`.trim());
    // Select2 makes a text field of the chosen value.
    box.querySelector("[role=textbox]")?.setAttribute("aria-labelledby", label.id);
  }
}

// Django makes the boxes when the page is ready, by a function that it has named before.
/** @type {any} */ (window).django.jQuery(nameBoxes);
