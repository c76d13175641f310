// Reloads a live page whose state the log of the server does not reach back to.
import { nameOf } from "./frames.js";

/** @import { PageState } from "./frames.js" */

// All times in milliseconds.
/** The number of times that a page is reloaded without a pause, and the pause. */
const RELOADS_AT_ONCE = 2;
const RELOAD_PAUSE = 60_000;
const RELOAD_WITHIN = 2000;

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
  const [last = 0, times = 0] = (sessionStorage.getItem(key) ?? "").split(" ").map(Number);
  const since = Date.now() - last;
  const again = since < RELOAD_PAUSE ? times : 0;
  const wait = again < RELOADS_AT_ONCE ? 0 : RELOAD_PAUSE - since;
  clearTimeout(timer);
  timer = setTimeout(
    () => {
      sessionStorage.setItem(key, `${Date.now()} ${again + 1}`);
      if (!again) {
        location.reload();
        return;
      }
      const address = new URL(location.href);
      address.searchParams.set("fresh", nameOf(state));
      location.replace(address);
    },
    wait + Math.random() * RELOAD_WITHIN,
  );
}
