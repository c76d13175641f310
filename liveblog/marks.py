"""Bound the combining marks on a letter: hundreds of them would cover the lines above and below a text.

The properties are those of the Unicode Character Database (UAX #44), in the version of the library `regex`.
"""

from __future__ import annotations

import regex

#: Marks of all scripts on one letter. Tibetan stacks and pointed Hebrew have up to seven.
MAX_MARKS = 8

#: Number of marks that belong to no script, such as accents. Vietnamese has two, and the Quran up to four.
MAX_ACCENTS = 4

_MARK = r"\p{M}"
#: Invisible characters and tags between two marks do not separate them.
_BETWEEN = r"[\p{Default_Ignorable_Code_Point}--\p{M}]|\x3c[^\x3c\x3e]*\x3e"

_SUSPECT = regex.compile(rf"{_MARK}(?:{_BETWEEN}|{_MARK}){{{MAX_ACCENTS},}}", regex.VERSION1)
_PARTS = regex.compile(
    rf"(?P<accent>[{_MARK}&&\p{{Script=Inherited}}])|(?P<mark>{_MARK})|(?:{_BETWEEN})+", regex.VERSION1
)


def bounded_marks(text: str) -> str:
    """Return a text, or HTML, without the marks that exceed the limits for one letter."""
    return _SUSPECT.sub(_bounded, text)


def _bounded(run: regex.Match[str]) -> str:
    kept, marks, accents = [], 0, 0
    for part in _PARTS.finditer(run[0]):
        if part.lastgroup is not None:
            marks += 1
            accents += part.lastgroup == "accent"
            if marks > MAX_MARKS or (part.lastgroup == "accent" and accents > MAX_ACCENTS):
                continue
        kept.append(part[0])
    return "".join(kept)
