// Sharing an update or a page: with the device's own menu on phones, otherwise by copying the link, by e-mail, or with
// links to social networks, which get no request unless somebody opens them. Without this module the control is the
// link itself.
import { closest, find, findAll, make } from "./dom.js";

/** The menu of the control that was used last. @type {HTMLElement | null} */
let menu = null;
/** @type {HTMLElement | null} */
let control = null;
let listens = false;

/**
 * Open the menu of a control, or close it.
 *
 * @param {HTMLAnchorElement} link
 */
export function share(link) {
  const template = document.getElementById("share-menu");
  if (!(template instanceof HTMLTemplateElement)) return;
  if (link === control) close();
  else if (deviceShares()) shareByDevice(link);
  else open(link, template);
}

/** Close the menu on Escape, and on a click elsewhere. */
function listen() {
  document.addEventListener("click", (event) => {
    if (!closest(event, ".share-menu, a[data-share]")) close();
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !control) return;
    control.focus();
    close();
  });
}

function close() {
  menu?.remove();
  control?.removeAttribute("aria-expanded");
  [menu, control] = [null, null];
}

function deviceShares() {
  return "share" in navigator && matchMedia("(pointer: coarse)").matches;
}

/** @param {HTMLAnchorElement} link */
function shareByDevice(link) {
  // Readers who close the device's menu have decided not to share.
  navigator.share({ title: titleOf(link), url: link.href }).catch(() => {});
}

/**
 * @param {HTMLAnchorElement} link
 * @param {HTMLTemplateElement} template
 */
function open(link, template) {
  close();
  if (!listens) listen();
  listens = true;
  const root = make("div", { className: "share-menu" }, template.content.cloneNode(true));
  const [url, text] = [encodeURIComponent(link.href), encodeURIComponent(titleOf(link))];
  for (const one of findAll(root, "a[data-to]")) {
    if (one instanceof HTMLAnchorElement) one.href = addressOf(one.dataset.to ?? "", url, text);
  }
  const native = find(root, "[data-native]");
  native.hidden = !("share" in navigator);
  native.addEventListener("click", () => shareByDevice(link));
  find(root, "[data-copy]").addEventListener("click", () => copy(link.href, root));
  const { share: card } = link.dataset;
  if (card) root.prepend(make("img", { className: "card", src: card, width: 1200, height: 630, alt: "" }));
  // `content-visibility` would cut off the menu of an update.
  link.closest(".far")?.classList.remove("far");
  link.after(root);
  link.setAttribute("aria-expanded", "true");
  [menu, control] = [root, link];
  root.querySelector("button")?.focus({ preventScroll: true });
  if (root.getBoundingClientRect().bottom > innerHeight) root.classList.add("upwards");
}

/**
 * Return the address to which an entry of the menu leads.
 *
 * @param {string} pattern with {url} and {text}
 * @param {string} url
 * @param {string} text
 */
export function addressOf(pattern, url, text) {
  return pattern.replace("{url}", url).replace("{text}", text);
}

/**
 * Copy a link, and show a message.
 *
 * @param {string} address
 * @param {HTMLElement} root
 */
async function copy(address, root) {
  const status = find(root, "[role=status]");
  try {
    await navigator.clipboard.writeText(address);
    status.textContent = status.dataset.copied ?? "";
  } catch {
    // Without the clipboard readers copy it themselves.
    const field = make("input", { value: address, readOnly: true, ariaLabel: status.dataset.link ?? "" });
    status.before(field);
    field.select();
  }
}

/** @param {HTMLElement} link */
function titleOf(link) {
  const own = link.closest(".update, .permalink")?.querySelector("h1, h2, blockquote");
  return (own?.textContent ?? document.querySelector("h1")?.textContent ?? document.title).trim();
}
