"""The cache that all processes share: rendered pages and other data that is expensive to make.

A cache that does not answer counts as an empty one.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, TypedDict

from django.core.cache import cache

from liveblog import metrics

#: How long data is kept, in seconds. A page that has changed has another key, so old pages are never served.
MAX_AGE_SECONDS = 86_400

#: How long to wait for another process that makes the same data, in seconds.
MAKE_TIMEOUT_SECONDS = 10.0

_POLL_SECONDS = 0.02

logger = logging.getLogger(__name__)


#: How many responses are kept of a group that has many: permalinks, and older pages of all lists.
MAX_KEPT = 200
#: How many are kept of a page that everybody opens: the present one, and those that it replaces.
MAX_VERSIONS = 3


class Kept(TypedDict):
    """The group that a key belongs to, and how many of its keys are kept: arguments of `get_or_make`."""

    group: str
    most: int


def get(key: str) -> Any:
    """Return the cached value, or None."""
    try:
        return cache.get(key)
    except Exception:
        logger.warning("The cache does not answer; going on without it.", exc_info=True)
        return None


def put(key: str, value: object, seconds: float = MAX_AGE_SECONDS) -> None:
    """Cache a value for so many seconds."""
    with contextlib.suppress(Exception):
        cache.set(key, value, seconds)


def keep(group: str, most: int, key: str) -> None:
    """Count a key as one of a group, and forget the key that was counted `most` keys ago.

    The names of what readers ask for are theirs to choose, and the number of names is large. What is kept for them is
    bounded all the same, whatever the limits of the cache's server are.
    """
    with contextlib.suppress(Exception):
        cache.add(f"{group}:count", 0, None)
        place = f"{group}:{cache.incr(f'{group}:count') % most}"
        forgotten = cache.get(place)
        cache.set(place, key, MAX_AGE_SECONDS)
        if forgotten not in (None, key):
            cache.delete(forgotten)


def get_or_make(key: str, make: Callable[[], bytes], *, group: str, most: int) -> bytes:
    """Return the cached bytes, or those that `make` returns, which are then cached.

    At any moment one thread of all processes makes them; the others wait. `key` must name everything that the bytes
    depend on.

    group, most   the group that the key belongs to, and how many of its keys are kept; see `keep`
    """
    try:
        content = _wait_or_lock(key)
    except Exception:
        logger.warning("The cache does not answer; rendering without it.", exc_info=True)
        metrics.CACHE.labels("unavailable").inc()
        return make()
    metrics.CACHE.labels("miss" if content is None else "hit").inc()
    if content is None:
        try:
            content = make()
            put(key, content)
            keep(group, most, key)
        finally:
            with contextlib.suppress(Exception):
                cache.delete(_lock_key(key))
    return content


def _lock_key(key: str) -> str:
    return f"{key}:lock"


def _wait_or_lock(key: str) -> bytes | None:
    """Return the cached bytes; None if the caller now holds the lock, or has waited too long, and should make them."""
    deadline = time.monotonic() + MAKE_TIMEOUT_SECONDS
    while True:
        content = cache.get(key)
        if content is not None or time.monotonic() > deadline:
            return content
        if cache.add(_lock_key(key), True, MAKE_TIMEOUT_SECONDS):
            # The previous holder of the lock may have finished just now.
            return cache.get(key)
        time.sleep(_POLL_SECONDS)
