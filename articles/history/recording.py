"""Writing down each version of an update, in the transaction that makes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.fields.files import FieldFile

from articles.history import parts
from articles.history.models import UpdateVersion
from articles.translations import states

Data = dict[str, Any]
Way = UpdateVersion.Way

#: Columns that say nothing of what an update is.
_COUNTERS = frozenset({"id", "article", "version", "desk_revision", "key"})

#: How far each translation is, by language; those that are missing are left out.
TRANSLATIONS = "translations"

_way: ContextVar[tuple[str, int | None]] = ContextVar("way", default=("", None))


@contextmanager
def by(way: str, restored: int | None = None) -> Iterator[None]:
    """How the versions that are written meanwhile come about, where it is not by a person who writes."""
    token = _way.set((way, restored))
    try:
        yield
    finally:
        _way.reset(token)


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        return o.name or "" if isinstance(o, FieldFile) else super().default(o)


def as_stored(update: Any) -> Data:
    """An update, given whole (see `rendering.complete`), as the database has it: columns, parts, translations."""
    # A translated column without a language only repeats one of the others.
    left_out = _COUNTERS.union(states.fields_of(type(update)))
    data: Data = {
        field.name: _value(field, update) for field in update._meta.concrete_fields if field.name not in left_out
    }
    data |= parts.dump(update)
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
        made.append(UpdateVersion(update=update, number=1, data=before, way=Way.FOUND))
    way, restored = _way.get()
    person = states.person()
    made.append(UpdateVersion(update=update, number=number + 1, data=now, person=person, way=way, restored=restored))
    UpdateVersion.objects.bulk_create(made)
    return True
