"""Measure the time of each screen with an hour's coverage, and with a week's."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from articles.models import Article, Translation
from bench import coverage
from comments.models import Comment
from liveblog.languages import KNOWN
from liveblog.models import SearchText
from liveblog.search.folding import fold
from tests import newsroom

_BATCH = 2_000

_names = itertools.count(1)


class Size(NamedTuple):
    """The numbers of updates and of comments."""

    updates: int
    comments: int


HOUR, WEEK = Size(60, 300), Size(20_000, 100_000)


def make(size: Size) -> Article:
    """Create coverage with its translations, comments and search texts. One in a hundred comments waits."""
    article = coverage.article(size.updates)
    updates = list(article.updates.order_by("pk").values_list("pk", flat=True))
    translations = (
        Translation(update_id=pk, language=language, state="machine" if number % 50 == 0 else "reviewed")
        for number, pk in enumerate(updates)
        for language in KNOWN
        if language != "en"
    )
    Translation._base_manager.bulk_create(translations, _BATCH)
    begin = timezone.now() - timedelta(days=7)
    comments = Comment.objects.bulk_create(
        (
            Comment(
                article=article,
                language="en",
                name=f"Reader {number % 997}",
                text=f"Nobody has told us why the bridge of house {number} is closed again.",
                state="pending" if number % 100 == 0 else "approved",
                queued_at=begin + timedelta(seconds=number) if number % 100 == 0 else None,
            )
            for number in range(size.comments)
        ),
        _BATCH,
    )
    folded = fold(coverage.BODY)
    texts: Iterable[tuple[str, int, str, str]] = itertools.chain(
        (("articles.update", pk, "en", f"{folded} {pk}") for pk in updates),
        (("comments.comment", comment.pk, "en", fold(comment.text)) for comment in comments),
    )
    rows = (SearchText(kind=kind, object_id=pk, language=code, text=text) for kind, pk, code, text in texts)
    SearchText.objects.bulk_create(rows, _BATCH, ignore_conflicts=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return article


# Django's test client sends its requests to the host "testserver".
@override_settings(ALLOWED_HOSTS=["testserver"])
def seconds(size: Size, times: int) -> dict[str, float]:
    """Return the median time of each screen in this process, in seconds, without caches."""
    article = make(size)
    colleague, reader = Client(), Client()
    colleague.force_login(newsroom.user(f"week-{next(_names)}", "Editor", "Journalist", "Moderator", "Translator"))
    update = article.updates.order_by("pk")[size.updates // 2]
    page = f"/ar/live/{article.slug}/"
    of_readers = {
        "live page": page,
        "live page at an update in the middle": f"{page}?at={update.pk}",
        "permalink in the middle": f"{page}update/{update.pk}/",
        "conversation": f"/en/live/{article.slug}/comments/",
        "liveblog.json": f"{page}liveblog.json",
        "feed": f"{page}feed.atom",
        "front page": "/ar/",
        "archive": "/ar/archive/",
        "search": f"/en/search/?q=bucharest+{update.pk}",
    }
    admin = "/admin/articles"
    of_newsroom = {
        "home": "/admin/",
        "home, what is new": "/admin/now/",
        "desk": f"{admin}/article/{article.pk}/desk/",
        "desk, entries": f"{admin}/article/{article.pk}/desk/entries/",
        "coverage, settings": f"{admin}/article/{article.pk}/change/",
        "list of coverage": f"{admin}/article/",
        "list of updates": f"{admin}/update/",
        "list of updates, search": f"{admin}/update/?q=bucharest+{update.pk}",
        "list of translations": f"{admin}/translation/",
        "translation": f"{admin}/translation/{update.translations.get(language='ar').pk}/change/",
        "queue of comments": "/admin/comments/comment/",
    }
    found = {f"readers: {name}": _time(reader, path, times) for name, path in of_readers.items()}
    found |= {f"newsroom: {name}": _time(colleague, path, times) for name, path in of_newsroom.items()}
    return found


def _time(client: Client, path: str, times: int) -> float:
    taken: list[float] = []
    # The first request of a process does work that later ones do not repeat.
    for number in range(times + 1):
        cache.clear()
        begin = perf_counter()
        response: Any = client.get(path)
        _content = b"".join(response) if response.streaming else response.content
        if response.status_code != 200:
            raise RuntimeError(f"{path} is answered with {response.status_code}.")
        if number:
            taken.append(perf_counter() - begin)
    return median(taken)
