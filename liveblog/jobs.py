"""Queues of background work. Rows of the database are the queue, and any free process does the work that is due.

A row has the time at which its work is due, or NULL if there is nothing to do. The process that claims it moves that
time to the end of a lease. If the process dies, another one claims the row when the lease ends. So only the database
has to run, and no queued work is lost.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection, models, transaction
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

Row = TypeVar("Row", bound=models.Model)
Key = TypeVar("Key", bound=Hashable)

#: Errors that occur before any row is known are logged here, once for each outage.
_logger = logging.getLogger(__name__)


class QueueRow(models.Model):
    """The columns of a model whose rows a `Queue` works on."""

    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: The reason for the last failure, in one word.
    failure = models.CharField(max_length=40, blank=True)

    QUEUE_COLUMNS = frozenset({"due_at", "attempts", "failure"})

    class Meta:
        abstract = True

    def leave_queue(self) -> None:
        """Take the row out of the queue, and forget its attempts. The caller saves the row."""
        self.due_at, self.attempts, self.failure = None, 0, ""


#: The queues, by the name of the part of the code that works on them.
_queues_by_logger: dict[str, list[Queue[Any]]] = {}


def measure() -> Iterator[Metric]:
    """Yield how long the queues are and how late they are, by the part of the code that works on them."""
    rows = GaugeMetricFamily("liveblog_queue_rows", "Work that waits.", labels=["queue"])
    age = GaugeMetricFamily("liveblog_queue_late_seconds", "How long the first of it has been due.", labels=["queue"])
    failed = GaugeMetricFamily("liveblog_queue_failed", "Work that failed, and is tried again.", labels=["queue"])
    for name, queues in sorted(_queues_by_logger.items()):
        # Queues of one part share their rows, or have rows of the same kind.
        found = {str(queue.rows().order_by().query): queue for queue in queues}
        waiting = [queue.waiting() for queue in found.values()]
        rows.add_metric([name], sum(each[0] for each in waiting))
        age.add_metric([name], max(each[1] for each in waiting))
        failed.add_metric([name], sum(each[2] for each in waiting))
    yield from (rows, age, failed)


@dataclass
class Queue(Generic[Row]):
    """Work on rows that are due, and retry failures after growing pauses.

    rows            returns the rows, in the order in which they are worked on
    lease           how long a process may work on the rows that it has claimed
    max_attempts    number of failed attempts after which a row is abandoned
    first_pause     seconds before the second attempt; each further pause is twice as long
    longest_pause   upper limit of the pause, in seconds
    prefix          prefix of the columns `due_at`, `attempts` and `failure`, see QueueRow
    threads         number of rows that one process works on at once
    """

    rows: Callable[[], models.QuerySet[Row]]
    logger: logging.Logger
    lease: timedelta
    max_attempts: int
    first_pause: float
    longest_pause: float
    prefix: str = ""
    threads: int = 4

    def __post_init__(self) -> None:
        _queues_by_logger.setdefault(self.logger.name, []).append(self)

    def waiting(self) -> tuple[int, float, int]:
        """Return how many rows wait, for how many seconds the first of them has been due, and how many have failed."""
        due = f"{self.prefix}due_at"
        rows = self.rows().filter(**{f"{due}__isnull": False}).order_by()
        found = rows.aggregate(
            count=models.Count("pk"),
            first=models.Min(due),
            failed=models.Count("pk", filter=models.Q(**{f"{self.prefix}attempts__gt": 0})),
        )
        late = (timezone.now() - found["first"]).total_seconds() if found["first"] else 0.0
        return found["count"], max(0.0, late), found["failed"]

    def claim(self, count: int, among: models.Q | None = None) -> list[Row]:
        """Claim up to `count` rows that are due, and return them. No other process gets them during the lease.

        Their due time is the end of the lease. If the database has another one later, the row was queued again, or
        another process has claimed it.

        among   the rows to choose from; default: all
        """
        now = timezone.now()
        rows = self.rows().filter(among or models.Q(), **{f"{self.prefix}due_at__lte": now})
        # First query without a lock: on SQLite a lock would keep everybody else from writing.
        if not rows.exists():
            return []
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True, of=("self",))
            claimed = list(rows[:count])
            lease = rows.model._base_manager.filter(pk__in=[row.pk for row in claimed])
            lease.update(**{f"{self.prefix}due_at": now + self.lease})
        for row in claimed:
            setattr(row, f"{self.prefix}due_at", now + self.lease)
        return claimed

    def run_due(self, work: Callable[[Row], None], key: Callable[[Row], float] | None = None) -> int:
        """Call `work` for rows that are due, sorted by `key` if given. Return the number of rows claimed."""
        claimed = self.claim(2 * self.threads)
        if key is not None:
            claimed.sort(key=key)
        run_each(claimed, work, self.threads, self.logger)
        return len(claimed)

    def postpone(
        self,
        row: Row,
        unchanged: models.QuerySet[Row],
        reason: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> bool:
        """Record a failed attempt, and return whether there will be another one.

        unchanged     the row, if nothing has happened to it that makes the attempt obsolete
        permanent     whether another attempt would fail as well
        retry_after   least number of seconds to wait
        """
        attempts = getattr(row, f"{self.prefix}attempts") + 1
        again = attempts < self.max_attempts and not permanent
        pause = max(self._pause(attempts), timedelta(seconds=retry_after or 0))
        columns = {"attempts": attempts, "failure": reason, "due_at": timezone.now() + pause if again else None}
        unchanged.update(**{f"{self.prefix}{column}": value for column, value in columns.items()})
        return again

    def _pause(self, attempts: int) -> timedelta:
        # The random factor spreads out rows that failed at the same moment.
        seconds = min(self.longest_pause, self.first_pause * 2 ** (attempts - 1)) * random.uniform(0.7, 1.3)  # noqa: S311 - no secret
        return timedelta(seconds=seconds)


def run_each(rows: Iterable[Row], work: Callable[[Row], None], threads: int, logger: logging.Logger) -> None:
    """Do the work of claimed rows, in threads. A row whose work raises is due again when the lease ends."""

    def or_log(row: Row) -> None:
        try:
            work(row)
        except Exception:
            logger.exception("The work of %s %s failed.", type(row).__name__, row.pk)

    def in_thread(row: Row) -> None:
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


class Lanes(Generic[Key]):
    """A thread for each receiver with due work, so that no receiver waits for another one.

    due       returns the receivers with work that is due now, without those given
    work      does some of the due work of a receiver, and returns how much it did
    threads   number of receivers that are served at once
    """

    def __init__(
        self,
        due: Callable[[frozenset[Key]], Iterable[Key]],
        work: Callable[[Key], int],
        threads: int,
        logger: logging.Logger,
    ) -> None:
        self._due, self._work, self._logger = due, work, logger
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=logger.name)
        self._under_way: set[Key] = set()
        self._stopped = False
        self._lock = Lock()

    def start_due(self) -> int:
        """Start threads for receivers with due work. Return 0, so that `run_while_serving` pauses."""
        for key in list(self._due(frozenset(self._under_way))):
            with self._lock:
                self._under_way.add(key)
            self._pool.submit(self._run, key)
        return 0

    def stop(self) -> None:
        """Start no more work."""
        self._stopped = True

    def wait(self) -> None:
        """Wait for the work that is under way."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, key: Key) -> None:
        close_old_connections()
        try:
            while not self._stopped and self._work(key):
                pass
        except Exception:
            self._logger.warning("Due work could not be done; trying again.", exc_info=True)
        finally:
            connection.close()
            with self._lock:
                self._under_way.discard(key)

    async def run_while_serving(self, interval: float) -> None:
        """Start due work as long as the server runs."""
        try:
            await run_while_serving(self.start_due, interval, self._logger)
        finally:
            self.stop()
            await asyncio.to_thread(self.wait)


def pauses(interval: float) -> Iterator[float]:
    """Yield the seconds to wait between two turns of work that is repeated every `interval` seconds.

    All such work begins when the server starts. The first pause is random, so that a request waits for one job at most,
    and not for a dozen that use the database and the interpreter in the same moment of every second.
    """
    yield random.uniform(0, interval)  # noqa: S311 - no secret
    yield from itertools.repeat(interval)


async def run_while_serving(run_due: Callable[[], int], interval: float, logger: logging.Logger) -> None:
    """Call `run_due` as long as the server runs, in a thread of its own.

    `run_due` returns how many rows were due. It is called again at once if there were any, else after `interval`
    seconds.
    """
    loop = asyncio.get_running_loop()
    waiting = pauses(interval)
    with ThreadPoolExecutor(1, thread_name_prefix=logger.name) as thread:
        while True:
            try:
                done = await loop.run_in_executor(thread, _with_connection, run_due)
            except Exception:
                _logger.warning("Due work of %s could not be looked for; trying again.", logger.name, exc_info=True)
                done = 0
            if not done:
                await asyncio.sleep(next(waiting))


def _with_connection(run_due: Callable[[], int]) -> int:
    close_old_connections()
    try:
        return run_due()
    finally:
        connection.close()
