// Shows the state of a page's connection.
import { byId, findAll } from "./dom.js";

/** @import { State } from "./connection.js" */

/**
 * Show the state of the connection on the page.
 *
 * @param {State} state
 */
export function showConnection(state) {
  const { dataset } = document.documentElement;
  // The page is no longer a copy: it has caught up. A copy of a removed page is not kept.
  if (state === "open") delete dataset.savedAt;
  if (state === "gone" && dataset.savedAt) location.reload();
  const notice = byId("connection");
  notice.hidden = state === "open" || state === "gone";
  for (const text of findAll(notice, "[data-when]")) text.hidden = text.dataset.when !== state;
}
