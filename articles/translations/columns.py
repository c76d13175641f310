"""The translated texts of an article or update, with those of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modeltranslation.translator import translator


def article_of(item: Any) -> Any:
    """Return the article on whose page the item stands; an article itself."""
    return item.article if hasattr(item, "article_id") else item


def fields_of(model: Any) -> list[str]:
    """Return the names of the translated fields of a model."""
    names = translator.get_options_for_model(model).all_fields
    return [field.name for field in model._meta.fields if field.name in names]


def related_texts_of(item: Any) -> Iterator[tuple[str, Any]]:
    """Yield the rows whose texts belong to the item, such as its pictures, each with the prefix of its fields."""
    for kind, relation in item.RELATED_TEXTS.items():
        for row in getattr(item, relation).all():
            yield f"{kind}-{row.pk}-", row


def texts_of(item: Any, language: str) -> dict[str, str]:
    """Return the texts of an item in one language by field, without empty ones.

    The caption of a picture is the field `picture-12-caption`.
    """
    found = {}
    for prefix, row in [("", item), *related_texts_of(item)]:
        for field in fields_of(type(row)):
            if text := getattr(row, f"{field}_{language}"):
                found[f"{prefix}{field}"] = text
    return found


def owner_of(item: Any, field: str) -> tuple[Any, str]:
    """Return the row that has a field of `texts_of`, and the name of the field in this row."""
    for prefix, row in related_texts_of(item):
        if field.startswith(prefix):
            return row, field.removeprefix(prefix)
    return item, field
