"""The log reports an outage once, not once for each part of the server that notices it, and contains no secrets."""

import io
import logging
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError

from liveblog.logs import MaskSecrets, OncePerOutage, RequestOutages, masked
from tests import hostile
from tests.server import Server


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


# Secrets --------------------------------------------------------------------------------------------------------------

SECRET = "MTIz:1vO9xQ-_9aBcDeFg"


@pytest.mark.parametrize(
    "text",
    [
        f"/de/comments/unsubscribe/{SECRET}/",
        f"GET /de/live/summit/comments/mine/{SECRET}/?x=1 HTTP/1.1",
        f"https://news.example.org/de/comments/confirm/#{SECRET}",
        f"/de/live/summit/comments/mine/#{SECRET}",
        f"/admin/reset/{SECRET}/set-password/",
        f"/metrics?token={SECRET}",
        f"<QueryDict: secret={SECRET}&confirm=1>",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"/accounts/alerts/stop/{SECRET}/",
        f"/accounts/company/log-in/callback/?state=x&code={SECRET}",
        f"/api/v1/desk/token?access_token={SECRET}",
        f"/en/search/?q=lbt_{SECRET}",
        f"The key is whsec_{SECRET}.",
    ],
)
def test_secrets_never_reach_the_log(text: str) -> None:
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.addFilter(MaskSecrets())
    logger = logging.Logger("django.request")
    logger.addHandler(handler)
    logger.warning(text)
    logger.warning("Not Found: %s", text)
    logger.warning("%(path)s", {"path": text})
    try:
        raise ValueError(text)
    except ValueError as error:
        logger.exception("It failed: %s", error)
    assert SECRET not in shown.getvalue()
    assert shown.getvalue().count("…") >= 5
    assert "Traceback" in shown.getvalue()


def test_the_secret_part_of_every_address_is_masked() -> None:
    named = [each for each in hostile.addresses() if re.search(r"<(str:|slug:)?(token|secret|key)>", each.route)]
    # The names of a message and of a file that search engines fetch are public.
    named = [each for each in named if not each.route.startswith(("admin/settings/words/", "<indexnow:"))]
    assert len(named) >= 4
    for address in named:
        path = address.path(lambda _kind, name: SECRET if name in ("token", "secret", "key") else "1")
        assert SECRET not in masked(path), address.route


def test_texts_that_are_not_secret_stay_unchanged() -> None:
    arguments = ("127.0.0.1:80", "GET", "/de/live/summit/comments/12/?page=3", "1.1", 200)
    one = record('%s - "%s %s HTTP/%s" %d', *arguments)
    assert MaskSecrets().filter(one)
    assert one.args == arguments


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_the_servers_logs_contain_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = ["manage.py", "runlive", "--port", "PORT", "--access-log"]
    with Server(command, log=log) as server:
        for path in (f"/de/comments/unsubscribe/{SECRET}/", f"/de/live/x/comments/mine/{SECRET}/"):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(server.url + path)
    written = log.read_text()
    # The access log of the server, and the warning of Django.
    assert written.count("/de/comments/unsubscribe/…") >= 2
    assert SECRET not in written


def test_every_handler_masks_secrets(settings: Any) -> None:
    handlers = settings.LOGGING["handlers"]
    assert [name for name, handler in handlers.items() if "mask_secrets" not in handler["filters"]] == []
