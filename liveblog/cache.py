"""The cache that all processes share: rendered pages and other data that is expensive to make.

A cache that does not answer counts as an empty one.
"""

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import brotli
from django.core.cache import cache

from liveblog.release import RELEASE

#: How long data is kept, in seconds. A page that nobody asks for need not lie in memory.
MAX_AGE_SECONDS = 600

#: How long to wait for another process that makes the same data, in seconds.
MAKE_TIMEOUT_SECONDS = 10.0

_POLL_SECONDS = 0.02

#: The quality of Brotli: a page of 100 kB takes 2 ms and becomes a tenth of its size.
_QUALITY = 4

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


class Page(NamedTuple):
    """What was made last for an address."""

    content: bytes
    content_type: str
    #: Names everything that the content depends on.
    version: str
    #: How long ago it was made, in seconds.
    age: float


def get_or_make(address: str, version: str, make: Callable[[], bytes], content_type: str = "text/html") -> bytes:
    """Return the cached bytes of an address, or those that `make` returns, which are then cached.

    Only one version of an address is kept: nobody asks for one that is superseded. At any moment one thread of all
    processes makes it; the others wait.

    version   names everything that the bytes depend on
    """
    try:
        content = _wait_or_lock(address, version)
    except Exception:
        logger.warning("The cache does not answer; rendering without it.", exc_info=True)
        return make()
    if content is None:
        try:
            content = make()
            entry = (version, content_type, time.time(), brotli.compress(content, quality=_QUALITY))
            put(_key(address), entry)
        finally:
            with contextlib.suppress(Exception):
                cache.delete(_lock_key(version))
    return content


def latest(address: str) -> Page | None:
    """Return what was made last for an address, of whatever version; None if nothing is cached."""
    entry = get(_key(address))
    if entry is None:
        return None
    version, content_type, made_at, compressed = entry
    return Page(brotli.decompress(compressed), content_type, version, max(0.0, time.time() - made_at))


def _key(address: str) -> str:
    # Addresses may be long, and have characters that caches do not allow in keys.
    return f"page:{hashlib.sha256(f'{RELEASE}:{address}'.encode()).hexdigest()[:32]}"


def _lock_key(version: str) -> str:
    return f"{version}:lock"


def _wait_or_lock(address: str, version: str) -> bytes | None:
    """Return the cached bytes; None if the caller now holds the lock, or has waited too long, and should make them."""
    deadline = time.monotonic() + MAKE_TIMEOUT_SECONDS
    while True:
        content = _cached(address, version)
        if content is not None or time.monotonic() > deadline:
            return content
        if cache.add(_lock_key(version), True, MAKE_TIMEOUT_SECONDS):
            # The previous holder of the lock may have finished just now.
            return _cached(address, version)
        time.sleep(_POLL_SECONDS)


def _cached(address: str, version: str) -> bytes | None:
    entry = cache.get(_key(address))
    return brotli.decompress(entry[3]) if entry is not None and entry[0] == version else None
