"""Check terms of the glossary."""

import re
import unicodedata

from articles.translations.checks.pair import base
from liveblog.translation.terms import LETTER, Term

#: Vowels that alternate when a Ukrainian word is inflected: Київ, Києва; міст, моста.
_UKRAINIAN_VOWELS = str.maketrans("іеє", "ооо")


def says(term: Term, text: str, language: str) -> bool:
    """Return whether `text` has the expected term, perhaps inflected, prefixed or in a compound."""
    if not term.target:
        return term.source in text
    folded, words = _fold(text, language), re.findall(r"\w+", _fold(term.target, language))
    return all(re.search(_stem(word, base(language)), folded) for word in words)


def _stem(word: str, language: str) -> str:
    before = rf"(?<!{LETTER})"
    if language == "ar":
        before += "[وفبكلا]{0,4}"  # and, so, in, as, for, the
        word = word.removeprefix("ال")
    stem = word if len(word) <= 3 else word[: max(3, round(len(word) * 0.7))]
    if language == "de" and len(word) > 5:
        before = ""
    return before + re.escape(stem)


def _fold(text: str, language: str = "") -> str:
    """Return the text without case, accents and Arabic vowels."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    folded = "".join(letters).casefold()
    return folded.translate(_UKRAINIAN_VOWELS) if base(language) == "uk" else folded
