"""The pictures of an article or update in the aspect ratios that search engines want beside the original.

https://developers.google.com/search/docs/appearance/structured-data/article asks for pictures of the ratios 16:9, 4:3
and 1:1 with at least 50,000 pixels. They are cropped from the photo; if it is missing or too small, the card is drawn
in these shapes.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from django.db.models.fields.files import ImageFieldFile
from django.urls import reverse

from articles.cards import contents, drawing
from articles.cards.drawing import Card
from articles.models import Article, Update
from articles.translations.selection import ReaderTexts

#: Ratios of width to height.
RATIOS = ((16, 9), (4, 3), (1, 1))

#: In pixels.
MAX_WIDTH = 1200
MIN_AREA = 50_000


class Shape(NamedTuple):
    """A picture in one of the shapes, in pixels. `is_photo`: it is cropped from the photo, and has its credit line."""

    url: str
    width: int
    height: int
    is_photo: bool


def of_article(article: Article, language: str) -> list[Shape]:
    card = contents.card_of_article(article, language)
    return _shapes(article.photo or None, "article-shape", [language, article.slug_in(language)], card)


def of_update(update: Update, article: Article, texts: ReaderTexts) -> list[Shape]:
    card = contents.card_of_update(update, article, texts)
    language = texts.page_language
    return _shapes(contents.photo_of(update), "update-shape", [language, article.slug_in(language), update.pk], card)


def _shapes(photo: ImageFieldFile | None, name: str, place: list[object], card: Card) -> list[Shape]:
    found = []
    for across, down in RATIOS:
        width, height, is_photo = size_of(photo, across, down)
        url = reverse(name, args=[*place, across, down, card.digest])
        found.append(Shape(url, width, height, is_photo))
    return found


def size_of(photo: ImageFieldFile | None, across: int, down: int) -> tuple[int, int, bool]:
    """Return width and height of a shape, and whether it is cropped from the photo, which is never enlarged."""
    if photo:
        width = min(photo.width, photo.height * across // down, MAX_WIDTH)
        height = round(width * down / across)
        if width * height >= MIN_AREA:
            return width, height, True
    return MAX_WIDTH, round(MAX_WIDTH * down / across), False


def draw(card: Card, photo: ImageFieldFile | None, across: int, down: int) -> bytes:
    """Return a shape as a JPEG file."""
    width, height, is_photo = size_of(photo, across, down)
    open_photo = partial(photo.storage.open, photo.name) if photo and photo.name else None
    cut = drawing.crop(open_photo, (width, height)) if is_photo and open_photo else None
    return cut or drawing.draw(card, open_photo, (width, height))
