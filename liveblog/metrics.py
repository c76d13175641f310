"""Metrics for monitoring at /metrics, in the text format of Prometheus (prometheus.io, "Exposition formats").

Each worker of `runlive` counts in its own files in a shared directory, and the worker that answers the request adds
them up (prometheus_client, "Multiprocess Mode"). The files are named after the slot of the worker, not after its
process, so deploys do not add files. A server with one process counts in memory.

Labels have few values: languages, routes, providers. No label comes from outside.
"""

import asyncio
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

#: Seconds between two samples of gauges.
SAMPLE_SECONDS = 2.0

#: Seconds for which figures counted by the database are reused.
COUNTED_SECONDS = 5.0

#: The variable by which prometheus_client finds the directory.
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

if os.environ.get(_DIRECTORY):
    values.ValueClass = values.MultiProcessValue(lambda: os.environ["RUNLIVE_WORKER"])

_registry = CollectorRegistry()

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(name, text, labels, registry=_registry)


def _histogram(name: str, text: str, *labels: str, buckets: tuple[float, ...] = _FAST) -> Histogram:
    return Histogram(name, text, labels, registry=_registry, buckets=buckets)


def _gauge(name: str, text: str, *labels: str, mode: str = "livesum") -> Gauge:
    return Gauge(name, text, labels, registry=_registry, multiprocess_mode=mode)  # type: ignore[arg-type]


REQUESTS = _histogram(
    "liveblog_request_seconds",
    "Time to answer a request that reached Django, by route and class of status.",
    *("route", "method", "status"),
)
PAGE_CACHE = _counter(
    "liveblog_page_cache", "Requests of readers' pages: from memory, validated, or made by Django.", "result"
)
CACHE = _counter("liveblog_cache", "Uses of the cache that all processes share, by result.", "result")
FRAME_DELAY = _histogram(
    "liveblog_frame_delay_seconds",
    "Time from a save to the frame that carries it to all readers of the process.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10, 30),
)
JOINS = _counter(
    "liveblog_joins",
    "Pages that connected: those that are current, that lacked changes, that have to reload.",
    "page",
)
RECONNECTS = _counter("liveblog_reconnects", "Connections of pages that had lost theirs.")
CLOSES = _counter("liveblog_closes", "Websockets of readers that the server closed, by close code.", "code")
PROVIDERS = _histogram(
    "liveblog_provider_seconds",
    "Time of requests to other servers, by provider and result.",
    *("provider", "result"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60),
)

PUSHES = _counter("liveblog_pushes", "Messages handed to push services, by result.", "result")
AUDIT = _counter("liveblog_audit_entries", "Entries of the audit log.", "action")
READERS = _gauge("liveblog_readers", "Open pages, by language.", "language")
ROOMS = _gauge("liveblog_rooms", "Articles with open pages, counted in each process.")
PROCESSES = _gauge("liveblog_processes", "Processes that serve, by release.", "release")
MEMORY = _gauge("liveblog_memory_bytes", "Resident memory of all processes.")
CPU = _counter("liveblog_cpu_seconds", "Processor time of all processes.")
LOOP_LAG = _gauge("liveblog_loop_lag_seconds", "The longest delay of an event loop just now.", mode="livemax")
POOL_SIZE = _gauge("liveblog_pool_connections", "Connections to the database, by pool.", "pool")
POOL_FREE = _gauge("liveblog_pool_free", "Connections to the database that nobody uses, by pool.", "pool")
POOL_WAITING = _gauge("liveblog_pool_waiting", "Requests that wait for a connection to the database.", "pool")
POOL_WAITS = _counter("liveblog_pool_waits", "Requests that had to wait for a connection to the database.", "pool")
POOL_WAIT_SECONDS = _counter("liveblog_pool_wait_seconds", "Time waited for connections to the database.", "pool")
POOL_ERRORS = _counter("liveblog_pool_errors", "Requests that got no connection to the database in time.", "pool")


# Sampled figures ----------------------------------------------------------------------------------------------------

_samplers: list[Callable[[], None]] = []
_collectors: list[Callable[[], Iterable[Metric]]] = []


def add_sampler(sample: Callable[[], None]) -> None:
    """Call `sample` every few seconds in the event loop of each process that serves, to set gauges."""
    _samplers.append(sample)


def register(collect: Callable[[], Iterable[Metric]]) -> None:
    """Add the metrics that `collect` returns: figures of the database, which are the same in all processes."""
    _collectors.append(collect)


async def sample_while_serving() -> None:
    """Call the samplers as long as the server runs, and measure how late the event loop is."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SAMPLE_SECONDS
        await asyncio.sleep(SAMPLE_SECONDS)
        LOOP_LAG.set(max(0.0, loop.time() - due))
        _sample()


def _sample() -> None:
    for sample in _samplers:
        try:
            sample()
        except Exception:
            logger.warning("A metric could not be taken.", exc_info=True)


_cpu = 0.0


def _sample_process() -> None:
    from liveblog.release import RELEASE

    global _cpu
    now = time.process_time()
    CPU.inc(now - _cpu)
    _cpu = now
    PROCESSES.labels(RELEASE).set(1)
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        MEMORY.set(pages * os.sysconf("SC_PAGE_SIZE"))


#: By pool: its figures at the last sample, which the counters include.
_pool_before: dict[str, dict[str, int]] = {}


def _sample_pools() -> None:
    try:
        from django.db.backends.postgresql.base import DatabaseWrapper
    except ImproperlyConfigured:
        return
    pools: dict[str, Any] = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    for alias, pool in list(pools.items()):
        now = pool.get_stats()
        before = _pool_before.get(alias, {})
        _pool_before[alias] = now
        POOL_SIZE.labels(alias).set(now.get("pool_size", 0))
        POOL_FREE.labels(alias).set(now.get("pool_available", 0))
        POOL_WAITING.labels(alias).set(now.get("requests_waiting", 0))

        def since(name: str, now: dict[str, int] = now, before: dict[str, int] = before) -> int:
            return max(0, now.get(name, 0) - before.get(name, 0))

        POOL_WAITS.labels(alias).inc(since("requests_queued"))
        POOL_WAIT_SECONDS.labels(alias).inc(since("requests_wait_ms") / 1000)
        POOL_ERRORS.labels(alias).inc(since("requests_errors"))


add_sampler(_sample_process)
add_sampler(_sample_pools)


# Routes ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1000)
def _readable(route: str) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", route)


def route_of(match: ResolverMatch | None) -> str:
    """Return the pattern of the matched address, such as /<language>/live/<slug>/."""
    return _readable(match.route) if match is not None else "none"


# Several processes ----------------------------------------------------------------------------------------------------


def share(directory: Path) -> tuple[Counter, Counter]:
    """Make workers that are started from now on count in files in `directory`; the caller is their supervisor.

    Return its own counters, of workers that were started, and of those that died or could not start ("reason").
    """
    for path in directory.glob("*.db"):
        path.unlink()
    os.environ[_DIRECTORY] = str(directory)
    values.ValueClass = values.MultiProcessValue(lambda: "supervisor")
    own = CollectorRegistry()
    starts = Counter("liveblog_worker_starts", "Workers that were started.", registry=own)
    deaths = Counter("liveblog_worker_deaths", "Workers that died or could not start.", ["reason"], registry=own)
    for reason in ("died", "start"):
        deaths.labels(reason)
    return starts, deaths


def forget(slot: int) -> None:
    """Remove the gauges of a worker that has ended. Its counters stay."""
    multiprocess.mark_process_dead(slot, os.environ[_DIRECTORY])


# The page -------------------------------------------------------------------------------------------------------------


class _Counted(Collector):
    """The figures of the database, counted once for simultaneous requests."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._until = 0.0
        self._families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if settings.DEBUG or not settings.JOBS_IN_THREADS or time.monotonic() >= self._until:
                self._families = list(self._count())
                self._until = time.monotonic() + COUNTED_SECONDS
            return self._families

    def describe(self) -> Iterable[Metric]:
        return ()

    def _count(self) -> Iterator[Metric]:
        failed = 0
        for collect in _collectors:
            try:
                yield from list(collect())
            except Exception:
                # The database may be down, which is when the other metrics are needed.
                failed += 1
                logger.warning("Figures of the database are missing in the metrics.", exc_info=True)
        yield GaugeMetricFamily(
            "liveblog_figures_missing", "Groups of figures that could not be counted.", value=failed
        )


_counted = _Counted()


def registry() -> CollectorRegistry:
    """Return the registry of all metrics, of all processes of this server."""
    _sample()
    if os.environ.get(_DIRECTORY):
        whole = CollectorRegistry()
        multiprocess.MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
    else:
        whole = CollectorRegistry(auto_describe=False)
        whole.register(_Forwarding())
    whole.register(_counted)
    return whole


class _Forwarding(Collector):
    def collect(self) -> Iterable[Metric]:
        return _registry.collect()

    def describe(self) -> Iterable[Metric]:
        return ()


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to clients that send METRICS_TOKEN (RFC 6750), and 404 to everybody else."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
