"""The translated texts of an article or update, with those of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modeltranslation.translator import translator


def article_of(item: Any) -> Any:
    """The article on whose page an item stands, which is itself if it is one."""
    return item.article if hasattr(item, "article_id") else item


def fields_of(model: Any) -> list[str]:
    """The translated fields of an article or update."""
    names = translator.get_options_for_model(model).all_fields
    return [field.name for field in model._meta.fields if field.name in names]


def related_texts_of(item: Any) -> Iterator[tuple[str, Any]]:
    """The rows whose texts are the item's as well, such as its pictures, each with what their fields begin with."""
    for kind, relation in item.RELATED_TEXTS.items():
        for row in getattr(item, relation).all():
            yield f"{kind}-{row.pk}-", row


def texts_of(item: Any, language: str) -> dict[str, str]:
    """What an article or update says in one language, by field; a picture's caption is `picture-12-caption`."""
    found = {}
    for prefix, row in [("", item), *related_texts_of(item)]:
        for field in fields_of(type(row)):
            if text := getattr(row, f"{field}_{language}"):
                found[f"{prefix}{field}"] = text
    return found


def owner_of(item: Any, field: str) -> tuple[Any, str]:
    """Where a field of `texts_of` is kept: the item or one of its parts, and the name that the field has there."""
    for prefix, row in related_texts_of(item):
        if field.startswith(prefix):
            return row, field.removeprefix(prefix)
    return item, field
