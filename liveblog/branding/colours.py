"""Colours of the newsroom: their contrast, and the shades derived from them.

The formulas are those of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable
from dataclasses import dataclass

from babel.numbers import format_decimal

from liveblog.languages import active_locale

#: The least contrast of text that level AA accepts (WCAG 2.2, success criterion 1.4.3).
AA = 4.5

WHITE, INK = "#ffffff", "#14171c"
#: The backgrounds of texts, light and dark, as static/liveblog/page.css has them: the page, and boxes on it.
LIGHT_PAGES = (WHITE, "#f2f5f9")
DARK_PAGES = ("#101317", "#1a1f26")
#: The red that marks live coverage.
SIGNAL = "#cf142f"

#: The default colours, if a newsroom has chosen none.
DEFAULT, DEFAULT_DARK = "#12315c", "#15263f"
DEFAULT_LINK, DEFAULT_LINK_DARK = "#12458f", "#9cc0f7"

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEPS = 100


def normal(text: str) -> str | None:
    """Return a colour as '#rrggbb'; None if the text is no colour. Short forms are 'rrggbb', '#rgb' and 'rgb'."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return f"#{digits if len(digits) == 6 else ''.join(digit * 2 for digit in digits)}"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    lesser, greater = sorted((_luminance(one), _luminance(other)))
    return (greater + 0.05) / (lesser + 0.05)


def written(ratio: float) -> str:
    """Return a contrast ratio in the active language, rounded down so that no insufficient ratio looks sufficient."""
    return format_decimal(int(ratio * 10) / 10, format="0.0", locale=active_locale())


def least_contrast(colour: str, backgrounds: Iterable[str]) -> float:
    return min(contrast(colour, background) for background in backgrounds)


def text_on(background: str) -> str:
    """Return the colour of text that reads better on a background: white or ink."""
    return max((WHITE, INK), key=lambda text: contrast(text, background))


def readable(colour: str, backgrounds: Iterable[str]) -> str:
    """Return the nearest shade of a colour with the contrast of level AA on all backgrounds: either light or dark ones.

    Hue and saturation stay. On white it is darker, on black it is lighter.
    """
    backgrounds = list(backgrounds)
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    end = 0.0 if text_on(backgrounds[0]) == INK else 1.0
    for step in range(_STEPS + 1):
        shade = _hex(colorsys.hls_to_rgb(hue, lightness + (end - lightness) * step / _STEPS, saturation))
        if least_contrast(shade, backgrounds) >= AA:
            return shade
    return INK if end == 0.0 else WHITE


def mixed(one: str, other: str, share: float) -> str:
    """Return a mixture of two colours; `share`, from 0 to 1, is that of the first."""
    parts = (a * share + b * (1 - share) for a, b in zip(_parts(one), _parts(other), strict=True))
    return _hex(tuple(parts))


@dataclass(frozen=True)
class Band:
    """The colours of the head of live coverage: the band, and the texts and lines on it."""

    band: str
    text: str
    soft: str

    @classmethod
    def of(cls, colour: str) -> Band:
        text = text_on(colour)
        # The texts beside the headline have less contrast, but at least that of level AA.
        soft = next(
            (shade for share in (0.76, 0.84, 0.92) if contrast(shade := mixed(text, colour, share), colour) >= AA),
            text,
        )
        return cls(colour, text, soft)

    @property
    def line(self) -> str:
        """Return the colour of lines on the band, as CSS writes it."""
        return f"rgb({'255 255 255' if self.text == WHITE else '20 23 28'} / 24%)"

    @property
    def edge(self) -> str:
        """Return the outline of red elements on the band, which only a band similar to red needs."""
        return self.text if contrast(SIGNAL, self.band) < 1.6 else "transparent"


def dark_band(colour: str) -> str:
    """Return a darker band, which glares less on dark pages, from the one for light pages."""
    # Half of a nearly white colour would be a grey on which no text is readable.
    shades = [mixed(colour, DARK_PAGES[0], share) for share in (0.45, 0.35, 0.25)]
    return next((shade for shade in shades if contrast(text_on(shade), shade) >= AA), shades[-1])


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(parts: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in parts)
