"""Which comments a moderator looks at, in which order, and how many there are of each kind."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, fields
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from comments.encryption import hashes
from comments.models import Comment, Held, State

#: How many are shown at first, and more of them each time.
PAGE_SIZE = 15

#: Above all numbers of comments.
_END = 10**12
_TIME = "%Y%m%dT%H%M%S.%f"


@dataclass(frozen=True)
class Selection:
    """As the page asks for it. What makes no sense selects nothing in particular.

    Words, among which may be an e-mail address, are only ever posted, so that no log of addresses keeps them.
    """

    #: Nothing: what there is to do.
    state: str = ""
    article: int | None = None
    language: str = ""
    held: str = ""
    q: str = ""
    #: One comment; and all of the one who wrote a comment.
    comment: int | None = None
    author: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> Selection:
        data = request.GET.dict() | {"q": request.POST.get("q", "")}
        given: dict[str, Any] = {
            field.name: data.get(field.name, "").replace("\0", "").strip()[:200] for field in fields(cls)
        }
        given |= {name: _number(given[name]) for name in ("article", "comment", "author")}
        if given["state"] not in (*State.values, "all"):
            given["state"] = "all" if given["comment"] or given["author"] else ""
        if given["held"] not in Held.values:
            given["held"] = ""
        return cls(**given)

    @property
    def to_do(self) -> bool:
        return not self.state

    def find(self, after: str = "") -> Any:
        """All that is selected: what there is to do the oldest first, all else the newest; after a place in that."""
        found = Comment.objects.queued() if self.to_do else Comment.objects.order_by("-pk")
        if self.state in State.values:
            found = found.filter(state=self.state)
        narrow: dict[str, Any] = {"article": self.article, "language": self.language, "held": self.held}
        found = found.filter(**{name: value for name, value in narrow.items() if value})
        if self.comment:
            found = found.filter(pk=self.comment)
        if self.author:
            written = Comment.objects.filter(pk=self.author).exclude(email_hash="").values("email_hash")
            found = found.filter(Q(pk=self.author) | Q(email_hash__in=written))
        return self._after(self._search(found), after)

    def _search(self, found: Any) -> Any:
        """Words that all occur in name or text; or a whole e-mail address, of which we know only the hash."""
        if "@" in self.q and len(self.q.split()) == 1:
            return found.filter(email_hash__in=hashes(self.q))
        for word in self.q.split():
            found = found.filter(reduce(or_, (Q(**{f"{name}__icontains": word}) for name in ("name", "text"))))
        return found

    def sort_key(self, comment: Comment) -> str:
        """Where a comment stands among the others: they are sorted by it from the lowest to the highest."""
        if not self.to_do or comment.queued_at is None:
            return f"{_END - comment.pk:013d}"
        return f"{comment.queued_at.astimezone(datetime.UTC):{_TIME}}-{comment.pk}"

    def _after(self, found: Any, place: str) -> Any:
        if not place:
            return found
        try:
            if not self.to_do:
                return found.filter(pk__lt=_END - int(place))
            time, _dash, pk = place.partition("-")
            queued_at = datetime.datetime.strptime(time, _TIME).replace(tzinfo=datetime.UTC)
            return found.filter(Q(queued_at__gt=queued_at) | Q(queued_at=queued_at, pk__gt=int(pk)))
        except (ValueError, OverflowError):
            return found.none()


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None


@dataclass(frozen=True)
class Figures:
    """How much there is to do, by what it can be filtered by; one query for all."""

    total: int
    by_article: Counter[int]
    by_language: Counter[str]
    by_held: Counter[str]

    @classmethod
    def now(cls) -> Figures:
        found = cls(0, Counter(), Counter(), Counter())
        rows = Comment.objects.queued().order_by().values_list("article", "language", "held").annotate(Count("pk"))
        total = 0
        for article, language, held, count in rows:
            total += count
            found.by_article[article] += count
            found.by_language[language] += count
            found.by_held[held] += count
        return cls(total, found.by_article, found.by_language, found.by_held)
