"""Recognise texts that leave no ink: nobody who looks at them sees that there is a text.

The properties are those of the Unicode Character Database (UAX #44), which the library `regex` brings along.
"""

from __future__ import annotations

import regex

#: Characters without ink of their own. Marks have none without a letter to stand on, and code points for private use
#: and non-characters have no glyph that readers share. Format characters have none, except those that enclose digits.
_WITHOUT_INK = r"""
    \p{White_Space} \p{Z} \p{Default_Ignorable_Code_Point} \p{M}
    \p{Cc} \p{Cs} \p{Co} \p{Noncharacter_Code_Point} [\p{Cf}--\p{Prepended_Concatenation_Mark}]
"""
#: Characters whose property is that of a letter or symbol although their glyph is empty: the Braille pattern blank, the
#: musical null notehead, the blanks among Egyptian hieroglyphs, and what stands for an object that is not in the text.
_EMPTY_GLYPHS = r"\u2800\U0001d159\U00013441\U00013442\ufffc"

_INK = regex.compile(f"[^{_WITHOUT_INK}{_EMPTY_GLYPHS}]".replace("\n", "").replace(" ", ""), regex.VERSION1)


def is_blank(text: str) -> bool:
    """Return whether a plain text leaves no ink: it is empty, or all its characters are invisible."""
    return _INK.search(text) is None


def unless_blank(text: str) -> str:
    """Return a plain text, or an empty one if it leaves no ink."""
    return "" if is_blank(text) else text
