"""The cache that all processes share: rendered pages and other data that is expensive to make.

A cache that does not answer counts as empty.
"""

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict

import brotli
from django.core.cache import cache

from liveblog import metrics
from liveblog.release import RELEASE

#: Seconds for which data is kept. A page that nobody asks for need not stay in memory.
MAX_AGE_SECONDS = 600

#: Seconds to wait for another process that makes the same data.
MAKE_TIMEOUT_SECONDS = 10.0

_POLL_SECONDS = 0.02

#: The quality of Brotli: a page of 100 kB takes 2 ms and becomes a tenth of its size.
_QUALITY = 4

#: Number of addresses whose pages are remembered.
MAX_ADDRESSES = 5000

logger = logging.getLogger(__name__)


#: Number of entries kept of a group with many members: permalinks, and older pages of all lists.
MAX_KEPT = 200
#: Number of versions kept of a page that everybody opens: the present one, and those that it replaces.
MAX_VERSIONS = 3


class Retention(TypedDict):
    """The group of a key, and the number of its keys that are kept: arguments of `get_or_make`."""

    group: str
    max_entries: int


def get(key: str) -> Any:
    """Return the cached value, or None."""
    try:
        return cache.get(key)
    except Exception:
        logger.warning("The cache does not answer; going on without it.", exc_info=True)
        return None


def put(key: str, value: object, seconds: float = MAX_AGE_SECONDS) -> None:
    """Cache a value."""
    with contextlib.suppress(Exception):
        cache.set(key, value, seconds)


def keep(group: str, max_entries: int, key: str) -> None:
    """Add a key to a group, and delete the key that was added `max_entries` keys before it.

    Readers choose the names that they ask for, and there are very many. This bounds the number of keys that are kept
    for them, whatever the limits of the cache server are.
    """
    with contextlib.suppress(Exception):
        cache.add(f"{group}:count", 0, MAX_AGE_SECONDS)
        place = f"{group}:{cache.incr(f'{group}:count') % max_entries}"
        forgotten = cache.get(place)
        cache.set(place, key, MAX_AGE_SECONDS)
        if forgotten not in (None, key):
            cache.delete(forgotten)


def get_or_make(
    name: str, version: str, make: Callable[[], bytes], content_type: str = "text/html", *, group: str, max_entries: int
) -> bytes:
    """Return the cached bytes of a page, or those that `make` returns, which are then cached.

    Only one version of a page is kept: nobody asks for one that is superseded. Of all threads of all processes, one at
    a time makes it; the others wait.

    name          names the page, regardless of its version
    version       names everything that the bytes depend on
    group         the group of the page; see `keep`
    max_entries   the number of pages of the group that are kept
    """
    try:
        content = _wait_or_lock(name, version)
    except Exception:
        logger.warning("The cache does not answer; rendering without it.", exc_info=True)
        metrics.CACHE.labels("unavailable").inc()
        return make()
    metrics.CACHE.labels("miss" if content is None else "hit").inc()
    if content is None:
        try:
            content = make()
            key = _key(name)
            is_new = get(key) is None
            put(key, (version, content_type, time.time(), brotli.compress(content, quality=_QUALITY)))
            if is_new:
                keep(group, max_entries, key)
        finally:
            with contextlib.suppress(Exception):
                cache.delete(_lock_key(version))
    return content


class Page(NamedTuple):
    """The last version of a page."""

    content: bytes
    content_type: str
    version: str
    #: Seconds since it was made.
    age: float


def point(address: str, name: str) -> None:
    """Remember the name of the page at an address, so that it is found without the database."""
    key = _address_key(address)
    put(key, name)
    keep("addresses", MAX_ADDRESSES, key)


def latest(address: str) -> Page | None:
    """Return the last page made for an address, of any version; None if nothing is cached."""
    name = get(_address_key(address))
    entry = None if name is None else get(_key(name))
    if entry is None:
        return None
    version, content_type, made_at, compressed = entry
    return Page(brotli.decompress(compressed), content_type, version, max(0.0, time.time() - made_at))


def _key(name: str) -> str:
    return f"page:{RELEASE}:{name}"


def _address_key(address: str) -> str:
    # Addresses may be long, and contain characters that caches do not allow in keys.
    return f"address:{hashlib.sha256(f'{RELEASE}:{address}'.encode()).hexdigest()[:32]}"


def _lock_key(version: str) -> str:
    return f"{version}:lock"


def _wait_or_lock(name: str, version: str) -> bytes | None:
    """Return the cached bytes; None if the caller now holds the lock, or has waited too long, and should make them."""
    deadline = time.monotonic() + MAKE_TIMEOUT_SECONDS
    while True:
        content = _cached(name, version)
        if content is not None or time.monotonic() > deadline:
            return content
        if cache.add(_lock_key(version), True, MAKE_TIMEOUT_SECONDS):
            # The previous holder of the lock may have finished just now.
            return _cached(name, version)
        time.sleep(_POLL_SECONDS)


def _cached(name: str, version: str) -> bytes | None:
    entry = cache.get(_key(name))
    return brotli.decompress(entry[3]) if entry is not None and entry[0] == version else None
