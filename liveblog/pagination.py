"""Pages of rows that change while they are read."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from django.core.paginator import Paginator as CountingPaginator


class Paginator(CountingPaginator):
    """Counts to find the last page, and for nothing else.

    Django's cuts a page off at the row that was the last when it counted. With one row more by then, the page would
    lack the oldest, and nothing would ever tell its readers.
    """

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows = list(self.object_list[first : first + self.per_page + 1])
        return _Page(rows[: self.per_page], number, self, more=len(rows) > self.per_page)


class _Page(Page):
    def __init__(self, rows: Sequence[Any], number: int, paginator: Paginator, *, more: bool) -> None:
        super().__init__(rows, number, paginator)
        self._more = more

    def has_next(self) -> bool:
        return self._more

    def next_page_number(self) -> int:
        return self.number + 1
