"""A log that stays readable during an outage."""

import logging
import time


class OncePerOutage(logging.Filter):
    """Suppress a message if the same one was logged within the last `quiet` seconds, suppressed or not.

    During an outage thousands of tasks try again and again. The log gets one message when an outage begins. Messages
    are the same if their logger and their text before formatting are.
    """

    def __init__(self, quiet: float = 60.0) -> None:
        super().__init__()
        self._quiet = quiet
        #: By logger and text: the time of the last message.
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, str(record.msg))
        now = time.monotonic()
        begins = now - self._last.get(key, -self._quiet) >= self._quiet
        self._last[key] = now
        return begins
