"""The translated texts of an article or update, with those of its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from django.db import models
from modeltranslation.translator import translator

from articles.text.localized import text_in
from articles.text.richtext import RichTextField
from liveblog.fields import NormalisedField
from liveblog.languages import column

if TYPE_CHECKING:
    from articles.models import Article, Update


def article_of(item: Article | Update) -> Article:
    """Return the article on whose page the item is; for an article, itself."""
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


def rich_fields(item: Article | Update) -> set[str]:
    return {field.name for field in item._meta.fields if isinstance(field, RichTextField)}


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


def write(item: Article | Update, language: str, texts: Mapping[str, str]) -> None:
    """Write the texts of one language into their columns, cleaned like at every write, and write no other column."""
    for prefix, row in rows_of(item):
        values = {}
        for field in fields_of(type(row)):
            name = column(field, language)
            stored = row._meta.get_field(name)
            text = texts.get(f"{prefix}{field}", "")
            values[name] = stored.normalise(text) if isinstance(stored, NormalisedField) else text
        type(row)._base_manager.filter(pk=row.pk).update(**values)
        for name, text in values.items():
            setattr(row, name, text)


def as_of(item: Article | Update, texts: Mapping[str, str], copy: Article | Update) -> dict[str, str]:
    """Return the texts of an item by the fields of its copy, whose pictures have other primary keys."""
    names = {
        prefix: other
        for (prefix, _row), (other, _copied) in zip(related_texts_of(item), related_texts_of(copy), strict=False)
    }
    found = {}
    for field, text in texts.items():
        prefix = next((prefix for prefix in names if field.startswith(prefix)), "")
        found[f"{names.get(prefix, '')}{field.removeprefix(prefix)}"] = text
    return found
