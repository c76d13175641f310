"""What is made once for all readers: in whichever process, and however many ask at the same moment."""

import contextlib
import logging
import time
from collections.abc import Callable

from django.core.cache import cache

#: How long a rendered page is kept, in seconds. It is never wrong, only no longer asked for.
KEPT = 86_400

#: How long to wait for another to make what is asked for, in seconds.
PATIENCE = 10.0

_LOOK_AGAIN = 0.02

logger = logging.getLogger(__name__)


def made_once(key: str, make: Callable[[], bytes]) -> bytes:
    """The bytes under `key`, which must name everything that they depend on; `make` makes them where there are none."""
    try:
        kept = _kept_or_ours_to_make(key)
    except Exception:
        logger.warning("The cache does not answer; rendering without it.", exc_info=True)
        return make()
    if kept is None:
        try:
            kept = make()
            with contextlib.suppress(Exception):
                cache.set(key, kept, KEPT)
        finally:
            with contextlib.suppress(Exception):
                cache.delete(_turn(key))
    return kept


def _turn(key: str) -> str:
    return f"{key}:turn"


def _kept_or_ours_to_make(key: str) -> bytes | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        kept = cache.get(key)
        if kept is not None or time.monotonic() > deadline:
            return kept
        if cache.add(_turn(key), True, PATIENCE):
            # Whoever had the turn before may have finished just now.
            return cache.get(key)
        time.sleep(_LOOK_AGAIN)
