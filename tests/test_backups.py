"""Backup and restore, as docs/how-to/back-up-and-restore.md describes them.

On SQLite, one server runs; on PostgreSQL and Redis, there are two, and the page cache outlives the database.
"""

import asyncio
import io
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from articles.models import Article, Update
from liveblog import backups, keys
from tests import databases, factories, fork_server
from tests.clients import Journalist, OpenPage
from tests.server import PATIENCE, Server, database_url
from tests.test_trust import LANGUAGES, assert_as_on_a_fresh_page, open_pages

PASSWORD = "a long password"


def backed_up(directory: Path) -> Path:
    call_command("backup", directory, stdout=io.StringIO())
    return directory


def run(command: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command on another database."""
    environment = {**os.environ, "SECRET_KEY": django_settings.SECRET_KEY, **environment}
    return fork_server.run(["manage.py", command, *map(str, arguments)], environment)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a machine with an empty database, and no uploads."""
    address, media = database_url(), str(tmp_path / "media elsewhere")
    if connection.vendor == "sqlite":
        yield {"DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}", "MEDIA_ROOT": media}
        return
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    yield {"DATABASE_URL": f"{address.rpartition('/')[0]}/{name}", "MEDIA_ROOT": media}
    databases._drop(name)


@pytest.fixture
def editor(transactional_db: None) -> User:
    return User.objects.create_superuser("editor", password=PASSWORD)


def servers(stack: ExitStack, **environment: str) -> list[Server]:
    count = 1 if connection.vendor == "sqlite" else 2
    return [stack.enter_context(Server(**{"LIVE_POLL_SECONDS": "1", **environment})) for _ in range(count)]


async def publish(server: Server, article: Article, text: str) -> None:
    def press() -> None:
        Journalist(server.url, "editor", PASSWORD).publish(article.pk, source_language="en", body_en=f"<p>{text}</p>")

    await asyncio.to_thread(press)


async def show(pages: list[OpenPage], text: str, *, not_any_more: str = "") -> None:
    """Wait until all pages show one text and no longer show another one."""
    async with asyncio.timeout(PATIENCE):
        for page in pages:
            while not (text in str(page.shown()) and (not not_any_more or not_any_more not in str(page.shown()))):
                assert not isinstance(page.trouble, AssertionError), page.trouble
                await asyncio.sleep(0.02)


def uploads_in(directory: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(directory).rglob("*.*")}


def opened(site: list[Server], article: Article) -> list[OpenPage]:
    return [OpenPage(site, article.slug, LANGUAGES[number % 4]) for number in range(8)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
async def test_after_a_restore_elsewhere_open_and_fresh_pages_are_right(
    editor: User, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    article = await sync_to_async(factories.article)()
    await sync_to_async(factories.update)(article, pictures=[factories.picture()], body_en="<p>Kept.</p>")
    with ExitStack() as stack:
        first = servers(stack)
        pages = opened(first, article)
        async with open_pages(pages):
            await show(pages, "Kept.")
            backup = await sync_to_async(backed_up)(tmp_path / "backup")
            for number in range(3):
                await publish(first[0], article, f"A ghost, {number}.")
            await show(pages, "A ghost, 2.")
            ghosts = set(pages[0].updates)
            for server in first:
                server.kill()
            restored = await asyncio.to_thread(run, "restore", backup, **elsewhere)
            assert restored.returncode == 0, restored.stderr
            assert restored.stderr == ""
            second = servers(stack, **elsewhere)
            for page in pages:
                page.places = list(second)
            for number in range(3):
                await publish(second[0], article, f"After the restore, {number}.")
            await show(pages, "After the restore, 2.", not_any_more="A ghost")
            for server in second:
                await assert_as_on_a_fresh_page(pages, server, article)
            # The lost updates and the new ones have different addresses.
            assert len(ghosts & set(pages[0].updates)) == 1
    uploads = uploads_in(django_settings.MEDIA_ROOT)
    assert uploads
    assert uploads_in(elsewhere["MEDIA_ROOT"]) == uploads


def put_back(backup: Path) -> None:
    """Replace the present database with a backup, while servers use it."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(backup / "database.sqlite3")) as source:
            connection.ensure_connection()
            source.backup(connection.connection)
        return
    connection.close()
    command = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    subprocess.run([*command, f"--dbname={database_url()}", str(backup / "database.dump")], check=True)


@pytest.mark.django_db(transaction=True)
async def test_a_database_that_goes_back_under_running_servers_leaves_no_ghosts(editor: User, tmp_path: Path) -> None:
    article = await sync_to_async(factories.article)()
    await sync_to_async(factories.update)(article, body_en="<p>Kept.</p>")
    with ExitStack() as stack:
        # The servers learn of the new history from its first post, not by polling.
        site = servers(stack, LIVE_POLL_SECONDS="600")
        pages = opened(site, article)
        async with open_pages(pages):
            await show(pages, "Kept.")
            backup = await sync_to_async(backed_up)(tmp_path / "backup")
            await publish(site[-1], article, "A ghost.")
            await show(pages, "A ghost.")
            lost = pages[0].revision
            await sync_to_async(put_back)(backup)
            # At once, so that it gets the revision of the lost update.
            await publish(site[0], article, "Of the new history.")
            await show(pages, "Of the new history.", not_any_more="A ghost.")
            assert pages[0].revision == lost
            assert all(page.reloads for page in pages)
            for server in site:
                await assert_as_on_a_fresh_page(pages, server, article)


@pytest.mark.database
@pytest.mark.django_db
def test_keys_of_tables_that_were_empty_are_skipped_too() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("A sequence of PostgreSQL is not rolled back; the drill shows it there.")
    backups._skip_lost_keys()
    assert factories.comment(factories.article()).pk > keys.LOST_KEYS


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def backup(transactional_db: None, tmp_path: Path) -> Path:
    factories.update(factories.article(), pictures=[factories.picture()])
    return backed_up(tmp_path / "backup")


def test_a_backup_overwrites_nothing(backup: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in backup.rglob("*")}
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", backup)
    assert {path: path.stat().st_mtime_ns for path in backup.rglob("*")} == before


@pytest.mark.one_database
def test_a_backup_that_fails_leaves_nothing_behind(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(CommandError, match=r"There is no backup\. No space left"):
        call_command("backup", backup.parent / "second")
    assert [path.name for path in backup.parent.iterdir()] == ["backup"]


def test_a_database_with_tables_is_not_overwritten(backup: Path) -> None:
    Update._base_manager.update(body_en="<p>Newer than the backup.</p>")
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", backup)
    assert Update.objects.get().body_en == "<p>Newer than the backup.</p>"


@pytest.mark.one_database
@pytest.mark.parametrize("damage", ["a byte", "the end", "a file", "the manifest", "outside"])
def test_a_damaged_backup_is_not_restored(backup: Path, damage: str) -> None:
    call_command("restore", backup, "--check", stdout=io.StringIO())
    photo = next((backup / "media").rglob("*.*"))
    manifest = backup / "manifest.json"
    if damage == "a byte":
        data = bytearray(photo.read_bytes())
        data[len(data) // 2] ^= 1
        photo.write_bytes(data)
    elif damage == "the end":
        database = next(backup.glob("database.*"))
        database.write_bytes(database.read_bytes()[:-100])
    elif damage == "a file":
        photo.unlink()
    elif damage == "the manifest":
        manifest.write_text(manifest.read_text()[:-10])
    else:
        values = json.loads(manifest.read_text())
        values["files"]["media/../../outside"] = [0, ""]
        manifest.write_text(json.dumps(values))
    with pytest.raises(CommandError, match=r"damaged|cannot be read|outside"):
        call_command("restore", backup, "--check")


@pytest.mark.one_database
def test_an_upload_that_is_another_file_is_not_overwritten(backup: Path, elsewhere: dict[str, str]) -> None:
    photo = next((backup / "media").rglob("*.*"))
    other = Path(elsewhere["MEDIA_ROOT"]) / photo.relative_to(backup / "media")
    other.parent.mkdir(parents=True)
    other.write_text("Another photo.")
    answer = run("restore", backup, **elsewhere)
    assert answer.returncode
    assert "is another file than the one in the backup" in answer.stderr
    assert other.read_text() == "Another photo."


@pytest.mark.one_database
def test_a_directory_that_is_not_a_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no backup"):
        call_command("restore", tmp_path)
