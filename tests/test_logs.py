"""The log reports an outage once, not once for each part of the server that notices it."""

import logging

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError

from liveblog.logs import OncePerOutage, RequestOutages


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("liveblog.logs.time", clock)
    monkeypatch.setattr(OncePerOutage, "_last_outages", {})
    return clock


def record(message: str, *arguments: object, name: str = "a", error: Exception | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, None)
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, info)


def of_database(cause: Exception) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def test_each_outage_is_logged_once_when_it_begins(clock: Clock) -> None:
    outages = OncePerOutage(quiet=60)
    assert outages.filter(record("Down: %s", 1))
    for _ in range(100):
        clock.now += 50
        assert not outages.filter(record("Down: %s", 2))
    clock.now += 60
    assert outages.filter(record("Down: %s", 3))


def test_different_problems_do_not_hide_each_other(clock: Clock) -> None:
    outages = OncePerOutage()
    assert outages.filter(record("Redis is down."))
    assert outages.filter(record("The database is down."))
    assert outages.filter(record("Redis is down.", name="b"))


def test_an_outage_of_the_database_is_logged_once_for_all_parts_and_requests(clock: Clock) -> None:
    outages, requests = OncePerOutage(), RequestOutages()
    down = of_database(psycopg.OperationalError("connection refused\nIs the server running?"))
    first = record("%s: %s", "Service Unavailable", "/de/", name="django.request", error=down)
    assert requests.filter(first)
    assert first.getMessage() == "A request was answered with 503, because of the database: connection refused"
    assert (first.levelname, first.exc_info) == ("WARNING", None)
    for _ in range(3):
        clock.now += 50
        assert not requests.filter(record("%s: %s", "x", "/en/", name="django.request", error=down))
        assert not outages.filter(record("The database does not answer; trying again.", name="hub", error=down))
        assert not outages.filter(record("error connecting in %r: %s", "pool", "x", name="psycopg.pool"))
    # A lock is another problem, and an error of ours is none of the database.
    assert requests.filter(record("%s: %s", "x", "/", error=of_database(psycopg.errors.LockNotAvailable("locked"))))
    for _ in range(2):
        assert requests.filter(record("%s: %s", "x", "/", error=ProgrammingError("no such column")))
        assert requests.filter(record("%s: %s", "Not Found", "/"))
