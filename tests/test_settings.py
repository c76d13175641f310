"""The server refuses to start with unsafe or senseless settings, and says why."""

import os
import subprocess

import pytest
from django.db import connection

from liveblog import database_url, redis_url
from tests import fork_server


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "DEBUG"}}
    return fork_server.run(list(arguments), kept | environment)


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    return run("manage.py", "check", **environment)


def test_without_a_secret_key_the_server_does_not_start() -> None:
    refused = check()
    assert refused.returncode != 0
    assert "SECRET_KEY is not set" in refused.stderr


def test_a_language_that_is_not_shipped_is_refused() -> None:
    refused = check(SECRET_KEY="x", LANGUAGES="en,tlh")
    assert refused.returncode != 0
    assert "tlh" in refused.stderr


@pytest.mark.parametrize("languages", ["de", "uk,ar", "en,de,fr,es,pl,ro,uk,ar"])
def test_any_of_the_shipped_languages_can_be_offered(languages: str) -> None:
    assert check(SECRET_KEY="x", LANGUAGES=languages).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("LIVE_LEAVING_SECONDS", "LIVE_DRAIN_SECONDS", "0.25"),
        ("LIVE_MAX_CATCH_UP", "LIVE_MAX_BACKLOG", "7"),
        ("TRANSLATION_IN_SERVER", "TRANSLATION_WORKER", "False"),
        ("COMMENTS_IN_SERVER", "COMMENTS_WORKER", "False"),
        ("COMMENTS_KNOWN_AFTER", "COMMENTS_TRUSTED_AFTER", "7"),
    ],
)
def test_a_variable_is_still_read_by_its_old_name_with_a_warning(old: str, new: str, value: str) -> None:
    read = run("-c", f"from liveblog import settings; print(settings.{new})", SECRET_KEY="x", **{old: value})
    assert read.stdout.strip() == value
    assert f"FutureWarning: The environment variable {old} is now called {new}." in read.stderr


def test_the_new_name_of_a_variable_has_precedence() -> None:
    names = {"LIVE_MAX_CATCH_UP": "7", "LIVE_MAX_BACKLOG": "8"}
    read = run("-c", "from liveblog import settings; print(settings.LIVE_MAX_BACKLOG)", SECRET_KEY="x", **names)
    assert (read.stdout.strip(), read.stderr) == ("8", "")


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="It has no such limits.")
@pytest.mark.parametrize("serves", [False, True])
def test_statements_that_somebody_waits_for_have_limits(serves: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liveblog.connections._serving", serves)
    own = connection.copy()
    try:
        # Behind a pooler they hold within transactions.
        own.ensure_connection()
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('jit'), current_setting('lock_timeout'),"
                " current_setting('idle_in_transaction_session_timeout'), current_setting('statement_timeout')"
            )
            assert cursor.fetchone() == ("off", "4s", "15s", "15s" if serves else "0")
    finally:
        own.close()


@pytest.mark.parametrize(
    ("url", "hosts", "ports"),
    [
        ("postgres://user:p%40,ss@a:5432,b:5433/name?sslmode=require", "a,b", "5432,5433"),
        ("postgres://user@a,[::1]:5433/name", "a,::1", ",5433"),
    ],
)
def test_an_address_may_name_several_hosts(url: str, hosts: str, ports: str) -> None:
    found = database_url.settings_of(url)
    assert (found["HOST"], found["PORT"], found["NAME"], found["USER"]) == (hosts, ports, "name", "user")


@pytest.mark.parametrize("url", ["mysql://host/name", "postgres://user:secret@host:port/name", "host"])
def test_an_address_of_no_database_is_refused(url: str) -> None:
    refused = check(SECRET_KEY="x", DATABASE_URL=url)
    assert refused.returncode != 0
    assert "DATABASE_URL" in refused.stderr
    assert "secret" not in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("valkey://user:pass@host:6379/1", "redis://user:pass@host:6379/1"),
        ("valkeys://host", "rediss://host"),
        ("redis+sentinel://a,b:1/group/2", "redis+sentinel://a,b:1/group/2"),
    ],
)
def test_redis_valkey_and_sentinels_can_be_named(url: str, normal: str) -> None:
    assert redis_url.normal(url) == normal


def test_a_group_of_sentinels_has_a_name() -> None:
    layer = redis_url.channel_layer("redis+sentinel://me:p%40@a,b:1/group/2")
    assert layer == {
        "master_name": "group",
        "sentinels": [("a", 26379), ("b", 1)],
        "sentinel_kwargs": {"socket_timeout": 1.0},
        "db": 2,
        "username": "me",
        "password": "p@",
    }
    refused = check(SECRET_KEY="x", REDIS_URL="redis+sentinel://a,b")
    assert refused.returncode != 0
    assert "name of their group" in refused.stderr
