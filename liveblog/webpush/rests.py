"""Leave push services alone that fail again and again, so that their messages do not keep those of others waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from liveblog.errors import ProviderError

#: Consecutive messages for which a push service has no time, or no answer, before it is left alone for a while.
MOST_FAILURES = 10
#: Seconds of the first rest; each further one without a success in between is twice as long. The first is longer than
#: the time limit of a message, so that it has not ended when the last messages that were under way fail.
_FIRST_SECONDS, _LONGEST_SECONDS = 20.0, 300.0
#: Push services that are remembered. Where all hosts are allowed, strangers decide how many there are.
_MOST_ORIGINS = 1000

_FAILURES = frozenset({"busy", "timeout", "unreachable"})


@dataclass
class _Service:
    failures: int = 0
    rests: int = 0
    until: float = 0.0


class Rests:
    """The push services that failed for all of some consecutive messages. Any number of threads may use it."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}
        self._lock = Lock()

    def note(self, origin: str, error: ProviderError | None) -> None:
        """Note the answer to a message. An answer that concerns the one browser alone is no failure."""
        with self._lock:
            if error is None or error.reason not in _FAILURES:
                self._services.pop(origin, None)
                return
            if origin not in self._services and len(self._services) >= _MOST_ORIGINS:
                self._services.clear()
            service = self._services.setdefault(origin, _Service())
            service.failures += 1
            # The messages that were under way when the rest began do not make it longer.
            if service.failures >= MOST_FAILURES and service.until <= time.monotonic():
                pause = max(error.retry_after or 0.0, _FIRST_SECONDS * 2 ** min(service.rests, 10))
                service.until = time.monotonic() + min(pause, _LONGEST_SECONDS)
                service.rests += 1

    def left(self, origin: str) -> float:
        """Return for how many seconds a push service is left alone."""
        service = self._services.get(origin)
        return max(0.0, service.until - time.monotonic()) if service else 0.0

    def clear(self) -> None:
        with self._lock:
            self._services.clear()
