"""Logging that stays readable while something is down."""

import logging
import time


class OncePerOutage(logging.Filter):
    """Lets a message pass that was not tried within the last `quiet` seconds.

    What fails is tried again and again, by thousands of readers' tasks at once. The log shall say so when it begins,
    and again when it begins anew. Messages are the same if their logger and their text before formatting are.
    """

    def __init__(self, quiet: float = 60.0) -> None:
        super().__init__()
        self._quiet = quiet
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, str(record.msg))
        now = time.monotonic()
        begins = now - self._last.get(key, -self._quiet) >= self._quiet
        self._last[key] = now
        return begins
