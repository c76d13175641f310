"""Writing down each version of an update, in the transaction that makes it."""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max

from articles.history.models import UpdateVersion
from articles.translations import states

#: Columns that say nothing of what an update is.
_COUNTERS = frozenset({"id", "article", "version", "desk_revision", "key"})


def as_stored(update: Any) -> dict[str, Any]:
    """An update as the database has it: its columns by name, and the numbers of its authors."""
    # A translated column without a language only repeats one of the others.
    left_out = _COUNTERS.union(states.fields_of(type(update)))
    data: dict[str, Any] = {
        field.name: field.get_prep_value(field.value_from_object(update))
        for field in update._meta.concrete_fields
        if field.name not in left_out
    }
    data["authors"] = sorted(update.authors.values_list("pk", flat=True))
    return json.loads(json.dumps(data, cls=DjangoJSONEncoder))


def taken(model: Any, pk: int | None) -> dict[str, Any] | None:
    """`as_stored` of a row, None where there is none."""
    found = model._base_manager.filter(pk=pk).first() if pk else None
    return None if found is None else as_stored(found)


def record(model: Any, pk: int, before: dict[str, Any] | None, person: Any) -> None:
    """Write down the present version if it is another than `before`."""
    now = taken(model, pk)
    if now is None or now == before:
        return
    newest = UpdateVersion.objects.filter(update=pk).aggregate(number=Max("number"))["number"] or 0
    UpdateVersion.objects.create(update_id=pk, number=newest + 1, person=person, data=now)
