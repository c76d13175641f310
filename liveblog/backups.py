"""Backups: the database and the uploads as files in one directory.

A backup is written to a temporary directory and moved into place when it is complete, so a directory with a manifest is
a complete backup. The manifest has the digest of each file. Restoring changes nothing before all digests have been
verified.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.utils import timezone

from liveblog import keys
from liveblog.delivery import log
from liveblog.models import DatabaseHistory

MANIFEST = "manifest.json"
MEDIA = "media"

#: The file of the database in a backup, by the kind of database.
_DATABASES = {"postgresql": "database.dump", "sqlite": "database.sqlite3"}

_FORMAT = 1
_CHUNK_BYTES = 1 << 20


class BackupError(Exception):
    """The backup cannot be made, is damaged, or cannot be restored here. The message says what to do."""


@dataclass
class Manifest:
    """The contents of a backup."""

    format: int
    made_at: str
    #: The kind of database, as Django calls it.
    database: str
    #: The bucket with the uploads, which the backup then does not contain; "" if they are files.
    bucket: str
    #: Path in the backup: size in bytes, and SHA-256 digest.
    files: dict[str, tuple[int, str]]


def make(directory: Path) -> Manifest:
    """Back up the database, and then the uploads, into a directory that does not exist yet. Raise BackupError."""
    if directory.exists():
        raise BackupError(f"{directory} exists already. Name a directory that does not exist.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        _dump(partial / _DATABASES[connection.vendor])
        if not settings.S3_BUCKET:
            # After the database: a file is stored before the row that names it.
            _copy_uploads(Path(settings.MEDIA_ROOT), partial / MEDIA)
        made_at = timezone.now().isoformat(timespec="seconds")
        files = {path: _digest(partial / path) for path in _paths(partial)}
        manifest = Manifest(_FORMAT, made_at, connection.vendor, settings.S3_BUCKET, files)
        with (partial / MANIFEST).open("w") as file:
            json.dump(asdict(manifest), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        check(partial)
        partial.rename(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def check(directory: Path) -> Manifest:
    """Return the manifest of a backup whose files are all there and undamaged. Raise BackupError if one is not."""
    try:
        values = json.loads((directory / MANIFEST).read_text())
        manifest = Manifest(**values)
        files = {path: (int(size), str(digest)) for path, (size, digest) in manifest.files.items()}
    except FileNotFoundError:
        raise BackupError(f"{directory} is no backup: it has no {MANIFEST}.") from None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BackupError(f"{directory / MANIFEST} cannot be read: {error}") from error
    if manifest.format != _FORMAT or manifest.database not in _DATABASES:
        raise BackupError(f"{directory} was made by a release with another format. Restore it with that release.")
    for path, expected in files.items():
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise BackupError(f"{directory / MANIFEST} names a file outside the backup: {path}")
        try:
            found = _digest(directory / path)
        except OSError as error:
            raise BackupError(f"A file of the backup cannot be read: {error}") from error
        if found != expected:
            raise BackupError(f"{directory / path} is damaged: it is not the file that was backed up.")
    database = _DATABASES[manifest.database]
    if database not in files:
        raise BackupError(f"{directory} has no {database}.")
    if manifest.database == "sqlite":
        _check_sqlite(directory / database)
    else:
        _run(["pg_restore", "--list", str(directory / database)])
    return manifest


def restore(directory: Path) -> Manifest:
    """Restore a backup into an empty database, bring it up to date, and put back the uploads. Raise BackupError.

    Files that are already there and identical stay. All pages reload: even a page whose state is not lost may show
    content that is.
    """
    manifest = check(directory)
    if manifest.database != connection.vendor:
        raise BackupError(f"The backup is of {manifest.database}, but DATABASE_URL names {connection.vendor}.")
    if manifest.bucket != settings.S3_BUCKET:
        raise BackupError(
            f"The uploads are in S3_BUCKET={manifest.bucket}, not in {settings.S3_BUCKET or 'MEDIA_ROOT'}."
        )
    if connection.introspection.table_names():
        raise BackupError("The database is not empty. Name an empty one in DATABASE_URL.")
    uploads = [path for path in manifest.files if PurePosixPath(path).parts[0] == MEDIA]
    missing = []
    for path in uploads:
        target = _upload(path)
        if not target.exists():
            missing.append(path)
        elif _digest(target) != tuple(manifest.files[path]):
            raise BackupError(f"{target} is another file than the one in the backup. Nothing was restored.")
    for path in missing:
        _upload(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(directory / path, _upload(path))
    _load(directory / _DATABASES[manifest.database])
    call_command("migrate", interactive=False, verbosity=0)
    _skip_lost_keys()
    log.reload_all_pages()
    return manifest


def missing_uploads() -> Iterator[str]:
    """Return the uploads that the database names but the storage lacks."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.FileField):
                for name in model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True):
                    if name and not default_storage.exists(name):
                        yield name


# Files ----------------------------------------------------------------------------------------------------------------


def _upload(path: str) -> Path:
    return Path(settings.MEDIA_ROOT) / Path(path).relative_to(MEDIA)


def _paths(directory: Path) -> Iterator[str]:
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield path.relative_to(directory).as_posix()


def _copy_uploads(source: Path, target: Path) -> None:
    for path in _paths(source) if source.is_dir() else ():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(source / path, target / path)
        except FileNotFoundError:
            # It was deleted in the meantime; nothing names it any more.
            continue


def _digest(path: Path) -> tuple[int, str]:
    """Return the size of a file and its SHA-256 digest."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


# Databases ------------------------------------------------------------------------------------------------------------


def _dump(target: Path) -> None:
    if connection.vendor == "postgresql":
        _run(["pg_dump", "--format=custom", f"--file={target}"], connects=True)
        return
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        # The online backup of SQLite: other connections may go on writing (https://www.sqlite.org/backup.html).
        connection.connection.backup(copy)
        # The copy is one file.
        copy.execute("PRAGMA journal_mode=DELETE")


def _load(source: Path) -> None:
    if connection.vendor == "postgresql":
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _run(["pg_restore", *options], str(source), connects=True)
        return
    connection.ensure_connection()
    with closing(sqlite3.connect(source)) as backup:
        backup.backup(connection.connection)


def _skip_lost_keys() -> None:
    """Continue primary keys beyond those of lost rows, which were made after the backup."""
    with transaction.atomic(), connection.cursor() as cursor:
        keys.skip_lost(cursor, connection.vendor)
        # It names the history before the restore; the next connection stores the name of the present one.
        DatabaseHistory.objects.all().delete()


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            ((answer,),) = copy.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise BackupError(f"{path} is damaged: {answer}")


def _run(command: Sequence[str], *files: str, connects: bool = False) -> None:
    """Run a program of PostgreSQL, which gets the password from its environment. Raise BackupError if it fails."""
    name, *options = command
    environment = dict(os.environ)
    if connects:
        # The first argument is the name of another program, the last one the name of the database.
        (_psql, *address, database), more = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
        options += [*address, f"--dbname={database}"]
        environment |= more or {}
    try:
        # The arguments are paths and settings of the operator, and no shell reads them.
        subprocess.run([name, *options, *files], env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError:
        raise BackupError(f"{name} is not installed. On Debian: apt install postgresql-client") from None
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{name} failed: {error.stderr.strip()}") from None
