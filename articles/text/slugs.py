"""Slugs: the words of an address, in Latin letters, made from a text in any script."""

from __future__ import annotations

from collections.abc import Mapping

from anyascii import anyascii
from django.utils.text import slugify

#: The greatest length of a slug from a text. The column has room for a number after it.
MAX_LENGTH = 80

#: Transliterations that depend on the language: German by DIN 5007-2, Ukrainian by Resolution 55 of
#: its Cabinet of Ministers (2010), which also omits the soft sign and the apostrophe.
_GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue"}
_UKRAINIAN = {
    "г": "h",
    "ґ": "g",
    "и": "y",
    "і": "i",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ж": "zh",
    "є": "ie",
    "ї": "i",
    "й": "i",
    "ю": "iu",
    "я": "ia",
    "ь": "",
    "’": "",
    "ʼ": "",
    "'": "",
    "зг": "zgh",
}
_AT_WORD_START = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}


def slug_of(text: str, language: str) -> str:
    """Return a slug of a text in a language, at most MAX_LENGTH long and cut between words; "" if it has no letters."""
    words = slugify(anyascii(_in_latin(text.casefold(), language)))
    if len(words) <= MAX_LENGTH:
        return words
    # Truncate a single word that is too long.
    return words[: MAX_LENGTH + 1].rpartition("-")[0] or words[:MAX_LENGTH]


def _in_latin(text: str, language: str) -> str:
    if language == "de":
        return _replaced(text, _GERMAN)
    if language == "uk":
        text = "".join(
            _AT_WORD_START.get(letter, letter) if not text[index - 1 : index].isalpha() else letter
            for index, letter in enumerate(text)
        )
        return _replaced(text, _UKRAINIAN)
    return text


def _replaced(text: str, letters: Mapping[str, str]) -> str:
    for letter in sorted(letters, key=len, reverse=True):
        text = text.replace(letter, letters[letter])
    return text
