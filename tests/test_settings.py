"""The server does not start on settings that would be unsafe or senseless, and says why."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.server import ROOT


def check(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "DEBUG"}}
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)


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


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="It has no such compiler.")
def test_no_query_waits_for_a_compiler() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
