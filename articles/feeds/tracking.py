"""The follower that records when updates are modified, and queues pings to hubs and search engines.

Only the contents of an entry in a language count: the texts, pictures and embed of the update, and the state of its
translation. A pin, a byline or a vote is no modification.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from articles.changes import Edit
from articles.feeds import pings
from articles.models import Article, DeletedUpdate, Modification, Update
from articles.models.base import Versioned
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog.actors import acting_user

#: The contents for readers, by language; languages without any are missing.
Contents = dict[str, tuple[object, ...]]

_BATCH_SIZE = 1000

#: A span longer than it takes to publish an update.
_AT_ONCE = timedelta(minutes=1)


class Feeds:
    """Record the modification in each language whose contents change by an edit, and queue pings."""

    def before(self, row: Versioned) -> Contents:
        return contents_of(row)

    def after(self, edit: Edit, memory: Contents | None) -> None:
        before, after = memory or {}, {} if edit.new is None else contents_of(edit.new)
        languages = {code for code in {**before, **after} if before.get(code) != after.get(code)}
        if not languages:
            return
        row = edit.new or edit.old
        if isinstance(row, Update):
            seen_before = isinstance(edit.old, Update) and edit.old.published_before
            if edit.new is not None and (seen_before or _is_backdated(row)):
                _record(row, languages & after.keys())
            if pings.services():
                pings.enqueue(_addresses_of_update(row, edit.old), languages)
        elif isinstance(row, Article):
            pings.enqueue(pings.Addresses(row), languages)


def contents_of(row: Versioned) -> Contents:
    """Return the contents of an article or update for readers. It must have been read with its relations."""
    if isinstance(row, Update):
        return _contents_of_update(row)
    assert isinstance(row, Article)
    # A hidden page has no contents that could change.
    if row.begins_with_update:
        return {}
    return {code: _contents_of_article(row, code) for code in row.offered_languages}


def _contents_of_update(update: Update) -> Contents:
    if update.state != Update.State.PUBLISHED:
        return {}
    embed = getattr(update, "embed", None)
    found: Contents = {}
    for code in update.article.offered_languages:
        if (texts := of_update(update, update.article, code)) is None:
            continue
        pictures = [
            (picture.image.name, *(str(texts.text(field, of=picture)) for field in ("alt", "caption", "credit")))
            for picture in update.pictures.all()
        ]
        fields = ("headline", "body", "attribution", "correction_note")
        words = tuple(str(texts.text(field)) for field in fields)
        found[code] = (*_state(texts), *words, update.kind, update.source_url, tuple(pictures), embed and embed.url)
    return found


def _contents_of_article(article: Article, language: str) -> tuple[object, ...]:
    texts = of_article(article, language)
    words = (str(texts.text(field)) for field in ("headline", "standfirst", "body", "photo_caption"))
    return (*_state(texts), *words, article.state, article.photo.name, article.slug_in(language))


def _state(texts: ReaderTexts) -> tuple[object, ...]:
    return (texts.language, texts.state, texts.outdated)


def _is_backdated(update: Update) -> bool:
    """Return whether a user publishes it with an earlier time. It is new nevertheless."""
    published = update.first_published_at
    return acting_user() is not None and published is not None and published < timezone.now() - _AT_ONCE


def _record(update: Update, languages: set[str]) -> None:
    now = timezone.now()
    rows = [Modification(update=update, language=code, at=now) for code in sorted(languages)]
    Modification.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["update", "language"], update_fields=["at"]
    )


def _addresses_of_update(update: Update, old: Versioned | None) -> pings.Addresses:
    was_key = isinstance(old, Update) and old.is_key
    # Django clears the primary key of a deleted row, so take that of the row before.
    pk = update.pk or (old.pk if old else None)
    topics = {topic.slug for topic in update.topics.all()} or {topic.slug for topic in update.article.topics.all()}
    authors = {author.pk for author in update.authors.all()}
    return pings.Addresses(
        update.article,
        pk,
        is_key=update.is_key or was_key,
        topics=tuple(sorted(topics)),
        authors=tuple(sorted(authors)),
    )


def keep_places(sender: type[Article], instance: Article, **_: Any) -> None:
    """Keep the places of all updates of an article that is to be deleted; a receiver of `pre_delete`."""
    now = timezone.now()
    seen = Update._base_manager.filter(article=instance.pk, first_published_at__isnull=False)
    places: Mapping[int, Any] = dict(seen.exclude(state=Update.State.DRAFT).values_list("pk", "first_published_at"))
    DeletedUpdate.objects.bulk_create(
        (DeletedUpdate(pk=pk, first_published_at=moment, deleted_at=now) for pk, moment in places.items()),
        batch_size=_BATCH_SIZE,
        ignore_conflicts=True,
    )
    pings.enqueue(pings.Addresses(instance), instance.offered_languages)
