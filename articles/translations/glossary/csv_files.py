"""Terms as CSV (RFC 4180), for spreadsheets: one term per line, with a header line.

Separators may be commas, semicolons or tabs, which spreadsheets of different countries use.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.utils.translation import gettext as _

from articles.translations.glossary.rows import MAX_ROWS, Reading, Row, kind_code, language_code
from articles.translations.models import GlossaryTerm
from liveblog.lists import listed

#: Names in the header line, by column of the model.
NAMES = {
    "source_language": "source_language",
    "language": "language",
    "field": "field",
    "source": "term",
    "target": "translation",
    "admitted": "also_allowed",
    "forbidden": "forbidden",
    "case_sensitive": "case_sensitive",
    "inflected": "inflected",
    "note": "note",
    "example": "example",
}
_REQUIRED = ("source_language", "language", "source")
_LISTS = ("admitted", "forbidden")
_YES_OR_NO = ("case_sensitive", "inflected")
#: The separator between several words in one cell.
_LIST_SEPARATOR = "|"
_BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
#: Spreadsheets read a cell that begins with one of these as a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(terms: Iterable[GlossaryTerm]) -> bytes:
    """Return a CSV file in UTF-8 with a byte order mark, without which Excel garbles letters."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(NAMES.values())
    for term in terms:
        writer.writerow(_cell(column, getattr(term, column)) for column in NAMES)
    return file.getvalue().encode("utf-8-sig")


def _cell(column: str, value: str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column in _LISTS:
        value = _LIST_SEPARATOR.join(value.split("\n"))
    return f"'{value}" if value.startswith(_FORMULA) else value


def read(data: bytes) -> Reading:
    """Return the rows of a CSV file. Unreadable values become errors of their lines."""
    found = Reading()
    text = _decoded(data)
    if text is None:
        found.fail(0, _("The file isn’t in UTF-8. In a spreadsheet, save it as “CSV UTF-8”."))
        return found
    # Newlines within a cell stay unchanged.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        columns = _columns(next(reader, []), found)
        line = reader.line_num
        for cells in reader:
            first, line = line + 1, reader.line_num
            if found.errors and not columns:
                break
            if not any(cell.strip() for cell in cells):
                continue
            if len(found.rows) >= MAX_ROWS:
                found.fail(first, _("The file has more than %(count)s terms. Split it.") % {"count": MAX_ROWS})
                break
            _read_row(found, first, columns, cells)
    except csv.Error:
        found.fail(reader.line_num, _("This line isn’t valid CSV. Perhaps a quotation mark isn’t closed."))
    if not found.rows and not found.errors:
        found.fail(0, _("There are no terms in the file."))
    return found


def _decoded(data: bytes) -> str | None:
    # "Unicode text" of Excel is UTF-16 with a byte order mark.
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _delimiter(text: str) -> str:
    """Return the most frequent separator of the header line."""
    head = text.partition("\n")[0]
    return max((",", ";", "\t"), key=head.count)


def _columns(head: list[str], found: Reading) -> list[str]:
    by_name = {name: column for column, name in NAMES.items()}
    columns = []
    # If there are more, some are unknown or duplicates.
    for cell in head[: 2 * len(NAMES)]:
        name = "_".join(cell.strip().lower().split())
        column = by_name.get(name, name if name in NAMES else "")
        if not column:
            message = _("Unknown column. Use these: %(names)s.")
            found.fail(1, message % {"names": listed(NAMES.values())}, cell.strip()[:60])
        elif column in columns:
            found.fail(1, _("This column appears twice."), name)
        columns.append(column)
    for column in _REQUIRED:
        if column not in columns and not found.errors:
            found.fail(1, _("This column is missing. The first line must name the columns."), NAMES[column])
    return [] if found.errors else columns


def _read_row(found: Reading, number: int, columns: list[str], cells: list[str]) -> None:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        found.fail(number, _("This line has more cells than the first one."))
        return
    values: dict[str, object] = {}
    errors = len(found.errors)
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if text.startswith("'") and text[1:].startswith(_FORMULA):
            text = text[1:]
        if column in ("source_language", "language"):
            values[column] = language_code(text)
            if not values[column]:
                found.fail(
                    number, _("This site doesn’t offer the language “%(text)s”.") % {"text": text[:40]}, NAMES[column]
                )
        elif column == "field":
            kind = kind_code(text)
            if kind is None:
                kinds = listed(kind.value for kind in GlossaryTerm.Field)
                message = _(
                    "Unknown kind of text: “%(text)s”. Leave the cell empty for all texts, or use one of these: "
                    "%(kinds)s."
                )
                found.fail(number, message % {"text": text[:40], "kinds": kinds}, NAMES[column])
            values[column] = kind or ""
        elif column in _YES_OR_NO:
            if text.lower() in _BOOLEANS:
                values[column] = _BOOLEANS[text.lower()]
            elif text:
                message = _("Enter yes or no instead of “%(text)s”.")
                found.fail(number, message % {"text": text[:40]}, NAMES[column])
        elif column in _LISTS:
            parts = (part.strip() for part in text.replace("\n", _LIST_SEPARATOR).split(_LIST_SEPARATOR))
            values[column] = "\n".join(filter(None, parts))
        else:
            values[column] = text
    if len(found.errors) == errors:
        found.rows.append(Row(number, values))
