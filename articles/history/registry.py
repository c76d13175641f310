"""The relations of an update that each of its versions stores beside its columns, such as authors and pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from articles.models import Author, Topic

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

    from articles.models import Update

#: Any JSON value. Only the package that registers a relation knows its shape.
Json = Any


class Relation(NamedTuple):
    label: _StrOrPromise
    #: Return the relation of an update as JSON. It runs twice at each save, so `Update.relations` must prefetch for it.
    dump: Callable[[Update], Json]
    #: Set the relation of a saved update to the result of `dump`, for this update or for a copy of it.
    restore: Callable[[Update, Json], None]
    #: Return the result of `dump` as text for people; None if the relation has no such text.
    describe: Callable[[Json], str] | None


_relations: dict[str, Relation] = {}


def register(
    name: str,
    dump: Callable[[Update], Json],
    restore: Callable[[Update, Json], None],
    label: _StrOrPromise = "",
    describe: Callable[[Json], str] | None = None,
) -> None:
    """Store a relation in each version as `name`, which must not be the name of a column."""
    _relations[name] = Relation(label or name, dump, restore, describe)


def dump(update: Update) -> dict[str, Json]:
    """Return all relations of an update as JSON, by name."""
    return {name: relation.dump(update) for name, relation in _relations.items()}


def restore(update: Update, data: dict[str, Json]) -> None:
    """Restore the relations in `data` that differ from those of the update. Call within an edit of it."""
    for name, relation in _relations.items():
        if name in data and relation.dump(update) != data[name]:
            relation.restore(update, data[name])


def names() -> list[str]:
    """Return the names of all relations."""
    return list(_relations)


def label(name: str) -> str:
    """Return the label of a relation."""
    return str(_relations[name].label)


def describe(name: str, data: Json) -> str:
    """Return the result of `dump` as text for people; "" if the relation has no such text."""
    to_text = _relations[name].describe
    return to_text(data) if to_text else ""


def _authors(update: Update) -> list[int]:
    return sorted(author.pk for author in update.authors.all())


def _set_authors(update: Update, numbers: list[int]) -> None:
    # Authors who have been deleted since are omitted.
    update.authors.set(Author.objects.filter(pk__in=numbers))


def _topics(update: Update) -> list[int]:
    return sorted(topic.pk for topic in update.topics.all())


def _set_topics(update: Update, numbers: list[int]) -> None:
    # Topics that have been deleted since are omitted.
    update.topics.set(Topic.objects.filter(pk__in=numbers))


register("authors", _authors, _set_authors, _("authors"))
register("topics", _topics, _set_topics, _("topics"))
