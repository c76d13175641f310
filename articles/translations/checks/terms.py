"""Check terms of the glossary."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from articles.translations.checks.pair import Pair, base
from liveblog.translation.inflection import UKRAINIAN_VOWELS, same_word
from liveblog.translation.terms import LETTER, Term, case_fits, occurring, places_of, words_of

#: Vowels that alternate when a Ukrainian word is inflected: Київ, Києва; міст, моста.


def terms_differing(terms: Iterable[Term], pair: Pair) -> dict[str, list[str]]:
    """Return the terms that the translation lacks, and the words in it that the glossary forbids for them.

    The caller passes the terms for texts of this kind.
    """
    source, target, language = pair.source.text, pair.target.text, base(pair.language)
    missing: list[str] = []
    forbidden: list[str] = []
    for term in occurring(terms, source, base(pair.source_language)):
        found = _forbidden(term, target, language)
        forbidden += (f"{word} → {term.expected}" for word in found)
        # One remark is enough: the forbidden word is the translation of the term.
        if not found and not says(term, target, language):
            missing.append(term.expected)
    return {"terms": missing, "forbidden": forbidden}


def says(term: Term, text: str, language: str) -> bool:
    """Return whether `text` has the expected term or an admitted one, perhaps inflected, prefixed or in a compound."""
    return any(_has(phrase, term, text, language) for phrase in (term.expected, *term.admitted))


def _has(phrase: str, term: Term, text: str, language: str) -> bool:
    if not term.target and phrase == term.source:
        # Names occur in compounds and derived words: Kyiv, die Kyiver.
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
    """Return the forbidden words in a text, except within a correct translation of the term."""
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
    return folded.translate(UKRAINIAN_VOWELS) if base(language) == "uk" else folded
