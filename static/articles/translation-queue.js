// Refreshes the translators' queue while it is visible.

const EVERY = 3000; // milliseconds

async function refresh() {
  const list = document.getElementById("changelist-form");
  const busy = list?.querySelector("input.action-select:checked") || list?.contains(document.activeElement);
  if (document.visibilityState !== "visible" || !list || busy) return;
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("changelist-form");
  if (fresh && rowsOf(list) !== rowsOf(fresh)) list.replaceWith(fresh);
  const figures = page.getElementById("translation-figures");
  if (figures) document.getElementById("translation-figures")?.replaceWith(figures);
}

/** @param {HTMLElement} list */
function rowsOf(list) {
  return list.querySelector(".results tbody")?.innerHTML ?? "";
}

setInterval(refresh, EVERY);
