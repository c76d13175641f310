"""What became different between two versions of a text, word by word."""

from __future__ import annotations

import difflib
import html
import re

from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from liveblog.languages import direction

_BREAK = re.compile(r"<br>|</(?:p|li|blockquote)>")
#: Words, each with the space before it; punctuation after a word is one by itself.
_WORDS = re.compile(r"\s*\S+?(?=[^\w\s]{0,20}(?:\s|$))|[^\w\s]{1,20}|\s*\S|\s+$")

#: More words than this are compared with less care, which is faster.
_MANY = 2000


def difference(before: str, now: str, *, rich: bool = False) -> SafeString:
    """What became different, as <del> and <ins>, which say what they are to those who hear them. `rich`: given HTML.

    It stands in an element of the text's own language; lines are to be kept (`white-space: pre-line`).
    """
    one, other = (_WORDS.findall(plain(text) if rich else text) for text in (before, now))
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=len(other) > _MANY)
    language = get_language() or "en"
    parts = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            parts.append(format_html("{}", "".join(one[a:b])))
            continue
        for tag, said, words in (("del", gettext("removed:"), one[a:b]), ("ins", gettext("added:"), other[c:d])):
            if words:
                text = "".join(words)
                start = len(text) - len(text.lstrip())
                hint = format_html(
                    '<span class="visually-hidden" lang="{}" dir="{}">{} </span>', language, direction(language), said
                )
                parts.append(format_html("{}<{}>{}{}</{}>", text[:start], tag, hint, text[start:], tag))
    return mark_safe("".join(parts))


def plain(rich: str) -> str:
    """HTML as lines of words, without its markup."""
    return html.unescape(strip_tags(_BREAK.sub("\n", rich))).strip()
