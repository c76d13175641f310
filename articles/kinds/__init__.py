"""The kinds of update, one class each; docs/how-to/add-a-kind-of-update.md explains how to add one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from articles.kinds.base import Kind
from articles.kinds.facts import Facts
from articles.kinds.plain import Embed, Pictures, Text
from articles.kinds.poll import Poll
from articles.kinds.quote import Quote
from articles.kinds.table import Table

if TYPE_CHECKING:
    from articles.kinds.base import Translatable
    from articles.models import Update

__all__ = ["ALL", "NAMES", "Kind", "choices", "codes_with", "codes_without", "of"]

#: In the order of the composer; the first is the default.
ALL: tuple[Kind, ...] = (Text(), Quote(), Pictures(), Embed(), Facts(), Table(), Poll())

#: The labels, for descriptions.
NAMES = ", ".join(kind.code for kind in ALL)

_BY_CODE = {kind.code: kind for kind in ALL}


def choices() -> list[tuple[str, Translatable]]:
    """Return the choices of the model field: code and name of each kind."""
    return [(kind.code, kind.name) for kind in ALL]


def codes_with(field: str) -> str:
    """Return the codes of the kinds for which the composer shows a field, separated by spaces."""
    return " ".join(kind.code for kind in ALL if field in kind.fields)


def codes_without(field: str) -> str:
    """Return the codes of the kinds for which a field of the composer may stay empty, separated by spaces."""
    return " ".join(kind.code for kind in ALL if field in kind.optional)


def of(update: Update) -> Kind:
    """Return the kind of an update."""
    return _BY_CODE.get(update.kind, ALL[0])
