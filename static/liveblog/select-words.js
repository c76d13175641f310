// Has Select2, the lists with a search, speak in the words of the page.

const list = document.querySelector("select[data-words]");
if (list instanceof HTMLSelectElement) {
  const words = Object.entries(JSON.parse(list.dataset.words ?? "{}"));
  // Django's admin brings jQuery and Select2, neither with types.
  /** @type {any} */ (window).django.jQuery.fn.select2.defaults.set(
    "language",
    Object.fromEntries(words.map(([name, text]) => [name, () => text])),
  );
}
