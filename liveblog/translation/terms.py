"""Terms of the glossary in the form for engines and checks, and their positions in texts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from liveblog.translation.inflection import keys_of_text, may_have, normalised, same_word

#: A letter of a word. Scripts without spaces between words are left out: there a word may begin anywhere.
LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
#: Vowel signs and accents that are characters of their own belong to the word.
_LETTERS = r"[^\W_](?:[^\W_]|[\u0300-\u036f\u064b-\u065f\u0670])*"
_WORD = re.compile(_LETTERS)
#: In Ukrainian an apostrophe is part of a word.
_UKRAINIAN_WORD = re.compile(rf"{_LETTERS}(?:['’ʼ]{_LETTERS})*")
#: The characters that may separate the words of a term: a space or a hyphen, the full stops of an abbreviation.
_GAP = re.compile(r"[^\w\n,;:!?؟،؛()\[\]«»“”„\"]{0,3}")
_SENTENCE_END_IN_GAP = re.compile(r"[.…]\s")
_SENTENCE_START = re.compile(r"(?:^|[.!?…؟:\n])[\s«»“”„\"'’(\[–—-]*$")


@dataclass(frozen=True)
class Term:
    """The translation of a word or name; an empty `target` means that it is not translated."""

    source: str
    target: str = ""
    #: The kind of texts to which it applies, such as "credit"; empty for all texts.
    field: str = ""
    #: Other correct translations, and wrong ones.
    admitted: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    case_sensitive: bool = False
    #: Whether other forms of its words are the same term.
    inflected: bool = True
    note: str = ""
    example: str = ""

    @property
    def expected(self) -> str:
        return self.target or self.source


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int


def holding_in(terms: Iterable[Term], field: str) -> list[Term]:
    """Return the terms for texts of a kind. A term for this kind replaces one of the same word for all texts."""
    found: dict[str, Term] = {}
    for term in terms:
        word = term.source if term.case_sensitive else term.source.casefold()
        if term.field == field or (not term.field and found.get(word, term).field == ""):
            found[word] = term
    return list(found.values())


def occurring(terms: Iterable[Term], text: str, language: str) -> list[Term]:
    """Return the terms whose source occurs in `text`. Within a longer term, a shorter one does not count."""
    places = [(place, term) for term in terms for place in places_of(term.source, text, language, term)]
    free: list[Term] = []
    for (start, end), term in places:
        inside = any(
            other_start <= start and end <= other_end and end - start < other_end - other_start
            for (other_start, other_end), _other in places
        )
        if not inside and term not in free:
            free.append(term)
    return free


def places_of(phrase: str, text: str, language: str, term: Term) -> list[tuple[int, int]]:
    """Return the start and end of each occurrence of a phrase of a term in a text."""
    expected = words_of(phrase, language)
    if not expected or _UNSPACED.search(phrase):
        pattern = rf"(?<!{LETTER}){re.escape(phrase)}(?!{LETTER})" if phrase.strip() else "(?!)"
        flags = re.NOFLAG if term.case_sensitive else re.IGNORECASE
        return [match.span() for match in re.finditer(pattern, text, flags)]
    keys = _keys_of(text, language)
    if not all(may_have(keys, word.text, language) for word in expected):
        return []
    words = words_of(text, language)
    found = []
    for first in range(len(words) - len(expected) + 1):
        run = words[first : first + len(expected)]
        forms = (_is_form(one.text, other, text, language, term) for one, other in zip(expected, run, strict=True))
        if all(forms) and _together(run, text):
            found.append((run[0].start, run[-1].end))
    return found


@lru_cache(maxsize=500)
def _keys_of(text: str, language: str) -> frozenset[str]:
    return keys_of_text((word.text for word in words_of(text, language)), language)


@lru_cache(maxsize=500)
def words_of(text: str, language: str) -> list[_Word]:
    """Return the words of a text. Cached, because the checks ask for those of the same text for each term."""
    pattern = _UKRAINIAN_WORD if language == "uk" else _WORD
    return [_Word(match[0], match.start(), match.end()) for match in pattern.finditer(text)]


def _together(words: Sequence[_Word], text: str) -> bool:
    gaps = (text[one.end : other.start] for one, other in pairwise(words))
    return all(_GAP.fullmatch(gap) and not _SENTENCE_END_IN_GAP.search(gap) for gap in gaps)


def _is_form(expected: str, word: _Word, text: str, language: str, term: Term) -> bool:
    if term.inflected:
        same = same_word(expected, word.text, language)
    else:
        same = normalised(expected, language) == normalised(word.text, language)
    return same and case_fits(expected, word, text, strict=term.case_sensitive)


def case_fits(expected: str, word: _Word, text: str, *, strict: bool) -> bool:
    """Return whether a word has the case of a term. Acronyms must be in capitals: WHO is not the word “who”."""
    if len(expected) > 1 and expected.isupper():
        return word.text.isupper()
    if not strict:
        return True
    if expected[1:] != expected[1:].lower():
        # As in eBay or McDonald, the case is part of the spelling.
        return word.text.startswith(expected[: max(2, len(expected) - 3)])
    if expected[0].isupper():
        return word.text[0].isupper() and not (len(word.text) > 1 and word.text.isupper())
    return word.text == word.text.lower() or (
        word.text[1:] == word.text[1:].lower() and bool(_SENTENCE_START.search(text[: word.start]))
    )
