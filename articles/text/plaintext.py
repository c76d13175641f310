"""Plain text: clean pasted text, and convert rich text to plain text.

Only this module converts rich text, for titles, descriptions, structured data, lists, search and checks alike.
The result is text: a template or an HTML attribute escapes it once.
"""

from __future__ import annotations

import html
import re
from itertools import islice

from django.db import models
from selectolax.lexbor import LexborNode

from articles.text.bidi import balanced
from articles.text.parsed import parse, walk
from liveblog.blank import is_blank, unless_blank
from liveblog.fields import NormalisedField
from liveblog.marks import bounded_marks

# Cleaning -------------------------------------------------------------------------------------------------------------

#: Control characters, which databases and feeds reject, and noncharacters.
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff]")
#: Line ends of word processors and operating systems.
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def lines(text: str) -> str:
    """Return the text without control characters; bidirectional controls have no effect beyond their line.

    A blank text becomes "".
    """
    text = bounded_marks(NO_TEXT.sub("", _BREAK.sub("\n", text)))
    return unless_blank("\n".join(balanced(line) for line in text.split("\n")).strip())


def line(text: str) -> str:
    """Clean as `lines` does, and join the lines."""
    parts = (part.strip(" ") for part in re.split("[\n\t]", lines(text)))
    return " ".join(filter(None, parts))


class LineField(NormalisedField, models.CharField):
    """One line of plain text."""

    def normalise(self, text: str) -> str:
        return line(text)


class LinesField(NormalisedField, models.TextField):
    """Plain text of several lines."""

    def normalise(self, text: str) -> str:
        return lines(text)


# From rich text -------------------------------------------------------------------------------------------------------

#: Block elements (HTML Standard, section 15.3).
_BLOCKS = frozenset(
    {
        *("p", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "hr", "div", "center", "address", "fieldset"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "article", "aside", "section", "header", "footer", "main"),
        *("figure", "figcaption", "details", "summary", "dialog", "form", "legend", "menu", "search", "option", "nav"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"),
    }
)
#: Elements without text that separate words.
_BETWEEN_WORDS = frozenset({"img", "iframe", "video", "audio", "object", "svg", "input", "button", "select"})
#: Elements whose text is not for readers.
_UNREAD = frozenset({"script", "style", "template", "noscript", "title", "head", "textarea", "iframe", "object"})
#: No-break spaces, which are part of the typography, as in “50 %”.
_NO_BREAK = frozenset("\u00a0\u202f\u2007")
_SPACES = re.compile(r"\s+")


def plain_text(rich: str) -> str:
    """Return rich text as one line of plain text; "" if it is blank.

    Paragraphs, items, cells and lines are separate words. Character references are decoded once. White space is
    collapsed, except single no-break spaces.
    """
    return text_of(parse(rich))


def plain_lines(rich: str) -> str:
    """Convert as `plain_text` does, with each paragraph, item and table row on a separate line."""
    found: list[str] = []
    for text, in_row, begins_row in _blocks(parse(rich)):
        found.append(" " if in_row and not begins_row else "\n")
        found.append(text.replace("\n", " ") if in_row else text)
    return "".join(found[1:])


def plain_blocks(rich: str) -> list[str]:
    """Return the plain text of each paragraph, item and cell; within them, line breaks stay."""
    return [text for text, _in_row, _begins_row in _blocks(parse(rich))]


def text_of(node: LexborNode) -> str:
    """Convert a node of parsed rich text as `plain_text` does."""
    return _folded(" ".join(text for text, _in_row, _begins_row in _blocks(node)).replace("\n", " "))


def first_words(text: str, number: int, language: str = "") -> str:
    """Return the beginning of a plain text, with an ellipsis if there is more. Spaces stay unchanged.

    In scripts without spaces between words, a few letters count as a word. In German a space precedes an ellipsis that
    replaces whole words (Duden, rule K 17).
    """
    ends = [word.end() for word in islice(_WORD.finditer(text), number)]
    if not ends or not text[ends[-1] :].strip():
        return text
    space = "\u00a0" if language.partition("-")[0] == "de" else ""
    return f"{text[: ends[-1]]}{space}…"


#: A word; in Han and kana two letters, and in Thai, Lao, Burmese and Khmer six with their vowels and tones.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{1,2}[\u3001-\u3003\uff01-\uff1f]*"
    r"|(?:[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff][\u0e31\u0e34-\u0e4e\u0eb1\u0eb4-\u0ecd\u102b-\u103e\u17b6-\u17d3]*){1,6}"
    r"|[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)


def decoded(text: str) -> str:
    """Return a text without markup with decoded character references, such as `&amp;`, from a machine."""
    return html.unescape(text)


def _blocks(root: LexborNode) -> list[tuple[str, bool, bool]]:
    """Return the text of each block, whether it is in a table row, and whether it is the first one there."""
    found: list[tuple[str, bool, bool]] = []
    parts: list[str] = []
    rows = unread = 0
    begins_row = False

    def close() -> None:
        nonlocal begins_row
        text = "\n".join(filter(None, map(_folded, "".join(parts).split("\n"))))
        parts.clear()
        if not is_blank(text):
            found.append((text, rows > 0, begins_row))
            begins_row = False

    for node, starts in walk(root):
        tag = node.tag or ""
        if tag in _UNREAD:
            unread += 1 if starts else -1
        if node.is_text_node:
            if starts and not unread:
                parts.append(_SPACES.sub(_space, node.text_content or ""))
        elif tag == "br":
            if starts:
                parts.append("\n")
        elif tag in _BLOCKS:
            close()
            if tag == "tr":
                rows += 1 if starts else -1
                begins_row = starts and rows == 1
        elif tag in _BETWEEN_WORDS:
            parts.append(" ")
    close()
    return found


def _folded(text: str) -> str:
    """Return a line with single spaces and without hints for hyphenation."""
    return _SPACES.sub(_space, text.replace("\xad", "")).strip()


def _space(run: re.Match[str]) -> str:
    return run[0][0] if _NO_BREAK.issuperset(run[0]) else " "
