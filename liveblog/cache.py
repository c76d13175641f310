"""What is made once for all: in whichever process, and however many ask at the same moment.

A cache that does not answer is an empty one.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

#: How long a rendered page is kept, in seconds. It is never wrong, only no longer asked for.
MAX_AGE = 86_400

#: How long to wait for another to make what is asked for, in seconds.
MAKE_TIMEOUT = 10.0

_LOOK_AGAIN = 0.02

logger = logging.getLogger(__name__)


def get(key: str) -> Any:
    try:
        return cache.get(key)
    except Exception:
        logger.warning("The cache does not answer; going on without it.", exc_info=True)
        return None


def put(key: str, value: Any, seconds: float = MAX_AGE) -> None:
    with contextlib.suppress(Exception):
        cache.set(key, value, seconds)


def get_or_make(key: str, make: Callable[[], bytes]) -> bytes:
    """The bytes under `key`, which must name everything that they depend on; `make` makes them where there are none."""
    try:
        made = _kept_or_ours_to_make(key)
    except Exception:
        logger.warning("The cache does not answer; rendering without it.", exc_info=True)
        return make()
    if made is None:
        try:
            made = make()
            put(key, made)
        finally:
            with contextlib.suppress(Exception):
                cache.delete(_turn(key))
    return made


def _turn(key: str) -> str:
    return f"{key}:turn"


def _kept_or_ours_to_make(key: str) -> bytes | None:
    deadline = time.monotonic() + MAKE_TIMEOUT
    while True:
        made = cache.get(key)
        if made is not None or time.monotonic() > deadline:
            return made
        if cache.add(_turn(key), True, MAKE_TIMEOUT):
            # Whoever had the turn before may have finished just now.
            return cache.get(key)
        time.sleep(_LOOK_AGAIN)
