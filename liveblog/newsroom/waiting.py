"""The work that waits in the newsroom, and its problems. Apps register theirs; home and the side bar show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True)
class Line:
    """One line below the name of a queue: a piece of work, or a part of the queue such as a language."""

    text: _StrOrPromise
    url: str
    #: The language of the text; "" for that of the page.
    language: str = ""
    #: The time since which it has waited.
    since: datetime | None = None
    is_late: bool = False
    #: The number of pieces of work; None for a line that is a single piece.
    count: int | None = None


@dataclass(frozen=True)
class Queue:
    """Work of one kind that waits for a user.

    name     an identifier, unique among all queues
    icon     a symbol of templates/admin/newsroom/icons.html
    is_due   whether somebody is waiting for the user now; otherwise the work is not urgent
    in_nav   whether the side bar shows it even if it is empty
    key      the letter that opens it after G (keyboard shortcut)
    short    its name where there is little room; "" for the label
    """

    name: str
    label: _StrOrPromise
    icon: str
    url: str
    count: int
    is_due: bool = False
    lines: tuple[Line, ...] = ()
    in_nav: bool = False
    key: str = ""
    short: _StrOrPromise = ""


@dataclass(frozen=True)
class Problem:
    """Something that is wrong. `url` and `label` link to a remedy; "" if the user cannot do anything."""

    text: _StrOrPromise
    detail: _StrOrPromise = ""
    url: str = ""
    label: _StrOrPromise = ""


#: Returns the queues of a user. If the second argument is False, no lines are needed, only counts.
QueueMaker = Callable[["User", bool], Iterable[Queue]]
ProblemMaker = Callable[["User"], Iterable[Problem]]

_queue_makers: list[QueueMaker] = []
_problem_makers: list[ProblemMaker] = []
_groups: set[str] = set()


def register(queues: QueueMaker, problems: ProblemMaker, *, group: str = "") -> None:
    """Show the queues and problems of an app. `group`: the channel layer group that learns when they change."""
    _queue_makers.append(queues)
    _problem_makers.append(problems)
    if group:
        _groups.add(group)


def groups() -> frozenset[str]:
    """Return the channel layer groups that learn when a queue changes."""
    return frozenset(_groups)


def queues_for(user: User, *, lines: bool = True) -> list[Queue]:
    """Return the queues that a user works on, in the order of their registration."""
    return [queue for maker in _queue_makers for queue in maker(user, lines)]


def problems_for(user: User) -> list[Problem]:
    """Return the problems that concern a user."""
    return [problem for maker in _problem_makers for problem in maker(user)]


def due_first(queues: Iterable[Queue]) -> Iterator[Queue]:
    """Yield the queues that are not empty: first those in which somebody is waiting for the user."""
    return iter(sorted((queue for queue in queues if queue.count), key=lambda queue: not queue.is_due))
