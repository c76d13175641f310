// Says on a page how its connection is.
import { byId, findAll } from "./dom.js";

/** @import { State } from "./connection.js" */

/**
 * Say on the page how its connection is.
 *
 * @param {State} state
 */
export function showConnection(state) {
  const { dataset } = document.documentElement;
  // A copy is one no longer: it has caught up. That of a page that was taken away stays no longer than the page.
  if (state === "open") delete dataset.savedAt;
  if (state === "gone" && dataset.savedAt) location.reload();
  const notice = byId("connection");
  notice.hidden = state === "open" || state === "gone";
  for (const text of findAll(notice, "[data-when]")) text.hidden = text.dataset.when !== state;
}
