"""Draw cards: a headline or quote on the newsroom's colour, with a photo if there is one.

HarfBuzz and FriBiDi shape and order the letters (Raqm, which Pillow's wheels contain), so Arabic letters join and run
from right to left.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from typing import IO, Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from articles.cards import faces
from liveblog.languages import direction, is_right_to_left

#: In pixels: the size that social networks recommend for links (https://ogp.me/).
SIZE = (1200, 630)

OpenPhoto = Callable[[], IO[bytes]]

_MARGIN = 64
#: Font sizes of the title in pixels, from that of a short title to that of the longest.
_TITLE_SIZES = range(76, 34, -4)
_SMALL_SIZE = 28
_LOGO_HEIGHT = 56
_LEADING = 1.22
_LEADING_ARABIC = 1.5
#: The share of the photo in the width of the card.
_PHOTO_SHARE = 520 / 1200
#: Scripts without spaces between words: a line may end after each letter, but not before its marks or a closing sign.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_BOUND = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b6-\u17d3"
    "\u3001\u3002\u300b\u300d\u300f\u3011\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u30fc\uff01\uff09\uff0c\uff1a\uff1b\uff1f”’»"
)
_PIECE = re.compile(f"[{_UNSPACED}][{_BOUND}]* ?|(?:[^ {_UNSPACED}]|[{_BOUND}])+ ?")
#: The version of the drawing: another number changes the address of every card.
_VERSION = 2


@dataclass(frozen=True)
class Look:
    """The style of a newsroom's cards.

    background, ink, soft   colours
    logo      a picture file; b"" for none
    is_word   whether the name is in the logo
    font                      a font file; b"" for that of the product
    """

    background: str = "#12315c"
    ink: str = "#ffffff"
    soft: str = "#c9d5e8"
    logo: bytes = b""
    is_word: bool = False
    font: bytes = b""

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()


DEFAULT_LOOK = Look()


@dataclass(frozen=True)
class Card:
    """The contents of a card.

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
    look: Look = DEFAULT_LOOK

    @property
    def digest(self) -> str:
        """Return a digest of this card, for addresses that caches may keep without a limit."""
        words: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        words |= {"look": self.look.digest, "version": _VERSION} | faces.state()
        return hashlib.sha256(json.dumps(words, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def draw(card: Card, open_photo: OpenPhoto | None = None, size: tuple[int, int] = SIZE) -> bytes:
    """Return the card as a JPEG file. A photo that cannot be decoded is left out."""
    width, height = size
    look = card.look
    image = Image.new("RGB", size, look.background)
    photo = _decoded(open_photo) if open_photo else None
    rtl = is_right_to_left(card.language)
    left, right = _MARGIN, width - _MARGIN
    if photo is not None:
        across = round(width * _PHOTO_SHARE)
        image.paste(ImageOps.fit(photo, (across, height)), (0 if rtl else width - across, 0))
        left, right = (left + across, right) if rtl else (left, right - across)
    writer = _Writer(ImageDraw.Draw(image), card, left, right)
    bottom = height - _MARGIN - _SMALL_SIZE
    logo = _logo(look, right - left)
    if logo is not None:
        image.paste(logo, (right - logo.width if rtl else left, bottom + (_SMALL_SIZE - _LOGO_HEIGHT) // 2), logo)
        writer.indent(logo.width + 20)
    if logo is None or not look.is_word:
        writer.line(card.mark, bottom, _SMALL_SIZE, look.ink)
    writer.indent(0)
    if logo is not None:
        bottom -= (_LOGO_HEIGHT - _SMALL_SIZE) // 2
    if card.context:
        bottom -= round(_SMALL_SIZE * 1.6)
        writer.line(card.context, bottom, _SMALL_SIZE, look.soft)
    if card.source:
        bottom -= round(_SMALL_SIZE * 1.8)
        writer.line(card.source, bottom, _SMALL_SIZE, look.soft)
    writer.block(card.title, _MARGIN - 12, bottom - 24)
    return _as_jpeg(image)


def crop(open_photo: OpenPhoto, size: tuple[int, int]) -> bytes | None:
    """Crop a photo to a size, and return it as a JPEG file; None if the photo cannot be decoded."""
    photo = _decoded(open_photo)
    return None if photo is None else _as_jpeg(ImageOps.fit(photo, size))


def _as_jpeg(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88, optimize=True)
    return data.getvalue()


class _Writer:
    """Write lines between two edges, from the side on which lines of the language begin."""

    def __init__(self, draw: ImageDraw.ImageDraw, card: Card, left: int, right: int) -> None:
        self._draw = draw
        self._language = card.language
        self._look = card.look
        self._rtl = is_right_to_left(card.language)
        self._edges = left, right
        self._left, self._right = left, right

    def indent(self, width: int) -> None:
        """Begin the next lines `width` pixels from the edge."""
        left, right = self._edges
        self._left, self._right = (left, right - width) if self._rtl else (left + width, right)

    def line(self, text: str, top: int, size: int, colour: str) -> None:
        """Write one line, truncated if it is too long."""
        face = faces.face_for(text)
        font, pieces = face.sized(size), _pieces(face.known(text))
        words = list(pieces)
        while len(words) > 1 and not self._fits("".join([*words, "…"]).strip(), font):
            words.pop()
        cut = len(words) < len(pieces)
        self._write("".join(words).strip() + ("…" if cut else ""), top, font, colour)

    def block(self, text: str, top: int, bottom: int) -> None:
        """Write a text in the largest size in which it fits, and truncate it if it fits in none."""
        face = faces.face_for(text, self._look.font)
        for size in _TITLE_SIZES:
            font = face.sized(size)
            leading = round(size * (_LEADING_ARABIC if self._rtl else _LEADING))
            lines, room = self._wrapped(face.known(text), font), (bottom - top) // leading
            if len(lines) <= room and all(self._fits(line, font) for line in lines):
                break
        if len(lines) > room:
            lines = [*lines[: room - 1], f"{lines[room - 1].rstrip('.,;: ')}…"]
        for number, line in enumerate(lines):
            self._write(line, top + number * leading, font, self._look.ink)

    def _wrapped(self, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
        lines: list[str] = []
        for piece in _pieces(text):
            if lines and self._fits(f"{lines[-1]}{piece}".strip(), font):
                lines[-1] += piece
            else:
                lines.append(piece)
        return [line.strip() for line in lines]

    def _fits(self, text: str, font: ImageFont.FreeTypeFont) -> bool:
        return font.getlength(text, direction=self._direction, language=self._language) <= self._right - self._left

    def _write(self, text: str, top: int, font: ImageFont.FreeTypeFont, colour: str) -> None:
        place = (self._right, top) if self._rtl else (self._left, top)
        anchor = "ra" if self._rtl else "la"
        self._draw.text(place, text, colour, font, anchor, direction=self._direction, language=self._language)

    @property
    def _direction(self) -> str:
        return direction(self._language)


def _pieces(text: str) -> list[str]:
    """Return the parts of a text between which a line may break, each with the space after it (see UAX #14)."""
    return _PIECE.findall(" ".join(text.split()))


def _logo(look: Look, room: int) -> Image.Image | None:
    """Return the logo in the size of cards; None if there is none, or none that can be drawn."""
    if not look.logo:
        return None
    try:
        logo = Image.open(io.BytesIO(look.logo)).convert("RGBA")
    except (OSError, ValueError):
        return None
    return ImageOps.contain(logo, (room, _LOGO_HEIGHT))


def _decoded(open_photo: OpenPhoto) -> Image.Image | None:
    try:
        with open_photo() as file:
            return ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
