"""Word lists: what a comment is held or not taken for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from comments.models import ListedWord


def found_in(*texts: str) -> ListedWord | None:
    """The listed word that occurs, one that refuses before one that holds.

    The lists of all languages count: who writes an insult seldom says in which language it is.
    """
    text = _folded("\n".join(texts))
    listed = ListedWord.objects.all()
    hits = [word for word in listed if _pattern(_folded(word.word)).search(text)]
    return min(hits, key=lambda word: word.action != ListedWord.Action.REFUSE, default=None)


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    stem = word.removesuffix("*")
    parts = r"\s+".join(map(re.escape, stem.split()))
    return re.compile(rf"(?<!\w){parts}" + ("" if word.endswith("*") else r"(?!\w)"))


def _folded(text: str) -> str:
    """Without case, and without marks and joiners that are put between letters to hide a word."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if unicodedata.category(character) not in _PASSED_OVER)


_PASSED_OVER: Iterable[str] = frozenset({"Mn", "Cf", "Me"})
