"""Pagination of rows that change while they are read."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.paginator import Page
from django.core.paginator import Paginator as CountingPaginator


class Paginator(CountingPaginator):
    """A paginator that counts rows only to find the last page.

    Django's ends a page at the row that was the last one when it counted. If a row is added after that, the page would
    lack the oldest row, and nothing would ever tell its readers.
    """

    def page(self, number: int | str) -> Page:
        valid = self.validate_number(number)
        first = (valid - 1) * self.per_page
        rows = list(self.object_list[first : first + self.per_page + 1])
        return _Page(rows[: self.per_page], valid, self, more=len(rows) > self.per_page)


class _Page(Page):
    def __init__(self, rows: Sequence[object], number: int, paginator: Paginator, *, more: bool) -> None:
        super().__init__(rows, number, paginator)
        self._more = more

    def has_next(self) -> bool:
        return self._more

    def next_page_number(self) -> int:
        return self.number + 1
