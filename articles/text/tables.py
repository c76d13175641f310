"""Tables in rich text: measure them, and complete them for readers.

Only rows and cells are stored. Rendering adds what readers need: a region that scrolls on a narrow screen and can be
reached by keyboard, a caption, the scope of each heading, and the alignment of numbers.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode, create_tag

from articles.text.parsed import parse
from articles.text.plaintext import text_of
from liveblog.numbers import number

#: Numbers such as 1,234.5 and 2:1 and −3 %, or a dash for a missing one.
_NUMBER = re.compile(r"[+\-−–±~≈]?\s?[€$£¥₴₽]?\s?\d[\d\s.,:'’٫٬/\u202f\u00a0–-]*\s?[%‰٪€$£¥₴₽]?|[–—-]")


def size(html: str) -> tuple[int, int]:
    """Return the rows and columns of the largest table in sanitised text; (0, 0) if there is none."""
    if "<table" not in html:
        return 0, 0
    rows = [_rows(table) for table in parse(html).css("table")]
    widths = [sum(map(_span, _cells(row))) for table in rows for row in table]
    return max(map(len, rows), default=0), max(widths, default=0)


def for_readers(html: str, caption: str = "", *, headed: bool = False) -> str:
    """Return sanitised text with its tables completed for readers. A nested table stays unchanged.

    Without a caption, a table is named after its first row. `headed`: if no cell is marked as a heading, those of the
    first row are.
    """
    if "<table" not in html:
        return html
    text = parse(html)
    headed = headed and not text.css("th")
    inner = set(text.css("table table"))
    for table in text.css("table"):
        if table not in inner:
            _lay_out(table, headed)
            _wrap(table, caption)
    return text.inner_html or ""


def _rows(table: LexborNode) -> list[LexborNode]:
    return [row for section in table.iter() for row in section.iter() if row.tag == "tr"]


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in ("th", "td")]


def _span(cell: LexborNode) -> int:
    return number(cell.attrs.sget("colspan")) or 1


def _lay_out(table: LexborNode, headed: bool) -> None:
    """Set the scope of headings, and mark the numbers and the headings of columns of numbers."""
    #: By column: its heading, and whether all cells below are numbers.
    headings: dict[int, LexborNode] = {}
    numeric: dict[int, bool] = {}
    for index, row in enumerate(_rows(table)):
        column = 0
        for cell in _cells(row):
            if headed and index == 0:
                cell = _as_heading(cell)
            if cell.tag == "th":
                if index == 0:
                    headings[column] = cell
                if "scope" not in cell.attrs:
                    cell.attrs["scope"] = "col" if index == 0 else "row"
            column += _span(cell)
            if cell.tag == "td":
                is_number = bool(_NUMBER.fullmatch(text_of(cell))) and not cell.css("a")
                numeric[column - 1] = numeric.get(column - 1, True) and is_number
                if is_number:
                    _mark_number(cell)
    for column, heading in headings.items():
        if numeric.get(column):
            heading.attrs["class"] = "number"


def _as_heading(cell: LexborNode) -> LexborNode:
    heading = create_tag("th")
    for name, value in cell.attrs.items():
        heading.attrs[name] = value
    heading.inner_html = cell.inner_html or ""
    cell.insert_before(heading)
    # The parser inserts a copy.
    inserted = cell.prev
    assert inserted is not None
    cell.remove()
    return inserted


def _mark_number(cell: LexborNode) -> None:
    """Align a number with those above and below. Its signs keep their positions in right-to-left text."""
    cell.attrs["class"] = "number"
    digits = re.sub(r"</?p>", "", cell.inner_html or "").strip()
    cell.inner_html = f'<bdi dir="ltr">{digits}</bdi>'


def _wrap(table: LexborNode, caption: str) -> None:
    region = create_tag("div")
    name = caption or " ".join(filter(None, (text_of(cell) for row in _rows(table)[:1] for cell in _cells(row))))
    for attribute, value in (("class", "table"), ("role", "region"), ("tabindex", "0"), ("aria-label", name)):
        region.attrs[attribute] = value
    if caption and table.first_child:
        element = create_tag("caption")
        element.attrs["class"] = "visually-hidden"
        element.insert_child(caption)
        table.first_child.insert_before(element)
    region.insert_child(table)
    table.replace_with(region)
