"""A used primary key is not used for another row, even if the database is set back to an earlier state."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection, transaction

from comments.models import Comment
from liveblog import keys
from liveblog.models import DatabaseHistory
from tests import factories

if connection.vendor == "postgresql":
    from liveblog.postgresql import histories
    from liveblog.postgresql.base import DatabaseWrapper

postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="Only PostgreSQL has histories.")
sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite is one file.")


# PostgreSQL -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of the present history, with a database from another server: a comment and another name."""
    monkeypatch.setattr(histories, "_readable", True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {histories.NAME}")
        (name,) = cursor.fetchone()
    factories.comment()
    DatabaseHistory.objects.all().delete()
    DatabaseHistory.objects.create(pk=1, name=name[:-1] + "0")
    # As in a process that has not compared the names yet.
    monkeypatch.setattr(histories, "_known", "")
    yield name
    # Other tests get a connection of their own.
    connection.close()


def skipped(before: int) -> int:
    """Return the number of skipped keys of comments."""
    return factories.comment().pk - before - 1


@postgresql
@pytest.mark.django_db(transaction=True)
def test_the_first_connection_after_a_failover_skips_the_keys_of_lost_rows(
    history: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = Comment.objects.get().pk
    connection.close()
    assert skipped(before) >= keys.LOST_KEYS
    assert DatabaseHistory.objects.get().name == history
    assert "Ids of lost rows are not given out again." in caplog.text
    # Another process connects, and connects again.
    for _ in range(2):
        histories._known = ""
        before = factories.comment().pk
        connection.close()
        assert skipped(before) == 0


@postgresql
@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_the_first_transaction_skips_the_keys(history: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The connection to the pooler outlives the server.
    before = factories.comment().pk
    DatabaseHistory.objects.update(name="that of the server that is gone")
    monkeypatch.setattr(histories, "_known", "that of the server that is gone")
    monkeypatch.setattr(DatabaseWrapper, "behind_pooler", True)
    with transaction.atomic():
        assert skipped(before) >= keys.LOST_KEYS
    assert DatabaseHistory.objects.get().name == history


@postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_to_a_standby_skips_the_keys_when_it_takes_over(
    history: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Comment.objects.get().pk
    connection.close()
    with monkeypatch.context() as standby:
        standby.setattr(histories, "NAME", "NULL")
        connection.ensure_connection()
    assert DatabaseHistory.objects.get().name != history
    with transaction.atomic():
        assert skipped(before) >= keys.LOST_KEYS
    assert DatabaseHistory.objects.get().name == history


@postgresql
@pytest.mark.django_db(transaction=True)
def test_a_server_whose_history_cannot_be_read_is_still_used(
    history: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(histories, "NAME", "a_function_that_is_forbidden()")
    for _ in range(2):
        connection.close()
        with transaction.atomic():
            factories.comment()
    assert [record.levelno for record in caplog.records if record.name == histories.__name__] == [logging.WARNING]


# SQLite ---------------------------------------------------------------------------------------------------------------


@sqlite
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_server_notices_at_its_start_that_the_file_is_an_older_copy(tmp_path: Path) -> None:
    file = Path(connection.settings_dict["NAME"])
    before = factories.comment().pk
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        connection.connection.backup(copy)
        keys.check_file()
        assert skipped(before) == 0
        keys.note_given()
        copy.backup(connection.connection)
    keys.check_file()
    assert skipped(before) >= keys.LOST_KEYS
    # At the next start nothing is skipped.
    before = factories.comment().pk
    keys.check_file()
    assert skipped(before) == 0
    # A note from another database with the same file name.
    file.with_name(f"{file.name}-keys").write_text(f"2020-01-01T12:00:00 {10**12}")
    keys.check_file()
    assert skipped(before + 1) == 0


@sqlite
@pytest.mark.database
@pytest.mark.parametrize("note", ["", "nonsense", "2026-11-26 x", "\0"])
def test_a_damaged_note_is_replaced(db: None, note: str) -> None:
    file = Path(connection.settings_dict["NAME"])
    place = file.with_name(f"{file.name}-keys")
    place.write_text(note)
    keys.check_file()
    assert place.read_text().rpartition(" ")[2].isdecimal()
