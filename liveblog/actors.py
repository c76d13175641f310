"""The user on whose behalf the running code saves: rules, history and translation states ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_acting_user: ContextVar[User | None] = ContextVar("acting user", default=None)


@contextmanager
def acting_as(user: User | AnonymousUser | None) -> Iterator[None]:
    """Attribute everything that is saved in the block to `user`; None is a machine or the clock."""
    token = _acting_user.set(user if user is not None and user.pk else None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        _acting_user.reset(token)


def acting_user() -> User | None:
    """Return the user who saves at the moment; None if a machine or the clock does."""
    return _acting_user.get()
