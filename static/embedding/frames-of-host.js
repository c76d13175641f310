// On the page of another site: gives our iframes the height that they request, and tells them which update the address
// of the page names.

/** Frames that have announced themselves. @type {Set<HTMLIFrameElement>} */
const frames = new Set();

addEventListener("hashchange", () => {
  for (const frame of frames) tell(frame);
});

/**
 * Handle a message of an iframe.
 *
 * @param {MessageEvent} message
 */
export function hear({ source, data }) {
  const frame = [...document.querySelectorAll("iframe")].find(({ contentWindow }) => contentWindow === source);
  if (!frame) return;
  if (Number.isFinite(data.height)) frame.style.blockSize = `${Math.max(0, data.height)}px`;
  if (Number.isFinite(data.top)) scrollTo({ top: scrollY + frame.getBoundingClientRect().top + data.top });
  if (!frames.has(frame)) {
    frames.add(frame);
    tell(frame);
  }
}

/** @param {HTMLIFrameElement} frame */
function tell(frame) {
  const show = location.hash.slice(1);
  if (/^update-\d+$/.test(show))
    frame.contentWindow?.postMessage({ type: "live-blog", show }, new URL(frame.src).origin);
}
