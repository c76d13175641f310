"""The content of an update, as opposed to events and responsibilities: the part of a version that can be restored."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Field, FileField

from articles.history import registry
from articles.history.recording import Data
from articles.models import Update
from articles.translations import columns
from liveblog.languages import KNOWN, column

#: Columns of events and responsibilities, which are not restored with the content.
_EVENTS = frozenset(
    {
        *("state", "pin", "publish_at", "first_published_at", "earlier_time", "backdating_reason"),
        *("withdrawn_at", "leaves_mark", "corrected_at", "edition", "revised_at"),
        *("written_by", "assignee", "submitted_by", "released_by", "copy_group"),
    }
)
#: Translated texts about events.
_EVENT_TEXTS = ("withdrawal_note",)


def columns_in(languages: Collection[str]) -> set[str]:
    """Return the columns of the texts of an update in some languages."""
    fields = [field for field in columns.fields_of(Update) if field not in _EVENT_TEXTS]
    return {column(field, language) for field in fields for language in languages}


def of(data: Data, languages: Iterable[str] = KNOWN) -> Data:
    """Return the content of a version: columns, relations, and texts in its source language and in `languages`."""
    other_texts = columns_in(KNOWN) - columns_in({data["source_language"], *languages})
    event_texts = {column(field, language) for field in _EVENT_TEXTS for language in KNOWN}
    wanted = {field.name for field in Update._meta.concrete_fields} - _EVENTS - event_texts - other_texts
    return {name: value for name, value in data.items() if name in wanted or name in registry.names()}


def apply(update: Update, content: Data) -> None:
    """Write the columns of content into an update, without saving it."""
    for name, value in content.items():
        if name in registry.names():
            continue
        field = update._meta.get_field(name)
        assert isinstance(field, Field)
        if isinstance(field, FileField):
            # Bypass the descriptor, which would open the picture to read its dimensions.
            update.__dict__[name] = value
        else:
            setattr(update, name, field.to_python(value))
