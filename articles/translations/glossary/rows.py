"""The common part of the file formats for terms: rows with values, errors, and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from articles.translations.models import GlossaryTerm
from liveblog.languages import KNOWN, nearest

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

MAX_BYTES = 2_000_000
MAX_ROWS = 5_000
#: The greatest number of errors of one file that are kept.
MAX_ERRORS = 100

#: The columns that identify a term.
KEY = ("source_language", "language", "field", "source")
COLUMNS = (*KEY, "target", "admitted", "forbidden", "case_sensitive", "inflected", "note", "example")


@dataclass(frozen=True)
class RowError:
    """A fault in a file."""

    #: The line of a CSV file, or the number of the entry in a TBX file; 0 for the whole file.
    row: int
    message: _StrOrPromise
    #: The name of the column or category; empty if the fault is not in one of them.
    column: str = ""


@dataclass
class Row:
    """The values of one term in a file. Columns that the file lacks are missing."""

    number: int
    values: dict[str, object]


@dataclass
class Reading:
    """The contents of a file."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    #: Unknown languages, and the number of entries without a pair of known languages.
    skipped_languages: set[str] = field(default_factory=set)
    skipped_entries: int = 0
    #: The unit that `RowError.row` counts.
    counts_entries: bool = False

    def fail(self, row: int, message: _StrOrPromise, column: str = "") -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(RowError(row, message, column))


def language_code(text: str) -> str:
    """Return the site's language for a language tag (BCP 47); empty if there is none."""
    return nearest(text.strip().replace("_", "-").lower(), KNOWN) or ""


def kind_code(text: str) -> str | None:
    """Return the code of a kind of text, empty for all; None if there is no such kind."""
    text = text.strip().casefold()
    if text in ("", "any", "all"):
        return ""
    names = {str(label).casefold(): str(value) for value, label in GlossaryTerm.Field.choices if value}
    return names.get(text) or (text if text in GlossaryTerm.Field.values else None)
