"""Detect that PostgreSQL continues from an earlier state, and skip the keys of the rows that were lost.

A history of the database is identified by the cluster, the database in it, and the time line, whose number rises when a
standby takes over and after a point-in-time recovery (PostgreSQL manual, "Timelines"). Its name is stored in the
database, so it is copied to standbys and into backups. If the stored name is not the present one, rows may be lost.
The first connection that finds this skips keys before it inserts a row.
"""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from psycopg import errors

from liveblog import keys

logger = logging.getLogger(__name__)

#: The name of the present history; NULL on a standby, which cannot store it.
NAME = (
    "CASE WHEN NOT pg_is_in_recovery() THEN concat_ws('-',"
    " (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()),"
    " left(pg_walfile_name(pg_current_wal_lsn()), 8)) END"
)

#: The name that this process has last compared.
_known = ""
_readable = True


def are_readable() -> bool:
    """Return whether PostgreSQL reveals the name. Managed services may forbid the functions."""
    return _readable


def compare(connection: psycopg.Connection[Any]) -> bool:
    """Compare the stored name with the present one, outside a transaction. Return False on a standby.

    Raise OperationalError if that is impossible at the moment, for example because a lock is held too long.
    """
    if not _readable:
        return True
    try:
        with connection.cursor() as cursor:
            name: str | None = cursor.execute(f"SELECT {NAME}").fetchone()[0]  # type: ignore[index, call-overload]
    except psycopg.Error as error:
        _give_up(error)
        return True
    go_on_from(name, connection)
    return name is not None


def go_on_from(name: str | None, connection: psycopg.Connection[Any]) -> None:
    """Skip the keys of lost rows, and store the name, if the database had another one. Raise OperationalError."""
    global _known
    if name is None or name == _known or not _readable:
        return
    try:
        # Within a transaction this is a savepoint.
        with connection.transaction(), connection.cursor() as cursor:
            if not _go_on(cursor, name):
                return
    except psycopg.Error as error:
        _give_up(error)
    else:
        _known = name


def _go_on(cursor: psycopg.Cursor[Any], name: str) -> bool:
    """Return False if there is no table for the name, which is so before the first migration."""
    if cursor.execute("SELECT to_regclass('liveblog_databasehistory')").fetchone() == (None,):
        return False
    # Other connections wait here, before they insert rows, until the keys are skipped.
    cursor.execute("LOCK TABLE liveblog_databasehistory IN SHARE ROW EXCLUSIVE MODE")
    stored = cursor.execute("SELECT name FROM liveblog_databasehistory").fetchone()
    if stored is None:
        cursor.execute("INSERT INTO liveblog_databasehistory (id, name) VALUES (1, %s)", [name])
    elif stored != (name,):
        keys.skip_lost(cursor, "postgresql")
        cursor.execute("UPDATE liveblog_databasehistory SET name = %s", [name])
        logger.warning(
            "The database goes on from an earlier moment, after a failover or a restore: the last changes may be lost. "
            "Ids of lost rows are not given out again."
        )
    return True


def _give_up(error: psycopg.Error) -> None:
    """Log once that the name is not available here. Raise the error again if it is temporary."""
    global _readable
    if isinstance(error, psycopg.OperationalError) and not isinstance(error, errors.ObjectNotInPrerequisiteState):
        raise error
    _readable = False
    logger.warning("Ids of rows that a failover loses may be given out again. PostgreSQL says: %s", error)
