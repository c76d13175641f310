"""The fonts of cards: the product's own, that of the newsroom, and those of the operator (CARD_FONTS)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont
from PIL import ImageFont

#: Latin, Cyrillic and Arabic letters.
_OWN = Path(__file__).parent / "fonts" / "card.ttf"


@dataclass(frozen=True)
class Face:
    """A font in a file, or the bytes of one."""

    path: str = ""
    content: bytes = b""

    @cached_property
    def letters(self) -> frozenset[int]:
        """Return the characters that the font has."""
        file = io.BytesIO(self.content) if self.content else self.path
        return frozenset(TTFont(file, fontNumber=0, lazy=True).getBestCmap() or ())

    def sized(self, size: int) -> ImageFont.FreeTypeFont:
        return _sized(self, size)

    def known(self, text: str) -> str:
        """Return a text without the characters that the font lacks: each would be an empty box."""
        return "".join(letter for letter in text if letter.isspace() or ord(letter) in self.letters)

    def lacks(self, text: str) -> int:
        return sum(ord(letter) not in self.letters for letter in text if letter.isalnum())


def face_for(text: str, own: bytes = b"") -> Face:
    """Return the font for a text: the first one that has all its letters, or else the one that has the most.

    own   the newsroom's own font, which is tried first
    """
    first = [_face(content=own)] if own else []
    return min([*first, *_faces()], key=lambda face: face.lacks(text))


def state() -> dict[str, list[str]]:
    """Return the part of a card's state that depends on fonts; empty if they are the product's own."""
    return {"fonts": settings.CARD_FONTS} if settings.CARD_FONTS else {}


def _faces() -> list[Face]:
    return [_face(str(path)) for path in (_OWN, *settings.CARD_FONTS)]


@lru_cache(maxsize=64)
def _face(path: str = "", content: bytes = b"") -> Face:
    return Face(path, content)


@lru_cache(maxsize=64)
def _sized(face: Face, size: int) -> ImageFont.FreeTypeFont:
    file = io.BytesIO(face.content) if face.content else face.path
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.RAQM)
