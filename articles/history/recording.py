"""Record each version of an update and each state change of a coverage, in the transaction of the edit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field
from django.db.models.fields.files import FieldFile
from modeltranslation.fields import TranslationField

from articles.changes import Edit
from articles.history import registry
from articles.history.models import CoverageEvent, UpdateVersion
from articles.models import Article, Update
from articles.models.base import Versioned
from articles.translations import columns
from liveblog import actors
from liveblog.actors import Machine

Data = dict[str, Any]
Cause = UpdateVersion.Cause

#: Columns without content: keys and counters.
_COUNTERS = frozenset({"id", "article", "version", "desk_revision", "key"})

#: The key of the translation states by language. Missing translations are left out.
TRANSLATIONS = "translations"

_restored: ContextVar[int | None] = ContextVar("restored version", default=None)


@contextmanager
def restoring(number: int) -> Iterator[None]:
    """Record that the versions made in the block restore version `number`."""
    token = _restored.set(number)
    try:
        yield
    finally:
        _restored.reset(token)


def _by() -> dict[str, Any]:
    """Return the columns for the actor and the manner of an edit. Raise NoActorError."""
    actor = actors.required()
    name = actors.name_of(actor)
    if isinstance(actor, Machine):
        return {"user": None, "actor": name, "cause": Cause.CLOCK if actor == actors.CLOCK else Cause.MACHINE}
    return {"user": actor, "actor": name, "cause": Cause.WRITTEN}


class _Encoder(DjangoJSONEncoder):
    def default(self, o: object) -> object:
        return o.name or "" if isinstance(o, FieldFile) else super().default(o)


def as_stored(update: Update) -> Data:
    """Return an update as JSON: columns, relations and translation states.

    The relations that `Update.relations` names must be prefetched.
    """
    # A translated column without a language suffix repeats one of the others.
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
            # The remarks with which the reviewer accepted it.
            **({"accepted": row.accepted} if row.accepted else {}),
        }
        for row in update.translations.all()
        if row.state != row.State.MISSING
    }
    return json.loads(json.dumps(data, cls=_Encoder))


def _value(field: Field, update: Update) -> object:
    value = field.value_from_object(update)
    # A missing translation is stored as "" or as NULL.
    return value or "" if isinstance(field, TranslationField) else value


def record_event(article: Article, kind: str) -> CoverageEvent:
    """Record an event of a coverage, with its actor. Raise NoActorError if there is none."""
    return CoverageEvent.objects.create(article=article, kind=kind, **_by())


def _kind_of(state: str, before: str | None) -> str:
    if state == Article.State.LIVE:
        return CoverageEvent.Kind.RESUMED if before == Article.State.FINISHED else CoverageEvent.Kind.STARTED
    return CoverageEvent.Kind.FINISHED if state == Article.State.FINISHED else CoverageEvent.Kind.ANNOUNCED


class History:
    """The follower that records a version after each edit of an update, and each new state of a coverage."""

    def before(self, row: Versioned) -> Data | None:
        return as_stored(row) if isinstance(row, Update) else None

    def after(self, edit: Edit, memory: Data | None) -> None:
        if isinstance(edit.new, Update):
            edit.recorded = record(edit.new, memory)
        elif isinstance(edit.new, Article):
            state = edit.old.state if isinstance(edit.old, Article) else None
            if state != edit.new.state:
                record_event(edit.new, _kind_of(edit.new.state, state))


def record(update: Update, before: Data | None) -> bool:
    """Record a saved update, unless it equals `before`, and return whether it differs.

    Call it under the article's lock, which keeps the numbers unique and without gaps. Raise NoActorError if there is no
    actor.
    """
    now = as_stored(update)
    if now == before:
        return False
    newest = UpdateVersion.objects.filter(update=update).order_by("-number").first()
    if newest is not None and newest.data == now:
        # A nested edit has already recorded it.
        return True
    number = newest.number if newest else 0
    versions = []
    if newest is None and before is not None:
        # The update is older than its history.
        number = 1
        versions.append(UpdateVersion(update=update, number=1, data=before, cause=Cause.FOUND))
    versions.append(UpdateVersion(update=update, number=number + 1, data=now, restored=_restored.get(), **_by()))
    UpdateVersion.objects.bulk_create(versions)
    return True
