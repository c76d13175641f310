"""Paginate lists that change while they are read.

A page is named by an element of the list, not by a number: it shows the elements before it, after it or around it.
"Before" and "after" refer to the sort key, whichever way the list is sorted. So a reader who pages through a list sees
each element once, whatever is added or removed in the meantime (keyset pagination:
https://use-the-index-luke.com/no-offset).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import Http404, QueryDict

from liveblog.numbers import number, sortable

_M = TypeVar("_M", bound=Model)

#: The parameters of an address that name a page.
PARAMETERS = ("after", "at", "before")

#: Earlier releases never linked to pages with greater numbers.
_MAX_PAGE_NUMBER = 999_999


class Place(NamedTuple):
    """A page of a list: `relation` is one of PARAMETERS and `pk` names the element; neither is the first page."""

    relation: str = ""
    pk: int = 0

    @classmethod
    def of(cls, query: QueryDict) -> Place:
        """Return the place that a query string names. Raise Http404 if it names more than one, or is invalid."""
        named = [name for name in PARAMETERS if name in query]
        if not named:
            return cls()
        if len(named) > 1 or "page" in query:
            raise Http404
        return cls(named[0], whole_number(query, named[0]))

    @property
    def query(self) -> dict[str, int]:
        """Return the parameters of the address."""
        return {self.relation: self.pk} if self.relation else {}


class Anchor(NamedTuple):
    """The element that names a page: its primary key and the values of the fields that its list is sorted by.

    The element itself need not be in the list any more.
    """

    pk: int
    values: tuple[Any, ...]

    @property
    def key(self) -> str:
        return time_key(*self.values)


def time_key(moment: datetime.datetime, pk: int) -> str:
    """Return the sort key of an element of a list that is sorted by time."""
    return f"{moment.astimezone(datetime.UTC):%Y%m%dT%H%M%S.%f}-{sortable(pk)}"


def whole_number(query: QueryDict, name: str) -> int:
    """Return the number in a parameter. Raise Http404 if it is not in the form that our links use."""
    value = number(query[name])
    if value is None or str(value) != query[name]:
        raise Http404
    return value


def choice(query: QueryDict, name: str, choices: Sequence[str]) -> str:
    """Return the value of a parameter, by default the first choice. Raise Http404 if the value is no choice."""
    value = query.get(name, choices[0])
    if value not in choices:
        raise Http404
    return value


def page_number(query: QueryDict) -> int | None:
    """Return the number in an address of an earlier release, `?page=2`; None without one. Raise Http404 if it is 0."""
    if "page" not in query:
        return None
    value = whole_number(query, "page")
    if not 1 <= value <= _MAX_PAGE_NUMBER:
        raise Http404
    return value


def address(path: str, parameters: Mapping[str, object], fragment: str = "") -> str:
    """Return an address with the parameters that have a value, sorted so that each page has one cache key."""
    query = urlencode(sorted((name, value) for name, value in parameters.items() if value not in (None, "", False)))
    return f"{path}{'?' if query else ''}{query}{'#' if fragment else ''}{fragment}"


@dataclass(frozen=True)
class Page(Generic[_M]):
    """One page of a list, and the elements next to it.

    items     the elements on it, in the order of the list
    lesser    the element with the next lesser key that is not on it
    greater   the element with the next greater key that is not on it
    """

    order: Order
    place: Place
    anchor: Anchor | None
    items: list[_M]
    lesser: _M | None
    greater: _M | None

    @property
    def older(self) -> Place | None:
        """Return the place of the elements with lesser keys; None if there are none."""
        return self._turned("before", -1 if self.order.descending else 0) if self.lesser else None

    @property
    def newer(self) -> Place | None:
        """Return the place of the elements with greater keys; None if there are none."""
        return self._turned("after", 0 if self.order.descending else -1) if self.greater else None

    @property
    def previous(self) -> Place | None:
        return self.newer if self.order.descending else self.older

    @property
    def next(self) -> Place | None:
        return self.older if self.order.descending else self.newer

    def _turned(self, relation: str, index: int) -> Place:
        return Place(relation, getattr(self.items[index], self.order.name) if self.items else self.place.pk)

    # An element that is later added between these two keys belongs on this page: it is on neither neighbour.

    @property
    def above(self) -> str:
        """Return the sort key that all keys on the page are greater than; "" if no other page has lesser ones."""
        return self._bound("after", self.lesser)

    @property
    def below(self) -> str:
        """Return the sort key that all keys on the page are less than; "" if no other page has greater ones."""
        return self._bound("before", self.greater)

    def _bound(self, relation: str, neighbour: _M | None) -> str:
        if neighbour is None:
            return ""
        if self.place.relation == relation and self.anchor is not None:
            return self.anchor.key
        return time_key(*(getattr(neighbour, name) for name in self.order.fields))


@dataclass(frozen=True)
class Order:
    """The order of a list.

    fields       names of fields that are never null; the last one is unique
    descending   whether the element with the greatest values comes first
    name         the field by which addresses name elements
    """

    fields: tuple[str, ...]
    descending: bool = True
    name: str = "pk"

    def sort(self, rows: QuerySet[_M]) -> QuerySet[_M]:
        return self._sorted(rows, descending=self.descending)

    def page(self, rows: QuerySet[_M], place: Place, anchor: Anchor | None, size: int) -> Page[_M]:
        """Return a page of `rows`, which need not be sorted; `anchor` is the element that the place names."""
        above: list[_M] = []
        below: list[_M] = []
        room_above = room_below = size
        lesser = greater = None
        # Each list begins at the anchor, and has one element more than fits.
        if anchor is None:
            first = list(self.sort(rows)[: size + 1])
            above, below = ([], first) if self.descending else (first, [])
        elif place.relation == "before":
            below = list(self._lesser(rows, anchor)[: size + 1])
            greater = _nearest(self._greater(rows, anchor, itself=True))
        elif place.relation == "after":
            above = list(self._greater(rows, anchor)[: size + 1])
            lesser = _nearest(self._lesser(rows, anchor, itself=True))
        else:
            room_above = size // 2
            above = list(self._greater(rows, anchor)[: room_above + 1])
            room_below = size - min(len(above), room_above)
            below = list(self._lesser(rows, anchor, itself=True)[: room_below + 1])
        items = [*reversed(above[:room_above]), *below[:room_below]]
        return Page(
            self,
            place,
            anchor,
            items if self.descending else items[::-1],
            next(iter(below[room_below:]), lesser),
            next(iter(above[room_above:]), greater),
        )

    def place_of(self, rows: QuerySet[_M], number: int, size: int) -> Place:
        """Return the present place of a page that was named by its number. Raise Http404 if the page is empty."""
        if number == 1:
            return Place()
        last = (number - 1) * size - 1
        found = list(self.sort(rows).values_list(self.name, flat=True)[last : last + 2])
        if len(found) < 2:
            raise Http404
        return Place("before" if self.descending else "after", found[0])

    def _lesser(self, rows: QuerySet[_M], anchor: Anchor, *, itself: bool = False) -> QuerySet[_M]:
        return self._sorted(rows.filter(self._beyond(anchor, "lt", itself=itself)), descending=True)

    def _greater(self, rows: QuerySet[_M], anchor: Anchor, *, itself: bool = False) -> QuerySet[_M]:
        return self._sorted(rows.filter(self._beyond(anchor, "gt", itself=itself)), descending=False)

    def _sorted(self, rows: QuerySet[_M], *, descending: bool) -> QuerySet[_M]:
        return rows.order_by(*(f"-{name}" if descending else name for name in self.fields))

    def _beyond(self, anchor: Anchor, lookup: str, *, itself: bool) -> Q:
        """Return the condition for keys beyond the anchor's, compared field by field."""
        *leading, last = zip(self.fields, anchor.values, strict=True)
        condition = Q(**{f"{last[0]}__{lookup}{'e' if itself else ''}": last[1]})
        for name, value in reversed(leading):
            condition = Q(**{f"{name}__{lookup}": value}) | (Q(**{name: value}) & condition)
        # The database uses an index on the first field only if the condition compares that field by itself.
        name, value = next(zip(self.fields, anchor.values, strict=True))
        return Q(**{f"{name}__{lookup}e": value}) & condition


def _nearest(rows: QuerySet[_M]) -> _M | None:
    """Return the first row without related objects: only its key is needed."""
    return rows.select_related(None).prefetch_related(None).first()
