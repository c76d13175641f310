// A page that was open opens again without a connection, as a copy that shows its age. Only content for all readers is
// copied, which the server marks as public.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const PAGES = "pages";
const FILES = "files";
/** The greatest numbers of cached pages and files. */
const PAGES_MAX = 30;
const FILES_MAX = 300;
/** The time that a page may take before its copy is shown, in milliseconds. */
const PATIENCE = 8000;
/** These addresses are for single readers, or are no pages. */
const NOT_FOR_READERS = /^\/(admin|accounts|i18n|media|static|metrics)\//;
const A_FILE = /^\/(static|media)\//;
/** Encodings and languages do not change the page at an address. */
const SAME = { ignoreVary: true };

worker.addEventListener("install", () => {
  worker.skipWaiting();
});

worker.addEventListener("activate", (event) => {
  // Pages are requested while the worker starts.
  event.waitUntil(worker.registration.navigationPreload?.enable());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (!NOT_FOR_READERS.test(pathname)) event.respondWith(pageFor(event));
  } else if (A_FILE.test(pathname)) {
    event.respondWith(fileFor(request));
  }
});

worker.addEventListener("message", (event) => {
  const { keep, files = [], ask } = event.data ?? {};
  if (typeof keep === "string" && new URL(keep).origin === worker.location.origin) {
    event.waitUntil(keepPage(keep, files, ask));
  }
});

/**
 * Return a page from the network; its copy, if the network or the server fails or takes too long.
 *
 * @param {FetchEvent} event
 * @returns {Promise<Response>}
 */
async function pageFor(event) {
  const { url } = event.request;
  const fetched = Promise.resolve(event.preloadResponse).then((preloaded) => preloaded ?? fetch(event.request));
  // Keep the page even if it comes when nobody waits for it any longer.
  event.waitUntil(
    fetched.then(
      (response) => storePage(url, response.clone()),
      () => {},
    ),
  );
  try {
    const response = await Promise.race([fetched, timeOut(PATIENCE)]);
    if (response && response.status < 500) return response;
  } catch {
    // There is no connection.
  }
  return (await copyOf(url)) ?? fetched;
}

/** @param {number} wait in milliseconds */
function timeOut(wait) {
  return new Promise((resolve) => {
    setTimeout(resolve, wait);
  });
}

/**
 * Keep the copy of a page, or delete it if the page was removed.
 *
 * @param {string} url
 * @param {Response} response
 */
async function storePage(url, response) {
  const pages = await caches.open(PAGES);
  if (response.status === 404 || response.status === 410) await pages.delete(url, SAME);
  const { headers } = response;
  const forAll = /\bpublic\b/.test(headers.get("Cache-Control") ?? "");
  const isPage = headers.get("Content-Type")?.startsWith("text/html");
  if (!(response.ok && response.type === "basic" && !response.redirected && forAll && isPage)) return;
  // The newest are at the end.
  await pages.delete(url, SAME);
  await pages.put(url, response);
  for (const old of (await pages.keys()).slice(0, -PAGES_MAX)) await pages.delete(old, SAME);
}

/**
 * Keep an open page with its files.
 *
 * @param {string} url
 * @param {string[]} names the files that it has loaded
 * @param {RequestCache} [ask] the cache mode of the request for the page, if there is no copy of its present state
 */
async function keepPage(url, names, ask) {
  if (ask) await storePage(url, await fetch(url, { cache: ask }));
  const files = await caches.open(FILES);
  for (const name of names) {
    if (await files.match(name, SAME)) continue;
    const response = await fetch(name);
    if (response.ok && response.type === "basic") await files.put(name, response);
  }
  const kept = (await files.keys()).map((request) => request.url);
  const unused = kept.filter((name) => !names.includes(name));
  for (const name of unused.slice(0, Math.max(0, kept.length - FILES_MAX))) await files.delete(name, SAME);
}

/**
 * Return the copy of a page, marked as a copy; or that of another part of the same page.
 *
 * @param {string} url
 * @returns {Promise<Response | undefined>}
 */
async function copyOf(url) {
  const pages = await caches.open(PAGES);
  const copy = (await pages.match(url, SAME)) ?? (await pages.match(url, { ...SAME, ignoreSearch: true }));
  if (!copy) return undefined;
  const headers = new Headers(copy.headers);
  // These headers describe the body as it was sent.
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  const savedAt = new Date(headers.get("Date") ?? Date.now()).toISOString();
  const html = (await copy.text()).replace(/<html\b/i, `<html data-saved-at="${savedAt}"`);
  return new Response(html, { headers });
}

/**
 * Return a file of a page. Browsers have most of them in their caches, but do not guarantee it.
 *
 * @param {Request} request
 * @returns {Promise<Response>}
 */
async function fileFor(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const copy = await caches.match(request.url, { ...SAME, cacheName: FILES });
    if (copy) return copy;
    throw error;
  }
}
