// Embeds of the reader's page. Nothing is loaded from a provider until somebody clicks its preview; the preview is a
// link, so that without this module, or with a key held for a new tab, it leads to the provider's own page.

const SANDBOX =
  "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-presentation allow-forms";
const ALLOWED = "autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture; web-share";
const SHORTEST = 60;
const TALLEST = 2400;

if (globalThis.document) {
  document.addEventListener("click", (event) => {
    const preview = event.target.closest?.(".embed[data-player] .embed-preview");
    if (!preview || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(preview.closest(".embed")).focus();
  });
  // Posts and charts are as high as their text, which only they can tell.
  addEventListener("message", ({ source, data }) => {
    const frame = [...document.querySelectorAll(".embed iframe")].find((one) => one.contentWindow === source);
    if (frame && frame.closest(".embed").dataset.width === "0") grow(frame, heightIn(data));
  });
}

// Puts the frame where the preview was.
export function open(embed) {
  const { player: address, playerTitle, width, height } = embed.dataset;
  const frame = document.createElement("iframe");
  frame.title = playerTitle;
  frame.allow = ALLOWED;
  frame.setAttribute("sandbox", SANDBOX);
  // Some players play only for a page that they are told of.
  frame.referrerPolicy = "strict-origin-when-cross-origin";
  if (width === "0") frame.style.blockSize = `${height}px`;
  else frame.style.aspectRatio = `${width} / ${height}`;
  frame.src = address;
  embed.querySelector(".embed-preview").replaceWith(frame);
  embed.querySelector(".embed-source").hidden = false;
  return frame;
}

// Takes over into an update what its newer version does not change: a frame that a reader has opened would start anew if
// it left the document. So the old element stays, and all around the frame becomes that of the new one. Says whether
// it did.
export function keepOpen(old, element) {
  const opened = old.querySelector(":scope > .embed:has(> iframe)");
  const next = element.querySelector(":scope > .embed");
  if (!opened || opened.dataset.player !== next?.dataset.player) return false;
  for (const { name } of [...old.attributes]) if (!element.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...element.attributes]) old.setAttribute(name, value);
  for (const node of [...old.childNodes]) if (node !== opened) node.remove();
  while (next.previousSibling) old.prepend(next.previousSibling);
  while (next.nextSibling) old.append(next.nextSibling);
  return true;
}

function grow(frame, height) {
  if (height >= SHORTEST && height <= TALLEST) frame.style.blockSize = `${Math.ceil(height)}px`;
}

function heightIn(data) {
  if (typeof data !== "object" || data === null) return undefined;
  const told = data.height ?? Object.values(data["datawrapper-height"] ?? {})[0];
  return Number(told);
}
