"""The kinds of update, one class each; docs/how-to/add-a-kind-of-update.md explains how to add one."""

from __future__ import annotations

from typing import Any

from articles.kinds.base import Kind
from articles.kinds.facts import Facts
from articles.kinds.plain import Embed, Pictures, Text
from articles.kinds.poll import Poll
from articles.kinds.quote import Quote
from articles.kinds.table import Table

__all__ = ["ALL", "Kind", "asking_for", "choices", "of"]

#: In the order in which an editor is offered them; the first is what an update is if nothing is said.
ALL: tuple[Kind, ...] = (Text(), Quote(), Pictures(), Embed(), Facts(), Table(), Poll())

_BY_CODE = {kind.code: kind for kind in ALL}


def choices() -> list[tuple[str, Any]]:
    return [(kind.code, kind.name) for kind in ALL]


def asking_for(field: str) -> str:
    """The codes of the kinds for which the composer shows a field."""
    return " ".join(kind.code for kind in ALL if field in kind.fields)


def of(update: Any) -> Kind:
    return _BY_CODE.get(update.kind, ALL[0])
