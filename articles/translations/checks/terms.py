"""Check terms of the glossary, and names."""

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches

from articles.translations.checks.pair import Pair, base
from liveblog.translation.terms import LETTER, Term

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


def names_missing(pair: Pair) -> list[str]:
    """Return the acronyms and surnames that are missing, for pairs of Latin alphabets; others transliterate."""
    source, target = pair.source.text, pair.target.text
    if not (_is_latin(source) and _is_latin(target)):
        return []
    return [
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
