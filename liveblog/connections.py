"""The few database connections that all threads of a process share, and how many each kind of request may take."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

_for_readers: ContextVar[bool] = ContextVar("queries for readers", default=False)

_serving = False


def give_back() -> None:
    """Return this thread's connection to the pool while it waits for something else; its next query takes one again.

    A no-op inside a transaction.
    """
    if not connection.in_atomic_block:
        connection.close()


@contextmanager
def for_readers() -> Iterator[None]:
    """Let queries in the block take any connection of the pool; others leave a share of them to readers."""
    token = _for_readers.set(True)
    try:
        yield
    finally:
        _for_readers.reset(token)


def are_for_readers() -> bool:
    """Return whether the queries of this context are made for readers."""
    return _for_readers.get()


def begin_to_serve() -> None:
    """Limit the time of each statement from now on, because clients wait. Commands such as `migrate` may take long."""
    global _serving
    _serving = True


def is_serving() -> bool:
    """Return whether this process serves requests."""
    return _serving
