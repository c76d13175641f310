"""The databases of the tests: migrated once per run, and copied for each test process.

Each run has its own names, so two runs at the same time do not disturb each other.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

#: Tables whose rows come from migrations and are the same in all tests. Processes cache their ids.
KEPT = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type"}


def name_template(directory: Path) -> None:
    """Name the template database of the run whose files are in `directory`."""
    database = connections.databases["default"]
    if connection.vendor == "sqlite":
        # The hub and views run in several threads, which cannot use an in-memory database at the same time.
        name = str(directory / "test.sqlite3")
    else:
        name = f"test_{database['NAME']}_{directory.name.replace('-', '_')}"
        # A pool would keep connections to a database that is copied or dropped. Servers under test have their own
        # pools.
        database["OPTIONS"].pop("pool", None)
    database["TEST"]["NAME"] = name


@contextmanager
def copy(directory: Path, worker: str) -> Iterator[None]:
    """Use a copy of the template, which the first process creates."""
    creation = connection.creation
    template = connection.settings_dict["TEST"]["NAME"]
    with (directory / "template").open("a+") as made:
        fcntl.flock(made, fcntl.LOCK_EX)
        made.seek(0)
        if not made.read():
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            # Only without connections is the template complete on the disk, and can it be copied.
            connection.close()
            made.write("made")
    _use(template)
    creation.clone_test_db(worker, verbosity=0, autoclobber=True)
    own = creation.get_test_db_clone_settings(worker)["NAME"]
    _use(own)
    if bouncer := urlsplit(os.environ.get("PGBOUNCER_URL", "")).netloc:
        # Databases cannot be copied through PgBouncer. From now on, tests and servers connect through it.
        host, _, port = bouncer.rpartition("@")[2].partition(":")
        connections.databases["default"] |= {"HOST": host, "PORT": port}
        connection.settings_dict |= {"HOST": host, "PORT": port}
    yield
    _drop(own)


def drop_template(directory: Path) -> None:
    """Drop the template of the run, if there is one."""
    if (directory / "template").exists():
        _drop(connection.settings_dict["TEST"]["NAME"])


def _use(name: str) -> None:
    connection.close()
    connections.databases["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _drop(name: str) -> None:
    connection.close()
    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            # Threads of tests may still hold connections.
            cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)} WITH (FORCE)")


def empty(database: BaseDatabaseWrapper) -> None:
    """Delete all rows except those of migrations.

    Unlike Django's `flush`, this keeps groups and permissions with the ids that running servers have cached, and it
    does not wait: TRUNCATE would wait for open readers.
    """
    tables = sorted(set(database.introspection.django_table_names(only_existing=False, include_views=False)) - KEPT)
    quote = database.ops.quote_name
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in tables)
    with database.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        filled = [table for (table,) in cursor.fetchall()]
    # The database checks foreign keys at the end of the transaction, so any order is correct.
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        for table in filled:
            cursor.execute(f"DELETE FROM {quote(table)}")
