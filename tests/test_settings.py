"""The server refuses to start with unsafe or senseless settings, and says why."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.server import ROOT


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "DEBUG"}}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)


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
@pytest.mark.skipif(connection.vendor != "postgresql", reason="It has no such compiler.")
def test_the_database_compiles_no_queries() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
