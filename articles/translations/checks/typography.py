"""The typography of each language, in one table, and the check against it.

Sources: Lexique des règles typographiques en usage à l'Imprimerie nationale (French spaces), Ortografía de la lengua
española (¿ ¡ «»), the Unicode Standard 7.1 (Romanian letters with comma below) and 6.2 (apostrophe), Український
правопис 2019 (apostrophe, «»).
"""

import re
from typing import NamedTuple

from articles.translations.checks.pair import Pair, base

NARROW, NO_BREAK = "\u202f", "\xa0"


class Typography(NamedTuple):
    """The marks and spaces that a language uses."""

    #: Pairs of an opening and a closing mark. ’ closes an open ‘ or ‚; otherwise it is an apostrophe.
    quotes: str
    #: Pairs that only occur within others.
    nested: str = ""
    #: A no-break space within these marks of quotation.
    spaced_quotes: str = ""
    #: Marks after a narrow no-break space (a wider one is accepted), and marks after a no-break space.
    narrow_before: str = ""
    no_break_before: str = ""
    #: Pairs of an opening and a closing mark of a sentence.
    sentence_marks: str = ""
    #: Characters that look alike, and those that the language uses instead.
    replaced: str = ""
    replacing: str = ""
    #: Whether the apostrophe is a letter of words and never a straight one.
    apostrophe: bool = False


TYPOGRAPHY: dict[str, Typography] = {
    "en": Typography("“” ‘’"),
    "de": Typography("„“ ‚‘ »« ›‹"),
    "fr": Typography("«» “” ‹› ‘’", nested="“” ‹› ‘’", spaced_quotes="«»", narrow_before="?!;", no_break_before=":"),
    "es": Typography("«» “” ‘’", sentence_marks="¿? ¡!"),
    "pl": Typography("„” «» ‚’", nested="«» ‚’"),
    "ro": Typography("„” «»", nested="«»", replaced="şţŞŢ", replacing="șțȘȚ"),
    "uk": Typography("«» „“", nested="„“", apostrophe=True),
    "ar": Typography("«» “”", replaced=",;?", replacing="،؛؟"),
    "ja": Typography("「」 『』"),
}
#: Marks of languages that are not in the table.
ANY_QUOTES = "“” ‘’ „“ «» ‹› 「」 『』"

_APOSTROPHE = re.compile(r"(?<=[^\W\d_])(['´`\"])(?=[^\W\d_])")
# Without this, the pattern would scan the rest of a long word from each of its letters.
_SPACE_BEFORE = re.compile(r"(?<!\S)\S+[ \xa0\u202f]+[?!;:,](?![()\w/-])")
_WORD_BEFORE = r"(?<![^\s«“„(])(?:(?=[^\s«“„(])|(?<![ \t])(?=[ \t]))[^\s«“„(]*"
_ARABIC_PLACE = r"(?<=[\u0620-\u065f»”)])\s?"


def typography_differing(pair: Pair) -> list[str]:
    """Return pieces of the translation with marks or spaces that its language does not use, and their corrections."""
    language = base(pair.language)
    rules, text = TYPOGRAPHY.get(language), pair.target.text
    if rules is None or language == base(pair.source_language):
        return []
    return [
        *_spaces(rules, text),
        *_letters(rules, text),
        *_apostrophes(rules, text, pair.source.text),
        *_sentence_marks(rules, text),
    ]


def _spaces(rules: Typography, text: str) -> list[str]:
    if not rules.narrow_before:
        return [
            _proposal(match[0], re.sub(r"[ \xa0\u202f]+(?=[?!;:,]$)", "", match[0]))
            for match in _SPACE_BEFORE.finditer(text)
        ]
    found = []
    for marks, space in ((rules.narrow_before, NARROW), (rules.no_break_before, NO_BREAK)):
        # Not between digits (16:12), in an address, or after another mark (?!).
        pattern = re.compile(rf"({_WORD_BEFORE})([ \t]+|(?<=[\w)\]»%’”]))([{marks}])(?![\w/{marks}()-])")
        found += [
            _proposal(match[0], f"{match[1]}{space}{match[3]}")
            for match in pattern.finditer(text)
            if "://" not in match[1]
        ]
    return found


def _letters(rules: Typography, text: str) -> list[str]:
    if not rules.replaced:
        return []
    table = str.maketrans(rules.replaced, rules.replacing)
    letters = f"[{re.escape(rules.replaced)}]"
    if rules.replaced.isalpha():
        pattern = re.compile(rf"(?<!\w)\w*{letters}\w*")
    else:
        pattern = re.compile(rf"(?<!\S)\S*{_ARABIC_PLACE}{letters}")
    return [
        _proposal(match[0], re.sub(r"\s(?=\W$)", "", match[0].translate(table))) for match in pattern.finditer(text)
    ]


def _apostrophes(rules: Typography, text: str, source: str) -> list[str]:
    # Keyboards write straight apostrophes, so accept them.
    straight = "'" in source and "’" not in source and not rules.apostrophe
    return [
        _proposal(match[0], re.sub(r"['´`\"]", "’", match[0]))
        for match in re.finditer(r"(?<![^\W\d_])[^\W\d_]+(?:['´`\"][^\W\d_]+)+", text)
        if not (straight and "'" in match[0])
    ]


def _sentence_marks(rules: Typography, text: str) -> list[str]:
    found = []
    for marks in rules.sentence_marks.split():
        opening, closing = marks[0], marks[1]
        open_ = False
        start = 0
        for position, character in enumerate(text):
            if character == opening:
                open_ = True
            elif character == closing and text[position - 1 : position] not in ("?", "!"):
                if not open_:
                    words = re.split(r"[.!?…\n«(]\s*", text[start:position])[-1].strip()
                    if words:
                        found.append(_proposal(words + closing, opening + words + closing))
                open_ = False
                start = position + 1
    return found


def _proposal(written: str, right: str) -> str:
    return f"{written.strip()} → {right.strip()}"
