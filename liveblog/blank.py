"""Recognise blank texts: those whose characters are all invisible.

The properties are those of the Unicode Character Database (UAX #44), in the version of the library `regex`.
"""

from __future__ import annotations

import regex

#: Invisible characters. Marks are invisible without a letter that carries them, and code points for private use and
#: non-characters have no glyph that readers share. Format characters are invisible, except those that enclose digits.
_WITHOUT_INK = r"""
    \p{White_Space} \p{Z} \p{Default_Ignorable_Code_Point} \p{M}
    \p{Cc} \p{Cs} \p{Co} \p{Noncharacter_Code_Point} [\p{Cf}--\p{Prepended_Concatenation_Mark}]
"""
#: Characters with the property of a letter or symbol, but an empty glyph: the Braille pattern blank, the
#: musical null notehead, the blanks among Egyptian hieroglyphs, and the object replacement character.
_EMPTY_GLYPHS = r"\u2800\U0001d159\U00013441\U00013442\ufffc"

_INK = regex.compile(f"[^{_WITHOUT_INK}{_EMPTY_GLYPHS}]".replace("\n", "").replace(" ", ""), regex.VERSION1)


def is_blank(text: str) -> bool:
    """Return whether a plain text is empty or all its characters are invisible."""
    return _INK.search(text) is None


def unless_blank(text: str) -> str:
    """Return a plain text, or "" if it is blank."""
    return "" if is_blank(text) else text
