"""Check the script and the language of a translation, even of a short one."""

import re
from functools import lru_cache

from articles.translations.checks.pair import SENTENCE_END, Pair, base, shortened
from liveblog.languages import KNOWN, script_of
from liveblog.translation.detector import known, language_of

_LATIN = "A-Za-zÀ-ɏḀ-ỿ"
_CYRILLIC = "\u0400-\u052f"
_GREEK = "\u0370-\u03ff"
_ARABIC = "\u0620-\u064a\u066e-\u06d3"
_HEBREW = "\u05d0-\u05ea"
_KANA = "\u3040-\u30ff"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
#: Scripts of the languages that are not written in Latin letters.
_SCRIPTS = {"uk": _CYRILLIC, "ru": _CYRILLIC, "bg": _CYRILLIC, "be": _CYRILLIC, "sr": _CYRILLIC + _LATIN, "el": _GREEK,
            "ar": _ARABIC, "fa": _ARABIC, "ur": _ARABIC,
            "he": _HEBREW, "ja": _KANA + _HAN, "zh": _HAN}  # fmt: skip
#: Of further languages, by their script (ISO 15924).
_OTHERS = {"Cyrl": _CYRILLIC, "Grek": _GREEK, "Arab": _ARABIC, "Hebr": _HEBREW, "Hans": _HAN, "Hant": _HAN,
           "Jpan": _KANA + _HAN, "Kore": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af" + _HAN, "Thai": "\u0e00-\u0e7f",
           "Laoo": "\u0e80-\u0eff", "Mymr": "\u1000-\u109f", "Khmr": "\u1780-\u17ff", "Deva": "\u0900-\u097f",
           "Beng": "\u0980-\u09ff", "Guru": "\u0a00-\u0a7f", "Gujr": "\u0a80-\u0aff", "Orya": "\u0b00-\u0b7f",
           "Taml": "\u0b80-\u0bff", "Telu": "\u0c00-\u0c7f", "Knda": "\u0c80-\u0cff", "Mlym": "\u0d00-\u0d7f",
           "Sinh": "\u0d80-\u0dff", "Geor": "\u10a0-\u10ff", "Armn": "\u0530-\u058f", "Ethi": "\u1200-\u139f",
           "Thaa": "\u0780-\u07bf", "Tibt": "\u0f00-\u0fff"}  # fmt: skip
_JUDGED = {"en", "de", "fr", "es", "pl", "ro", "it", "nl", "pt", "cs", "sv", "da", "tr", *_SCRIPTS}
#: The alphabets whose letters look alike.
_ALPHABETS = [re.compile(f"[{letters}]") for letters in (_LATIN, _CYRILLIC, _GREEK)]
#: Letters of Russian, Belarusian or Bulgarian that Ukrainian lacks, and vice versa.
_NOT_IN = {"uk": "ыэъёўЫЭЪЁЎ", "ru": "іїєґІЇЄҐўЎ", "bg": "ыэёіїєґЫЭЁІЇЄҐ"}
_WORD = re.compile(r"[^\W\d_]+")


def mixed_letters(pair: Pair) -> list[str]:
    """Return words that mix letters of two scripts, and words in a script that the language does not use."""
    if base(pair.language) not in _JUDGED:
        return []
    originals = set(_WORD.findall(pair.source.text))
    letters = letters_of_other_language(pair.target.text, pair.language)
    own, foreign = letters_of(pair.language), _foreign(pair.language)
    return (letters if len(letters) == 1 else []) + [
        word
        for word in _WORD.findall(pair.target.text)
        if word not in originals
        and (_mixed(word) or (foreign.search(word) and not own.search(word) and (len(word) > 1)))
    ]


def in_other_script(text: str, source: str, language: str) -> bool:
    """Return whether a text is mostly in letters that its language does not use, other than names from the source."""
    if base(language) not in _JUDGED:
        return False
    words = [word for word in _WORD.findall(text) if len(word) > 1]
    foreign = [word for word in words if not letters_of(language).search(word)]
    if 2 * sum(map(len, foreign)) <= sum(map(len, words)):
        return False
    return len(foreign) >= 3 or any(word not in source for word in foreign)


def letters_of_other_language(text: str, language: str) -> list[str]:
    """Return words with letters that the language does not have although it uses the script."""
    letters = _NOT_IN.get(base(language))
    return [word for word in _WORD.findall(text) if letters and any(letter in letters for letter in word)]


def _mixed(word: str) -> bool:
    return sum(bool(alphabet.search(word)) for alphabet in _ALPHABETS) > 1


@lru_cache(maxsize=32)
def letters_of(language: str) -> re.Pattern[str]:
    """Return a pattern of one letter in the script of a language."""
    return re.compile(f"[{_letters(language)}]")


def _letters(language: str) -> str:
    return _SCRIPTS.get(language) or _OTHERS.get(script_of(language), _LATIN)


@lru_cache(maxsize=32)
def _foreign(language: str) -> re.Pattern[str]:
    """Return the letters that are foreign in a language; Latin ones are not, because names of companies have them."""
    own = _letters(language)
    return re.compile("[" + "".join(letters for letters in (_CYRILLIC, _GREEK, _ARABIC) if letters not in own) + "]")


#: The languages to choose from. Among all languages, the detector would confuse Arabic with its dialects.
_LIKELY = frozenset(map(base, KNOWN)) | {"bg", "ca", "cs", "fa", "it", "ja", "nl", "pt", "ru", "tr", "zh"}
_QUOTED = re.compile(r"[«“„»”\"]")
_LOWERCASE_WORD = re.compile(r"\b[^\W\d_A-Z]\w+")
#: The least number of words of an untranslated sentence, more than names have; a quotation may be a title.
_MIN_WORDS, _MIN_QUOTED_WORDS = 2, 4


def foreign_text(pair: Pair) -> list[str]:
    """Return sentences that are in the language of the original or in a third one."""
    language = base(pair.language)
    untouched: list[str] = []
    if language != base(pair.source_language):
        originals = set(_sentences(pair.source.text))
        untouched = [sentence for sentence in _sentences(pair.target.text) if sentence in originals]
        if not untouched and in_other_script(pair.target.text, pair.source.text, pair.language):
            untouched = [" ".join(pair.target.text.split())]
    letters = letters_of_other_language(pair.target.text, language)
    if len(letters) > 1:  # one word may be a name
        untouched += letters
    if language in known():
        among = _LIKELY | {language, base(pair.source_language)}
        for text in (pair.target.text, *pair.target.blocks):
            detected = language_of(text, among)
            if detected and detected[0] != language:
                untouched.append(" ".join(text.split()))
    return [shortened(text) for text in untouched]


def _sentences(text: str) -> list[str]:
    """Return the sentences that are longer than a name; credits are often the same in two languages."""
    found = []
    for sentence in SENTENCE_END.split(text):
        parts = [part.strip(" \xa0\u202f,.") for part in _QUOTED.split(sentence)]
        if len(parts) > 1:
            found += [part for part in parts if len(_LOWERCASE_WORD.findall(part)) >= _MIN_QUOTED_WORDS]
        whole = sentence.strip(' \xa0\u202f“”„«»"')
        quoted = whole != sentence.strip()
        if len(_LOWERCASE_WORD.findall(whole)) >= (_MIN_QUOTED_WORDS if quoted else _MIN_WORDS):
            found.append(whole)
    return found
