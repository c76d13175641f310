// Inserts the next older updates of a coverage below those that an element shows.
import { entriesOf } from "../liveblog/days.js";
import { find, parse } from "../liveblog/dom.js";
import { nameOf } from "../liveblog/frames.js";

/** @import { Change, Frame } from "../liveblog/frames.js" */

/**
 * @param {ShadowRoot} root of the element
 * @param {string} html the fragment with the older updates
 * @param {number} revision that the element shows
 * @returns {Promise<Change[]>} what has changed since the fragment was made
 */
export async function appendOlder(root, html, revision) {
  const { content } = /** @type {HTMLTemplateElement} */ (parse(html).firstElementChild);
  const list = find(root, "#updates");
  const older = find(content, "#updates");
  const entries = entriesOf(older).filter(({ id }) => !root.getElementById(id));
  list.append(...entries.map((entry) => document.importNode(entry, true)));
  if (older.dataset.above) list.dataset.above = older.dataset.above;
  else delete list.dataset.above;
  const more = content.querySelector(".more");
  if (more) find(root, ".more").replaceWith(document.importNode(more, true));
  else find(root, ".more").remove();
  const { revision: made, token = "", changes } = find(content, ".live-blog").dataset;
  const state = { revision: Number(made), token };
  if (state.revision >= revision) return [];
  const response = await fetch(`${changes}?after=${nameOf(state)}`, { credentials: "omit" });
  /** @type {Frame} */
  const frame = response.ok ? await response.json() : {};
  return frame.changes ?? [];
}
