"""The languages in which a list has texts, for the links between its versions."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from django.conf import settings
from django.db.models import QuerySet
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
    return of_lists(language, lambda code: reverse("archive-month", args=[code, day.year, day.month]), rows)
