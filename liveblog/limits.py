"""Rate limits: how often a network address, or another identity, may do something.

Each process counts by itself, and all processes count together in a store of their own (the cache "limits"). Both
counts must be within the limit. While the store does not answer, is full or evicts keys, the process's own count
decides, so nobody can switch a limit off from outside.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import OrderedDict
from functools import lru_cache
from threading import Lock

from django.core.cache import caches
from django.http import HttpRequest

from liveblog.networks import client_of

logger = logging.getLogger(__name__)

#: The alias of the store in the setting CACHES.
STORE = "limits"

#: The greatest number of counters of a process; the oldest are dropped first.
MAX_COUNTERS = 100_000

#: Seconds for which the store is not asked after it has failed to answer.
_DOWN_SECONDS = 5.0


class _Counters:
    """The counts of this process, each for the rest of its period."""

    def __init__(self) -> None:
        #: By key: the count, and the end of the period, in the order of the first count.
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def add(self, key: str, end: float) -> int:
        with self._lock:
            count, _end = self._counts.get(key, (0, end))
            self._counts[key] = (count + 1, end)
            self._forget()
            return count + 1

    def get(self, key: str) -> int:
        with self._lock:
            return self._counts.get(key, (0, 0.0))[0]

    def take_back(self, key: str) -> None:
        with self._lock:
            count, end = self._counts.get(key, (0, 0.0))
            if count:
                self._counts[key] = (count - 1, end)

    def remove(self, key: str) -> None:
        with self._lock:
            self._counts.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    def _forget(self) -> None:
        now = time.time()
        while self._counts:
            key, (_count, end) = next(iter(self._counts.items()))
            if end > now and len(self._counts) <= MAX_COUNTERS:
                break
            del self._counts[key]


_own = _Counters()
#: The time at which the store is asked again (time.monotonic).
_down_until = 0.0


def allowed(request: HttpRequest, action: str, limit: int, seconds: int) -> bool:
    """Count an action of the request's network address, and return whether it is within the limit; see `within`."""
    return within(action, counted_address(request.META.get("REMOTE_ADDR") or ""), limit, seconds)


def within(action: str, identity: str, limit: int, seconds: int) -> bool:
    """Count an action, and return whether `identity` has done it at most `limit` times in the current period.

    limit      0: no limit
    seconds    length of the periods
    """
    if limit <= 0:
        return True
    return count(action, identity, seconds) <= limit


def count(action: str, identity: str, seconds: int) -> int:
    """Count an action, and return how often `identity` has done it in the current period."""
    key, end = _key(action, identity, seconds)
    return max(_own.add(key, end), _add_to_store(key, 2 * seconds))


def counted(action: str, identity: str, seconds: int) -> int:
    """Return how often `identity` has done something in the current period, without counting it."""
    key, _end = _key(action, identity, seconds)
    return max(_own.get(key), _in_store(key))


def take_back(action: str, identity: str, seconds: int) -> None:
    """Stop counting one action of the current period."""
    key, _end = _key(action, identity, seconds)
    _own.take_back(key)
    with contextlib.suppress(Exception):
        if caches[STORE].decr(key) < 0:
            caches[STORE].delete(key)


def reset(action: str, identity: str, seconds: int) -> None:
    """Forget what `identity` has done in the current period so far."""
    key, _end = _key(action, identity, seconds)
    _own.remove(key)
    with contextlib.suppress(Exception):
        caches[STORE].delete(key)


def seconds_left(seconds: int) -> float:
    """Return the time until the current period of this length ends, in seconds."""
    return seconds - time.time() % seconds


def forget() -> None:
    """Forget all counts of this process (for tests)."""
    global _down_until
    _own.clear()
    _down_until = 0.0


def _key(action: str, identity: str, seconds: int) -> tuple[str, float]:
    """Return the key of a counter, and the end of its period."""
    period = int(time.time() / seconds)
    return f"{action}:{identity}:{period}", (period + 1) * seconds


def _add_to_store(key: str, seconds: int) -> int:
    if time.monotonic() < _down_until:
        return 0
    try:
        store = caches[STORE]
        store.add(key, 0, seconds)
        return store.incr(key)
    except ValueError:
        # The store has evicted the key already, or stores nothing.
        return 0
    except Exception:
        _mark_down()
        return 0


def _in_store(key: str) -> int:
    if time.monotonic() < _down_until:
        return 0
    try:
        return caches[STORE].get(key) or 0
    except Exception:
        _mark_down()
        return 0


def _mark_down() -> None:
    global _down_until
    _down_until = time.monotonic() + _DOWN_SECONDS
    logger.warning("The store of limits does not answer; each process counts by itself.", exc_info=True)


#: All clients that have no address count as this one; see `liveblog.proxies`.
UNNAMED = "unnamed"


@lru_cache(maxsize=4096)
def counted_address(host: str) -> str:
    """Return the network address under which a client is counted; UNNAMED if it has none."""
    try:
        network = client_of(host)
    except ValueError:
        return UNNAMED
    return str(network.network_address if network.version == 4 else network)
