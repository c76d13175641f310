"""What belongs to an update besides its columns: its authors, and whatever other rooms register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _


class Part(NamedTuple):
    #: What people call it.
    label: Any
    #: Takes the update, gives what JSON can say. It is asked twice at each save: have `rendering` fetch what it needs.
    dump: Callable[[Any], Any]
    #: Takes the update, which is saved, and what `dump` gave, of this update or of a copy of it in another article.
    restore: Callable[[Any, Any], None]
    #: What `dump` gave in words, None where it has none.
    describe: Callable[[Any], Any] | None


_parts: dict[str, Part] = {}


def register(
    name: str,
    dump: Callable[[Any], Any],
    restore: Callable[[Any, Any], None],
    label: Any = "",
    describe: Callable[[Any], Any] | None = None,
) -> None:
    """Have `name`, which no column is called, be part of each version of an update."""
    _parts[name] = Part(label or name, dump, restore, describe)


def dump(update: Any) -> dict[str, Any]:
    return {name: part.dump(update) for name, part in _parts.items()}


def restore(update: Any, data: dict[str, Any]) -> None:
    """Make those parts as they are in `data` that are others now."""
    for name, part in _parts.items():
        if name in data and part.dump(update) != data[name]:
            part.restore(update, data[name])


def names() -> list[str]:
    return list(_parts)


def label(name: str) -> str:
    return str(_parts[name].label)


def described(name: str, data: Any) -> Any:
    """What `dump` gave in words; None where it cannot be told."""
    describe = _parts[name].describe
    return describe(data) if describe else None


def _authors(update: Any) -> list[int]:
    return sorted(author.pk for author in update.authors.all())


def _set_authors(update: Any, numbers: list[int]) -> None:
    # An author who was deleted since is not made again.
    update.authors.set(update.authors.model.objects.filter(pk__in=numbers))


register("authors", _authors, _set_authors, _("authors"))
