"""Connections to the database, of which all threads of a process share a few."""

from django.db import connection


def give_back() -> None:
    """Leave this thread's connection to others while it waits for something else; its next query takes one again.

    Within a transaction it is kept.
    """
    if not connection.in_atomic_block:
        connection.close()
