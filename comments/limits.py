"""Rate limits, counted in the cache that all processes share."""

import logging
import time

from django.core.cache import cache

from comments.encryption import keyed_hash

logger = logging.getLogger(__name__)

#: The span in which what is counted counts, in seconds.
WINDOW = 600


def within(what: str, who: str, limit: int) -> bool:
    """Count one more of `what` that `who` does; False where that is more than `limit` in a window. 0: no limit.

    Nobody is kept from writing because the cache is down.
    """
    if not who or not limit:
        return True
    key = f"comments:{what}:{keyed_hash(who)}:{int(time.time()) // WINDOW}"
    try:
        # `add` and `incr` are each one step in the cache: two processes at once count two.
        cache.add(key, 0, 2 * WINDOW)
        return cache.incr(key) <= limit
    except Exception:
        logger.warning("The cache does not answer; comments are not limited.", exc_info=True)
        return True
