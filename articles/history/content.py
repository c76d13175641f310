"""What an update says, told apart from what happened to it: the part of a version that can be brought back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import FileField

from articles.history import registry
from articles.history.recording import Data
from articles.models import Update
from articles.translations import columns
from liveblog.languages import SHIPPED

#: What happened to an update, and who works on it. Nobody brings that back with its words.
_CIRCUMSTANCES = frozenset(
    {
        *("state", "pin", "publish_at", "first_published_at", "earlier_time", "backdating_reason"),
        *("withdrawn_at", "leaves_mark", "corrected_at"),
        *("written_by", "assignee", "submitted_by", "released_by", "copy_group"),
    }
)
#: Words of what happened.
_OF_EVENTS = ("withdrawal_note",)


def words_in(languages: Collection[str]) -> set[str]:
    """The columns of an update's words in some languages."""
    fields = [field for field in columns.fields_of(Update) if field not in _OF_EVENTS]
    return {f"{field}_{language}" for field in fields for language in languages}


def of(data: Data, languages: Iterable[str] = SHIPPED) -> Data:
    """What is content in a version: facts, parts, and words in the language of the original and in `languages`."""
    silent = words_in(SHIPPED) - words_in({data["source_language"], *languages})
    events = {f"{field}_{language}" for field in _OF_EVENTS for language in SHIPPED}
    columns = {field.name for field in Update._meta.concrete_fields} - _CIRCUMSTANCES - events - silent
    return {name: value for name, value in data.items() if name in columns or name in registry.names()}


def put(update: Any, wanted: Data) -> None:
    """Write content into the columns of an update; it is not saved."""
    for name, value in wanted.items():
        if name in registry.names():
            continue
        field = update._meta.get_field(name)
        if isinstance(field, FileField):
            # Past the descriptor, which would open the picture to measure it.
            update.__dict__[name] = value
        else:
            setattr(update, name, field.to_python(value))
