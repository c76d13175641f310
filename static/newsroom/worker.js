// The service worker of the newsroom: a desk that was open on this device also opens offline. The desk itself stores
// the text that is typed there, and sends it once there is a network. Loaded by /admin/worker.js, whose path is its
// scope. It keeps desks only while a user is logged in.

{
  const worker = /** @type {NewsroomWorker} */ (/** @type {unknown} */ (self));
  const PAGES = "newsroom-pages";
  const FILES = "newsroom-files";
  /** The greatest number of cached files. */
  const MAX_FILES = 300;
  const DESK = /^\/admin\/articles\/article\/\d+\/desk\/$/;
  const HASHED = /\.[0-9a-f]{8,}\./;

  worker.addEventListener("install", () => {
    worker.skipWaiting();
  });

  worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (origin !== location.origin) return;
    if (request.mode === "navigate") {
      // The user has logged out, or must log in: nobody else may see the pages that they had open.
      if (/^\/admin\/(login|logout)\//.test(pathname)) event.waitUntil(caches.delete(PAGES));
      else if (request.method === "GET" && DESK.test(pathname)) event.respondWith(desk(request, pathname));
      else if (pathname === "/admin/resume/") event.respondWith(fetch(request).catch(lastDesk));
    } else if (request.method === "GET" && pathname.startsWith("/static/")) {
      event.respondWith(file(request, pathname));
    }
  });

  /**
   * @param {Request} request
   * @param {string} pathname
   */
  async function desk(request, pathname) {
    const pages = await caches.open(PAGES);
    try {
      const response = await fetch(request);
      if (response.ok) {
        // The last opened desk is the last in the cache.
        await pages.delete(pathname);
        await pages.put(pathname, response.clone());
      }
      return response;
    } catch (error) {
      const kept = await pages.match(pathname);
      if (kept) return kept;
      throw error;
    }
  }

  /** Redirect to the last opened desk. */
  async function lastDesk() {
    const kept = await (await caches.open(PAGES)).keys();
    const last = kept.at(-1);
    return last ? Response.redirect(last.url) : Response.error();
  }

  /**
   * @param {Request} request
   * @param {string} pathname
   */
  async function file(request, pathname) {
    const files = await caches.open(FILES);
    const kept = await files.match(request);
    if (kept && HASHED.test(pathname)) return kept;
    try {
      const response = await fetch(request);
      if (response.status === 200) {
        const keys = await files.keys();
        for (const key of keys.slice(0, Math.max(0, keys.length - MAX_FILES))) await files.delete(key);
        await files.put(request, response.clone());
      }
      return response;
    } catch (error) {
      if (kept) return kept;
      throw error;
    }
  }
}
