"""One update in several articles: copies that share a story, and stay the same when one of them is corrected.

A copy has a place, a time and a state of its own in its article. What it says, and how far its translations are, is
what the others say, in those languages in which both articles appear; so nothing is translated twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from articles import changes
from articles.changes import Edit
from articles.history import content, recording, registry
from articles.models import Article, Translation, Update
from articles.models.base import Versioned
from articles.publishing import rules
from articles.translations import states
from liveblog.actors import acting_as, acting_user
from liveblog.delivery import log

State = Update.State

#: What is an article's own choice for its page.
_OWN = frozenset({"is_key", "is_breaking"})
#: What a translation is, besides where it stands and when a machine tries again.
_TRANSLATION = (
    *("state", "outdated", "source", "engine", "translator_id", "reviewer_id", "problems"),
    *("made_at", "first_made_at", "reviewed_at", "first_reviewed_at"),
)

_following: ContextVar[bool] = ContextVar("following", default=False)


def copy_to(update: Update, articles: Iterable[Article], user: Any) -> list[Update]:
    """Have an update stand in other articles as well; where it does already, nothing happens. Returns the copies.

    All or none. Where a second person releases updates, the copy waits for that. Whoever holds locks of articles
    already must hold those of all of them (`liveblog.delivery.log.lock`).
    """
    articles = list(articles)
    with transaction.atomic(), acting_as(user), _quietly():
        log.lock(update.article_id, *(article.pk for article in articles))
        update = _locked(update)
        if update.copy_group is None:
            update.copy_group = uuid.uuid4()
            update.save()
        there = {copy.article_id: copy for copy in Update.objects.filter(copy_group=update.copy_group)}
        return [there.get(article.pk) or _copied(update, article) for article in articles]


def publish_copies(update: Update, user: Any) -> list[Update]:
    """An update has been published: those of its copies that are drafts follow, with its time.

    Where a second person releases updates, they are submitted. What waits for its own time or release goes on waiting.
    All or none; raises ValidationError. Returns those published.
    """
    published: list[Update] = []
    with transaction.atomic(), acting_as(user):
        update = _locked(update)
        for copy in _siblings(update).filter(state=State.DRAFT).select_related("article"):
            copy.earlier_time, copy.backdating_reason = update.earlier_time, update.backdating_reason
            if rules.needs_release(copy):
                copy.state = State.SUBMITTED
            else:
                copy.state = State.PUBLISHED
                copy.take_time_of(update)
                published.append(copy)
            copy.full_clean()
            copy.save()
    return published


class Copies:
    """The follower that keeps the copies of an update the same after each edit that made a new version."""

    def before(self, row: Versioned) -> None:
        return None

    def after(self, edit: Edit, memory: Any) -> None:
        if edit.recorded and isinstance(edit.new, Update) and edit.new.copy_group:
            update_copies(edit.new)


def update_copies(update: Update) -> None:
    """Make the copies of an update say what it says."""
    if _following.get() or update.copy_group is None:
        return
    with transaction.atomic(), _quietly():
        update = _whole(_locked(update).pk)
        for copy in _siblings(update):
            _bring_in_line(_whole(copy.pk), update)


def _locked(update: Update) -> Update:
    """An update as it is now, with all articles locked in which it stands."""
    changes.lock(Update.objects.only("article", "copy_group").get(pk=update.pk))
    return Update.objects.select_related("article").get(pk=update.pk)


def _siblings(update: Update) -> QuerySet[Update]:
    return (
        Update.objects.filter(copy_group=update.copy_group)
        .exclude(copy_group=None)
        .exclude(pk=update.pk)
        .order_by("pk")
    )


def _whole(pk: int) -> Update:
    found = Update.read(pk, with_relations=True)
    assert found is not None
    return found


@contextmanager
def _quietly() -> Iterator[None]:
    """Copies that are being written have none that follow them."""
    token = _following.set(True)
    try:
        yield
    finally:
        _following.reset(token)


def _copied(update: Update, article: Article) -> Update:
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
        copy.take_time_of(update)
    _bring_in_line(copy, _whole(update.pk))
    return copy


def _bring_in_line(copy: Update, update: Update) -> None:
    languages = _shared(copy, update)
    said = recording.as_stored(update)
    wanted = content.of(said, languages) | {"source_language": update.source_language}
    wanted = {name: value for name, value in wanted.items() if name not in _OWN}
    if copy.pk:
        now = recording.as_stored(copy)
        told = {language: now[recording.TRANSLATIONS].get(language) for language in languages}
        if all(now[name] == value for name, value in wanted.items() if name in now) and told == {
            language: said[recording.TRANSLATIONS].get(language) for language in languages
        }:
            return
    with states.without_state_tracking(*languages), changes.edit(copy):
        content.apply(copy, wanted)
        if copy.state == State.SCHEDULED and copy.released_by not in (None, acting_user()):
            # What was released is no longer what it says.
            copy.state = State.SUBMITTED
        copy.save()
        registry.restore(copy, wanted)
        for row in Translation.objects.filter(update=update, language__in=languages):
            values = {name: getattr(row, name) for name in _TRANSLATION}
            mine, _made = Translation.objects.get_or_create(update=copy, language=row.language)
            if any(getattr(mine, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(mine, name, value)
                mine.source_revision, mine.due_at = copy.article.revision, None
                mine.version += 1
                mine.save()


def _shared(copy: Update, update: Update) -> list[str]:
    """The languages besides the original's in which both articles appear."""
    both = [language for language in update.article.languages if language in copy.article.languages]
    return [language for language in both if language != update.source_language]
