"""A text and its translation, as checks read them."""

import html as entities
from collections import Counter
from html.parser import HTMLParser
from typing import NamedTuple

_TABLE = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
_TAGS = _TABLE | {"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "span"}
#: What stands by itself. A cell counts whether or not the editor has put a paragraph into it.
BLOCKS = frozenset({"p", "li", "blockquote", "tr", "th", "td"})


class _Reading(HTMLParser):
    """The blocks of text in a piece of rich text, and what is around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)  # so that a "<" in the text can only be a tag that was cut off
        self.blocks: list[str] = [""]
        self.links: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self._open: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.blocks)

    def read(self, html: str) -> None:
        try:
            self.feed(html)
            self.close()
        except AssertionError:  # the parser's way to say that a declaration makes no sense
            self.broken.append("<!")
        self.broken += [f"<{tag}>" for tag in self._open]
        self.blocks = [block for block in self.blocks if block.strip()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.broken.append(f"<{tag}>")
        if tag == "br":
            self.blocks[-1] += "\n"
            return
        if not (tag == "p" and self._open and self._open[-1] in ("th", "td")):
            self.counts[tag] += 1
        self._open.append(tag)
        if tag in BLOCKS:
            self.blocks.append("")
        if tag == "a":
            self.links[dict(attrs).get("href") or ""] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.blocks.append("")
        if self._open and self._open[-1] == tag:
            self._open.pop()
        elif tag != "br":
            self.broken.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            self.broken.append("<")
        self.blocks[-1] += data

    def handle_entityref(self, name: str) -> None:
        self.blocks[-1] += entities.unescape(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.blocks[-1] += entities.unescape(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.broken.append("<!")

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)


def read(text: str, html: bool) -> _Reading:
    reading = _Reading()
    if html:
        reading.read(text)
    else:
        reading.blocks = [text]
    return reading


class Pair(NamedTuple):
    source: _Reading
    target: _Reading
    source_language: str
    language: str


def base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
