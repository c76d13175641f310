"""The cache that all processes share: rendered pages and other data that is expensive to make.

A cache that does not answer counts as an empty one.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from liveblog import metrics

#: How long data is kept, in seconds. A page that has changed has another key, so old pages are never served.
MAX_AGE_SECONDS = 86_400

#: How long to wait for another process that makes the same data, in seconds.
MAKE_TIMEOUT_SECONDS = 10.0

_POLL_SECONDS = 0.02

logger = logging.getLogger(__name__)


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


def get_or_make(key: str, make: Callable[[], bytes]) -> bytes:
    """Return the cached bytes, or those that `make` returns, which are then cached.

    At any moment one thread of all processes makes them; the others wait. `key` must name everything that the bytes
    depend on.
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
