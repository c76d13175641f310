"""The languages in which a list has texts, for the links between its versions."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import TruncMonth
from django.urls import reverse

from articles.models import Article, Author, Topic
from articles.page.originals import Originals, in_own_words

Address = Callable[[str], str]


def _address(name: str) -> Address:
    """Return a function that returns the address of a list in a language."""
    return lambda code: reverse(name, args=[code])


def of_lists(language: str, address: Address, rows: QuerySet[Article] | None = None, default: str = "") -> Originals:
    """Return a list in its languages: those in which some articles of `rows` have their own text.

    rows   default: all articles
    """
    wanted = Article.objects.all() if rows is None else rows
    texts = {
        code: code if in_own_words(code).filter(pk__in=wanted.order_by().values("pk")).exists() else None
        for code, _name in settings.LANGUAGES
    }
    return Originals(language, texts, "", address, default=default)


def of_topics(language: str) -> Originals:
    rows = Article.objects.filter(topics__isnull=False) | Article.objects.filter(updates__topics__isnull=False)
    return of_lists(language, _address("topics"), rows.distinct())


def of_authors(language: str) -> Originals:
    rows = Article.objects.filter(authors__isnull=False) | Article.objects.filter(updates__authors__isnull=False)
    return of_lists(language, _address("authors"), rows.distinct())


def of_archive(language: str) -> Originals:
    return of_lists(language, _address("archive"), Article.objects.exclude(state=Article.State.ANNOUNCED))


def of_topic(topic: Topic, language: str) -> Originals:
    return of_lists(language, topic.url, Article.objects.filter(topics=topic))


def of_author(author: Author, language: str) -> Originals:
    rows = Article.objects.filter(updates__authors=author, updates__state="published") | Article.objects.filter(
        authors=author
    )
    return of_lists(language, author.url, rows.distinct())


def of_month(day: datetime.date, language: str) -> Originals:
    """Return the page of the archive with the month of a day."""
    following = (day.replace(day=1) + datetime.timedelta(days=31)).replace(day=1)
    rows = Article.objects.filter(start_day__gte=day.replace(day=1), start_day__lt=following)
    rows = rows.exclude(state=Article.State.ANNOUNCED)
    return of_lists(language, _address_of_month(day), rows)


def _address_of_month(day: datetime.date) -> Address:
    return lambda code: reverse("archive-month", args=[code, day.year, day.month])


# Many pages at once ---------------------------------------------------------------------------------------------------


def of_each_topic(topics: Sequence[Topic], language: str) -> Iterator[tuple[Topic, Originals]]:
    """Yield what `of_topic` returns for each topic, with a constant number of queries."""
    keys = [topic.pk for topic in topics]
    found = _by_language(lambda rows: _values(rows.filter(topics__in=keys), "topics"))
    for topic in topics:
        yield topic, _in_languages(found, topic.pk, language, topic.url)


def of_each_author(authors: Sequence[Author], language: str) -> Iterator[tuple[Author, Originals]]:
    """Yield what `of_author` returns for each author, with a constant number of queries."""
    keys = [author.pk for author in authors]
    found = _by_language(
        lambda rows: (
            _values(rows.filter(authors__in=keys), "authors")
            | _values(rows.filter(updates__authors__in=keys, updates__state="published"), "updates__authors")
        )
    )
    for author in authors:
        yield author, _in_languages(found, author.pk, language, author.url)


def of_each_month(language: str, most: int) -> Iterator[Originals]:
    """Yield what `of_month` returns for the newest `most` months, with a constant number of queries."""
    found = _by_language(
        lambda rows: _values(
            rows.exclude(state=Article.State.ANNOUNCED).annotate(month=TruncMonth("start_day")), "month"
        )
    )
    days: set[datetime.date] = set().union(*found.values())
    for day in sorted(days, reverse=True)[:most]:
        yield _in_languages(found, day, language, _address_of_month(day))


def _by_language(select: Callable[[QuerySet[Article]], set[Any]]) -> dict[str, set[Any]]:
    """Return what `select` finds among the articles with their own text in each language of the site."""
    return {code: select(in_own_words(code)) for code, _name in settings.LANGUAGES}


def _values(rows: QuerySet[Article], column: str) -> set[Any]:
    return set(rows.order_by().values_list(column, flat=True).distinct())


def _in_languages(found: dict[str, set[Any]], key: Hashable, language: str, address: Address) -> Originals:
    return Originals(language, {code: code if key in keys else None for code, keys in found.items()}, "", address)
