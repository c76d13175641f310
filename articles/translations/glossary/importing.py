"""Import terms from a file: all of them or, if one is wrong, none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from articles.translations.glossary import csv_files, history, tbx_files
from articles.translations.glossary.rows import COLUMNS, KEY, Reading, Row
from articles.translations.models import GlossaryTerm

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Outcome:
    """The effects of an import, or of a dry run."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def read(data: bytes, source_language: str = "") -> Reading:
    """Read a file of either format. `source_language`: see `tbx_files.read`."""
    start = data[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return tbx_files.read(data, source_language) if start.startswith(b"<") else csv_files.read(data)


def save(reading: Reading, user: User, file: str, *, check_only: bool = False) -> Outcome | None:
    """Add the terms of a file, and change existing ones. Return None if there are errors.

    Errors are added to `reading`, and then nothing is saved. Terms that are not in the file stay.
    """
    if reading.errors:
        return None
    try:
        with transaction.atomic():
            outcome = _save(reading, user, file)
            if outcome is None or check_only:
                transaction.set_rollback(True)
    except IntegrityError:
        reading.fail(0, _("Someone else changed the glossary at the same time. Import the file again."))
        return None
    return outcome


def _save(reading: Reading, user: User, file: str) -> Outcome | None:
    stored = {_key(term): term for term in GlossaryTerm.objects.select_for_update()}
    seen: dict[tuple[str, ...], int] = {}
    added: list[GlossaryTerm] = []
    changed: list[tuple[GlossaryTerm, history.Values]] = []
    unchanged = 0
    for row in reading.rows:
        term = GlossaryTerm(**row.values)
        _normalise(term)
        key = _key(term)
        if key in seen:
            reading.fail(row.number, _("This term appears twice in the file, first at %(row)s.") % {"row": seen[key]})
            continue
        seen[key] = row.number
        before: history.Values | None = None
        if key in stored:
            term = stored[key]
            before = history.values_of(term)
            for column, value in row.values.items():
                setattr(term, column, value)
            _normalise(term)
        if not _valid(term, row, reading):
            continue
        if before is None:
            added.append(term)
        elif history.values_of(term) != before:
            changed.append((term, before))
        else:
            unchanged += 1
    if reading.errors:
        return None
    # Save each separately, because signal receivers update the search index.
    for term in [*added, *(term for term, _before in changed)]:
        term.save()
    LogEntry.objects.bulk_create(
        [
            *(history.entry(user, term, ADDITION, {}, file) for term in added),
            *(history.entry(user, term, CHANGE, before, file) for term, before in changed),
        ],
        batch_size=500,
    )
    return Outcome(len(added), len(changed), unchanged)


def _key(term: GlossaryTerm) -> tuple[str, ...]:
    return tuple(getattr(term, column) for column in KEY)


def _normalise(term: GlossaryTerm) -> None:
    """Give the texts the form in which they are stored, so that they can be compared with stored ones."""
    for column in COLUMNS:
        field = GlossaryTerm._meta.get_field(column)
        if hasattr(field, "normalise"):
            setattr(term, column, field.normalise(getattr(term, column)))


def _valid(term: GlossaryTerm, row: Row, reading: Reading) -> bool:
    try:
        # The keys already ensure that rows are unique.
        term.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            for text in messages:
                reading.fail(row.number, text, csv_files.NAMES.get(name, ""))
        return False
    return True
