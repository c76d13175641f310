// The translators' queue brings itself up to date while somebody looks at it.
const EVERY = 3000;

async function refresh() {
  const list = document.getElementById("changelist-form");
  const busy = list?.querySelector("input.action-select:checked") || list?.contains(document.activeElement);
  if (document.visibilityState !== "visible" || !list || busy) return;
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("changelist-form");
  const [old, now] = [list, fresh].map((form) => form?.querySelector(".results tbody")?.innerHTML ?? "");
  if (fresh && old !== now) list.replaceWith(fresh);
  const figures = page.getElementById("translation-figures");
  if (figures) document.getElementById("translation-figures")?.replaceWith(figures);
}

setInterval(refresh, EVERY);
