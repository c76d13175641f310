"""A text and its translation in the form that the checks compare."""

import re
from collections import Counter
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from articles.text.parsed import parse, walk
from articles.text.plaintext import plain_blocks

_TAGS = frozenset(
    {
        *("table", "thead", "tbody", "tr", "th", "td"),
        *("p", "h3", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "span"),
    }
)
#: Elements with a text of their own. A cell counts whether or not the editor has put a paragraph into it.
BLOCKS = frozenset({"p", "h3", "li", "blockquote", "tr", "th", "td"})

#: A tag, or something in markup that is none, such as a truncated tag.
_MARKUP = re.compile(r'<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])(?:"[^"]*"|[^<>"])*>|<[!?]?')


class Content:
    """A text in the form for checks: its blocks, and the structure of rich text."""

    def __init__(self, text: str, *, html: bool) -> None:
        self.blocks: list[str] = [text]
        #: Addresses of links, and elements by tag, each with their number.
        self.links: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        #: Tags that are unknown, not closed or not opened, and broken ones.
        self.broken: list[str] = []
        if html:
            self.blocks = plain_blocks(text)
            self._count_elements(text)
            self.broken = _broken(text)

    @property
    def text(self) -> str:
        return "\n".join(self.blocks)

    def _count_elements(self, html: str) -> None:
        for node, starts in walk(parse(html)):
            if starts and not node.is_text_node and node.tag != "br":
                self._count(node)

    def _count(self, element: LexborNode) -> None:
        in_cell = element.parent is not None and element.parent.tag in ("th", "td")
        if not (element.tag == "p" and in_cell):
            self.counts[element.tag or ""] += 1
        if element.tag == "a":
            self.links[element.attrs.sget("href")] += 1


def _broken(html: str) -> list[str]:
    """Return the errors of markup, which a parser would silently repair."""
    found: list[str] = []
    opened: list[str] = []
    for match in _MARKUP.finditer(html):
        tag = (match["tag"] or "").lower()
        if not tag:
            found.append(match[0])
        elif match["end"]:
            if opened and opened[-1] == tag:
                opened.pop()
            elif tag != "br":
                found.append(f"</{tag}>")
        else:
            if tag not in _TAGS:
                found.append(f"<{tag}>")
            if tag != "br":
                opened.append(tag)
    return found + [f"<{tag}>" for tag in opened]


class Pair(NamedTuple):
    source: Content
    target: Content
    source_language: str
    language: str


def base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()


def shortened(text: str) -> str:
    """Return a passage shortened for quotation in remarks."""
    return text if len(text) <= 50 else text[:49] + "…"


#: The end of a sentence in any language, even of one that begins in lower case.
SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])[\s”“»«\"’)]+|\n+")
#: After a sentence: an end mark, perhaps with closing quotation marks, and a space before a capital or a quotation.
_SENTENCE_BREAK = re.compile(
    r"(?<=[.!?…؟。])(?<!\b(?:Mr|Dr|St|Ms|No|Fr|Sr|ul|Nr|al)\.)(?<!\b(?:Mrs|Fot|Sra|gen|bzw|str|Gen)\.)[”“»\"’)\u202f\xa0]*\s+(?=[«“„\"¿¡(»‘‚–—]*[\xa0\u202f]?[^\Wa-zà-öø-ÿа-яіїєґ\d_])|\n+"
)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text. Abbreviations followed by a capital end one, alike in source and translation."""
    return [sentence for sentence in _SENTENCE_BREAK.split(text) if sentence.strip()]


def aligned(pair: Pair) -> list[tuple[str, str]]:
    """Return the sentences beside their translations, or paragraphs or whole texts where their numbers differ."""
    sources, targets = pair.source.blocks, pair.target.blocks
    if len(sources) != len(targets):
        return [(" ".join(sources), " ".join(targets))]
    aligned: list[tuple[str, str]] = []
    for source, target in zip(sources, targets, strict=True):
        ones, others = sentences(source), sentences(target)
        aligned += zip(ones, others, strict=True) if len(ones) == len(others) else [(source, target)]
    return aligned
