"""Select the entries of one document of a feed, with the data that the formats need.

A feed is a chain of documents (RFC 5005). The first one has the newest updates. Every other one is an archive: it is
named by an update, and has the next older ones. An archive ends with an update whose number is a multiple of
ARCHIVE_STEP, wherever a reader entered the chain. So the archives stay the same however many updates follow, and
programs need not read them again.
"""

from __future__ import annotations

import datetime
import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import override

from articles.feeds import content
from articles.feeds.addresses import Channel, tag, tag_of_update
from articles.kinds import summary
from articles.models import Article, Author, DeletedUpdate, Topic, Translation, Update
from articles.models.update import UpdateQuerySet
from articles.page import live_page, rendering
from articles.page.live_page import BY_TIME
from articles.page.originals import originals_of_update
from articles.templatetags.live import absolute
from articles.text.localized import Text, text_in
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog.branding import current as branding
from liveblog.delivery.elements import page_locale
from liveblog.pagination import Anchor, Place

#: The greatest number of entries, and of removed ones, in a document.
PAGE_SIZE = 50
ARCHIVE_STEP = 32

#: The time of the last change of a feed without entries.
_NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Image:
    url: str
    media_type: str
    width: int
    height: int
    alt: Text
    caption: Text
    credit: Text


@dataclass(frozen=True)
class Category:
    #: The kind of category: "topic", "mark" or "translation".
    scheme: str
    term: str
    label: str


@dataclass(frozen=True)
class Entry:
    """One update for readers of one language."""

    id: str
    url: str
    #: The language of the texts: that of the original if no translation is shown.
    language: str
    page_language: str
    title: Text
    published: datetime.datetime
    updated: datetime.datetime
    authors: list[str]
    categories: list[Category]
    html: str
    images: list[Image]
    #: Addresses of the update in other languages, by language.
    alternates: dict[str, str]
    #: The state of the translation; "original" if the text is not translated.
    state: str
    #: The coverage to which it belongs.
    coverage: Article
    coverage_title: Text


@dataclass(frozen=True)
class Removed:
    """An update that was withdrawn or deleted (RFC 6721)."""

    id: str
    at: datetime.datetime
    #: The reason for readers, if there is one.
    reason: Text | None = None


@dataclass
class Document:
    """One document of a feed."""

    channel: Channel
    #: The coverage of the feed; None for a feed with several.
    article: Article | None
    #: The topic or author of the feed.
    subject: Topic | Author | None
    place: Place
    updates: list[Update]
    #: The place of the next older document.
    older: Place | None
    withdrawn: list[Update]
    deleted: list[DeletedUpdate]

    @classmethod
    def of(
        cls,
        channel: Channel,
        article: Article | None,
        place: Place,
        anchor: Anchor | None,
        subject: Topic | Author | None = None,
    ) -> Document:
        """Return a document with its selected rows, but without the related data to render them."""
        rows = _shown(channel, article, subject).only(
            "first_published_at", "article__revision", "article__revision_token", "article__revised_at"
        )
        updates, older = _page(rows.select_related("article"), place, anchor)
        oldest = updates[-1] if updates and older else None
        withdrawn = _removed(_withdrawn(channel, article, subject), place, anchor, oldest, "-withdrawn_at")
        # The subjects of a deleted update are unknown, so all feeds list it as removed.
        deleted = _removed(_deleted(article), place, anchor, oldest, "-deleted_at")
        return cls(channel, article, subject, place, updates, older, withdrawn, deleted)

    def fetch(self) -> None:
        """Fetch everything that the entries need, with a constant number of queries."""
        keys = [row.pk for row in self.updates]
        rows = Update.objects.for_pages().prefetch_related("modifications").filter(pk__in=keys)
        if self.article is None:
            topics = Prefetch("topics", Topic.objects.order_by("slug"))
            articles = Article.objects.prefetch_related(Translation.for_readers(), topics)
            rows = rows.prefetch_related(Prefetch("article", articles))
        found = {row.pk: row for row in rows}
        self.updates = [found[row.pk] for row in self.updates if row.pk in found]
        if self.article is not None:
            for row in self.updates:
                row.article = self.article

    @property
    def key(self) -> str:
        """Return a cache key, which changes with all contents of the document."""
        shown = [(row.pk, str(row.article.page_state)) for row in self.updates]
        withdrawn = [(row.pk, row.withdrawn_at) for row in self.withdrawn]
        deleted = [(row.pk, row.deleted_at) for row in self.deleted]
        return hashlib.sha256(repr((shown, self.older, withdrawn, deleted)).encode()).hexdigest()[:32]

    @property
    def revised_at(self) -> datetime.datetime:
        """Return when the pages of its updates last changed."""
        moments = [row.article.revised_at for row in self.updates]
        moments += [row.withdrawn_at for row in self.withdrawn if row.withdrawn_at]
        return max(moments + [row.deleted_at for row in self.deleted], default=_NEVER)

    # Metadata of the feed -------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        return self.channel.tag(self.article or self.subject)

    @property
    def title(self) -> Text:
        language = self.channel.language
        if self.article is not None:
            return of_article(self.article, language).text("headline")
        with override(language):
            brand = branding.current()
            if self.subject is not None:
                return self._name_of(self.subject, language)
            if brand.has_name:
                return Text(brand.title, language, language)
            title = _("Live coverage – %(publisher)s") % {"publisher": settings.PUBLISHER_NAME}
            return Text(title, language, language)

    @staticmethod
    def _name_of(subject: Topic | Author, language: str) -> Text:
        if isinstance(subject, Author):
            return subject.name_for(language)
        return rendering.text_of_topic(subject, language, language)

    @property
    def subtitle(self) -> str:
        with override(self.channel.language):
            return _("Key events") if self.channel.key_only else ""

    @property
    def updated(self) -> datetime.datetime:
        moments = [entry.updated for entry in self.entries] + [removed.at for removed in self.removed]
        return max(moments, default=self.article.coverage_start if self.article else _NEVER)

    @cached_property
    def entries(self) -> list[Entry]:
        return list(self._entries())

    def _entries(self) -> Iterator[Entry]:
        for update in self.updates:
            with page_locale(update.article, self.channel.language):
                texts = of_update(update, update.article, self.channel.language)
                if texts is not None:
                    yield _entry(update, update.article, texts)

    @cached_property
    def removed(self) -> list[Removed]:
        """Return the withdrawn and deleted updates, the newest first."""
        language = self.channel.language
        found = [Removed(tag_of_update(row.pk, language), row.deleted_at) for row in self.deleted]
        for row in self.withdrawn:
            reason = None
            for code in (language, row.source_language) if row.leaves_mark else ():
                if (value := text_in(row, "withdrawal_note", code)) and reason is None:
                    reason = Text(value, code, language)
            assert row.withdrawn_at is not None
            found.append(Removed(tag_of_update(row.pk, language), row.withdrawn_at, reason))
        return sorted(found, key=lambda removed: (removed.at, removed.id), reverse=True)[:PAGE_SIZE]


def anchor_of(article: Article | None, place: Place) -> Anchor | None:
    """Return the update that names a document, None for the newest one. Raise Http404 if it never existed."""
    if place.relation not in ("", "before"):
        raise Http404
    if article is not None or not place.relation:
        return live_page.anchor_of(article, place) if article else None
    for model in (Update, DeletedUpdate):
        found = model._base_manager.filter(pk=place.pk, first_published_at__isnull=False)
        if values := found.values_list("first_published_at", "pk").first():
            return Anchor(place.pk, values)
    raise Http404


# Selecting rows -------------------------------------------------------------------------------------------------------


def _shown(channel: Channel, article: Article | None, subject: Topic | Author | None) -> QuerySet[Update]:
    """Return the published updates that readers of a language are shown."""
    found: UpdateQuerySet = Update.objects.published()
    if article is not None:
        found = found.filter(article=article).shown_in(channel.language, article.policy(channel.language))
    else:
        found = _about(found.shown_in_language(channel.language), subject)
    return found.filter(is_key=True) if channel.key_only else found


def _about(updates: UpdateQuerySet, subject: Topic | Author | None) -> UpdateQuerySet:
    """Return those of the updates that have the topic, or the author."""
    if isinstance(subject, Topic):
        return updates.on_topic(subject)
    return updates.filter(authors=subject) if subject is not None else updates


def _withdrawn(channel: Channel, article: Article | None, subject: Topic | Author | None) -> QuerySet[Update]:
    found: UpdateQuerySet = Update.objects.filter(state=Update.State.WITHDRAWN, first_published_at__isnull=False)
    if channel.key_only:
        found = found.filter(is_key=True)
    if article is not None:
        return found.filter(article=article)
    return _about(found.filter(article__languages__has=channel.language), subject)


def _deleted(article: Article | None) -> QuerySet[DeletedUpdate]:
    return DeletedUpdate.objects.filter(article=article) if article else DeletedUpdate.objects.all()


def _page(rows: QuerySet[Update], place: Place, anchor: Anchor | None) -> tuple[list[Update], Place | None]:
    """Return the updates at a place, and the place of the next older ones."""
    page = BY_TIME.page(rows, place, anchor, PAGE_SIZE)
    ends = [number for number, row in enumerate(page.items) if row.pk % ARCHIVE_STEP == 0]
    items = page.items
    if anchor is None:
        # The newest document overlaps with the next archive, which begins before the end of this document.
        if page.lesser is None:
            return items, None
        return items, Place("before", items[ends[-1] if ends else -1].pk)
    if ends:
        items = items[: ends[0] + 1]
    more = page.lesser is not None or len(items) < len(page.items)
    return items, Place("before", items[-1].pk) if more else None


def _removed(rows: QuerySet[Any], place: Place, anchor: Anchor | None, oldest: Update | None, newest: str) -> list[Any]:
    """Return the removed rows in a document: the last ones, or those whose place is in the archive."""
    if anchor is None:
        return list(rows.order_by(newest, "-pk")[:PAGE_SIZE])
    found = BY_TIME.page(rows, place, anchor, PAGE_SIZE).items
    if oldest is None:
        return found
    return [row for row in found if (row.first_published_at, row.pk) >= (oldest.first_published_at, oldest.pk)]


# Entries --------------------------------------------------------------------------------------------------------------


def _entry(update: Update, article: Article, texts: ReaderTexts) -> Entry:
    """Return the entry of an update. Call within `page_locale`."""
    language = texts.page_language
    coverage_title = of_article(article, language).text("headline")
    originals = originals_of_update(update, article, language)
    assert update.first_published_at is not None
    return Entry(
        id=tag_of_update(update.pk, language),
        url=absolute(update.url(language)),
        language=texts.language,
        page_language=language,
        title=summary.title(update, texts.language, language) or coverage_title,
        published=update.first_published_at,
        updated=update.modified_at(language),
        authors=[str(name) for name in Author.bylines(update.authors.all(), language)],
        categories=list(_categories(update, article, texts)),
        html=content.html_of(update, article, texts),
        images=[_image(picture, texts) for picture in update.pictures.all()],
        alternates={code: absolute(update.url(code)) for code in originals.languages if code != language},
        state=texts.state if texts.translated else "original",
        coverage=article,
        coverage_title=coverage_title,
    )


def _categories(update: Update, article: Article, texts: ReaderTexts) -> Iterator[Category]:
    for topic in list(update.topics.all()) or article.topics.all():
        name = rendering.text_of_topic(topic, texts.page_language, article.source_language)
        yield Category("topic", topic.slug, str(name))
    if update.is_key:
        yield Category("mark", "key", _("Key event"))
    if update.is_breaking:
        yield Category("mark", "breaking", _("Breaking news"))
    if texts.notes:
        yield Category("translation", texts.state if texts.translated else "missing", " ".join(texts.notes))


def _image(picture: Any, texts: ReaderTexts) -> Image:
    alt, caption, credit = (texts.text(field, of=picture) for field in ("alt", "caption", "credit"))
    media_type = mimetypes.guess_type(picture.image.name)[0] or "application/octet-stream"
    return Image(absolute(picture.image.url), media_type, picture.width, picture.height, alt, caption, credit)


def scheme_of(category: Category) -> str:
    """Return the URI that distinguishes kinds of categories."""
    return tag(category.scheme)
