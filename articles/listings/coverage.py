"""Lists of coverage: the articles on a page of a list, and their data."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncMonth
from django.http import Http404

from articles.kinds import summary
from articles.models import Article, Topic, Update
from articles.page import live_page, rendering
from articles.templatetags.live import clock, day_and_clock
from articles.text.localized import Text
from articles.translations.selection import of_update
from liveblog.delivery.elements import page_locale
from liveblog.pagination import Anchor, Order, Page, Place

#: Number of past coverage on one page.
PAGE_SIZE = 24
#: Number of live and announced coverage on the front page. The rest is in the archive and under its topics.
MOST_AT_ONCE = 50

State = Article.State
NEWEST_FIRST = Order(("coverage_start", "pk"))
SOONEST_FIRST = ("coverage_start", "pk")


class Tile(NamedTuple):
    """One article in a list."""

    article: Article
    #: Address, headline, standfirst and photo.
    card: dict[str, Any]
    #: The newest key event, or else the newest update: its title, address and moment. None if there is no update.
    line: dict[str, Any] | None
    #: The moment of the newest update that readers of the language see.
    latest: datetime.datetime | None
    #: The number of updates that they see.
    updates: int
    #: In the article's time zone: when it begins or began, or the last update if it is live; and the time of the line.
    when: str
    line_when: str


@dataclass(frozen=True)
class Month:
    """A month in which coverage began."""

    first_day: datetime.date
    count: int


def anchor_of(place: Place) -> Anchor | None:
    """Return the article that names a page, None for the first page. Raise Http404 if there is none."""
    if not place.relation:
        return None
    values = Article.objects.filter(pk=place.pk).values_list(*NEWEST_FIRST.fields).first()
    if values is None:
        raise Http404
    return Anchor(place.pk, values)


def page_of(rows: QuerySet[Article], place: Place) -> Page[Article]:
    """Return a page of articles, the newest first. Raise Http404 if its address names one that is gone."""
    return NEWEST_FIRST.page(rows, place, anchor_of(place), PAGE_SIZE)


def live(language: str) -> list[Article]:
    """Return the live coverage, the last updated first."""
    found = live_page.listed(language).filter(state=State.LIVE)
    return list(found.order_by("-revised_at", "-pk")[:MOST_AT_ONCE])


def announced(language: str) -> list[Article]:
    """Return the announced coverage, the soonest first."""
    found = live_page.listed(language).filter(state=State.ANNOUNCED)
    return list(found.order_by(*SOONEST_FIRST)[:MOST_AT_ONCE])


def past(language: str) -> QuerySet[Article]:
    return live_page.listed(language).filter(state=State.FINISHED)


def on_topic(topic: Topic, language: str) -> QuerySet[Article]:
    """Return the coverage of a topic."""
    updates = Update.objects.published().filter(article=OuterRef("pk"), topics=topic)
    own = Topic.objects.filter(articles=OuterRef("pk"), pk=topic.pk)
    return live_page.listed(language).filter(Q(Exists(own)) | Q(Exists(updates)))


def begun(language: str) -> QuerySet[Article]:
    """Return the coverage in the archive: all except announced coverage."""
    return live_page.listed(language).exclude(state=State.ANNOUNCED)


def months(language: str) -> list[Month]:
    """Return the months of the archive, the newest first."""
    rows = begun(language).order_by().annotate(month=TruncMonth("start_day")).values("month")
    found = rows.annotate(count=Count("pk")).order_by("-month").values_list("month", "count")
    return [Month(day, count) for day, count in found]


def tiles(articles: Iterable[Article], language: str) -> list[Tile]:
    """Return the data of articles in a list, with a constant number of queries. Times are in the article's zone."""
    articles = list(articles)
    shown = Update.objects.published().shown_in_language(language).filter(article=OuterRef("pk"))
    newest = shown.order_by("-first_published_at", "-pk")
    counted = shown.order_by().values("article").annotate(number=Count("pk")).values("number")
    facts = Article.objects.filter(pk__in=[article.pk for article in articles]).annotate(
        key=Subquery(newest.filter(is_key=True).values("pk")[:1]),
        newest=Subquery(newest.values("pk")[:1]),
        latest=Subquery(newest.values("first_published_at")[:1]),
        count=Coalesce(Subquery(counted), Value(0)),
    )
    by_article = {pk: found for pk, *found in facts.order_by().values_list("pk", "key", "newest", "latest", "count")}
    keys = {key or newest for key, newest, _latest, _count in by_article.values()} - {None}
    updates = {update.pk: update for update in Update.objects.for_pages().filter(pk__in=keys)}
    found = []
    for article in articles:
        key, latest_key, latest, count = by_article.get(article.pk, (None, None, None, 0))
        with page_locale(article, language):
            line = _line(updates.get(key or latest_key), article, language)
            moment = latest if article.state == State.LIVE and latest else article.coverage_start
            at = line["update"].first_published_at if line else None
            card = rendering.card(article, language)
            found.append(Tile(article, card, line, latest, count, clock(moment), day_and_clock(at) if at else ""))
    return found


def _line(update: Update | None, article: Article, language: str) -> dict[str, Any] | None:
    if update is None:
        return None
    update.article = article
    texts = of_update(update, article, language)
    if texts is None or not (title := summary.title(update, texts.language, language)):
        return None
    return {"update": update, "title": title, "url": rendering.place_url(update.pk, article, language)}


def named_topics(language: str) -> list[tuple[Text, Topic, int]]:
    """Return the topics with articles in a language: name, topic and number of articles."""
    offered = live_page.listed(language).order_by().values("pk")
    updates = Update.objects.published().filter(article__in=offered, topics__isnull=False).order_by()
    pairs = {
        *Article.objects.filter(pk__in=offered, topics__isnull=False).order_by().values_list("topics", "pk"),
        *updates.values_list("topics", "article").distinct(),
    }
    counts = Counter(topic for topic, _article in pairs)
    topics = Topic.objects.filter(pk__in=counts)
    return [(rendering.text_of_topic(topic, language, language), topic, counts[topic.pk]) for topic in topics]
