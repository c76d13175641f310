"""The log reports an outage once, not once for each part of the server that notices it."""

import logging

import pytest

from liveblog.logs import OncePerOutage


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("liveblog.logs.time", clock)
    return clock


def record(message: str, *arguments: object, name: str = "a") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, arguments, None)


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
