"""The user on whose behalf the running code saves. Rules, history and translation states depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest

_acting_user: ContextVar[User | None] = ContextVar("acting user", default=None)


@contextmanager
def acting_as(user: User | AnonymousUser | None) -> Iterator[None]:
    """Attribute all saves in the block to `user`. None stands for a machine or the clock."""
    token = _acting_user.set(user if user is not None and user.pk else None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        _acting_user.reset(token)


def acting_user() -> User | None:
    """Return the user on whose behalf the code saves; None if a machine or the clock does."""
    return _acting_user.get()


def user_of(request: HttpRequest) -> User:
    """Return the user of a request to a view that lets in no anonymous user."""
    assert request.user.is_authenticated
    return request.user
