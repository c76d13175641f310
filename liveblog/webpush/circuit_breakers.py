"""Stop sending to push services that keep failing, so that their messages do not delay those for others."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

from liveblog.errors import ProviderError

#: Number of consecutive messages to which a push service is too busy to answer before its circuit breaker opens.
MAX_FAILURES = 10
#: Seconds for which it is open at first; each time without a success in between is twice as long. The first time is
#: longer than the time limit of a message, so that it lasts until the last messages that were under way have failed.
_FIRST_SECONDS, _LONGEST_SECONDS = 20.0, 300.0
#: Number of push services that are remembered. If all hosts are allowed, strangers decide how many there are.
_MAX_ORIGINS = 1000

_FAILURES = frozenset({"busy", "timeout", "unreachable"})


@dataclass
class _Service:
    failures: int = 0
    openings: int = 0
    until: float = 0.0


class CircuitBreakers:
    """A circuit breaker for each push service that keeps failing. Any number of threads may use it."""

    def __init__(self) -> None:
        self._services: dict[str, _Service] = {}
        self._lock = Lock()

    def note(self, origin: str, error: ProviderError | None) -> None:
        """Note the answer to a message. An error of a single subscription is no failure of the service."""
        with self._lock:
            if error is None or error.reason not in _FAILURES:
                self._services.pop(origin, None)
                return
            if origin not in self._services and len(self._services) >= _MAX_ORIGINS:
                self._services.clear()
            service = self._services.setdefault(origin, _Service())
            service.failures += 1
            # Messages that were under way when it opened do not prolong that.
            if service.failures >= MAX_FAILURES and service.until <= time.monotonic():
                pause = max(error.retry_after or 0.0, _FIRST_SECONDS * 2 ** min(service.openings, 10))
                service.until = time.monotonic() + min(pause, _LONGEST_SECONDS)
                service.openings += 1

    def seconds_open(self, origin: str) -> float:
        """Return the seconds until the next message may be sent to a push service; 0 if its breaker is closed."""
        service = self._services.get(origin)
        return max(0.0, service.until - time.monotonic()) if service else 0.0

    def clear(self) -> None:
        with self._lock:
            self._services.clear()
