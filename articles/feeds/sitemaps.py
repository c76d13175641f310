"""Sitemaps for search engines: all pages of articles and updates in all languages, and the news of two days.

A file has the pages of a fixed range of primary keys. So the index takes one grouped query for each section, a file
needs the same few queries however many articles there are, and new pages change only one file. See
https://www.sitemaps.org/protocol.html and https://developers.google.com/search/docs/crawling-indexing/sitemaps.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.contrib.sitemaps.views import SitemapIndexItem
from django.db.models import Count, F, Max, Prefetch, QuerySet, Sum
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils import timezone

from articles.kinds import summary
from articles.listings import languages
from articles.models import Article, Author, Topic, Translation, Update
from articles.page.originals import Originals, originals_of_article, originals_of_update
from articles.templatetags.live import absolute
from articles.translations.selection import of_article, of_update
from liveblog import pagination
from liveblog.languages import base, script_of

#: Number of primary keys in the range of a file. Each is a page in each language with a link to every other one,
#: of some 150 bytes, and a file may have 50 MB and 50,000 pages.
RANGE = max(1, min(500, 300_000 // (len(settings.LANGUAGES) * (len(settings.LANGUAGES) + 1))))

#: https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
NEWS_AGE = timedelta(hours=48)
NEWS_MAX = 1000

#: Number of archive months in the sitemap: the newest, of 50 years.
MONTHS_MAX = 600

#: An entry of a file, in the form for Django's templates of sitemaps.
Url = dict[str, Any]


class Section(Protocol):
    """Pages of one kind. Its files are numbered from 1."""

    name: str

    def files(self) -> Iterator[tuple[int, datetime.datetime | None]]:
        """Yield the number of each file that has pages, and when one of them was last modified."""
        raise NotImplementedError

    def state(self, number: int) -> tuple[object, ...]:
        """Return a key of the present contents of a file; an empty tuple if there is no such file."""
        raise NotImplementedError

    def urls(self, number: int) -> list[Url]:
        """Return the pages of a file."""
        raise NotImplementedError


class Lists(Section):
    """The front page, the archive with its months, and the lists of topics and authors."""

    name = "lists"

    def files(self) -> Iterator[tuple[int, datetime.datetime | None]]:
        yield 1, self._revised_at()

    def _revised_at(self) -> datetime.datetime | None:
        return Article.objects.aggregate(last=Max("revised_at"))["last"]

    def state(self, number: int) -> tuple[object, ...]:
        return (self._revised_at(),) if number == 1 else ()

    def urls(self, number: int) -> list[Url]:
        last = self._revised_at()
        found: list[Url] = []
        for originals in self._lists():
            found += _urls(originals, lambda _language: last)
        return found

    def _lists(self) -> Iterator[Originals]:
        own = settings.LANGUAGE_CODE
        yield languages.of_lists(own, lambda code: f"/{code}/", default="/")
        yield languages.of_topics(own)
        yield languages.of_authors(own)
        yield languages.of_archive(own)
        yield from languages.of_each_month(own, MONTHS_MAX)


class _ByKey(Section):
    """Pages of rows."""

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def _rows_of(self, number: int) -> QuerySet[Any]:
        return self.rows().filter(pk__gte=(number - 1) * RANGE, pk__lt=number * RANGE)

    #: When a row, or its page, was last modified.
    last: Any
    revision: str

    def files(self) -> Iterator[tuple[int, datetime.datetime | None]]:
        rows = self.rows().order_by().annotate(file=F("pk") / RANGE).values("file").annotate(last=Max(self.last))
        for number, last in rows.order_by("file").values_list("file", "last"):
            yield number + 1, last

    def state(self, number: int) -> tuple[object, ...]:
        found = self._rows_of(number).aggregate(
            count=Count("pk"), revisions=Sum(self.revision), last=Max(self.last), latest=Max("pk")
        )
        return tuple(found.values()) if found["count"] else ()


class _Subjects(_ByKey):
    """Topics or authors. Each is modified with the last update of their articles."""

    last = Max("articles__revised_at")
    revision = "articles__revision"

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def files(self) -> Iterator[tuple[int, datetime.datetime | None]]:
        for number in sorted({pk // RANGE for pk in self.rows().values_list("pk", flat=True)}):
            yield number + 1, self._last(number + 1)

    def _last(self, number: int) -> datetime.datetime | None:
        return self._rows_of(number).aggregate(last=self.last)["last"]

    def state(self, number: int) -> tuple[object, ...]:
        found = self._rows_of(number).aggregate(
            count=Count("pk"), revisions=Sum(self.revision), last=self.last, latest=Max("pk")
        )
        return tuple(found.values()) if found["count"] else ()


class Topics(_Subjects):
    name = "topics"

    def rows(self) -> QuerySet[Topic]:
        return Topic.objects.all()

    def urls(self, number: int) -> list[Url]:
        found: list[Url] = []
        topics = list(self._rows_of(number).order_by("pk").annotate(revised_at=self.last))
        for topic, originals in languages.of_each_topic(topics, settings.LANGUAGE_CODE):
            found += _urls(originals, lambda _code, topic=topic: topic.revised_at)
        return found


class Authors(_Subjects):
    name = "authors"

    def rows(self) -> QuerySet[Author]:
        return Author.objects.all()

    def urls(self, number: int) -> list[Url]:
        found: list[Url] = []
        authors = list(self._rows_of(number).order_by("pk").annotate(revised_at=self.last))
        for author, originals in languages.of_each_author(authors, settings.LANGUAGE_CODE):
            found += _urls(originals, lambda _code, author=author: author.revised_at)
        return found


class Articles(_ByKey):
    """Live pages."""

    name = "articles"
    last = F("revised_at")
    revision = "revision"

    def rows(self) -> QuerySet[Article]:
        return Article.objects.listed()

    def urls(self, number: int) -> list[Url]:
        found: list[Url] = []
        for article in self._rows_of(number).prefetch_related(Translation.for_readers()).order_by("pk"):
            if languages := article.offered_languages:
                originals = originals_of_article(article, languages[0])
                images = [absolute(article.photo.url)] if article.photo else []
                found += _urls(originals, lambda _code, article=article: article.revised_at, images)
        return found


class Updates(_ByKey):
    """Permalinks."""

    name = "updates"
    last = Greatest(F("first_published_at"), F("article__revised_at"))
    revision = "article__revision"

    def rows(self) -> QuerySet[Update]:
        return Update.objects.published()

    def urls(self, number: int) -> list[Url]:
        found: list[Url] = []
        for update in _with_texts(self._rows_of(number)).prefetch_related("modifications").order_by("pk"):
            if languages := update.article.offered_languages:
                originals = originals_of_update(update, update.article, languages[0])
                images = [absolute(picture.image.url) for picture in update.pictures.all()]
                found += _urls(originals, lambda code, update=update: update.modified_at(code), images)
        return found


def _with_texts(updates: QuerySet[Update]) -> QuerySet[Update]:
    return updates.select_related("article").prefetch_related(Translation.for_readers(), Prefetch("pictures"))


_sections: list[Section] = [Lists(), Articles(), Updates(), Topics(), Authors()]
SECTIONS = {section.name: section for section in _sections}


def index() -> list[SitemapIndexItem]:
    """Return all files of all sections."""
    return [
        # django-stubs declares this as a bool.
        SitemapIndexItem(_address(section, number), last)  # type: ignore[arg-type]
        for section in SECTIONS.values()
        for number, last in section.files()
    ]


def _address(section: Section, number: int) -> str:
    return absolute(pagination.address(reverse("sitemap", args=[section.name]), {"p": number if number > 1 else None}))


def _urls(originals: Originals, last: Any, images: Iterable[str] = ()) -> Iterator[Url]:
    """Yield a page in each language in which it has its own text, each with links to all of them."""
    languages = originals.languages
    if not languages:
        return
    # The links are the same in all languages.
    links = Originals(languages[0], originals.texts, originals.source, originals.address, originals.default).alternates
    alternates = [{"lang_code": link["language"], "location": link["url"]} for link in links]
    for code in languages:
        yield {
            "location": absolute(originals.address(code)),
            "lastmod": last(code),
            "alternates": alternates,
            "images": images,
        }


# News -----------------------------------------------------------------------------------------------------------------


class News(NamedTuple):
    """One page in the sitemap of news."""

    location: str
    language: str
    title: str
    published: datetime.datetime
    images: list[str]

    @property
    def stated_language(self) -> str:
        """Return the language code for news sitemaps: ISO 639, except for Chinese."""
        chinese = {"Hans": "zh-cn", "Hant": "zh-tw"}
        return chinese.get(script_of(self.language), base(self.language))


def newest(language: str) -> tuple[QuerySet[Article], QuerySet[Update]]:
    """Return the articles and updates of the last two days in a language, or in all if it is ""; the newest first."""
    now = timezone.now()
    articles = Article.objects.filter(coverage_start__gt=now - NEWS_AGE, coverage_start__lte=now)
    articles = articles.exclude(state=Article.State.ANNOUNCED).order_by("-coverage_start", "-pk")
    updates = Update.objects.published().filter(first_published_at__gt=now - NEWS_AGE)
    updates = updates.order_by("-first_published_at", "-pk")
    if language:
        articles = articles.filter(languages__has=language)
        updates = updates.filter(article__languages__has=language)
    return articles[:NEWS_MAX], updates[:NEWS_MAX]


def news(language: str) -> list[News]:
    """Return the pages of the sitemap of news: coverage first, then updates, in the languages of their texts."""
    articles, updates = newest(language)
    found = [page for article in articles.prefetch_related(Translation.for_readers()) for page in _of_article(article)]
    for update in _with_texts(updates):
        if len(found) >= NEWS_MAX:
            break
        found += _of_update(update)
    return [page for page in found if language in ("", page.language)][:NEWS_MAX]


def _of_article(article: Article) -> Iterator[News]:
    images = [absolute(article.photo.url)] if article.photo else []
    for code in originals_of_article(article, article.front_language).languages:
        title = str(of_article(article, code).text("headline"))
        yield News(absolute(article.url(code)), code, title, article.coverage_start, images)


def _of_update(update: Update) -> Iterator[News]:
    article = update.article
    images = [absolute(picture.image.url) for picture in update.pictures.all()]
    for code in originals_of_update(update, article, article.front_language).languages:
        texts = of_update(update, article, code)
        assert texts is not None
        assert update.first_published_at is not None
        title = summary.title(update, texts.language, code) or of_article(article, code).text("headline")
        yield News(absolute(update.url(code)), code, str(title), update.first_published_at, images)
