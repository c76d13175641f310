"""Check terms of the glossary, and names."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache

from articles.translations.checks.pair import Pair, base
from liveblog.translation.inflection import same_word
from liveblog.translation.terms import LETTER, Term, case_fits, occurring, places_of, words_of

#: Vowels that alternate when a Ukrainian word is inflected: Київ, Києва; міст, моста.
_UKRAINIAN_VOWELS = str.maketrans("іеє", "ооо")
_ACRONYM = re.compile(r"(?<![\w.-])[A-ZÀ-ÖØ-Þ]{2,}(?!\w)")
_NAME = re.compile(r"\b[A-ZÀ-ÖØ-Þ]\w*[a-zß-ÿ]\w*(?:[ \xa0][A-ZÀ-ÖØ-ÞŁŚŻȘȚĂ]\w*[a-zß-ÿ]\w*)+")
_TITLE = re.compile(
    r"presiden|präsident|présiden|prezyden|președin|minist|premier|chancel|kanzler|canciller|kancler|secretar|"
    r"sekret|secrétaire|mr$|mrs$|ms$|dr$|herr$|frau$|madame$|monsieur$|pan[ia]?$|señora?$|domnul$|doamna$",
    re.IGNORECASE,
)
#: Acronyms of the same names in several languages; and acronyms that translations often spell out.
_LOCALISED = [
    {"NATO", "OTAN"},
    {"EU", "UE"},
    {"UN", "UNO", "ONU", "VN"},
    {"WHO", "OMS"},
    {"IMF", "FMI", "IWF", "MFW"},
    {"ECB", "EZB", "BCE", "EBC"},
    {"GDP", "BIP", "PIB", "PKB"},
    {"AI", "KI", "IA", "SI"},
    {"NGO", "ONG", "NRO"},
    {"OSCE", "OSZE", "OBWE"},
    {"IAEA", "IAEO", "AIEA", "OIEA", "MAEA"},
]
_OFTEN_SPELLED_OUT = frozenset(
    {"US", "USA", "UK", "UN", "GB", "TV", "PM", "MP", "AM", "CEO", "EUR", "USD", "UTC", "GMT"}
)


def terms_differing(terms: Iterable[Term], pair: Pair) -> dict[str, list[str]]:
    """Return the terms that the translation lacks, and the words in it that the glossary forbids for them.

    The caller passes the terms that hold in texts of this kind.
    """
    source, target, language = pair.source.text, pair.target.text, base(pair.language)
    missing: list[str] = []
    forbidden: list[str] = []
    for term in occurring(terms, source, base(pair.source_language)):
        found = _forbidden(term, target, language)
        forbidden += (f"{word} → {term.expected}" for word in found)
        # One remark says it: the forbidden word stands for the term.
        if not found and not says(term, target, language):
            missing.append(term.expected)
    return {"terms": missing, "forbidden": forbidden}


def says(term: Term, text: str, language: str) -> bool:
    """Return whether `text` has the expected term or an admitted one, perhaps inflected, prefixed or in a compound."""
    return any(_has(phrase, term, text, language) for phrase in (term.expected, *term.admitted))


def _has(phrase: str, term: Term, text: str, language: str) -> bool:
    if not term.target and phrase == term.source:
        # Names are put into compounds and derived from: Kyiv, die Kyiver.
        return phrase in text if term.case_sensitive else phrase.casefold() in text.casefold()
    if not term.inflected:
        return bool(places_of(phrase, text, language, term))
    expected = [word.text for word in words_of(phrase, language)] or [phrase]
    return all(_has_word(word, term, text, language) for word in expected)


def _has_word(expected: str, term: Term, text: str, language: str) -> bool:
    words = [
        word.text
        for word in words_of(text, language)
        if not term.case_sensitive or case_fits(expected, word, text, strict=True)
    ]
    stem = _stem(_fold(expected, language), language)
    folded = _fold(" ".join(words) if term.case_sensitive else text, language)
    return re.search(stem, folded) is not None or any(same_word(expected, word, language) for word in words)


def _forbidden(term: Term, text: str, language: str) -> list[str]:
    """Return the forbidden words in a text, except within a right translation of the term."""
    if not term.forbidden:
        return []
    right = [place for phrase in (term.expected, *term.admitted) for place in places_of(phrase, text, language, term)]
    return [
        text[start:end]
        for phrase in term.forbidden
        for start, end in places_of(phrase, text, language, term)
        if not any(right_start <= start and end <= right_end for right_start, right_end in right)
    ]


def _stem(word: str, language: str) -> str:
    before = rf"(?<!{LETTER})"
    if language == "ar":
        before += "[وفبكلا]{0,4}"  # and, so, in, as, for, the
        word = word.removeprefix("ال")
    stem = word if len(word) <= 3 else word[: max(3, round(len(word) * 0.7))]
    if language == "de" and len(word) > 5:
        before = ""
    return before + re.escape(stem)


@lru_cache(maxsize=500)
def _fold(text: str, language: str = "") -> str:
    """Return the text without case, accents and Arabic vowels."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    folded = "".join(letters).casefold()
    return folded.translate(_UKRAINIAN_VOWELS) if base(language) == "uk" else folded


def names_missing(pair: Pair) -> list[str]:
    """Return the acronyms and surnames that are missing, for pairs of Latin alphabets; others transliterate."""
    source, target = pair.source.text, pair.target.text
    if not (_is_latin(source) and _is_latin(target)):
        return []
    return [acronym for acronym in _ACRONYM.findall(source) if not _has_acronym(acronym, target)] + [
        name for name in _surnames(source, target) if not _near(name, target)
    ]


def _is_latin(text: str) -> bool:
    """Return whether the text is in the Latin alphabet, and not all in capitals, which would hide names."""
    return bool(re.search("[a-z]", text)) and not re.search("[\u0370-\u1dff\u3000-\ud7ff]", text)


def _has_acronym(acronym: str, text: str) -> bool:
    forms = {acronym}.union(*(group for group in _LOCALISED if acronym in group))
    return acronym in _OFTEN_SPELLED_OUT or any(form in text for form in forms)


def _surnames(source: str, target: str) -> Iterator[str]:
    """Yield the capitalised words after a title, or after a first name that the translation keeps."""
    for match in _NAME.finditer(source):
        *before, name = match[0].split()
        kept = len(before[-1]) > 3 and re.search(rf"\b{re.escape(before[-1])} [A-ZÀ-Þ]", target)
        untitled = [word for word in before if not _TITLE.match(word)]
        gone = len(untitled) < len(before) and not any(_near(word, target) for word in untitled)
        if len(name) > 3 and not _TITLE.match(name) and (kept or gone):
            yield name


def _near(name: str, text: str) -> bool:
    """Return whether `text` has the name, perhaps in another spelling: Zelensky, Selenskyj; Putin, Poutine."""
    words = {_fold(word) for word in re.findall(r"\w{2,}", text) if word[0].isupper()}
    name = _fold(name)
    return any(word.startswith(name[:4]) for word in words) or bool(get_close_matches(name, words, 1, 0.7))
