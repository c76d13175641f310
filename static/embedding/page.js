// In an iframe on the page of another site: tells that page the height, and shows the update that an address names.

/** The protocol of embedded posts of WordPress: a secret in the fragment, and messages that contain it. */
const secret = /[?&]secret=(\w+)/.exec(location.hash)?.[1];
const element = /** @type {HTMLElement & { show: (id: string) => Promise<HTMLElement | null> }} */ (
  document.querySelector("live-blog")
);

const named = element.shadowRoot?.getElementById(`update-${new URLSearchParams(location.search).get("at")}`);
// `scrollIntoView` could also scroll the surrounding page, which the reader has just opened.
if (named) scrollBy(0, named.getBoundingClientRect().top);

/** @param {Record<string, unknown>} message */
function say(message) {
  // The surrounding page may belong to any site that may embed this one, and a height is no secret.
  if (parent !== window) parent.postMessage(message, "*");
}

function sayHeight() {
  const height = Math.ceil(element.getBoundingClientRect().height);
  // A frame as high as its content could not show the named update first.
  say(named ? { type: "live-blog" } : { type: "live-blog", height });
  if (secret) say({ message: "height", value: height, secret });
}

new ResizeObserver(sayHeight).observe(element);
// A browser does not render a frame that is not visible, so no observer runs there. WordPress shows the frame only once
// it has sent a height.
sayHeight();

addEventListener("message", async ({ source, data }) => {
  if (source !== parent) return;
  // WordPress begins to listen when its whole page has loaded, which may be after the first height.
  if (secret && data?.message === "ready" && data.secret === secret) sayHeight();
  if (data?.type !== "live-blog" || typeof data.show !== "string") return;
  const update = await element.show(data.show);
  // The surrounding page scrolls if the iframe is as high as its content.
  if (update) say({ type: "live-blog", top: update.getBoundingClientRect().top });
});

if (secret) {
  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
    if (link instanceof HTMLAnchorElement) say({ message: "link", value: link.href, secret });
  });
}
