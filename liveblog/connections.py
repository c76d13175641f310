"""The few database connections that all threads of a process share."""

from django.db import connection


def give_back() -> None:
    """Return this thread's connection to the pool while it waits for something else; its next query takes one again.

    A no-op inside a transaction.
    """
    if not connection.in_atomic_block:
        connection.close()
