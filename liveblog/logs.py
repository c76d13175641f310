"""Logging: one format for all messages of the server, and no flood of messages during an outage.

Each line names the process, the release and, while a request is answered, the id of the request. No line contains the
secret of an address.
"""

import json
import logging
import os
import re
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from liveblog import outages

#: Addresses that probes request every few seconds; they are not logged.
PROBES = ("/healthz", "/readyz", "/metrics")

#: The id of the request that is being answered; "" outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: The attributes of every record; all others were passed as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "color_message", "status_code"}


@lru_cache(maxsize=1)
def _release() -> str:
    # This module is loaded by the settings, which the release depends on.
    from liveblog.release import RELEASE

    return RELEASE


class LineFormatter(logging.Formatter):
    """Write a line for people: time, level, logger, then process, release and request in brackets, then the message."""

    def format(self, record: logging.LogRecord) -> str:
        record.where = " ".join(filter(None, (str(os.getpid()), _release(), request_id.get())))
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """Write a JSON object on one line (RFC 8259), for programs."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": os.getpid(),
            "release": _release(),
        }
        if identity := request_id.get():
            entry["request_id"] = identity
        if record.exc_text or record.exc_info:
            # `MaskSecrets` has formatted the text and masked its secrets.
            entry["exception"] = record.exc_text or self.formatException(record.exc_info)  # type: ignore[arg-type]
        if record.stack_info:
            entry["stack"] = record.stack_info
        entry |= {name: value for name, value in vars(record).items() if name not in _OWN and name not in entry}
        # Values of `extra` may name addresses too.
        return masked(json.dumps(entry, ensure_ascii=False, default=str))


class WithoutProbes(logging.Filter):
    """Suppress the lines of uvicorn's access log about health checks and metrics."""

    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args
        path = arguments[2] if isinstance(arguments, tuple) and len(arguments) > 2 else ""
        return str(path).partition("?")[0] not in PROBES


#: Addresses whose next segment is a secret that works like a password.
_SECRET_PARTS = re.compile(
    r"(/comments/(?:unsubscribe|mine)/|/alerts/stop/|/(?:reset|password/reset/key|confirm-email|invitations?|invite)/)"
    r"[^/\s?#&\"'<>\\]+"
)
#: Fragments, values of parameters and headers, access tokens and keys of webhooks.
_SECRET_VALUES = re.compile(
    r"((?:/comments/(?:mine|confirm|unsubscribe)/)#"
    r"|\b(?:secret|proof|password)=|[?&](?:token|access_token|key|code)=|\b(?:lbt|whsec)_"
    r"|\bAuthorization['\"]?[:=]\s*['\"]?(?:Bearer|Basic) )"
    r"[^\s&\"'<>\\]+",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return a text with the secrets of its addresses replaced by dots."""
    return _SECRET_VALUES.sub(r"\1…", _SECRET_PARTS.sub(r"\1…", text))


class MaskSecrets(logging.Filter):
    """Mask secrets in everything that a handler writes: the message, its arguments and the traceback.

    Arguments keep their number and order, because formatters such as uvicorn's take them apart.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = masked(record.msg)
        elif masked(str(record.msg)) != str(record.msg):
            record.msg = masked(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(map(_masked_argument, record.args))
        elif isinstance(record.args, dict):
            record.args = {name: _masked_argument(value) for name, value in record.args.items()}
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text and masked(record.exc_text) != record.exc_text:
            # Formatters use this text if there is one; with `exc_info` they would format the exception again.
            record.exc_text, record.exc_info = masked(record.exc_text), None
        return True


def _masked_argument(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    hidden = masked(text)
    return hidden if hidden != text else value


class OncePerOutage(logging.Filter):
    """Suppress a message if the same one occurred within the last `quiet` seconds, whether it was suppressed or not.

    During an outage thousands of tasks retry. The log gets one message when an outage begins. Two
    messages are the same if their loggers and their unformatted texts are. All messages about an outage of the database
    count as one, although many loggers report it.
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
