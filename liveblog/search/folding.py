"""Fold texts for the search: what people take for the same word becomes the same letters.

Case, accents, widths, ligatures and digits of other scripts are folded by the tables of Unicode (UAX #15, UAX #44),
letters that Unicode does not decompose by the table below. Letters that are different letters to all who write them,
such as й and и, stay different. The database compares what this module returns byte by byte, so that every database
finds the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Stands between two words and before the first one. Two characters, so that together with one letter they are a
#: trigram, and an index of trigrams finds the beginning of a word after its first letter.
BOUNDARY = "  "

#: Limits of a query: its characters, and its words. What is beyond them is ignored.
MAX_QUERY_LENGTH = 200
MAX_WORDS = 10

#: Signs that count within a name; alone, in a query, they mean nothing.
_SIGNS = frozenset("&#")
#: Letters of their own, although Unicode decomposes them.
_DISTINCT = frozenset("йїў")
_REPLACED = {
    # Latin letters with strokes, without dots, and joined ones.
    **dict(zip("øłđðħŧıŋƒĸ", "olddhtinfk", strict=True)),
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ґ": "г",
    # Arabic: forms of alef, yeh, heh and kaf, on Persian and Urdu keyboards too. Teh marbuta is written as heh and alef
    # maksura as yeh, a hamza on its own is left out as often as not, and tatweel only makes a word longer.
    **dict.fromkeys("ٱ", "ا"),
    **dict.fromkeys("ىیےې", "ي"),
    **dict.fromkeys("ةەہھۃ", "ه"),
    **dict.fromkeys("کڪ", "ك"),
    **dict.fromkeys("ءـ", ""),
    # Apostrophes that Unicode calls letters, in Ukrainian and in transcriptions of Arabic.
    **dict.fromkeys("ʹʺʻʼʽʾʿˈˮ", " "),
    # Signs that are part of a name, as in “AT&T” and “C#”: without them, the letters between them are any words.
    **{sign: f" {sign} " for sign in _SIGNS},
    # Fillers and joiners that leave no ink.
    **dict.fromkeys("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0", ""),
}
#: Classes of marks that make another letter of theirs: nuktas, voicing marks of kana, and viramas.
_MARKS_OF_LETTERS = frozenset({0, 7, 8, 9})
#: Scripts that put no space between words. Each of their characters counts as a word.
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")

#: How letters are written where the keyboard lacks them: “Muenchen”, “Aarhus”.
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
#: The Arabic article, with the particles written before it.
_ARTICLE = re.compile("(?:[وفبك]?ال|لل)(?=.{3})")


class _Letters(dict[int, str]):
    """A table for `str.translate`, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        found = self[code] = unicodedata.normalize("NFC", "".join(map(_letter, _parts(chr(code)))))
        return found


def _parts(character: str) -> str:
    return character if character in _DISTINCT else unicodedata.normalize("NFKD", character)


def _letter(character: str) -> str:
    """Return what a decomposed character becomes: a space for what separates words, nothing for what is left out."""
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
    """Return the ways to write a text without spaces, folded; none if it has neither letters, digits nor symbols.

    The first is its words as they stand. Others are the words written as one (“e-mail” and “email”, “об’єкт” and
    “обєкт”), letters written as two (“Muenchen”), and an Arabic word without its article.
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


#: The same words come again and again. Longer tokens are not kept, so that strangers cannot fill the memory.
_MAX_KEPT_LENGTH = 40
_kept_forms = lru_cache(maxsize=20_000)(_forms)


def fold(text: str) -> str:
    """Return a text as the index holds it: its words in order, each behind a BOUNDARY, and then their other forms."""
    words: list[str] = []
    others: dict[str, None] = {}
    for token in text.split():
        if found := forms(token):
            words.append(found[0])
            others |= dict.fromkeys(found[1:])
    return "".join(f"{BOUNDARY}{word}" for word in [*words, *others])


def words_of(query: str) -> list[tuple[str, ...]]:
    """Return the forms of each word of a query. Whatever else people type, such as operators, means nothing."""
    found = (forms(token) for token in query[:MAX_QUERY_LENGTH].split())
    wanted = (each for each in found if each and each[0] not in _SIGNS)
    return list(dict.fromkeys(wanted))[:MAX_WORDS]


def part(form: str, *, beginnings: bool = False) -> str:
    """Return the part of a folded text that shows that a word is in it.

    A word of one or two letters is found at the beginning of words, a longer one anywhere in words unless only
    `beginnings` are wanted.
    """
    return f"{BOUNDARY}{form}" if beginnings or len(form) < 3 else form
