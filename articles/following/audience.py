"""The followers of a story: those of its coverage, of its topics and of its authors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from articles.choices import NotificationLimit
from articles.following.models import Follow, Level
from articles.models import Update

#: By the level of an update: the levels of the followers who are notified of it.
_TOLD = {
    Level.ALL: (Level.ALL,),
    Level.KEY: (Level.ALL, Level.KEY),
    Level.BREAKING: (Level.ALL, Level.KEY, Level.BREAKING),
}
_RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True)
class Subjects:
    """Primary keys of the subjects of a story. Readers may follow each of them."""

    articles: frozenset[int]
    topics: frozenset[int] = frozenset()
    authors: frozenset[int] = frozenset()

    def follows(self) -> QuerySet[Follow]:
        found = Q(article__in=self.articles)
        if self.topics:
            found |= Q(topic__in=self.topics)
        if self.authors:
            found |= Q(author__in=self.authors)
        return Follow.objects.filter(found)


def subjects_of(updates: Iterable[Update]) -> Subjects:
    """Return the subjects of an update and its copies. Without a byline, the authors are those of the article."""
    updates = list(updates)
    articles = {update.article_id for update in updates}
    authors: set[int] = set()
    for update in updates:
        own = set(update.authors.values_list("pk", flat=True))
        authors |= own or set(update.article.authors.values_list("pk", flat=True))
    topics = {pk for update in updates for pk in update.article.topics.values_list("pk", flat=True)}
    topics |= {pk for update in updates for pk in update.topics.values_list("pk", flat=True)}
    return Subjects(frozenset(articles), frozenset(topics), frozenset(authors))


def level_of(update: Update) -> Level:
    return Level.BREAKING if update.is_breaking else Level.KEY if update.is_key else Level.ALL


def is_higher(level: str, than: str) -> bool:
    return _RANK[Level(level)] > _RANK[Level(than)]


def is_allowed(level: Level, limit: str) -> bool:
    """Return whether the article lets its followers be notified of updates of a level."""
    return limit != NotificationLimit.NONE and _RANK[level] >= _RANK[Level(limit)]


def readers(subjects: Subjects, level: str, language: str, after: int, count: int) -> list[int]:
    """Return the first `count` subscriptions beyond `after`, in one language, that are notified of a story."""
    told = subjects.follows().filter(language=language, level__in=_TOLD[Level(level)], subscription__gt=after)
    found = told.order_by("subscription").values_list("subscription", flat=True).distinct()
    return list(found[:count])


def counts(subjects: Subjects) -> dict[str, dict[str, int]]:
    """Return the numbers of readers who would be notified of an update, by its level and by language."""
    found: dict[str, dict[str, int]] = {}
    for level in Level:
        told = subjects.follows().filter(level__in=_TOLD[level]).order_by().values("language")
        rows = told.annotate(count=Count("subscription", distinct=True))
        found[level] = {row["language"]: row["count"] for row in rows}
    return found
