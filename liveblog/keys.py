"""Keep primary keys from being assigned again after the database has lost the rows that had them.

A standby that takes over may lack the last seconds; a backup lacks hours. The database would count the same keys again,
and an address, an open form or a bookmark of a lost row would lead to another one.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction

logger = logging.getLogger(__name__)

#: The least number of keys that are skipped in each table.
LOST_KEYS = 1_000_000

#: Seconds after which the number of keys assigned in an SQLite file is noted again.
NOTE_SECONDS = 5.0


def skip_lost(cursor: Any, vendor: str) -> None:
    """Continue the keys of all tables beyond those of lost rows.

    The distance is random, so that a backup that is restored twice, or two standbys that take over one after the other,
    continue at different numbers.
    """
    skipped = LOST_KEYS + secrets.randbelow(LOST_KEYS)
    if vendor == "sqlite":
        # `sqlite_sequence` lacks tables that never had a row.
        cursor.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master"
            " WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
            " AND name NOT IN (SELECT name FROM sqlite_sequence)"
        )
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s", [skipped])
        return
    # The sequences from which this role takes keys. Another role may have tables of its own beside them.
    cursor.execute(
        "SELECT setval(seqrelid::regclass, nextval(seqrelid::regclass) + %s) FROM pg_sequence"
        " WHERE pg_table_is_visible(seqrelid) AND has_sequence_privilege(seqrelid, 'USAGE')",
        [skipped],
    )


# The file of SQLite ---------------------------------------------------------------------------------------------------


class _KeyCount(NamedTuple):
    """When an SQLite file was created, which all its copies share, and how many keys it has assigned."""

    created: str
    keys: int


def check_file() -> None:
    """Skip the keys of lost rows if somebody has replaced the SQLite file by an older copy.

    The number of assigned keys only rises. It is noted beside the file while a server runs.
    """
    if (note := _note_path()) is None:
        return
    with suppress(OSError, ValueError):
        created, _, count = note.read_text().partition(" ")
        now = _key_count()
        if now is not None and now.created == created and now.keys < int(count):
            with transaction.atomic(), connection.cursor() as cursor:
                skip_lost(cursor, "sqlite")
            logger.warning("The database is an older copy of itself. Ids of lost rows are not given out again.")
    note_given()


def note_given() -> None:
    """Note how many keys the SQLite file has assigned."""
    if (note := _note_path()) is None or (now := _key_count()) is None:
        return
    with suppress(OSError):
        new = note.with_name(f"{note.name}.new")
        new.write_text(f"{now.created} {now.keys}")
        new.replace(note)


async def note_while_serving() -> None:
    try:
        while _note_path() is not None:
            await asyncio.to_thread(note_given)
            await asyncio.sleep(NOTE_SECONDS)
    finally:
        await asyncio.to_thread(note_given)


def _note_path() -> Path | None:
    """Return the path of the note, beside the file like its write-ahead log; None if there is no file."""
    if connection.vendor != "sqlite" or not (path := Path(connection.settings_dict["NAME"])).is_file():
        return None
    return path.with_name(f"{path.name}-keys")


def _key_count() -> _KeyCount | None:
    """Return the present numbers; None if the file has no tables yet, or is locked."""
    path = Path(connection.settings_dict["NAME"]).resolve()
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
        ((created,),) = file.execute("SELECT coalesce(min(applied), '') FROM django_migrations").fetchall()
        ((keys,),) = file.execute("SELECT coalesce(sum(seq), 0) FROM sqlite_sequence").fetchall()
        return _KeyCount(created.replace(" ", "T"), keys)
    return None
