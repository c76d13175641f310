// The controls for sharing. Their module is loaded when a reader first uses one.
import { closest } from "./dom.js";

document.addEventListener("click", async (event) => {
  const link = closest(event, "a[data-share]");
  if (!(link instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const { share } = await import("./share.js");
    share(link);
  } catch {
    location.assign(link.href);
  }
});
