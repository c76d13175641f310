"""Measure how long moderators wait, with few and with many comments in the queue."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from bench import coverage
from comments.models import Comment
from tests.queues import QueueClient, moderator

_names = itertools.count(1)

#: The words of comments: a search matches some comments and skips others.
_WORDS = ("The", "bridge", "is", "closed", "again", "and", "nobody", "has", "told", "us", "why", "it", "was", "opened")


def waiting(count: int) -> list[Comment]:
    """Create comments by many authors, which wait for a moderator."""
    article = coverage.article(20)
    begin = timezone.now() - timedelta(days=1)
    made = [
        Comment(
            article=article,
            language="en",
            name=f"Reader {number % 997}",
            text=" ".join(_WORDS[(number + place) % len(_WORDS)] for place in range(30)) + f" {number}.",
            held="policy",
            queued_at=begin + timedelta(milliseconds=number),
        )
        for number in range(count)
    ]
    found = Comment.objects.bulk_create(made, 500)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return found


# Django's test client sends its requests to the host "testserver".
@override_settings(ALLOWED_HOSTS=["testserver"])
def costs(count: int, times: int) -> dict[str, list[float]]:
    """Return the seconds that each of a moderator's actions takes with `count` comments waiting, in this process."""
    Comment.objects.all().delete()
    # Keep only the comments to decide. The garbage collector would scan the others, which a server does not hold.
    comments = iter(waiting(count)[: 2 * times + 1])
    queue = QueueClient(moderator(f"bench-{next(_names)}"))
    found: dict[str, list[float]] = defaultdict(list)

    def measure(name: str, act: Callable[..., Any], *arguments: Any, **data: Any) -> None:
        begin = perf_counter()
        act(*arguments, **data)
        found[name].append(perf_counter() - begin)

    def decide(name: str, to: str) -> None:
        measure(name, queue.decide, to, next(comments))
        assert queue.last.status_code == 200

    # The first request of a process does work that later ones do not repeat.
    queue.page()
    decide("approve", "approved")
    found.clear()
    for _ in range(times):
        measure("the first page", queue.page)
        measure("what is new", queue.entries)
        measure("search", queue.entries, q="bridge 97")
        decide("approve", "approved")
        measure("undo", queue.undo)
        decide("spam", "spam")
    return found
