"""Writing down each version of an update, in the transaction that makes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.fields.files import FieldFile

from articles.changes import Edit
from articles.history import registry
from articles.history.models import UpdateVersion
from articles.models import Update
from articles.models.base import Versioned
from articles.translations import columns
from liveblog.actors import acting_user

Data = dict[str, Any]
Cause = UpdateVersion.Cause

#: Columns that say nothing of what an update is.
_COUNTERS = frozenset({"id", "article", "version", "desk_revision", "key"})

#: How far each translation is, by language; those that are missing are left out.
TRANSLATIONS = "translations"

_cause: ContextVar[tuple[str, int | None]] = ContextVar("cause", default=("", None))


@contextmanager
def recorded_as(cause: str, restored: int | None = None) -> Iterator[None]:
    """How the versions that are written meanwhile come about, where it is not by a person who writes."""
    token = _cause.set((cause, restored))
    try:
        yield
    finally:
        _cause.reset(token)


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        return o.name or "" if isinstance(o, FieldFile) else super().default(o)


def as_stored(update: Any) -> Data:
    """An update, given whole (see `rendering.complete`), as the database has it: columns, parts, translations."""
    # A translated column without a language only repeats one of the others.
    left_out = _COUNTERS.union(columns.fields_of(type(update)))
    data: Data = {
        field.name: _value(field, update) for field in update._meta.concrete_fields if field.name not in left_out
    }
    data |= registry.dump(update)
    data[TRANSLATIONS] = {
        row.language: {
            "state": row.state,
            "outdated": row.outdated,
            "engine": row.engine,
            "translator": row.translator_id,
            "reviewer": row.reviewer_id,
        }
        for row in update.translations.all()
        if row.state != row.State.MISSING
    }
    return json.loads(json.dumps(data, cls=_Encoder))


def _value(field: Any, update: Any) -> Any:
    value = field.value_from_object(update)
    # Words that are not there are empty or NULL, as it happens.
    return value or "" if hasattr(field, "translated_field") else value


class History:
    """The follower that records a version after each edit of an update."""

    def before(self, row: Versioned) -> Data | None:
        return as_stored(row) if isinstance(row, Update) else None

    def after(self, edit: Edit, memory: Data | None) -> None:
        if isinstance(edit.new, Update):
            edit.recorded = record(edit.new, memory)


def record(update: Any, before: Data | None) -> bool:
    """Write down an update as it was saved, if it is another than `before`. False where it is not.

    To be called under the article's lock: numbers have no gap, and none is given twice.
    """
    now = as_stored(update)
    if now == before:
        return False
    newest = UpdateVersion.objects.filter(update=update).order_by("-number").first()
    if newest is not None and newest.data == now:
        # An edit inside this one has written it.
        return True
    number = newest.number if newest else 0
    made = []
    if newest is None and before is not None:
        # It is older than the history.
        number = 1
        made.append(UpdateVersion(update=update, number=1, data=before, cause=Cause.FOUND))
    cause, restored = _cause.get()
    user = acting_user()
    made.append(UpdateVersion(update=update, number=number + 1, data=now, user=user, cause=cause, restored=restored))
    UpdateVersion.objects.bulk_create(made)
    return True
