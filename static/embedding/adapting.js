// Adapts elements of the live page to a page of another site, as articles/embedding/fragment.py does on the server.
import { findAll, make } from "../liveblog/dom.js";

/**
 * Make addresses absolute, put headings a level below that of the fragment, and let a poll link to the page on which
 * readers can vote: our forms only work on our own pages.
 *
 * @param {HTMLElement} element
 * @param {string} address of the live page
 * @returns {HTMLElement} the element
 */
export function adapted(element, address) {
  for (const one of [element, ...findAll(element, "[href], [src]")]) {
    for (const name of ["href", "src"]) {
      const value = one.getAttribute(name);
      if (value && !value.startsWith("#")) one.setAttribute(name, new URL(value, address).href);
    }
  }
  for (const one of findAll(element, "[srcset]")) {
    one.setAttribute("srcset", absoluteSources(one.getAttribute("srcset") ?? "", address));
  }
  for (const heading of findAll(element, "h1, h2, h3")) {
    heading.setAttribute("aria-level", String(Number(heading.localName.slice(1)) + 1));
  }
  for (const form of findAll(element, "form.poll")) {
    const link = make("a", { href: new URL(`update/${form.dataset.poll}/`, address).href });
    link.append(form.querySelector("button")?.textContent ?? "");
    form.replaceWith(make("p", { className: "vote" }, link));
  }
  return element;
}

/**
 * @param {string} srcset
 * @param {string} address
 */
export function absoluteSources(srcset, address) {
  const candidates = srcset.split(",").map((each) => each.trim().split(/\s+/u));
  return candidates.map(([url = "", ...size]) => [new URL(url, address).href, ...size].join(" ")).join(", ");
}
