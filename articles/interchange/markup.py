"""Read the HTML of other systems: this keeps rich text, pictures, and one embed.

The resulting rich text passes the sanitiser (`articles.text.richtext`) like any other.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborNode

from articles.embeds import providers
from articles.text import richtext
from articles.text.parsed import parse, walk
from articles.text.plaintext import decoded, plain_text, text_of

#: The elements of rich text, and their names in older markup.
_INLINE = {
    "strong": "strong",
    "b": "strong",
    "em": "em",
    "i": "em",
    "cite": "em",
    "s": "s",
    "del": "s",
    "strike": "s",
}
_LISTS = frozenset({"ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARAGRAPHS = frozenset(
    {
        *("p", "div", "section", "article", "header", "footer", "main", "aside", "figure", "figcaption", "pre"),
        *("address", "center", "dl", "dt", "dd", "details", "summary", "tfoot", "caption", "hr", "nav", "form"),
    }
)
_SKIPPED = frozenset({"script", "style", "template", "noscript", "head", "title", "object", "svg", "math", "button"})
#: Elements without a meaning, whose loss is not reported.
_PLAIN = frozenset(
    {"span", "a", "br", "small", "font", "u", "ins", "mark", "time", "abbr", "sup", "sub", "wbr", "label"}
)
#: Classes for the scripts of social networks, which turn such a quotation into a post.
_POSTS = re.compile(r"\b(?:twitter-tweet|twitter-video|instagram-media|tiktok-embed|bluesky-embed|mastodon-embed)\b")
_HAS_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_REFERENCE = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,6}|#x[0-9a-fA-F]{1,5});")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+")
#: The code points of an emoji in the name of its picture.
_EMOJI = re.compile(
    r"/emoji/[^?#]{0,200}?/([0-9a-f]{2,6}(?:-[0-9a-f]{2,6}){0,20})\.(?:png|svg)(?:[?#].*)?", re.IGNORECASE
)
_SOURCES = ("src", "data-src", "data-lazy-src", "data-original")


@dataclass
class Image:
    address: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass
class Content:
    """The contents of a piece of HTML.

    body     rich text
    embeds   addresses of providers that we know, in order
    lost     names of elements that are not kept, with their numbers
    """

    body: str = ""
    images: list[Image] = field(default_factory=list)
    embeds: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)


def is_html(text: str) -> bool:
    return bool(_HAS_TAG.search(text))


def line_of(text: object) -> str:
    """Return a headline or name, whether it is plain text, escaped or HTML, as plain text."""
    if not isinstance(text, str):
        return ""
    if is_html(text):
        return plain_text(text)
    return plain_text(escape(decoded(text))) if _REFERENCE.search(text) else text.strip()


def from_text(text: str) -> str:
    """Return plain text as HTML, with its paragraphs."""
    parts = re.split(r"\n\s*\n", decoded(text).strip())
    return "".join(f"<p>{'<br>'.join(map(escape, part.splitlines()))}</p>" for part in parts if part.strip())


def content_of(html: str, base: str = "") -> Content:
    """Return the contents of HTML that are kept. `base`: the address to resolve relative ones."""
    return _Reader(base).read(html if is_html(html) else from_text(html))


class _Reader:
    def __init__(self, base: str) -> None:
        self._base = base
        self._content = Content()
        self._out: list[str] = []
        self._in_paragraph = False
        self._breaks = 0
        #: The tags that are open within the paragraph.
        self._inline: list[str] = []
        self._anchors: list[bool] = []

    def read(self, html: str) -> Content:
        skipped: LexborNode | None = None
        for node, starts in walk(parse(html)):
            if skipped is not None:
                if not starts and node.mem_id == skipped.mem_id:
                    skipped = None
                continue
            if starts and self._is_skipped(node):
                skipped = node
                continue
            if node.is_text_node:
                if starts:
                    self._text(node.text_content or "")
            elif node.tag and not node.tag.startswith(("-", "!")):
                self._element(node, starts)
        self._close()
        self._content.body = richtext.normalise(_without_empty("".join(self._out)))
        self._take_lone_addresses()
        return self._content

    # Elements -------------------------------------------------------------------------------------------------------

    def _is_skipped(self, node: LexborNode) -> bool:
        tag = node.tag or ""
        if tag in _SKIPPED:
            if tag in ("object", "svg", "math"):
                self._content.lost[tag] += 1
            return True
        if tag == "blockquote" and _POSTS.search(node.attributes.get("class") or ""):
            addresses = [node.attributes.get(name) or "" for name in ("cite", "data-instgrm-permalink")]
            addresses += [link.attributes.get("href") or "" for link in node.css("a")]
            for address in reversed(addresses):
                if providers.match(address):
                    self._embed(address)
                    return True
        if tag == "iframe":
            self._iframe(node)
            return True
        if tag in ("video", "audio"):
            self._media(node)
            return True
        if tag == "figcaption" and self._content.images and _in_figure(node):
            self._caption(node)
            return True
        return False

    def _element(self, node: LexborNode, starts: bool) -> None:
        tag = node.tag or ""
        if tag == "br":
            if starts:
                self._break()
        elif tag == "img":
            if starts:
                self._image(node)
        elif tag == "a":
            self._link(node, starts)
        elif tag in _INLINE:
            self._tag(_INLINE[tag], starts)
        elif tag in _HEADINGS:
            self._close()
            if starts:
                self._open()
                self._tag("strong", True)
        elif tag in _LISTS:
            self._close()
            spans = "".join(
                f' {name}="{escape(value)}"'
                for name in ("colspan", "rowspan")
                if starts and tag in ("th", "td") and (value := node.attributes.get(name))
            )
            self._out.append(f"<{tag}{spans}>" if starts else f"</{tag}>")
        elif tag in _PARAGRAPHS:
            self._close()
            if starts and tag in ("pre", "form", "details"):
                self._content.lost[tag] += 1
        elif starts and tag not in _PLAIN and tag not in ("source", "picture", "html", "body"):
            self._content.lost[tag] += 1

    def _open(self) -> None:
        if not self._in_paragraph:
            self._out.append("<p>")
            self._in_paragraph = True
            self._breaks = 0

    def _close(self) -> None:
        if self._in_paragraph:
            self._out.extend(f"</{tag}>" for tag in reversed(self._inline))
            self._out.append("</p>")
            self._in_paragraph = False
            self._inline.clear()

    def _text(self, text: str) -> None:
        if not self._in_paragraph and not text.strip():
            return
        self._open()
        if self._breaks:
            self._out.append("<br>")
            self._breaks = 0
        self._out.append(escape(text, quote=False))

    def _break(self) -> None:
        self._breaks += 1 if self._in_paragraph else 0
        if self._breaks > 1:
            # Older editors write a paragraph as two line breaks.
            open_tags = list(self._inline)
            self._close()
            self._breaks = 0
            if open_tags:
                self._open()
                for tag in open_tags:
                    self._tag(tag, True)

    def _tag(self, tag: str, starts: bool) -> None:
        if starts:
            self._open()
            if self._breaks:
                self._out.append("<br>")
                self._breaks = 0
            self._inline.append(tag)
            self._out.append(f"<{tag}>")
        elif tag in self._inline:
            while self._inline:
                last = self._inline.pop()
                self._out.append(f"</{last}>")
                if last == tag:
                    break

    def _link(self, node: LexborNode, starts: bool) -> None:
        if not starts:
            if self._anchors and self._anchors.pop() and "a" in self._inline:
                self._tag("a", False)
            return
        href = self._absolute(node.attributes.get("href") or "")
        keeps = scheme_of(href) in ("http", "https", "mailto") and bool(text_of(node))
        self._anchors.append(keeps)
        if keeps:
            self._open()
            if self._breaks:
                self._out.append("<br>")
                self._breaks = 0
            self._inline.append("a")
            self._out.append(f'<a href="{escape(href)}">')

    # Media ----------------------------------------------------------------------------------------------------------

    def _image(self, node: LexborNode) -> None:
        attributes = node.attributes
        emoji = _EMOJI.search(attributes.get("src") or "")
        if emoji or "emoji" in (attributes.get("class") or "") or (attributes.get("src") or "").endswith(".svg"):
            # The picture of an emoji has its character as alternative text, unless a plugin has removed the text.
            self._text(attributes.get("alt") or (_characters(emoji[1]) if emoji else ""))
            return
        if attributes.get("width") == "1" and attributes.get("height") == "1":
            return
        found = [value for name in _SOURCES if (value := attributes.get(name))]
        addresses = [address for address in map(self._absolute, found) if scheme_of(address) in ("http", "https")]
        if not addresses:
            self._content.lost["img"] += 1
            return
        # On pages with lazy loading, the first address is a placeholder or missing.
        address = addresses[-1]
        if address not in [image.address for image in self._content.images]:
            self._content.images.append(Image(address, alt=line_of(attributes.get("alt") or "")))

    def _caption(self, node: LexborNode) -> None:
        image = self._content.images[-1]
        credit = node.css_first("[class*=credit], cite, small")
        if credit is not None:
            image.credit = text_of(credit)
            credit.decompose()
        image.caption = text_of(node)

    def _iframe(self, node: LexborNode) -> None:
        address = self._absolute(node.attributes.get("src") or node.attributes.get("data-src") or "")
        if providers.match(address):
            self._embed(address)
        else:
            self._content.lost["iframe"] += 1
            self._as_link(address)

    def _media(self, node: LexborNode) -> None:
        source = node.css_first("source")
        found = node.attributes.get("src") or (source.attributes.get("src") if source else "") or ""
        self._content.lost[node.tag or ""] += 1
        self._as_link(self._absolute(found))

    def _as_link(self, address: str) -> None:
        if scheme_of(address) in ("http", "https"):
            self._close()
            self._out.append(f'<p><a href="{escape(address)}">{escape(address)}</a></p>')

    def _embed(self, address: str) -> None:
        match = providers.match(address)
        assert match is not None
        if match.page not in self._content.embeds:
            self._content.embeds.append(match.page)

    def _take_lone_addresses(self) -> None:
        """Make an embed from each paragraph that consists of an address of a provider, as WordPress does."""
        kept = []
        for block in richtext.blocks(self._content.body):
            text = plain_text(block) if block.startswith("<p") else ""
            if _ADDRESS.fullmatch(text) and providers.match(text):
                self._embed(text)
            else:
                kept.append(block)
        self._content.body = "".join(kept)

    def _absolute(self, address: str) -> str:
        try:
            return urljoin(self._base, address.strip())
        except ValueError:
            return ""


def _characters(codes: str) -> str:
    """Return the characters with the hexadecimal codes, such as 1f1eb-1f1f7; an empty text if there are none."""
    numbers = [int(code, 16) for code in codes.split("-")]
    return "".join(map(chr, numbers)) if all(map(_is_character, numbers)) else ""


def _is_character(code: int) -> bool:
    # A surrogate is half a character, which no database stores (Unicode, section 3.8).
    return 0x20 <= code <= sys.maxunicode and not 0xD800 <= code <= 0xDFFF


def _in_figure(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None and parent.tag not in ("figure", "body"):
        parent = parent.parent
    return parent is not None and parent.tag == "figure" and parent.css_first("img") is not None


def scheme_of(address: str) -> str:
    """Return the scheme of an address; "" if the address is invalid."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.scheme if parts.netloc or parts.scheme == "mailto" else ""


def _without_empty(html: str) -> str:
    """Return HTML without empty inline elements."""
    before = None
    while before != html:
        before, html = html, re.sub(r"<(strong|em|s|a)(?: [^<>]*)?>\s*</\1>", "", html)
    return html
