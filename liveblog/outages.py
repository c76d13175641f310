"""Temporary errors of the database: it is down, too busy, or waits for a lock."""

from __future__ import annotations

import sqlite3

from django.db import Error, InterfaceError, OperationalError

#: SQLSTATEs of other classes that are temporary: a write to a demoted server, a transaction that was idle too long.
_PASSING_STATES = frozenset({"25006", "25P03"})

#: SQLSTATEs that are temporary although the database answers: a lock, a time-out, a deadlock, no more connections.
_BUSY_STATES = frozenset({"55P03", "57014", "40P01", "40001", "53300"})

#: Errors of SQLite that are faults of the statement. Python has one class for these and for outages.
_FAULTS = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISUSE})


class Busy(OperationalError):  # noqa: N818 - named as the state of the server that it reports
    """Too many others want to write to the same article."""


def is_temporary(error: BaseException | None) -> bool:
    """Return whether an error comes from the database and the same request may succeed in a moment."""
    if not isinstance(error, Error):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return isinstance(error, OperationalError) and getattr(cause, "sqlite_errorcode", 0) & 0xFF not in _FAULTS
    return getattr(cause, "sqlstate", None) in _PASSING_STATES or isinstance(error, OperationalError | InterfaceError)


def is_down(error: BaseException | None) -> bool:
    """Return whether an error says that the database does not answer at all."""
    if not is_temporary(error) or isinstance(error, Busy):
        return False
    cause = error.__cause__ if error else None
    return not isinstance(cause, sqlite3.Error) and getattr(cause, "sqlstate", None) not in _BUSY_STATES
