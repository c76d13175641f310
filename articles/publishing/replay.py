"""Replay an article: publish its updates again on another page, in the order and rhythm of the original."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Min

from articles import changes, kinds
from articles.embeds import services as embeds
from articles.models import Article, DeletedUpdate, Update
from articles.pictures import versions as pictures
from articles.publishing import pins
from articles.translations import states
from liveblog.actors import Machine, acting_as
from liveblog.delivery.states import new_token
from liveblog.languages import KNOWN, column

#: The actor in the history of a replayed page.
REPLAY = Machine("Replay")


@dataclass(frozen=True)
class Event:
    """A change of the replayed page: `act` makes it."""

    at: datetime.datetime
    name: str
    act: Callable[[], None]


def prepare(source: Article, slug: str) -> Article:
    """Return the page of the replay: a live copy of the article without updates. An existing one is emptied."""
    article = Article.objects.filter(slug=slug).first()
    if article is None:
        article = Article.objects.get(pk=source.pk)
        article.pk = None
        article._state.adding = True
        article.slug, article.slugs = slug, {}
        article.revision, article.revision_token = 0, new_token()
    with acting_as(REPLAY):
        for update in article.updates.all() if article.pk else ():
            update.delete()
    # Every run starts from scratch; addresses of the previous run need not keep working.
    DeletedUpdate.objects.filter(article=article.pk).delete()
    with acting_as(REPLAY), states.without_state_tracking(*KNOWN), changes.edit(article):
        article.state = Article.State.LIVE
        article.coverage_end = None
        article.save()
        states.copy(source, article, KNOWN)
        article.authors.set(source.authors.all())
        article.topics.set(source.topics.all())
        article.related.set(source.related.all())
    return article


def timeline(source: Article, target: Article) -> list[Event]:
    """Return all changes of the source's updates in order, to repeat them on the target."""
    events: list[Event] = []
    for update in source.updates.exclude(first_published_at=None):
        events.extend(_events_of(update, target))
    return sorted(events, key=lambda event: event.at)


def _events_of(update: Update, target: Article) -> Iterator[Event]:
    copies: list[Update] = []

    def publish() -> None:
        copy = Update.objects.get(pk=update.pk)
        copy.pk = None
        copy._state.adding = True
        copy.article = target
        copy.state = Update.State.PUBLISHED
        copy.first_published_at = copy.earlier_time = copy.withdrawn_at = copy.corrected_at = None
        copy.edition, copy.revised_at = 1, None
        _set_note(copy, None)
        # A translation keeps the state that it has there: a replay is no review.
        with acting_as(REPLAY), states.without_state_tracking(*KNOWN), changes.edit(copy):
            copy.save()
            copy.authors.set(update.authors.all())
            copy.topics.set(update.topics.all())
            pictures.copy(update, copy)
            embeds.from_data(copy, embeds.as_data(update))
            states.copy(update, copy, KNOWN, without=["correction_note"])
        copies.append(copy)

    def correct() -> None:
        copy = copies[0]
        _set_note(copy, update)
        with acting_as(REPLAY), states.without_state_tracking(*KNOWN), changes.edit(copy):
            copy.save()
            states.copy(update, copy, KNOWN)

    def withdraw() -> None:
        copies[0].state = Update.State.WITHDRAWN
        with acting_as(REPLAY):
            copies[0].save()

    def unpin() -> None:
        with acting_as(REPLAY):
            pins.unpin(copies[0])

    assert update.first_published_at is not None
    yield Event(update.first_published_at, "publish", publish)
    if kinds.of(update).pinned and update.pin is None:
        # The newsroom unpins one summary when it pins the next.
        following = update.article.updates.filter(kind=update.kind, first_published_at__gt=update.first_published_at)
        if next_at := following.aggregate(at=Min("first_published_at"))["at"]:
            yield Event(next_at, "unpin", unpin)
    if update.corrected_at:
        yield Event(update.corrected_at, "correct", correct)
    if update.withdrawn_at and update.state == Update.State.WITHDRAWN:
        yield Event(update.withdrawn_at, "withdraw", withdraw)


def _set_note(copy: Update, source: Update | None) -> None:
    for language in KNOWN:
        name = column("correction_note", language)
        setattr(copy, name, getattr(source, name) if source else "")
