"""Work that is due: rows of the database are the queue, and whichever process is free does what stands in them.

A row has a time at which its work is due, none where there is nothing to do. Who takes it puts that time off for as
long as the work may take (a lease); if the process dies, somebody else takes it then. Nothing has to be running but the
database, and nothing that was asked for is lost.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone


def lease_due(rows: QuerySet, count: int, lease: timedelta, due: str = "due_at") -> list[Any]:
    """Take up to `count` of `rows` that are due by the column `due`, in their order; nobody else gets them then."""
    now = timezone.now()
    rows = rows.filter(**{f"{due}__lte": now})
    # Asked without a lock, which on SQLite would keep everybody from writing.
    if not rows.exists():
        return []
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        taken = list(rows[:count])
        rows.model._base_manager.filter(pk__in=[row.pk for row in taken]).update(**{due: now + lease})
    return taken


def backoff(attempts: int, first: float, longest: float) -> timedelta:
    """How long to wait after so many failed attempts: twice as long each time, and not all at the same moment.

    `first` and `longest` are in seconds.
    """
    seconds = min(longest, first * 2 ** (attempts - 1)) * random.uniform(0.7, 1.3)  # noqa: S311 - no secret
    return timedelta(seconds=seconds)


def run_each(rows: Iterable[Model], work: Callable[[Any], None], threads: int, logger: logging.Logger) -> None:
    """Do the work of all rows that were taken, in threads. What fails unexpectedly is due again when the lease ends."""

    def or_log(row: Model) -> None:
        try:
            work(row)
        except Exception:
            logger.exception("%s %s could not be worked off.", type(row).__name__, row.pk)

    def in_thread(row: Model) -> None:
        close_old_connections()
        try:
            or_log(row)
        finally:
            connection.close()

    if not settings.JOBS_IN_THREADS:
        for row in rows:
            or_log(row)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix=logger.name) as pool:
        list(pool.map(in_thread, rows))


async def run_while_serving(look: Callable[[], int], interval: float, logger: logging.Logger) -> None:
    """Look for what is due as long as the server runs: again at once where something was, else after `interval` s.

    `look` does it, in a thread of its own, and returns how much there was.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix=logger.name) as thread:
        while True:
            try:
                done = await loop.run_in_executor(thread, _with_connection, look)
            except Exception:
                logger.warning("What is due could not be looked for; trying again.", exc_info=True)
                done = 0
            if not done:
                await asyncio.sleep(interval)


def _with_connection(look: Callable[[], int]) -> int:
    close_old_connections()
    try:
        return look()
    finally:
        connection.close()
