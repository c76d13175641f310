"""Fold texts for the search, so that spellings that people regard as the same word become equal.

Case, accents, widths, ligatures and digits of other scripts are folded by the tables of Unicode (UAX #15, UAX #44),
letters that Unicode does not decompose by the table below. Letters that all their writers regard as different, such as
й and и, stay different. Databases compare the folded texts byte by byte, so that all of them find the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Separates words, and precedes the first one. With one letter these two characters are a trigram, so an index of
#: trigrams finds words by their first letter.
BOUNDARY = "  "

#: Limits of a query, in characters and in words. The rest is ignored.
MAX_QUERY_LENGTH = 200
MAX_WORDS = 10

#: Signs that matter within a name; by themselves, queries ignore them.
_SIGNS = frozenset("&#")
#: Distinct letters, although Unicode decomposes them.
_DISTINCT = frozenset("йїў")
_REPLACED = {
    # Latin letters with strokes, without dots, and ligatures.
    **dict(zip("øłđðħŧıŋƒĸ", "olddhtinfk", strict=True)),
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ґ": "г",
    # Arabic: forms of alef, yeh, heh and kaf, on Persian and Urdu keyboards too. People write teh marbuta as heh and
    # alef maksura as yeh, often omit a hamza on its own, and stretch words by tatweel.
    **dict.fromkeys("ٱ", "ا"),
    **dict.fromkeys("ىیےې", "ي"),
    **dict.fromkeys("ةەہھۃ", "ه"),
    **dict.fromkeys("کڪ", "ك"),
    **dict.fromkeys("ءـ", ""),
    # Apostrophes that are letters in Unicode, used in Ukrainian and in transcriptions of Arabic.
    **dict.fromkeys("ʹʺʻʼʽʾʿˈˮ", " "),
    # Signs that are part of a name, as in “AT&T” and “C#”: without them, the letters would be common words.
    **{sign: f" {sign} " for sign in _SIGNS},
    # Invisible fillers and joiners.
    **dict.fromkeys("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0", ""),
}
#: Classes of marks that change a letter into another one: nuktas, voicing marks of kana, and viramas.
_MARKS_OF_LETTERS = frozenset({0, 7, 8, 9})
#: Scripts without spaces between words. Each of their characters counts as a word.
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")

#: Spellings of letters that the keyboard lacks: “Muenchen”, “Aarhus”.
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
#: The Arabic article, with the particles that may precede it.
_ARTICLE = re.compile("(?:[وفبك]?ال|لل)(?=.{3})")


class _Letters(dict[int, str]):
    """A table for `str.translate`, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        found = self[code] = unicodedata.normalize("NFC", "".join(map(_letter, _parts(chr(code)))))
        return found


def _parts(character: str) -> str:
    return character if character in _DISTINCT else unicodedata.normalize("NFKD", character)


def _letter(character: str) -> str:
    """Return the folded form of a decomposed character: a space if it separates words, "" if it is ignored."""
    if (replacement := _REPLACED.get(character)) is not None:
        return replacement
    category = unicodedata.category(character)
    if category in ("Cf", "Me") or unicodedata.combining(character) not in _MARKS_OF_LETTERS:
        return ""
    if category in ("So", "Sm", "Sc") or _WITHOUT_SPACES.match(character):
        return f" {character} "
    if (category == "Mn" and 0xFE00 <= ord(character) <= 0xFE0F) or 0xE0100 <= ord(character) <= 0xE01EF:
        return ""
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    return character if category[0] in "LMN" else " "


_letters = _Letters()


def forms(token: str) -> tuple[str, ...]:
    """Return the folded spellings of a text without spaces; none if it has no letter, digit or symbol.

    The first one keeps its words apart. Others join the words (“e-mail” and “email”, “об’єкт” and
    “обєкт”), write letters as two (“Muenchen”), or omit the Arabic article.
    """
    return _kept_forms(token) if len(token) <= _MAX_KEPT_LENGTH else _forms(token)


def _forms(token: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", token).casefold()
    found = []
    for spelling in (text, text.translate(_DIGRAPHS)):
        words = spelling.translate(_letters).split()
        found += [BOUNDARY.join(words), "".join(words)]
    found.append(_ARTICLE.sub("", found[0], count=1) if _ARTICLE.match(found[0]) else "")
    return tuple(dict.fromkeys(filter(None, found)))


#: Common words recur. Longer tokens are not cached, so that strangers cannot fill the memory.
_MAX_KEPT_LENGTH = 40
_kept_forms = lru_cache(maxsize=20_000)(_forms)


def fold(text: str) -> str:
    """Return a text in the form of the index: its words in order, each after a BOUNDARY, then their other forms."""
    words: list[str] = []
    others: dict[str, None] = {}
    for token in text.split():
        if found := forms(token):
            words.append(found[0])
            others |= dict.fromkeys(found[1:])
    return "".join(f"{BOUNDARY}{word}" for word in [*words, *others])


def words_of(query: str) -> list[tuple[str, ...]]:
    """Return the forms of each word of a query. There are no operators."""
    found = (forms(token) for token in query[:MAX_QUERY_LENGTH].split())
    wanted = (each for each in found if each and each[0] not in _SIGNS)
    return list(dict.fromkeys(wanted))[:MAX_WORDS]


def part(form: str, *, beginnings: bool = False) -> str:
    """Return the substring that folded texts with a word contain.

    A word of one or two letters matches at the beginning of words, a longer one anywhere unless only `beginnings` are
    wanted.
    """
    return f"{BOUNDARY}{form}" if beginnings or len(form) < 3 else form
