"""Check font files of a newsroom, and find the languages and weights that they support."""

from __future__ import annotations

import io
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont, TTLibError

from liveblog.languages import KNOWN, locale_of, own_name

MAX_BYTES = 600_000

#: First bytes of a WOFF2 file (W3C, WOFF File Format 2.0).
_SIGNATURE = b"wOF2"

#: The letters of each language besides a to z, without which its words would mix two fonts; capitals as well.
_LETTERS = {
    "en": "",
    "de": "äöüß",
    "fr": "àâæçéèêëîïôœùûü",
    "es": "áéíñóúü¿¡",
    "pl": "ąćęłńóśźż",
    "ro": "ăâîșț",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي٠١٢٣٤٥٦٧٨٩،؟",
}
_LATIN = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class FontFacts:
    """The facts that a font file states.

    languages   the shipped languages for which it has all letters
    weights     its weights as CSS writes them: "700", or "100 900" of a variable font
    """

    languages: list[str]
    weights: str


def facts_of(file: File) -> FontFacts:
    """Return the facts of an uploaded font. Raise ValidationError, in the active language, if it cannot be used."""
    if not file.size or file.size > MAX_BYTES:
        raise ValidationError(
            _("The font file is larger than %(limit)s kB. Make a WOFF2 file with only the letters you need.")
            % {"limit": MAX_BYTES // 1000}
            if file.size
            else _("The file is empty.")
        )
    file.seek(0)
    content = file.read()
    if not content.startswith(_SIGNATURE):
        raise ValidationError(_("This isn’t a WOFF2 font. Convert the font to WOFF2 first."))
    try:
        font = TTFont(io.BytesIO(content), lazy=True)
        known = font.getBestCmap() or {}
        weights = _weights(font)
    # A damaged file raises errors of many kinds, those of brotli and struct among them.
    except (TTLibError, Exception) as error:
        raise ValidationError(_("The font file is damaged.")) from error
    languages = [code for code in KNOWN if all(ord(letter) in known for letter in _letters(code))]
    if not languages:
        raise ValidationError(_("The font doesn’t have the letters of any of the languages."))
    return FontFacts(languages, weights)


def _letters(language: str) -> set[str]:
    own = _own_letters(language)
    # Most fonts lack the capital of ß, and Arabic letters have no capitals.
    return {*own, *(letter.upper() for letter in own if len(letter.upper()) == 1)}


def _own_letters(language: str) -> str:
    if language in _LETTERS:
        return _LETTERS[language] + ("" if language in ("uk", "ar") else _LATIN)
    # For an added language, the letters of its names of days and months stand for all its letters.
    locale = locale_of(language)
    names = [*locale.days["format"]["wide"].values(), *locale.months["format"]["wide"].values(), own_name(language)]
    return "".join({letter for name in names for letter in name.lower() if letter.isalpha()})


def _weights(font: TTFont) -> str:
    if "fvar" in font:
        for axis in font["fvar"].axes:
            if axis.axisTag == "wght":
                return f"{int(axis.minValue)} {int(axis.maxValue)}"
    return str(min(900, max(100, font["OS/2"].usWeightClass)))
