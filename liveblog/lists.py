"""Lists of names as each language writes them: their order, and the words and commas between them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from babel.lists import format_list
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from liveblog.languages import locale_of

#: Letters with their own place in the alphabet, behind the letter that they follow (Unicode CLDR, collation). The digit
#: orders letters that follow the same one.
_OWN_LETTERS = {
    "es": {"ñ": "n1"},
    "pl": {"ą": "a1", "ć": "c1", "ę": "e1", "ł": "l1", "ń": "n1", "ó": "o1", "ś": "s1", "ź": "z1", "ż": "z2"},
    "ro": {"ă": "a1", "â": "a2", "î": "i1", "ș": "s1", "ş": "s1", "ț": "t1", "ţ": "t1"},
    "uk": {"ґ": "г1", "є": "е1", "і": "и1", "ї": "и2", "й": "и3"},
}
#: Letters that Unicode does not decompose into a letter and a mark.
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ґ": "г"})
#: A private use character, which sorts after all letters.
_BEHIND = 0xF8F0
#: Scripts whose letters come first in lists of these languages; elsewhere Latin does.
_FIRST_SCRIPTS = {"uk": range(0x0400, 0x0530), "ar": range(0x0600, 0x0700)}
_MARKS_WITHOUT_ORDER = frozenset("\u0640'’ʼ")


@lru_cache(maxsize=4096)
def sort_key(text: str, language: str) -> tuple[str, str, str]:
    """Return a key that sorts texts as dictionaries of the language do. Case and accents matter in ties only."""
    own = _OWN_LETTERS.get(language, {})
    first = _FIRST_SCRIPTS.get(language)
    primary = []
    folded = unicodedata.normalize("NFC", text).casefold()
    for letter in folded:
        if letter in own:
            place = own[letter]
            plain = place[0] + chr(_BEHIND + int(place[1]))
        else:
            plain = _without_marks(letter).translate(_PLAIN)
        primary += [_shifted(each, first) for each in plain]
    return "".join(primary), folded, text


def _without_marks(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in parts if not unicodedata.combining(part) and part not in _MARKS_WITHOUT_ORDER)


def _shifted(letter: str, first: range | None) -> str:
    """Sort the letters of other scripts after those of the language's own script."""
    shift = first is not None and letter.isalpha() and ord(letter) not in first and ord(letter) < 0x1000
    return chr(ord(letter) + 0xE000) if shift else letter


def comma() -> str:
    """Return the comma and space between short items in the active language."""
    return pgettext("between the items of a list", ", ")


def listed(items: Iterable[object]) -> str:
    """Return short items in a row, with the comma of the active language: “A, B, C”."""
    return comma().join(map(str, items))


def labelled(label: object, value: object) -> str:
    """Return a value behind its label, with the colon of the active language: “German: Machine draft”."""
    return pgettext("a label and its value", "%(label)s: %(value)s") % {"label": label, "value": value}


def joined(names: Sequence[str], language: str, html: Sequence[SafeString] | None = None) -> SafeString:
    """Return names in words as HTML: “A, B and C”. `html` has their markup; without it, they are escaped."""
    parts = [str(part) for part in html] if html is not None else [conditional_escape(name) for name in names]
    if not parts:
        return SafeString("")
    # The words and commas of CLDR need no escaping in HTML.
    text = format_list(parts, locale=locale_of(language))
    if language == "es" and len(parts) > 1 and _sounds_like_i(names[-1]):
        text = f"{text.removesuffix(f' y {parts[-1]}')} e {parts[-1]}"
    return mark_safe(text)


def _sounds_like_i(name: str) -> bool:
    """Return whether Spanish says “e” before a name instead of “y”: Ana e Isabel, Ana e Hilario, but Ana y Hiedra."""
    start = "".join(map(_without_marks, name[:3].lower()))
    return re.match("h?i(?![aeou])", start) is not None
