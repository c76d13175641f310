"""The form in which passages are stored and compared."""

from __future__ import annotations

import html
from typing import Any

from articles.models import TranslationUnit
from articles.text.plaintext import plain_text
from liveblog.search.folding import fold

#: In characters. Longer passages are not stored.
MAX_LENGTH = 20_000


def as_passage(text: str, *, rich: bool) -> str:
    """Return a text as HTML: characters of plain text are escaped."""
    return text if rich else html.escape(text, quote=False)


def plain(passage: str) -> str:
    """Return the words of a passage, by which its similarity to others is measured."""
    return plain_text(passage).casefold()


def unit(source: str, target: str, digest: str, **values: Any) -> TranslationUnit:
    """Return a unit that is not saved yet."""
    words = plain_text(source)
    return TranslationUnit(source=source, target=target, digest=digest, words=fold(words), length=len(words), **values)
