"""Recognise the inflected forms of words.

The dictionaries of simplemma know the forms of common words and of many names. From words that they lack, such as most
surnames, the endings of the language are removed. In Arabic, conjunctions, prepositions and the article are written
together with the next word, and possessive pronouns with the word before.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from simplemma import Lemmatizer
from simplemma.strategies import DefaultStrategy

#: Loads a dictionary when a language is first asked for: a second or two of one processor and 10 to 40 MB.
_DICTIONARIES = DefaultStrategy(low_memory=True)
_LEMMATIZER = Lemmatizer(lemmatization_strategy=_DICTIONARIES)

#: Endings of nouns, names and adjectives.
_ENDINGS = {
    "en": "s es",
    "fr": "s x e es",
    "es": "s es",
    "de": "s es e n en er ern em",
    "pl": "a u i y e o ą ę em iem om owi ie zie ego iego emu iemu ym im ymi imi ej iej ów ami iami ach iach cie",
    "ro": "a e i u ul ului ei ii le lor lui uri urile urilor ilor ele elor",
    "uk": "а у і и ю я е є о ом ем єм ою ею єю ові еві єві ого ому им ій ої ий ими их ам ям ами ями ах ях ів їв",
}
_STEM_MIN_LENGTH = 3
#: Letters that alternate in Ukrainian words: Харків, Харкова.
UKRAINIAN_VOWELS = str.maketrans("іеє", "ооо")

_APOSTROPHES = re.compile("['’ʼ`´]")
#: Romanian was written with cedillas before Unicode 3.0 had letters with a comma below.
_ROMANIAN_CEDILLAS = str.maketrans("şţ", "șț")
#: Vowel signs, the dagger alef and the elongation, which are optional; and spellings that are often interchanged.
_ARABIC_OPTIONAL = re.compile("[\u0640\u064b-\u065f\u0670]")
_ARABIC_SPELLINGS = str.maketrans("أإآٱى", "اااا" + "ي")
_ARABIC_PREFIXES = re.compile("(?:[وف]?(?:[بك]?ال|لل|[بكلس])|[وف])")
_ARABIC_PRONOUNS = re.compile("(?:هما|كما|ها|هم|هن|كم|كن|نا|ه|ي|ك)$")


def without_arabic_marks(text: str) -> str:
    """Return a text without the marks that are optional in Arabic."""
    return _ARABIC_OPTIONAL.sub("", text)


@lru_cache(maxsize=50_000)
def normalised(word: str, language: str) -> str:
    """Return a word without differences of case and spelling that do not matter in the language."""
    word = _APOSTROPHES.sub("’", unicodedata.normalize("NFC", word).casefold())
    if language == "ro":
        return word.translate(_ROMANIAN_CEDILLAS)
    if language == "ar":
        return without_arabic_marks(word).translate(_ARABIC_SPELLINGS)
    return word


@lru_cache(maxsize=200_000)
def same_word(term: str, word: str, language: str) -> bool:
    """Return whether `word`, as it stands in a text, is a form of `term`. Case does not matter."""
    if normalised(term, language) == normalised(word, language):
        return True
    if _base_forms(term, language) & _possible_base_forms(word, language):
        return True
    if _known(term, language) and _known(word, language):
        return False
    return bool(_stems(term, language) & _stems(word, language))


def keys_of_text(words: Iterable[str], language: str) -> frozenset[str]:
    """Return keys of a text, by which `may_have` rules out most terms quickly."""
    return frozenset().union(*(_possible_base_forms(word, language) | _stems(word, language) for word in set(words)))


def may_have(keys: frozenset[str], term: str, language: str) -> bool:
    """Return whether a text with these keys may have a form of `term`. There are no false negatives."""
    return not keys.isdisjoint(_base_forms(term, language)) or not keys.isdisjoint(_stems(term, language))


@lru_cache(maxsize=50_000)
def _base_forms(word: str, language: str) -> frozenset[str]:
    found = {normalised(word, language), *_lemmas(word, language)}
    if language == "ar":
        found |= {form.removeprefix("ال") for form in found if len(form) > _STEM_MIN_LENGTH + 1}
    return frozenset(found)


@lru_cache(maxsize=50_000)
def _possible_base_forms(word: str, language: str) -> frozenset[str]:
    if language != "ar":
        return _base_forms(word, language)
    return frozenset(form for part in _arabic_parts(word) for form in _base_forms(part, language))


def _arabic_parts(word: str) -> Iterator[str]:
    """Yield the word, and its possible forms without prefixes and pronouns."""
    plain = normalised(word, "ar")
    yield plain
    starts = [plain]
    starts += (
        plain[end:]
        for end in range(1, 5)
        if _ARABIC_PREFIXES.fullmatch(plain[:end]) and len(plain) - end >= _STEM_MIN_LENGTH
    )
    for start in starts:
        yield start
        stem = _ARABIC_PRONOUNS.sub("", start)
        if stem != start and len(stem) >= _STEM_MIN_LENGTH:
            yield stem
            if stem.endswith("ت"):
                yield f"{stem[:-1]}ة"


def _lemmas(word: str, language: str) -> Iterator[str]:
    # A dictionary has names with a capital and other words without one; a headline may have capitals anywhere.
    for spelling in {word.lower(), word.capitalize()}:
        try:
            yield normalised(_LEMMATIZER.lemmatize(spelling, lang=language), language)
        except ValueError:
            # simplemma has no dictionary of the language.
            return


@lru_cache(maxsize=50_000)
def _known(word: str, language: str) -> bool:
    try:
        return any(_DICTIONARIES.is_dictionary_member(each, language) for each in (word.lower(), word.capitalize()))
    except ValueError:
        return False


@lru_cache(maxsize=50_000)
def _stems(word: str, language: str) -> frozenset[str]:
    plain = normalised(word, language)
    found = {plain}
    for ending in _ENDINGS.get(language, "").split():
        if plain.endswith(ending) and len(plain) - len(ending) >= _STEM_MIN_LENGTH:
            found.add(plain.removesuffix(ending))
    return frozenset(stem.translate(UKRAINIAN_VOWELS) for stem in found) if language == "uk" else frozenset(found)
