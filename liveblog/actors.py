"""The actor on whose behalf the running code saves: a user, or a machine with a name.

Rules, history and translation states depend on it. Code without an actor must not save what readers see: `required`
then raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest


@dataclass(frozen=True)
class Machine:
    """Code that saves without a user: the clock, a command, a provider. The history shows its name."""

    name: str


#: Carries out what users have planned.
CLOCK = Machine("Clock")


class NoActorError(RuntimeError):
    """Code without an actor tried to save what readers see."""


_actor: ContextVar[User | Machine | None] = ContextVar("actor", default=None)


@contextmanager
def acting_as(actor: User | AnonymousUser | Machine) -> Iterator[None]:
    """Attribute all saves in the block to `actor`. An anonymous user is nobody."""
    token = _actor.set(actor if isinstance(actor, Machine) or actor.pk else None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        _actor.reset(token)


def current() -> User | Machine | None:
    """Return the actor; None if the running code has none."""
    return _actor.get()


def required() -> User | Machine:
    """Return the actor. Raise NoActorError if there is none."""
    actor = _actor.get()
    if actor is None:
        raise NoActorError("Nobody stands for this save. Do it within liveblog.actors.acting_as.")
    return actor


def acting_user() -> User | None:
    """Return the user on whose behalf the code saves; None if the actor is a machine, or if there is none."""
    actor = _actor.get()
    return None if isinstance(actor, Machine) else actor


def is_machine() -> bool:
    """Return whether the actor is a machine, which only carries out the decisions of users."""
    return isinstance(_actor.get(), Machine)


def name_of(actor: User | Machine) -> str:
    """Return the name under which the history keeps an actor: it outlives the account of a user."""
    return actor.name if isinstance(actor, Machine) else actor.get_username()


def user_of(request: HttpRequest) -> User:
    """Return the user of a request to a view that lets in no anonymous user."""
    assert request.user.is_authenticated
    return request.user
