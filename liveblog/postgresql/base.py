"""Django's backend for PostgreSQL with limits: who may take connections of the pool, and how long a statement may take.

The limits also hold behind a pooler such as PgBouncer in transaction mode, where each transaction may have another
connection to PostgreSQL: there they are set at the beginning of each transaction. A pooler refuses them as start-up
parameters of the connection.

Where the limits are set, the history of the database is compared, too: see `liveblog.postgresql.histories`.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any, ClassVar

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from liveblog import connections
from liveblog.postgresql import histories

#: One of this number of connections is reserved for readers.
READERS_SHARE = 4


class DatabaseWrapper(base.DatabaseWrapper):
    #: Whether there is a pooler between this process and PostgreSQL; known after the first connection.
    behind_pooler: ClassVar[bool] = False
    #: By alias: a semaphore for the connections that are not reserved for readers.
    _shares: ClassVar[dict[str, threading.BoundedSemaphore]] = {}
    _making_shares = threading.Lock()
    _taken: threading.BoundedSemaphore | None = None
    #: Connections to servers that do not accept writes yet.
    _to_standbys: ClassVar[weakref.WeakSet[psycopg.Connection]] = weakref.WeakSet()

    # Shares of the pool -----------------------------------------------------------------------------------------------

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.pool or connections.are_for_readers():
            return super().get_new_connection(conn_params)
        share, options = self._share(), self.settings_dict["OPTIONS"]["pool"]
        if not share.acquire(timeout=options["timeout"]):
            raise PoolTimeout(f"no connection became free within {options['timeout']} s; the rest is left to readers")
        try:
            new = super().get_new_connection(conn_params)
        except BaseException:
            share.release()
            raise
        self._taken = share
        return new

    def _share(self) -> threading.BoundedSemaphore:
        with self._making_shares:
            if self.alias not in self._shares:
                size: int = self.settings_dict["OPTIONS"]["pool"]["max_size"]
                self._shares[self.alias] = threading.BoundedSemaphore(size - max(1, size // READERS_SHARE))
            return self._shares[self.alias]

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._taken is not None:
                self._taken.release()
                self._taken = None

    # Limits of statements ---------------------------------------------------------------------------------------------

    def _configure_connection(self, connection: psycopg.Connection) -> bool:
        commit: bool = super()._configure_connection(connection)  # type: ignore[misc]
        with connection.cursor() as cursor:
            # A pooler invents a process id for each client (PostgreSQL protocol, BackendKeyData).
            cursor.execute("SELECT pg_backend_pid()")
            direct = cursor.fetchone() == (connection.info.backend_pid,)
            if direct:
                cursor.execute(*_limits(for_transaction=False))
        type(self).behind_pooler = not direct
        if not histories.compare(connection):
            self._to_standbys.add(connection)
        return commit or direct

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if not autocommit and (self.behind_pooler or self.connection in self._to_standbys):
            # Behind a pooler a connection outlives the server, and the standby may have taken over in the meantime.
            statement, parameters = _limits(for_transaction=True)
            if named := histories.are_readable():
                statement += f", {histories.NAME}"
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                found = cursor.execute(statement, parameters).fetchone()
                if named and found[-1] is not None:
                    histories.go_on_from(found[-1], self.connection)
                    self._to_standbys.discard(self.connection)


def _limits(*, for_transaction: bool) -> tuple[str, list[Any]]:
    """Return the statement that sets the limits for a transaction, or for the whole connection, with its parameters."""
    milliseconds = {
        "lock_timeout": settings.DATABASE_LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": settings.DATABASE_IDLE_TIMEOUT,
        "statement_timeout": settings.DATABASE_STATEMENT_TIMEOUT if connections.is_serving() else 0,
    }
    values = {name: str(round(1000 * seconds)) for name, seconds in milliseconds.items()}
    # PostgreSQL takes a third of a second to compile a query with many columns; no query here runs even a tenth of
    # that.
    values["jit"] = "off"
    parameters = [value for pair in values.items() for value in (*pair, for_transaction)]
    return f"SELECT {', '.join(['set_config(%s, %s, %s)'] * len(values))}", parameters
