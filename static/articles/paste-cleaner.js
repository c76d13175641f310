// Turns the HTML that programs put on the clipboard into the rich text that the platform supports: paragraphs, lists,
// quotes, tables, links, bold, italic, struck out, and passages in another language. The editor itself drops unknown
// elements; this module handles those that it would misinterpret. The server sanitises every text again.
import { destination, webAddress } from "./links.js";

const DROPPED = [
  ..."script style link meta title base template noscript object embed applet iframe frame frameset canvas".split(" "),
  ..."svg math audio video source track img picture map input textarea select option button datalist".split(" "),
  ..."dialog xml xmp".split(" "),
];
const BLOCKS =
  "address article aside div dl dd dt fieldset figure figcaption footer form header hr main nav section".split(" ");
const STRUCTURE = "p ul ol li blockquote table caption thead tbody tfoot tr th td".split(" ");
const INLINE = [
  ..."b strong i em cite dfn var s strike del u ins span font q small big mark abbr code kbd samp tt time label".split(
    " ",
  ),
  ..."bdi bdo sub sup nobr wbr".split(" "),
];
const TOO_DEEP = Array(100).fill("*").join(">");
const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/;
const NUMBERED_MARKER = /^\(?(\d+|[a-z]{1,2}|[ivxlcdm]+|[٠-٩]+|[а-яіїє])[.)]/i;
// Control characters, symbols of fonts that nobody else has, and invisible characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it removes
const INVISIBLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\uf000-\uf0ff\u200b\u2060\ufeff\ufffc]/g;
/** The attributes that stay, by element. @type {Record<string, string[]>} */
const KEPT_ATTRIBUTES = {
  a: ["href"],
  td: ["colspan", "rowspan"],
  th: ["colspan", "rowspan", "scope"],
  ol: ["start"],
};

/** @typedef {{ html: string, source: string }} Cleaned */

/**
 * Clean HTML that comes from the clipboard.
 *
 * @param {string} html
 * @param {{ language?: string }} [options] the language of the text into which it goes
 * @returns {Cleaned} the clean HTML, and the address of the page from which it was copied, if known
 */
export function cleanPaste(html, { language = "" } = {}) {
  const { body } = new DOMParser().parseFromString(withoutStyle(fragmentOf(html)), "text/html");
  const source = sourceOf(html, body);
  const own = body.getAttribute("lang") || body.parentElement?.getAttribute("lang") || "";
  removeNonText(body);
  // Nobody writes such texts, and repairing them would take long.
  if (body.querySelector(TOO_DEEP)) body.replaceChildren(body.textContent);
  repairWordLists(body);
  for (const link of innermostFirst(body, "a")) repairLink(link, source);
  for (const element of innermostFirst(body)) repairElement(element, [language, own]);
  splitAtDoubleBreaks(body);
  for (const element of innermostFirst(body, "p, div, li, span, strong, em, s, a, blockquote, br")) {
    removeIfEmpty(element);
  }
  return { html: body.innerHTML.trim(), source };
}

/**
 * Return the part after the header of the clipboard format, if a program has left the header in.
 *
 * @param {string} html
 */
export function fragmentOf(html) {
  const start = html.search(/<(!doctype|html|meta|body|!--StartFragment)/i);
  return /^Version:[\d.]+\s/.test(html) && start > 0 ? html.slice(start) : html;
}

/**
 * Put style and event handlers under other names: although this document is neither shown nor run, the browser would
 * report each of them as a violation of our policy.
 *
 * @param {string} html
 */
export function withoutStyle(html) {
  const bare = html.replace(/<style\b[\s\S]*?(<\/style\s*>|$)|<base\b[^>]*>/gi, "");
  return bare.replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on\w+)(?=[\s/]*=)/gi, "$1data-$2"));
}

/**
 * @param {string} html
 * @param {HTMLElement} body
 */
function sourceOf(html, body) {
  const header = html.slice(0, 1000).match(/^SourceURL:\s*(\S+)/m)?.[1];
  const cited = body.querySelector("blockquote[cite], q[cite]")?.getAttribute("cite");
  return [cited, header].map(webAddress).find(Boolean) ?? "";
}

/**
 * Return the elements below a root, each after its descendants.
 *
 * @param {HTMLElement} root
 * @param {string} [selector]
 * @returns {HTMLElement[]}
 */
function innermostFirst(root, selector = "*") {
  return [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector))].reverse();
}

/** @param {HTMLElement} body */
function removeNonText(body) {
  for (const element of innermostFirst(body, DROPPED.join(","))) element.remove();
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_TEXT);
  /** @type {CharacterData[]} */
  const nodes = [];
  while (walker.nextNode()) nodes.push(/** @type {CharacterData} */ (walker.currentNode));
  for (const node of nodes) {
    if (node.nodeType === Node.COMMENT_NODE) node.remove();
    else node.data = node.data.replace(INVISIBLE, "");
  }
  for (const element of innermostFirst(body)) {
    const hidden = /(^|;)(display:none|visibility:hidden|mso-hide:all|font-size:0(px|pt|;|$))/.test(styleOf(element));
    if (element.hidden || hidden) element.remove();
  }
}

/** @param {HTMLElement} element */
function styleOf(element) {
  return (element.dataset?.style ?? "").toLowerCase().replace(/\s+/g, "");
}

/**
 * Make lists from Word's paragraphs, each of which begins with its bullet or number.
 *
 * @param {HTMLElement} body
 */
function repairWordLists(body) {
  /** @type {HTMLElement[]} the lists that are open, by level */
  let open = [];
  /** @type {HTMLElement | undefined} */
  let last;
  for (const paragraph of innermostFirst(body, "p, h1, h2, h3, h4, h5, h6, div").reverse()) {
    const level = Number(styleOf(paragraph).match(/mso-list:\w+level(\d)/)?.[1] ?? 0);
    if (!level) continue;
    if (last?.nextElementSibling !== paragraph) open = [];
    const name = NUMBERED_MARKER.test(takeMarker(paragraph)) ? "ol" : "ul";
    open = open.slice(0, level);
    while (open.length < level) {
      const list = document.createElement(open.length === level - 1 ? name : "ul");
      const around = open.at(-1);
      if (!around) paragraph.before(list);
      else (around.lastElementChild ?? around.appendChild(document.createElement("li"))).append(list);
      open.push(list);
    }
    const item = document.createElement("li");
    item.append(...paragraph.childNodes);
    open.at(-1)?.append(item);
    paragraph.remove();
    last = open[0];
  }
}

/**
 * Remove the bullet or number at the beginning of a paragraph.
 *
 * @param {HTMLElement} paragraph
 * @returns {string} empty if it has none
 */
function takeMarker(paragraph) {
  const ignored = innermostFirst(paragraph)
    .reverse()
    .find((element) => /mso-list:ignore/.test(styleOf(element)));
  if (ignored) {
    ignored.remove();
    return ignored.textContent.trim();
  }
  const marker = paragraph.textContent.trim().match(/^([·•▪◦o§-]|\S{1,4}[.)])(?=\s)/)?.[0] ?? "";
  if (marker) removeStart(paragraph, marker);
  return marker;
}

/**
 * @param {HTMLElement} element
 * @param {string} start
 */
function removeStart(element, start) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    if (!text.data.includes(start)) continue;
    text.data = text.data.replace(start, "").trimStart();
    return;
  }
}

/**
 * @param {HTMLElement} link
 * @param {string} source
 */
function repairLink(link, source) {
  const address = destination(link.getAttribute("href") ?? "", source);
  if (address) link.setAttribute("href", address);
  else unwrap(link);
}

/**
 * @param {HTMLElement} found
 * @param {string[]} homes languages that need no mention
 */
function repairElement(found, homes) {
  const language = languageOf(found, homes);
  const element = renamedForText(found);
  for (const { name } of [...element.attributes]) {
    if (!KEPT_ATTRIBUTES[element.localName]?.includes(name)) element.removeAttribute(name);
  }
  if (language && /^(span|p|blockquote)$/.test(element.localName)) {
    element.setAttribute("lang", language);
    element.setAttribute("dir", RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr");
  } else if (element.localName === "span") {
    unwrap(element);
  }
}

/** @param {HTMLElement} element */
function renamedForText(element) {
  const name = element.localName;
  const marks = marksOf(name, styleOf(element));
  // Subheadings divide a text, not an item or a cell.
  const isInside = element.parentElement?.closest("li, td, th, blockquote");
  if (/^h[1-6]$/.test(name)) return isInside ? renamed(element, "p", ["strong"]) : renamed(element, "h3");
  if (name === "pre") return withLineBreaks(element);
  if (name === "center" || name === "dt" || name === "dd") return renamed(element, "p");
  if (marks) return renamed(element, "span", marks);
  const known = STRUCTURE.includes(name) || BLOCKS.includes(name) || name === "a" || name === "br";
  return known ? element : renamed(element, "span");
}

/**
 * Return the marks that an inline element sets, by its name or its style.
 *
 * @param {string} name
 * @param {string} style in lower case, without white space
 * @returns {string[] | null} null if it is no inline element
 */
export function marksOf(name, style) {
  if (!INLINE.includes(name)) return null;
  const weight = style.match(/(?:^|;)font-weight:(\w+)/)?.[1];
  const slope = style.match(/(?:^|;)font-style:(\w+)/)?.[1];
  const marks = [];
  if (weight ? /^(bold|bolder|[6-9]00)$/.test(weight) : /^(b|strong)$/.test(name)) marks.push("strong");
  if (slope ? /^(italic|oblique)/.test(slope) : /^(i|em|cite|dfn|var)$/.test(name)) marks.push("em");
  if (/(^|;)text-decoration[\w-]*:[^;]*line-through/.test(style) || /^(s|strike|del)$/.test(name)) marks.push("s");
  return marks;
}

/**
 * @param {HTMLElement} element
 * @param {string[]} homes
 */
function languageOf(element, homes) {
  const given = element.getAttribute("lang") || element.getAttribute("xml:lang") || "";
  const base = baseLanguage(given);
  const known = /^[a-z]{2,3}$/.test(base) && base !== "und" && base !== "zxx";
  return known && homes.every((home) => baseLanguage(home) !== base) ? base : "";
}

/** @param {string} tag a language tag (BCP 47) */
function baseLanguage(tag) {
  return tag.toLowerCase().split("-")[0] ?? "";
}

/**
 * Replace an element by one of another name, with its children inside of `marks`. It keeps its attributes.
 *
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string[]} [marks]
 */
function renamed(element, name, marks = []) {
  const made = document.createElement(name);
  for (const attribute of element.attributes) made.setAttributeNode(/** @type {Attr} */ (attribute.cloneNode()));
  let inner = made;
  for (const mark of marks) inner = inner.appendChild(document.createElement(mark));
  inner.append(...element.childNodes);
  element.replaceWith(made);
  return made;
}

/** @param {HTMLElement} element */
function withLineBreaks(element) {
  const lines = element.textContent.replace(/\n$/, "").split("\n");
  element.replaceChildren(...lines.flatMap((line, number) => (number ? [document.createElement("br"), line] : [line])));
  return renamed(element, "p");
}

/**
 * Make paragraphs of what stands between empty lines, as in mails.
 *
 * @param {HTMLElement} body
 */
function splitAtDoubleBreaks(body) {
  for (const second of innermostFirst(body, "br + br")) {
    const parent = second.parentElement;
    const first = second.previousElementSibling;
    if (!parent || first?.localName !== "br" || !/^(body|div|p|li|td|blockquote)$/.test(parent.localName)) continue;
    const between = [];
    for (let node = first.nextSibling; node && node !== second; node = node.nextSibling) between.push(node);
    if (between.some((node) => node.textContent?.trim())) continue;
    const before = document.createElement("p");
    while (first.previousSibling && !isBlock(first.previousSibling)) before.prepend(first.previousSibling);
    const after = document.createElement("p");
    while (second.nextSibling && !isBlock(second.nextSibling)) after.append(second.nextSibling);
    first.replaceWith(before);
    for (const node of between) node.remove();
    second.replaceWith(after);
    if (parent.localName === "p") unwrap(parent);
  }
}

/** @param {Node} node */
function isBlock(node) {
  return node instanceof Element && (STRUCTURE.includes(node.localName) || BLOCKS.includes(node.localName));
}

/** @param {HTMLElement} element */
function removeIfEmpty(element) {
  if (element.localName === "br") {
    const beside = [element.previousSibling, element.nextSibling].filter((node) => node?.textContent?.trim() !== "");
    // Between two paragraphs, a break is none.
    const alone = beside.every((node) => !node || isBlock(node));
    if (element.parentElement?.localName !== "p" && alone) element.remove();
    return;
  }
  // The elements inside have been seen to.
  if (![...element.childNodes].every(isBlank)) return;
  if (/^(p|div|li|blockquote)$/.test(element.localName)) element.remove();
  // A space that is bold is a space.
  else unwrap(element);
}

/** @param {Node} node */
function isBlank(node) {
  if (node instanceof Text) return !node.data.trim();
  return node instanceof Element && node.localName === "br";
}

/** @param {HTMLElement} element */
function unwrap(element) {
  element.replaceWith(...element.childNodes);
}
