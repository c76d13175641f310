"""The blocklist: words for which a comment is held or rejected."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from comments.models import ListedWord


def found_in(*texts: str) -> ListedWord | None:
    """Return a listed word that occurs in the texts, preferably one that rejects; None if there is none.

    The words of all languages are searched: the language of an insult is seldom the language of the page.
    """
    text = _folded("\n".join(texts))
    listed = ListedWord.objects.all()
    hits = [word for word in listed if _pattern(_folded(word.word)).search(text)]
    return min(hits, key=lambda word: word.action != ListedWord.Action.REJECT, default=None)


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    stem = word.removesuffix("*")
    parts = r"\s+".join(map(re.escape, stem.split()))
    return re.compile(rf"(?<!\w){parts}" + ("" if word.endswith("*") else r"(?!\w)"))


def _folded(text: str) -> str:
    """Return the text without case, and without marks and joiners that may hide a word."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if unicodedata.category(character) not in _IGNORED_CATEGORIES)


#: Unicode general categories: combining marks and format characters.
_IGNORED_CATEGORIES = frozenset({"Mn", "Cf", "Me"})
