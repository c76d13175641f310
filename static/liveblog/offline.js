// Makes the service worker keep a copy of the page, and shows the age of a copy. Without this module, or in a browser
// that stores nothing, pages open only with a connection.
import { find, make } from "./dom.js";
import { momentText, pageLocale } from "./moments.js";

const root = document.documentElement;

/** The state of the copied page; an empty text for a page that is no live page. */
let kept = "";

/** @returns {string} */
function state() {
  return document.querySelector("main")?.dataset.revision ?? "";
}

/**
 * Make the worker keep the page with all files that it has loaded.
 *
 * @param {RequestCache} [ask] how it asks for the page, if it has no copy of it as it is
 */
async function keep(ask) {
  // Do not copy a copy.
  if (root.dataset.savedAt || !navigator.onLine) return;
  kept = state();
  const files = performance.getEntriesByType("resource").map(({ name }) => name);
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({
    keep: location.href.replace(/#.*/, ""),
    files: files.filter((name) => /^\/(static|media)\//.test(name.replace(location.origin, ""))),
    ask,
  });
}

async function start() {
  try {
    await navigator.serviceWorker.register("/service-worker.js");
  } catch {
    // The browser stores nothing, or nothing for this page.
    return;
  }
  // The worker has intercepted the page, except the first one, which is still in the browser's cache.
  await keep(navigator.serviceWorker.controller ? undefined : "default");
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && state() !== kept) keep("no-cache");
  });
}

const { savedAt } = root.dataset;
if (savedAt) {
  const time = make("time", { dateTime: savedAt }, momentText(Date.parse(savedAt), pageLocale()));
  find(document, ".saved-copy span span").replaceChildren(time);
  // A live page catches up by itself.
  addEventListener("online", () => {
    if (root.dataset.savedAt && !document.querySelector("[data-live]")) location.reload();
  });
}
if ("serviceWorker" in navigator) {
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
}
