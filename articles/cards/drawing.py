"""Draw cards: a headline or quote on the newsroom's colour, with a photo if there is one.

Letters are shaped and put in order by HarfBuzz and FriBiDi (Raqm, which Pillow's wheels contain), so Arabic letters
join and run from right to left.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from PIL import Image, ImageDraw, ImageFont, ImageOps

from liveblog.languages import RIGHT_TO_LEFT, direction

#: In pixels: what networks recommend for links (https://ogp.me/).
SIZE = (1200, 630)

OpenPhoto = Callable[[], IO[bytes]]

_MARGIN = 64
_FONT = Path(__file__).parent / "fonts" / "card.ttf"
_BACKGROUND, _INK, _SOFT = "#12315c", "#ffffff", "#c9d5e8"
#: Sizes of the title in pixels, from a short one to the longest.
_TITLE_SIZES = range(76, 34, -4)
_SMALL_SIZE = 28
_LEADING = 1.22
_LEADING_ARABIC = 1.5
#: Of the width of the card.
_PHOTO_SHARE = 520 / 1200
#: Characters for which the font has no glyph: each would be an empty box.
_UNKNOWN = re.compile(
    "[^\u0020-\u024f\u0300-\u036f\u0400-\u052f\u0600-\u077f\u1e00-\u206f\u20a0-\u20bf\u2116\u2122\u2190-\u2193\u2212"
    "\ufb50-\ufdff\ufe70-\ufefc]+"
)
#: The drawing: another number gives every card another address.
_VERSION = 1


@dataclass(frozen=True)
class Card:
    """The words on a card.

    source   of a quote, or ""
    context  the coverage to which an update belongs, or ""
    mark     the newsroom's name
    photo    the name of the photo's file, or ""
    """

    title: str
    language: str
    mark: str
    source: str = ""
    context: str = ""
    photo: str = ""

    @property
    def digest(self) -> str:
        """Return a name for exactly this card, for addresses that caches may keep without a limit."""
        words = json.dumps([_VERSION, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()[:16]


def draw(card: Card, open_photo: OpenPhoto | None = None, size: tuple[int, int] = SIZE) -> bytes:
    """Return the card as a JPEG file. A photo that cannot be decoded is left out."""
    width, height = size
    image = Image.new("RGB", size, _BACKGROUND)
    photo = _decoded(open_photo) if open_photo else None
    rtl = card.language in RIGHT_TO_LEFT
    left, right = _MARGIN, width - _MARGIN
    if photo is not None:
        across = round(width * _PHOTO_SHARE)
        image.paste(ImageOps.fit(photo, (across, height)), (0 if rtl else width - across, 0))
        left, right = (left + across, right) if rtl else (left, right - across)
    writer = _Writer(ImageDraw.Draw(image), card.language, left, right)
    bottom = height - _MARGIN - _SMALL_SIZE
    writer.line(card.mark, bottom, _SMALL_SIZE, _INK)
    if card.context:
        bottom -= round(_SMALL_SIZE * 1.6)
        writer.line(card.context, bottom, _SMALL_SIZE, _SOFT)
    if card.source:
        bottom -= round(_SMALL_SIZE * 1.8)
        writer.line(card.source, bottom, _SMALL_SIZE, _SOFT)
    writer.block(card.title, _MARGIN - 12, bottom - 24)
    return _as_jpeg(image)


def crop(open_photo: OpenPhoto, size: tuple[int, int]) -> bytes | None:
    """Return the middle of a photo in a size as a JPEG file, None if the photo cannot be decoded."""
    photo = _decoded(open_photo)
    return None if photo is None else _as_jpeg(ImageOps.fit(photo, size))


def _as_jpeg(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88, optimize=True)
    return data.getvalue()


class _Writer:
    """Writes lines between two edges, from the side on which lines of the language begin."""

    def __init__(self, draw: ImageDraw.ImageDraw, language: str, left: int, right: int) -> None:
        self._draw = draw
        self._language = language
        self._rtl = language in RIGHT_TO_LEFT
        self._left, self._right = left, right

    def line(self, text: str, top: int, size: int, colour: str) -> None:
        """Write one line, cut off where it would be too long."""
        font = _font(size)
        words = _known(text).split()
        while len(words) > 1 and not self._fits(" ".join([*words, "…"]), font):
            words.pop()
        cut = len(words) < len(_known(text).split())
        self._write(" ".join(words) + ("…" if cut else ""), top, font, colour)

    def block(self, text: str, top: int, bottom: int) -> None:
        """Write a text in the greatest size in which it fits, and cut it off if it fits in none."""
        for size in _TITLE_SIZES:
            font = _font(size)
            leading = round(size * (_LEADING_ARABIC if self._rtl else _LEADING))
            lines, room = self._wrapped(text, font), (bottom - top) // leading
            if len(lines) <= room and all(self._fits(line, font) for line in lines):
                break
        if len(lines) > room:
            lines = [*lines[: room - 1], f"{lines[room - 1].rstrip('.,;: ')}…"]
        for number, line in enumerate(lines):
            self._write(line, top + number * leading, font, _INK)

    def _wrapped(self, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
        lines: list[str] = []
        for word in _known(text).split():
            if lines and self._fits(f"{lines[-1]} {word}", font):
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def _fits(self, text: str, font: ImageFont.FreeTypeFont) -> bool:
        return font.getlength(text, direction=self._direction, language=self._language) <= self._right - self._left

    def _write(self, text: str, top: int, font: ImageFont.FreeTypeFont, colour: str) -> None:
        place = (self._right, top) if self._rtl else (self._left, top)
        anchor = "ra" if self._rtl else "la"
        self._draw.text(place, text, colour, font, anchor, direction=self._direction, language=self._language)

    @property
    def _direction(self) -> str:
        return direction(self._language)


def _known(text: str) -> str:
    return _UNKNOWN.sub("", text)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size, layout_engine=ImageFont.Layout.RAQM)


def _decoded(open_photo: OpenPhoto) -> Image.Image | None:
    try:
        with open_photo() as file:
            return ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
