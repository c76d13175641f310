// Reloads a live page whose state the log of the server does not reach back to.
import { nameOf } from "./frames.js";
import { load, store } from "./storage.js";

/** @import { PageState } from "./frames.js" */

// All times in milliseconds.
/** The number of times that a page is reloaded without a pause, and the pause. */
const RELOADS_AT_ONCE = 2;
const RELOAD_PAUSE = 60_000;
const RELOAD_WITHIN = 2000;
const AREA = "sessionStorage";

/** @type {number | undefined} */
let timer;

/**
 * Reload the page after a random pause. If a cache in front serves an old copy, the second reload bypasses the cache,
 * and later ones wait.
 *
 * @param {PageState} state that the page has to show
 */
export function reloadPage(state) {
  const key = `reloaded:${location.pathname}`;
  const address = new URL(location.href);
  store(key, load(key, AREA) ?? "0 0", AREA);
  // A browser that stores nothing does not know whether it has reloaded the page, but must not do so without end.
  const unstored = `${performance.timeOrigin} ${address.searchParams.has("fresh") ? RELOADS_AT_ONCE : 1}`;
  const [last = 0, times = 0] = (load(key, AREA) ?? unstored).split(" ").map(Number);
  const since = Date.now() - last;
  const again = since < RELOAD_PAUSE ? times : 0;
  const wait = again < RELOADS_AT_ONCE ? 0 : RELOAD_PAUSE - since;
  clearTimeout(timer);
  timer = setTimeout(
    () => {
      store(key, `${Date.now()} ${again + 1}`, AREA);
      if (!again) {
        location.reload();
        return;
      }
      address.searchParams.set("fresh", nameOf(state));
      location.replace(address);
    },
    wait + Math.random() * RELOAD_WITHIN,
  );
}
