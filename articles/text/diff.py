"""What became different between two versions of a text: line by line, and in lines that did, word by word."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterator

from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from liveblog.languages import direction

_CELL = re.compile(r"(?:</p>)?</t[hd]>\s*(?=<t[hd]\b)")
_BREAK = re.compile(r"<br>|(?:</p>)?(?:</t[hd]>)?\s*</tr>|</(?:p|li|blockquote)>")
_LINES = re.compile(r"\n?[^\n]+|\n")
#: Words, each with the space before it; punctuation after a word is one by itself.
_WORDS = re.compile(r"\s*\S+?(?=[^\w\s]{0,20}(?:\s|$))|[^\w\s]{1,20}|\s*\S|\s+$")

#: More lines than this, or words in a stretch of them, are not compared: it may take the cube of their number.
_MOST = 1500


def difference(before: str, now: str, *, rich: bool = False) -> SafeString:
    """What became different, as <del> and <ins>, which say what they are to those who hear them. `rich`: given HTML.

    It stands in an element of the text's own language; lines are to be kept (`white-space: pre-line`).
    """
    if rich:
        before, now = plain(before), plain(now)
    language = get_language() or "en"
    parts = []
    for was, is_now in _compared(before, now, _LINES, _WORDS):
        if was == is_now:
            parts.append(format_html("{}", was))
            continue
        for tag, said, text in (("del", gettext("removed:"), was), ("ins", gettext("added:"), is_now)):
            if text:
                start = len(text) - len(text.lstrip())
                hint = format_html(
                    '<span class="visually-hidden" lang="{}" dir="{}">{} </span>', language, direction(language), said
                )
                parts.append(format_html("{}<{}>{}{}</{}>", text[:start], tag, hint, text[start:], tag))
    return mark_safe("".join(parts))


def _compared(before: str, now: str, unit: re.Pattern[str], *finer: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Both texts, stretch by stretch: what was there and what is, which is the same where nothing became different."""
    one, other = unit.findall(before), unit.findall(now)
    if max(len(one), len(other)) > _MOST:
        yield before, now
        return
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other).get_opcodes():
        was, is_now = "".join(one[a:b]), "".join(other[c:d])
        if finer and kind == "replace":
            yield from _compared(was, is_now, *finer)
        else:
            yield was, is_now


def plain(rich: str) -> str:
    """HTML as lines of words, without its markup; a row of a table is a line."""
    return html.unescape(strip_tags(_BREAK.sub("\n", _CELL.sub(" ", rich)))).strip()
