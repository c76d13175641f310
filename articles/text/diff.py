"""Compare two versions of a text: line by line, and within changed lines word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from articles.text.plaintext import plain_lines
from liveblog.languages import direction

_LINES = re.compile(r"\n?[^\n]+|\n")
#: Words, each with the space before it; punctuation after a word counts as a word.
_WORDS = re.compile(r"\s*\S+?(?=[^\w\s]{0,20}(?:\s|$))|[^\w\s]{1,20}|\s*\S|\s+$")

#: Texts with more lines, or passages with more words, are not compared: the time can grow with the cube of the number.
_MAX_UNITS = 1500


def difference(before: str, now: str, *, rich: bool = False) -> SafeString:
    """Return the text with the differences as <del> and <ins>, each with a label for screen readers.

    `rich`: the texts are HTML. Show it in an element of the text's language that keeps lines (`white-space: pre-line`).
    """
    if rich:
        before, now = plain_lines(before), plain_lines(now)
    language = get_language() or "en"
    parts = []
    for old, new in _compared(before, now, _LINES, _WORDS):
        if old == new:
            parts.append(format_html("{}", old))
            continue
        for tag, label, text in (("del", gettext("removed:"), old), ("ins", gettext("added:"), new)):
            if text:
                start = len(text) - len(text.lstrip())
                hint = format_html(
                    '<span class="visually-hidden" lang="{}" dir="{}">{} </span>', language, direction(language), label
                )
                parts.append(format_html("{}<{}>{}{}</{}>", text[:start], tag, hint, text[start:], tag))
    return mark_safe("".join(parts))


def _compared(before: str, now: str, unit: re.Pattern[str], *finer: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the passages of both texts in pairs (before, now); both are equal where nothing has changed."""
    one, other = unit.findall(before), unit.findall(now)
    if max(len(one), len(other)) > _MAX_UNITS:
        yield before, now
        return
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other).get_opcodes():
        old, new = "".join(one[a:b]), "".join(other[c:d])
        if finer and kind == "replace":
            yield from _compared(old, new, *finer)
        else:
            yield old, new
