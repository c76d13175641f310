"""The translated texts of an article or update, with those of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import models
from modeltranslation.translator import translator

from articles.text.localized import text_in

if TYPE_CHECKING:
    from articles.models import Article, Update


def article_of(item: Article | Update) -> Article:
    """Return the article on whose page the item stands; an article itself."""
    return item.page


def fields_of(model: type[models.Model]) -> list[str]:
    """Return the names of the translated fields of a model."""
    names = translator.get_options_for_model(model).all_fields
    return [field.name for field in model._meta.fields if field.name in names]


def related_texts_of(item: Article | Update) -> Iterator[tuple[str, models.Model]]:
    """Yield the rows whose texts belong to the item, such as its pictures, each with the prefix of its fields."""
    for kind, relation in item.RELATED_TEXTS.items():
        for row in getattr(item, relation).all():
            yield f"{kind}-{row.pk}-", row


def rows_of(item: Article | Update) -> Iterator[tuple[str, models.Model]]:
    """Yield the item with an empty prefix, and then its `related_texts_of`."""
    yield "", item
    yield from related_texts_of(item)


def texts_of(item: Article | Update, language: str) -> dict[str, str]:
    """Return the texts of an item in one language by field, without empty ones.

    The caption of a picture is the field `picture-12-caption`.
    """
    found = {}
    for prefix, row in rows_of(item):
        for field in fields_of(type(row)):
            if text := text_in(row, field, language):
                found[f"{prefix}{field}"] = text
    return found


def owner_of(item: Article | Update, field: str) -> tuple[models.Model, str]:
    """Return the row that has a field of `texts_of`, and the name of the field in this row."""
    for prefix, row in related_texts_of(item):
        if field.startswith(prefix):
            return row, field.removeprefix(prefix)
    return item, field
