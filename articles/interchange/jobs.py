"""The imports that users start in the admin, run in the background by any free process."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from articles.interchange import sources
from articles.interchange.fetching import Fetching
from articles.interchange.foreign import Options
from articles.interchange.importing import Importer, Report
from articles.interchange.models import Import
from articles.interchange.records import Source, SourceError
from liveblog import jobs

logger = logging.getLogger(__name__)

#: Seconds between two polls for due imports.
INTERVAL = 1.0
#: Seconds between two imports of a source that is followed.
FOLLOW_SECONDS = 20.0
#: Seconds between two records of the progress, each of which renews the lease.
_PROGRESS_SECONDS = 1.0
_LEASE = timedelta(minutes=5)

State = Import.State

queue = jobs.Queue(
    rows=lambda: Import.objects.order_by("due_at"),
    logger=logger,
    lease=_LEASE,
    max_attempts=5,
    first_pause=10.0,
    longest_pause=600.0,
    threads=1,
)


class StoppedError(Exception):
    """Somebody has stopped the import, or another process works on it."""


def import_due() -> int:
    """Work on the imports that are due. Return their number."""
    return queue.run_due(work)


def work(row: Import) -> None:
    """Read a source, import it, or import again one that is followed, and record the result."""
    state = row.state
    with translation.override(row.shown_in):
        try:
            with _opened(row) as source:
                report = _read(row, source) if state == State.READING else _import(row, source)
        except StoppedError:
            return
        except SourceError as error:
            _fail(row, str(error))
            return
        except Exception:
            # An error of the database or storage may be temporary; the import continues where it stopped.
            if not queue.postpone(row, _unchanged(row), "error"):
                _fail(row, _("The import failed. The server log gives the reason."))
            raise
        _note(row, report)


def _unchanged(row: Import) -> Any:
    return Import.objects.filter(pk=row.pk, state=row.state)


@contextmanager
def _opened(row: Import) -> Iterator[Source]:
    options, fetching = Options(row.language, row.time_zone, row.slug), Fetching()
    if row.address:
        yield sources.from_address(row.address, options, fetching)
        return
    try:
        file = row.file.open("rb")
    except (OSError, ValueError):
        raise SourceError(_("The uploaded file is no longer available. Upload it again.")) from None
    with file:
        yield sources.from_file(cast(BinaryIO, file), options, fetching, slug=row.slug)


def _read(row: Import, source: Source) -> Report:
    return Importer(source, slug=row.slug).plan(_progress(row))


def _import(row: Import, source: Source) -> Report:
    following = row.state == State.FOLLOWING
    return Importer(source, slug=row.slug, following=following).run(row.total, _progress(row))


def _progress(row: Import) -> Any:
    last = time.monotonic()

    def note(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < _PROGRESS_SECONDS:
            return
        last = time.monotonic()
        if not _unchanged(row).update(done=done, due_at=timezone.now() + _LEASE):
            raise StoppedError

    return note


def _note(row: Import, report: Report) -> None:
    is_read = row.state == State.READING
    following = not is_read and row.follow and bool(row.address)
    values: dict[str, Any] = {
        "counts": report.counts,
        "notes": report.notes.as_json(),
        "article": report.article,
        "error": "",
        "attempts": 0,
        "failure": "",
        "due_at": timezone.now() + timedelta(seconds=FOLLOW_SECONDS) if following else None,
        "state": State.READY if is_read else State.FOLLOWING if following else State.DONE,
        "done": 0 if is_read else sum(report.counts.values()),
    }
    if is_read or following:
        values["total"] = report.total or sum(report.counts.values())
    if row.state == State.FOLLOWING and not report.changed:
        # Keep the counts of the last change: those of a run without changes say less.
        del values["counts"]
    if _unchanged(row).update(**values) and values["state"] == State.DONE:
        done = Import.objects.get(pk=row.pk)
        done.forget_file()
        done.save(update_fields=["file"])


def _fail(row: Import, message: str) -> None:
    if row.state == State.FOLLOWING:
        # The old site may be briefly unavailable.
        pause = timezone.now() + timedelta(seconds=10 * FOLLOW_SECONDS)
        _unchanged(row).update(error=message, due_at=pause)
    else:
        _unchanged(row).update(state=State.FAILED, error=message, due_at=None)


def forget_files(older_than: datetime) -> int:
    """Delete the uploaded files of older imports with nothing to do: failed, stopped and never confirmed ones.

    Return their number.
    """
    rows = Import.objects.filter(asked_at__lt=older_than).exclude(state__in=Import.ACTIVE).exclude(file="")
    count = 0
    for pk in list(rows.order_by().values_list("pk", flat=True)):
        with transaction.atomic():
            # Somebody may have confirmed it or tried it again meanwhile.
            row = rows.select_for_update().filter(pk=pk).first()
            if row is not None:
                row.forget_file()
                row.save(update_fields=["file"])
                count += 1
    return count


async def import_when_due() -> None:
    """Run due imports as long as the server runs."""
    await jobs.run_while_serving(import_due, INTERVAL, logger)
