"""Copy updates to other articles: the copies form a copy group, and a correction of one corrects all.

A copy has its own place, time and state in its article. It shares the texts and the translation states in languages
that both articles have, so nothing is translated twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from articles import changes
from articles.changes import Edit
from articles.history import content, recording, registry
from articles.models import Article, Update
from articles.models.base import Versioned
from articles.publishing import rules
from articles.translations import states
from liveblog.actors import Machine, acting_as, acting_user
from liveblog.delivery import log

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

State = Update.State

#: Columns that each article decides for itself.
_NOT_COPIED = frozenset({"is_key", "is_breaking"})

#: Whether copies are being written at this moment.
_updating: ContextVar[bool] = ContextVar("updating copies", default=False)


def copy_to(update: Update, articles: Iterable[Article], user: User | AnonymousUser | Machine) -> list[Update]:
    """Copy an update to other articles that have no copy yet. Return the copies.

    All are made, or none. If the other article demands a release, the copy waits for it. A caller that holds locks of
    articles must hold those of all of them (`liveblog.delivery.log.lock`).
    """
    articles = list(articles)
    with transaction.atomic(), acting_as(user), _without_updating_copies():
        log.lock(update.article_id, *(article.pk for article in articles))
        update = _locked(update)
        if update.copy_group is None:
            update.copy_group = uuid.uuid4()
            update.save()
        there = {copy.article_id: copy for copy in Update.objects.filter(copy_group=update.copy_group)}
        return [there.get(article.pk) or _new_copy(update, article) for article in articles]


def publish_copies(update: Update, user: User | AnonymousUser | Machine) -> list[Update]:
    """Publish the drafts among the copies of a published update, with its time. Return those published.

    If their article demands a release, they are submitted instead. Copies that are scheduled or await release stay
    unchanged. Either all are published, or none and ValidationError is raised.
    """
    published: list[Update] = []
    with transaction.atomic(), acting_as(user):
        update = _locked(update)
        for copy in _other_copies(update).filter(state=State.DRAFT).select_related("article"):
            copy.earlier_time, copy.backdating_reason = update.earlier_time, update.backdating_reason
            if rules.needs_release(copy):
                copy.state = State.SUBMITTED
            else:
                copy.state = State.PUBLISHED
                copy.copy_publication_time(update)
                published.append(copy)
            copy.full_clean()
            copy.save()
    return published


class Copies:
    """The follower that updates the copies of an update after each edit that made a new version."""

    def before(self, row: Versioned) -> None:
        return None

    def after(self, edit: Edit, memory: None) -> None:
        if edit.recorded and isinstance(edit.new, Update) and edit.new.copy_group:
            update_copies(edit.new)


def update_copies(update: Update) -> None:
    """Give the copies of an update its texts, settings and translations."""
    if _updating.get() or update.copy_group is None:
        return
    with transaction.atomic(), _without_updating_copies():
        update = _read(_locked(update).pk)
        for copy in _other_copies(update):
            _update_copy(_read(copy.pk), update)


def _locked(update: Update) -> Update:
    """Lock all articles that contain an update, and return the update as it is then."""
    changes.lock(Update.objects.only("article", "copy_group").get(pk=update.pk))
    return Update.objects.select_related("article").get(pk=update.pk)


def _other_copies(update: Update) -> QuerySet[Update]:
    return (
        Update.objects.filter(copy_group=update.copy_group)
        .exclude(copy_group=None)
        .exclude(pk=update.pk)
        .order_by("pk")
    )


def _read(pk: int) -> Update:
    found = Update.read(pk, with_relations=True)
    assert found is not None
    return found


@contextmanager
def _without_updating_copies() -> Iterator[None]:
    """In the block, saving a copy does not update its own copies in turn."""
    token = _updating.set(True)
    try:
        yield
    finally:
        _updating.reset(token)


def _new_copy(update: Update, article: Article) -> Update:
    copy = Update(
        article=article,
        copy_group=update.copy_group,
        is_key=update.is_key,
        is_breaking=update.is_breaking,
        publish_at=update.publish_at,
        state=update.state,
        earlier_time=update.earlier_time,
        backdating_reason=update.backdating_reason,
    )
    if article.needs_release and update.state in (State.SCHEDULED, State.PUBLISHED):
        copy.state = State.SUBMITTED
    elif update.state == State.PUBLISHED:
        copy.copy_publication_time(update)
    _update_copy(copy, _read(update.pk))
    return copy


def _update_copy(copy: Update, update: Update) -> None:
    languages = _shared_languages(copy, update)
    source = recording.as_stored(update)
    wanted = content.of(source, languages) | {"source_language": update.source_language}
    wanted = {name: value for name, value in wanted.items() if name not in _NOT_COPIED}
    if copy.pk:
        now = recording.as_stored(copy)
        same_states = all(
            now[recording.TRANSLATIONS].get(language) == source[recording.TRANSLATIONS].get(language)
            for language in languages
        )
        if same_states and all(now[name] == value for name, value in wanted.items() if name in now):
            return
    with states.without_state_tracking(*languages), changes.edit(copy):
        content.apply(copy, wanted)
        if copy.state == State.SCHEDULED and copy.released_by not in (None, acting_user()):
            # The text is no longer the released one.
            copy.state = State.SUBMITTED
        copy.save()
        registry.restore(copy, wanted)
        states.copy(update, _read(copy.pk), languages)


def _shared_languages(copy: Update, update: Update) -> list[str]:
    """Return the languages that both articles have, without the source language."""
    both = [language for language in update.article.languages if language in copy.article.languages]
    return [language for language in both if language != update.source_language]
