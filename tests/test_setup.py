"""`manage.py setup` creates a site from five answers, and changes nothing if one is wrong."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from liveblog.management.commands import setup

PASSWORD = "a passphrase for 4711 tests"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return a list that collects the commands of the setup instead of running them."""
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(setup.Command, "_run", lambda _self, _env, _what, *command: ran.append(command))
    return ran


def variables(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def without_questions(directory: Path, **options: Any) -> None:
    given = {"site_url": "https://live.example.org", "database_url": f"sqlite:///{directory / 'db.sqlite3'}"}
    given |= {"email": "ann@example.org", "file": str(directory / "liveblog.env"), "data": str(directory / "data")}
    call_command("setup", "--no-input", **given | options)


def test_five_answers_make_a_site(
    tmp_path: Path, steps: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: Iterator[str] = iter(
        [
            *("live.example.org", "https://live.example.org/"),
            *("mysql://localhost/x", f"sqlite:///{tmp_path / 'db.sqlite3'}"),
            *("redis://127.0.0.1:1/0", ""),
            *("nobody", "ann@example.org"),
        ]
    )
    passwords = iter(["short", "ann@example.org", PASSWORD, "another one", PASSWORD, PASSWORD])
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    monkeypatch.setattr("getpass.getpass", lambda _question: next(passwords))
    file = tmp_path / "etc" / "liveblog.env"
    call_command("setup", file=str(file), data=str(tmp_path / "data"))
    assert list(answers) == list(passwords) == []
    written = variables(file)
    assert written["SITE_URL"] == "https://live.example.org"
    assert written["MEDIA_ROOT"] == str(tmp_path / "data" / "media")
    assert len(written["SECRET_KEY"]) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [command[0] for command in steps] == ["migrate", "collectstatic", "check", "createsuperuser"]
    errors = capsys.readouterr().err
    problems = ("begins with https://", "postgres://", "does not answer", "valid email", "too short", "not the same")
    for problem in problems:
        assert problem in errors, problem
    assert PASSWORD not in file.read_text()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"site_url": "live.example.org"}, "begins with https://"),
        ({"site_url": "https://live.example.org/blog"}, "nothing after it"),
        ({"database_url": "postgres://liveblog:a b@localhost/x"}, "spaces"),
        ({"database_url": "postgres://liveblog@127.0.0.1:1/x"}, "PostgreSQL says"),
        ({"database_url": "postgres://liveblog@127.0.0.1:1,127.0.0.1:2/x"}, "PostgreSQL says"),
        ({"redis_url": "redis://127.0.0.1:1/0"}, "Redis does not answer"),
        ({"redis_url": "valkey://127.0.0.1:1/0"}, "Redis does not answer: Error 111"),
        ({"redis_url": "redis+sentinel://127.0.0.1:1/group"}, "No master found"),
        ({"email": None}, "An answer is needed"),
        ({"email": "ann"}, "valid email"),
    ],
)
def test_a_wrong_answer_is_named_and_nothing_is_made(
    tmp_path: Path, steps: list[Any], monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], problem: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match=problem):
        without_questions(tmp_path, **options)
    assert list(tmp_path.rglob("*.env")) == steps == []


@pytest.mark.parametrize("password", ["", "short", "password1234", "123456789012345"])
def test_the_password_obeys_the_rules_for_passwords(
    tmp_path: Path, steps: list[Any], monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match="Password"):
        without_questions(tmp_path)
    assert steps == []


def test_nothing_is_overwritten_and_a_failed_step_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    def fails(*_arguments: Any) -> None:
        raise CommandError("The tables could not be made.")

    monkeypatch.setattr(setup.Command, "_run", fails)
    with pytest.raises(CommandError, match="The tables"):
        without_questions(tmp_path)
    file = tmp_path / "liveblog.env"
    assert not file.exists()
    file.write_text("SECRET_KEY=old\n")
    with pytest.raises(CommandError, match="exists already"):
        without_questions(tmp_path)
    assert file.read_text() == "SECRET_KEY=old\n"
