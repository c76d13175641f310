"""Lists of updates from all coverage: those of a topic or an author, and search results."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Prefetch
from django.http import Http404

from articles.kinds import summary
from articles.models import Article, Author, DeletedUpdate, Topic, Translation, Update
from articles.models.update import UpdateQuerySet
from articles.page.live_page import BY_TIME
from articles.templatetags.live import clock
from articles.text.localized import Text, joined
from articles.translations.selection import of_article, of_update
from liveblog.delivery.elements import page_locale
from liveblog.pagination import Anchor, Page, Place

PAGE_SIZE = 30


class Row(NamedTuple):
    """One update in a list."""

    update: Update
    title: Text
    #: None if the title contains it already.
    description: Text | None
    url: str
    coverage_title: Text
    coverage_url: str
    byline: str
    #: In the time zone of its coverage.
    when: str


def anchor_of(place: Place) -> Anchor | None:
    """Return the update that names a page, None for the first one. Raise Http404 if it never existed."""
    if not place.relation:
        return None
    for model in (Update, DeletedUpdate):
        found = model._base_manager.filter(pk=place.pk, first_published_at__isnull=False)
        if values := found.values_list("first_published_at", "pk").first():
            return Anchor(place.pk, values)
    raise Http404


def page_of(rows: UpdateQuerySet, place: Place) -> Page[Update]:
    """Return a page of updates, the newest first, with the related data of their rows."""
    articles = Article.objects.prefetch_related(Translation.for_readers())
    return BY_TIME.page(
        rows.for_pages().prefetch_related(Prefetch("article", articles)), place, anchor_of(place), PAGE_SIZE
    )


def shown(language: str) -> UpdateQuerySet:
    """Return all updates that readers of a language are shown."""
    found: UpdateQuerySet = Update.objects.published().shown_in_language(language)
    return found


def on_topic(topic: Topic, language: str) -> UpdateQuerySet:
    return shown(language).on_topic(topic)


def by_author(author: Author, language: str) -> UpdateQuerySet:
    return shown(language).filter(authors=author)


def rows(page: Page[Update], language: str) -> list[Row]:
    """Return the rows of a list for the updates of a page."""
    found = []
    for update in page.items:
        article = update.article
        with page_locale(article, language):
            texts = of_update(update, article, language)
            if texts is None:
                continue
            headline = of_article(article, language).text("headline")
            title = summary.title(update, texts.language, language)
            description = summary.description(update, texts.language, language)
            names: Any = Author.bylines(update.authors.all(), language)
            found.append(
                Row(
                    update,
                    title or headline,
                    description if texts.own("headline") else None,
                    update.url(language),
                    headline,
                    article.url(language),
                    joined(names, language),
                    clock(update.first_published_at) if update.first_published_at else "",
                )
            )
    return found
