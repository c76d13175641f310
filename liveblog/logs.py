"""A log that stays readable during an outage."""

import logging
import time
from typing import ClassVar

from liveblog import outages


class OncePerOutage(logging.Filter):
    """Suppress a message if the same one was logged within the last `quiet` seconds, suppressed or not.

    During an outage thousands of tasks try again and again. The log gets one message when an outage begins. Messages
    are the same if their logger and their text before formatting are. An outage of the database is one outage, although
    all parts of the server notice it.
    """

    #: By kind of outage of the database: the time of the last message, of all filters.
    _last_outages: ClassVar[dict[tuple[str, str], float]] = {}

    def __init__(self, quiet: float = 60.0) -> None:
        super().__init__()
        self._quiet = quiet
        #: By logger and text: the time of the last message.
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        outage = _database_outage(record)
        last, key = (self._last, (record.name, str(record.msg))) if outage is None else (self._last_outages, outage)
        now = time.monotonic()
        begins = now - last.get(key, -self._quiet) >= self._quiet
        last[key] = now
        return begins


class RequestOutages(OncePerOutage):
    """Suppress all but the first of the requests that failed because of the same outage of the database.

    The first is a warning without a traceback, which would say no more.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if _database_outage(record) is None:
            return True
        error = record.exc_info[1] if record.exc_info else None
        begins = super().filter(record)
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "A request was answered with 503, because of the database: %s", (_first_line(error),)
        record.exc_info = record.exc_text = None
        return begins


def _first_line(error: BaseException | None) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _database_outage(record: logging.LogRecord) -> tuple[str, str] | None:
    """Return the kind of outage of the database that a message is about; None if it is about something else."""
    error = record.exc_info[1] if record.exc_info else None
    if record.name == "psycopg.pool" or outages.is_down(error):
        return "database", "down"
    return ("database", "busy") if outages.is_temporary(error) else None
