"""The side panels of a desk, which the apps register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Panel:
    """One line of the side column of the desk."""

    label: _StrOrPromise
    count: int
    #: The address of a page with more; "" if the user may not open it.
    url: str = ""


#: Takes an article id and a user; returns a panel, or None if it is not for that user.
PanelMaker = Callable[[int, "User | AnonymousUser"], Panel | None]

_makers: list[PanelMaker] = []


def register(maker: PanelMaker) -> None:
    """Show the panel of `maker` at all desks."""
    _makers.append(maker)


def panels_for(article_id: int, user: User | AnonymousUser) -> list[Panel]:
    """Return all panels that a user gets at an article's desk."""
    return [panel for maker in _makers if (panel := maker(article_id, user)) is not None]
