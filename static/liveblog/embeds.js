// Embeds of the reader's page. Nothing is loaded from a provider until somebody clicks its preview; the preview is a
// link, so that without this module, or with a key held for a new tab, it leads to the provider's own page.
import { find, findAll } from "./dom.js";

const SANDBOX =
  "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-presentation allow-forms";
const ALLOWED = "autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture; web-share";
/** The heights that an embed may ask for, in pixels. */
const SHORTEST = 60;
const TALLEST = 2400;

if (globalThis.document) {
  document.addEventListener("click", (event) => {
    const preview = event.target instanceof Element && event.target.closest(".embed[data-player] .embed-preview");
    if (!preview || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const embed = preview.closest(".embed");
    if (embed instanceof HTMLElement) open(embed).focus();
  });
  // Posts and charts are as high as their text, and only they know that height.
  addEventListener("message", ({ source, data }) => {
    for (const frame of findAll(document, '.embed[data-width="0"] iframe')) {
      if (frame instanceof HTMLIFrameElement && frame.contentWindow === source) grow(frame, heightIn(data));
    }
  });
}

/**
 * Replace the preview by the provider's frame.
 *
 * @param {HTMLElement} embed
 * @returns {HTMLIFrameElement}
 */
export function open(embed) {
  const { player: address = "", playerTitle = "", width, height } = embed.dataset;
  const frame = document.createElement("iframe");
  frame.title = playerTitle;
  frame.allow = ALLOWED;
  frame.setAttribute("sandbox", SANDBOX);
  // Some players require the address of the embedding page.
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  if (width === "0") frame.style.blockSize = `${height}px`;
  else frame.style.aspectRatio = `${width} / ${height}`;
  frame.src = address;
  find(embed, ".embed-preview").replaceWith(frame);
  find(embed, ".embed-source").hidden = false;
  return frame;
}

/**
 * Update an element around a frame that a reader has opened: the frame would restart if it left the document. So keep
 * the old element, and replace everything around the frame.
 *
 * @param {HTMLElement} old
 * @param {HTMLElement} element
 * @returns {boolean} whether there was such a frame
 */
export function keepOpen(old, element) {
  const opened = old.querySelector(":scope > .embed:has(> iframe)");
  const next = element.querySelector(":scope > .embed");
  if (!(opened instanceof HTMLElement) || !(next instanceof HTMLElement)) return false;
  if (opened.dataset.player !== next.dataset.player) return false;
  for (const { name } of [...old.attributes]) if (!element.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...element.attributes]) old.setAttribute(name, value);
  for (const node of [...old.childNodes]) if (node !== opened) node.remove();
  while (next.previousSibling) old.prepend(next.previousSibling);
  while (next.nextSibling) old.append(next.nextSibling);
  return true;
}

/**
 * @param {HTMLIFrameElement} frame
 * @param {number} height
 */
function grow(frame, height) {
  if (height >= SHORTEST && height <= TALLEST) frame.style.blockSize = `${Math.ceil(height)}px`;
}

/**
 * Return the height in a message of a provider, in pixels; NaN if there is none.
 *
 * @param {any} data
 * @returns {number}
 */
export function heightIn(data) {
  if (typeof data !== "object" || data === null) return Number.NaN;
  return Number(data.height ?? Object.values(data["datawrapper-height"] ?? {})[0]);
}
