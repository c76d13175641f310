// HTML as programs put it on the clipboard, made into what a text of ours is: paragraphs, lists, quotes, tables, links,
// bold, italic, struck out, and words of another language. What the editor does not know it drops by itself; this is
// about what it would take wrongly. The server's sanitiser stays the door.

const DROPPED = [
  ..."script style link meta title base template noscript object embed applet iframe frame frameset canvas svg math".split(" "),
  ..."audio video source track img picture map input textarea select option button datalist dialog xml xmp".split(" "),
];
const BLOCKS = "address article aside div dl dd dt fieldset figure figcaption footer form header hr main nav section".split(" ");
const STRUCTURE = "p ul ol li blockquote table caption thead tbody tfoot tr th td".split(" ");
const TOO_DEEP = Array(100).fill("*").join(">");
const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|he|ps|sd|ug|ur|yi)\b/;
const TRACKING = /^(utm_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|igshid|igsh|mc_[ce]id|yclid|_hs(enc|mi)|ref_src|ref_url|si|cmpid|ns_campaign|at_(medium|campaign))$/i;
const MARKER_OF_NUMBERED = /^\(?(\d+|[a-z]{1,2}|[ivxlcdm]+|[٠-٩]+|[а-яіїє])[.)]/i;

// `html` as it comes from the clipboard; `language` of the text into which it goes. Gives the clean `html`, and the
// address of the page that it was copied from, where that can be told.
export function cleaned(html, { language = "" } = {}) {
  const body = new DOMParser().parseFromString(withoutStyle(fragmentOf(html)), "text/html").body;
  const source = sourceOf(html, body);
  const own = body.getAttribute("lang") || body.parentElement.getAttribute("lang") || "";
  dropWhatIsNotText(body);
  // Nobody writes like that, and to mend it would take its time.
  if (body.querySelector(TOO_DEEP)) body.textContent = body.textContent;
  numberWordsLists(body);
  for (const element of elementsOf(body, "a")) mendLink(element, source);
  for (const element of elementsOf(body)) mendElement(element, [language, own]);
  breakAtDoubleBreaks(body);
  for (const element of elementsOf(body, "p, div, li, span, strong, em, s, a, blockquote, br")) dropIfEmpty(element);
  return { html: body.innerHTML.trim(), source };
}

// The part between the clipboard's own marks, where a program has not taken its envelope off.
function fragmentOf(html) {
  const start = html.search(/<(!doctype|html|meta|body|!--StartFragment)/i);
  return /^Version:[\d.]+\s/.test(html) && start > 0 ? html.slice(start) : html;
}

// Style and handlers under other names: although nothing is shown or run of this document, the browser would complain of
// each that our policy forbids it.
function withoutStyle(html) {
  const bare = html.replace(/<style\b[^]*?(<\/style\s*>|$)|<base\b[^>]*>/gi, "");
  return bare.replace(/<[a-z][^<>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on\w+)(?=[\s/]*=)/gi, "$1data-$2"));
}

function sourceOf(html, body) {
  const header = html.slice(0, 1000).match(/^SourceURL:\s*(\S+)/m)?.[1];
  const cited = body.querySelector("blockquote[cite], q[cite]")?.getAttribute("cite");
  return [cited, header].map(addressOf).find(Boolean) ?? "";
}

function addressOf(text) {
  try {
    const url = new URL(text);
    return /^https?:$/.test(url.protocol) && !url.username ? withoutTracking(url).href : "";
  } catch {
    return "";
  }
}

// From the inside to the outside, so that what is unwrapped has been seen to.
function elementsOf(root, selector = "*") {
  return [...root.querySelectorAll(selector)].reverse();
}

function dropWhatIsNotText(body) {
  for (const element of elementsOf(body, DROPPED.join(","))) element.remove();
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    if (node.nodeType === Node.COMMENT_NODE) node.remove();
    // Controls, symbols of fonts that nobody else has, and marks of widths that nobody sees.
    else node.data = node.data.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\uf000-\uf0ff\u200b\u2060\ufeff\ufffc]/g, "");
  }
  for (const element of elementsOf(body)) {
    const style = styleOf(element);
    const hidden = /(^|;)(display:none|visibility:hidden|mso-hide:all|font-size:0(px|pt|;|$))/.test(style);
    if (element.hidden || hidden) element.remove();
  }
}

function styleOf(element) {
  return (element.dataset?.style ?? "").toLowerCase().replace(/\s+/g, "");
}

// Word writes lists as paragraphs that begin with their bullet or number.
function numberWordsLists(body) {
  let open = [];
  let last = null;
  for (const paragraph of body.querySelectorAll("p, h1, h2, h3, h4, h5, h6, div")) {
    const level = Number(styleOf(paragraph).match(/mso-list:\w+level(\d)/)?.[1] ?? 0);
    if (!level) continue;
    if (last === null || next(last) !== paragraph) open = [];
    const marker = takeMarker(paragraph);
    const name = MARKER_OF_NUMBERED.test(marker) ? "ol" : "ul";
    open = open.slice(0, level);
    while (open.length < level) {
      const list = document.createElement(open.length === level - 1 ? name : "ul");
      if (open.length === 0) paragraph.before(list);
      else (open.at(-1).lastElementChild ?? open.at(-1).appendChild(document.createElement("li"))).append(list);
      open.push(list);
    }
    const item = document.createElement("li");
    item.append(...paragraph.childNodes);
    open.at(-1).append(item);
    paragraph.remove();
    last = open[0];
  }
}

function next(element) {
  return element.nextElementSibling;
}

function takeMarker(paragraph) {
  const ignored = [...paragraph.querySelectorAll("*")].find((element) => /mso-list:ignore/.test(styleOf(element)));
  const marker = ignored?.textContent.trim() ?? paragraph.textContent.trim().match(/^([·•▪◦o§-]|\S{1,4}[.)])(?=\s)/)?.[0] ?? "";
  if (ignored) ignored.remove();
  else if (marker) stripStart(paragraph, marker);
  return marker;
}

function stripStart(element, marker) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.data.includes(marker)) continue;
    walker.currentNode.data = walker.currentNode.data.replace(marker, "").trimStart();
    return;
  }
}

function mendLink(link, source) {
  const address = leadingTo(link.getAttribute("href") ?? "", source);
  if (!address) unwrap(link);
  else link.setAttribute("href", address);
}

// Where a link leads: not by way of somebody who counts, and nowhere that readers cannot go.
function leadingTo(href, source) {
  let url;
  try {
    url = new URL(href.trim(), /^#/.test(href) ? undefined : source || undefined);
  } catch {
    return "";
  }
  if (url.protocol === "mailto:") return url.href;
  if (!/^https?:$/.test(url.protocol) || url.username) return "";
  const around = { "/url": ["q", "url"], "/l.php": ["u"], "/": ["url"] }[url.pathname] ?? [];
  const counting = /^(www\.google\.[a-z.]+|l\.(facebook|instagram)\.com|lm\.facebook\.com|[\w.]*safelinks\.protection\.outlook\.com)$/;
  const behind = counting.test(url.hostname) && around.map((name) => url.searchParams.get(name)).find(Boolean);
  return behind && /^https?:/.test(behind) ? leadingTo(behind, "") : withoutTracking(url).href;
}

function withoutTracking(url) {
  const names = [...url.searchParams.keys()].filter((name) => TRACKING.test(name));
  // Written anew only where there is something to take out: servers know their own way of writing.
  for (const name of names) url.searchParams.delete(name);
  const hash = url.hash.replace(/:~:.*/, "");
  if (hash !== url.hash) url.hash = hash === "#" ? "" : hash;
  return url;
}

function mendElement(element, homes) {
  const name = element.localName;
  const style = styleOf(element);
  const marks = marksOf(name, style);
  const language = languageOf(element, homes);
  if (/^h[1-6]$/.test(name)) element = renamed(element, "p", ["strong"]);
  else if (name === "pre") element = linesOf(element);
  else if (name === "center" || name === "dt" || name === "dd") element = renamed(element, "p");
  else if (marks !== null || !(STRUCTURE.includes(name) || BLOCKS.includes(name) || name === "a" || name === "br")) {
    element = renamed(element, "span", marks ?? []);
  }
  const kept = { a: ["href"], td: ["colspan", "rowspan"], th: ["colspan", "rowspan", "scope"], ol: ["start"] };
  for (const { name: attribute } of [...element.attributes]) {
    if (!kept[element.localName]?.includes(attribute)) element.removeAttribute(attribute);
  }
  if (language && /^(span|p|blockquote)$/.test(element.localName)) {
    element.setAttribute("lang", language);
    element.setAttribute("dir", RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr");
  } else if (element.localName === "span") {
    unwrap(element);
  }
}

// What an element says of its letters: by its name, by its style, or not at all (null).
function marksOf(name, style) {
  const inline = /^(b|strong|i|em|cite|dfn|var|s|strike|del|u|ins|span|font|q|small|big|mark|abbr|code|kbd|samp|tt|time|label|bdi|bdo|sub|sup|nobr|wbr)$/;
  if (!inline.test(name)) return null;
  const weight = style.match(/(?:^|;)font-weight:(\w+)/)?.[1];
  const slope = style.match(/(?:^|;)font-style:(\w+)/)?.[1];
  const marks = [];
  if (weight ? /^(bold|bolder|[6-9]00)$/.test(weight) : /^(b|strong)$/.test(name)) marks.push("strong");
  if (slope ? /^(italic|oblique)/.test(slope) : /^(i|em|cite|dfn|var)$/.test(name)) marks.push("em");
  if (/(^|;)text-decoration[\w-]*:[^;]*line-through/.test(style) || /^(s|strike|del)$/.test(name)) marks.push("s");
  return marks;
}

function languageOf(element, homes) {
  const said = (element.getAttribute("lang") || element.getAttribute("xml:lang") || "").toLowerCase();
  const base = said.split("-")[0];
  const known = /^[a-z]{2,3}$/.test(base) && base !== "und" && base !== "zxx";
  return known && homes.every((home) => home.toLowerCase().split("-")[0] !== base) ? base : "";
}

// The element under another name, with its children inside of `marks`. Keeps its attributes.
function renamed(element, name, marks = []) {
  const made = document.createElement(name);
  for (const attribute of element.attributes) made.setAttributeNode(attribute.cloneNode());
  let inner = made;
  for (const mark of marks) inner = inner.appendChild(document.createElement(mark));
  inner.append(...element.childNodes);
  element.replaceWith(made);
  return made;
}

function linesOf(element) {
  const lines = element.textContent.replace(/\n$/, "").split("\n");
  element.replaceChildren(...lines.flatMap((line, number) => (number ? [document.createElement("br"), line] : [line])));
  return renamed(element, "p");
}

// Mails have empty lines between what are paragraphs.
function breakAtDoubleBreaks(body) {
  for (const second of elementsOf(body, "br + br")) {
    const parent = second.parentElement;
    const first = second.previousElementSibling;
    if (first?.localName !== "br" || !/^(body|div|p|li|td|blockquote)$/.test(parent.localName)) continue;
    const between = [];
    for (let node = first.nextSibling; node !== second; node = node.nextSibling) between.push(node);
    if (between.some((node) => node.textContent.trim())) continue;
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

function isBlock(node) {
  return STRUCTURE.includes(node.localName) || BLOCKS.includes(node.localName);
}

function dropIfEmpty(element) {
  if (element.localName === "br") {
    const beside = [element.previousSibling, element.nextSibling].map((node) => node?.textContent.trim() === "" ? null : node);
    // Between two paragraphs, a break is none.
    if (element.parentElement.localName !== "p" && beside.every((node) => !node || isBlock(node))) element.remove();
    return;
  }
  // What was in it has been seen to.
  const blank = (node) => node.localName === "br" || (node.nodeType === Node.TEXT_NODE && !node.data.trim());
  if (![...element.childNodes].every(blank)) return;
  if (/^(p|div|li|blockquote)$/.test(element.localName)) element.remove();
  // A space that is bold is a space.
  else unwrap(element);
}

function unwrap(element) {
  element.replaceWith(...element.childNodes);
}
