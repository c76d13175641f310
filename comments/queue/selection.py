"""Select and order the comments that a moderator sees, and count the queue by article, language and reason."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest

from comments.models import Comment, Held, State
from comments.models.comment import CommentQuerySet
from liveblog.encryption import hashes
from liveblog.numbers import LARGEST, number, sortable
from liveblog.pagination import time_key
from liveblog.search.queries import matching

#: Number of comments that the page shows at first, and adds each time.
PAGE_SIZE = 15

#: The form of the time in a key of `time_key`.
_TIME_FORMAT = "%Y%m%dT%H%M%S.%f"


@dataclass(frozen=True)
class Selection:
    """The filter of the queue, from a request. Invalid values are ignored.

    The words of a search may contain an e-mail address. They are posted and never in the URL, so no access log contains
    them.
    """

    #: A state, "all", or empty for the comments that moderators have to decide on.
    state: str = ""
    article: int | None = None
    language: str = ""
    held: str = ""
    q: str = ""
    #: One comment; and the comment whose author's comments are selected.
    comment: int | None = None
    author: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> Selection:
        comment, author = number(request.GET.get("comment")), number(request.GET.get("author"))
        state, held = request.GET.get("state", ""), request.GET.get("held", "")
        if state not in (*State.values, "all"):
            state = "all" if comment or author else ""
        return cls(
            state=state,
            article=number(request.GET.get("article")),
            language=_text(request.GET.get("language", "")),
            held=held if held in Held.values else "",
            q=_text(request.POST.get("q", "")),
            comment=comment,
            author=author,
        )

    @property
    def to_do(self) -> bool:
        return not self.state

    def find(self, after: str = "") -> CommentQuerySet:
        """Return the selected comments, those to decide on oldest first, others newest first, after a sort key."""
        found = Comment.objects.queued() if self.to_do else Comment.objects.order_by("-pk")
        if self.state in State.values:
            found = found.filter(state=self.state)
        if self.article:
            found = found.filter(article=self.article)
        if self.language:
            found = found.filter(language=self.language)
        if self.held:
            found = found.filter(held=self.held)
        if self.comment:
            found = found.filter(pk=self.comment)
        if self.author:
            written = Comment.objects.filter(pk=self.author).exclude(email_hash="").values("email_hash")
            found = found.filter(Q(pk=self.author) | Q(email_hash__in=written))
        return self._after(self._search(found), after)

    def _search(self, found: CommentQuerySet) -> CommentQuerySet:
        """Filter by words that all occur in name or text; or by a whole e-mail address, found by its hash."""
        if "@" in self.q and len(self.q.split()) == 1:
            return found.filter(email_hash__in=hashes(self.q))
        return matching(found, self.q)

    def sort_key(self, comment: Comment) -> str:
        """Return the key by which the page sorts the cards, lowest first."""
        if not self.to_do or comment.queued_at is None:
            return sortable(LARGEST - comment.pk)
        return time_key(comment.queued_at, comment.pk)

    def _after(self, found: CommentQuerySet, key: str) -> CommentQuerySet:
        if not key:
            return found
        if not self.to_do:
            rest = number(key)
            return found.none() if rest is None else found.filter(pk__lt=LARGEST - rest)
        time, _dash, digits = key.partition("-")
        pk = number(digits)
        try:
            queued_at = datetime.datetime.strptime(time, _TIME_FORMAT).replace(tzinfo=datetime.UTC)
        except ValueError:
            return found.none()
        if pk is None:
            return found.none()
        return found.filter(Q(queued_at__gt=queued_at) | Q(queued_at=queued_at, pk__gt=pk))


def _text(value: str) -> str:
    # PostgreSQL cannot compare text with a NUL.
    return value.replace("\0", "").strip()[:200]


@dataclass(frozen=True)
class QueueStats:
    """The number of comments in the queue, by article, language and reason held, from one query."""

    total: int
    by_article: Counter[int]
    by_language: Counter[str]
    by_held: Counter[str]

    @classmethod
    def current(cls) -> QueueStats:
        found = cls(0, Counter(), Counter(), Counter())
        rows = Comment.objects.queued().order_by().values_list("article", "language", "held").annotate(Count("pk"))
        total = 0
        for article, language, held, count in rows:
            total += count
            found.by_article[article] += count
            found.by_language[language] += count
            found.by_held[held] += count
        return cls(total, found.by_article, found.by_language, found.by_held)
