"""Tables in rich text: how large they are, and how readers are shown them.

What is stored is bare: rows and cells, without anything that styles them. What readers need besides is put around it
when the page is made: a region that scrolls by itself on a narrow screen and can be reached by keyboard, a caption,
what each heading is the heading of, and numbers that stand below each other.
"""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any

from django.utils.html import format_html, strip_tags

#: Such as 1,234.5 and 2:1 and −3 %, and a dash where there is none.
_NUMBER = re.compile(r"[+\-−–±~≈]?\s?[€$£¥₴₽]?\s?\d[\d\s.,:'’٫٬/\u202f\u00a0–-]*\s?[%‰٪€$£¥₴₽]?|[–—-]")


def size(html: str) -> tuple[int, int]:
    """Rows and columns of the largest table in sanitised text; (0, 0) where there is none."""
    if "<table" not in html:
        return 0, 0
    counter = _Counter()
    counter.feed(html)
    counter.close()
    return counter.rows, counter.columns


def for_readers(html: str, caption: str = "", *, headed: bool = False) -> str:
    """Sanitised text with its tables as readers get them. Without a caption a table is named after its first row.

    `headed`: where nothing is marked as a heading, the first row is.
    """
    if "<table" not in html:
        return html
    writer = _Writer(caption, headed and "<th" not in html.replace("<thead", ""))
    writer.feed(html)
    writer.close()
    return "".join(writer.written)


class _Counter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows = self.columns = 0
        self._rows: list[int] = []
        self._columns: list[int] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self._rows.append(0)
            self._columns.append(0)
        elif tag == "tr" and self._rows:
            self._rows[-1] += 1
            self._columns[-1] = 0
            self.rows = max(self.rows, self._rows[-1])
        elif tag in ("th", "td") and self._columns:
            self._columns[-1] += int(dict(attrs).get("colspan") or 1)
            self.columns = max(self.columns, self._columns[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._rows:
            self._rows.pop()
            self._columns.pop()


class _Writer(HTMLParser):
    """Writes text anew, with what its tables lack. A table within a table is left as it is."""

    def __init__(self, caption: str, headed: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.written: list[str] = []
        self._caption = caption
        self._headed = headed
        self._depth = 0
        self._row = self._column = 0
        #: Where the present table, and in it the present cell, begins in `written`.
        self._table = self._cell = 0
        #: By column of the present table: where its heading begins, and whether what is below are numbers.
        self._headings: dict[int, int] = {}
        self._numbers: dict[int, bool] = {}

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        outermost = self._depth == (0 if tag == "table" else 1)
        text = self.get_starttag_text() or ""
        if tag == "table":
            self._depth += 1
        if outermost and tag == "table":
            self._row, self._table = 0, len(self.written)
            self._headings, self._numbers = {}, {}
        elif outermost and tag == "tr":
            self._row, self._column = self._row + 1, 0
        elif outermost and tag in ("th", "td"):
            self._cell = len(self.written)
            if self._headed and self._row == 1:
                tag, text = "th", f"<th{text[3:]}"
            if tag == "th" and self._row == 1:
                self._headings[self._column] = self._cell
            if tag == "th" and "scope" not in dict(attrs):
                text = f'{text[:-1]} scope="{"col" if self._row == 1 else "row"}">'
            self._column += int(dict(attrs).get("colspan") or 1)
        self.written.append(text)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._depth -= 1
        if self._depth == 1 and tag in ("th", "td"):
            self._align()
            tag = self.written[self._cell][1:3]
        self.written.append(f"</{tag}>")
        if self._depth == 0 and tag == "table":
            self._surround()

    def _align(self) -> None:
        """A cell that holds a number is marked as such; its signs stay where they are in right-to-left text, too."""
        if not self.written[self._cell].startswith("<td"):
            return
        content = "".join(self.written[self._cell + 1 :])
        begin = self.written[self._cell]
        number = bool(_NUMBER.fullmatch(unescape(strip_tags(content)).strip())) and "<a" not in content
        self._numbers[self._column - 1] = self._numbers.get(self._column - 1, True) and number
        if number:
            inner = re.sub(r"</?p>", "", content).strip()
            self.written[self._cell :] = [f'{begin[:-1]} class="number">', f'<bdi dir="ltr">{inner}</bdi>']

    def _surround(self) -> None:
        for column, index in self._headings.items():
            if self._numbers.get(column):
                self.written[index] = f'{self.written[index][:-1]} class="number">'
        table = "".join(self.written[self._table + 1 :])
        first_row = strip_tags(re.sub(r"</t[hd]>", " ", table.partition("</tr>")[0]))
        name = self._caption or " ".join(first_row.split())
        # Entities of the text are those of the text again.
        label = escape(name, quote=True) if self._caption else name.replace('"', "&quot;")
        self.written[self._table :] = [
            f'<div class="table" role="region" tabindex="0" aria-label="{label}"><table>',
            format_html('<caption class="visually-hidden">{}</caption>', self._caption) if self._caption else "",
            table,
            "</div>",
        ]

    def handle_data(self, data: str) -> None:
        self.written.append(data)

    def handle_entityref(self, name: str) -> None:
        self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.written.append(f"&#{name};")
