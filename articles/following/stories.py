"""The follower of edits that queues notifications of published, corrected and withdrawn updates.

`articles.following.editions` waits for the texts and collects the readers, and `articles.following.deliveries` sends
the notifications.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from articles.changes import Edit
from articles.following import audience, contents
from articles.following.models import Delivery, Edition, Follow, Level, Story
from articles.models import Article, Update
from articles.models.base import Versioned
from liveblog.actors import acting_user
from liveblog.delivery import log
from liveblog.webpush import vapid

State = Update.State

#: An update with an older time at publication, such as an import, is no news.
MAX_AGE = timedelta(minutes=30)


class Seen(NamedTuple):
    """The data that decides whether readers are notified of an edit."""

    published: bool
    level: Level
    corrected_at: datetime | None
    silent: bool


class Notifications:
    """The follower of edits."""

    def before(self, row: Versioned) -> Seen | None:
        return _seen(row) if isinstance(row, Update) and vapid.configured() else None

    def after(self, edit: Edit, memory: Seen | None) -> None:
        row = edit.new or edit.old
        if not isinstance(row, Update) or not row.published_before:
            return
        if isinstance(edit.old, Update) and row.copy_group != edit.old.copy_group:
            # Later copies belong to the story, even if this update has been deleted by then.
            Story.objects.filter(pk=row.pk).update(copy_group=row.copy_group)
        if not vapid.configured():
            return
        now = _seen(edit.new) if isinstance(edit.new, Update) else None
        if now is not None and now.published:
            assert isinstance(edit.new, Update)
            _published(edit.new, now, memory)
        elif memory is not None and memory.published:
            take_back(row)


def _seen(update: Update) -> Seen:
    return Seen(update.state == State.PUBLISHED, audience.level_of(update), update.corrected_at, update.is_silent)


def _published(update: Update, now: Seen, before: Seen | None) -> None:
    story = story_of(update)
    appeared = before is None or not before.published
    risen = before is not None and audience.is_higher(now.level, before.level)
    if story is None:
        if (appeared or risen) and _is_news(update, now.level):
            _begin(update, now.level)
    elif story.stopped:
        return
    elif story.withdrawn:
        if appeared and not now.silent:
            _bring_back(story, update, now.level)
    elif now.silent and before is not None and not before.silent:
        stop(story)
    elif appeared or risen:
        # A copy in another article, or another level, has other followers.
        if audience.is_higher(now.level, story.level):
            Story.objects.filter(pk=story.pk).update(level=now.level)
        _add_editions(story, _copies(update))
        _wake(story, gathered=0)
    elif before is not None and now.corrected_at and now.corrected_at != before.corrected_at:
        deadline = timezone.now() + timedelta(seconds=settings.PUSH_DRAFT_SECONDS)
        _wake(story, deadline=deadline)
    else:
        # Perhaps this is the awaited text.
        _wake(story, waiting_only=True)


def _is_news(update: Update, level: Level) -> bool:
    published = update.first_published_at
    if update.is_silent or published is None or published < timezone.now() - MAX_AGE:
        return False
    return audience.is_allowed(level, update.article.notifications) and Follow.objects.exists()


def _begin(update: Update, level: Level) -> None:
    now = timezone.now()
    # If no user has published it, nobody is at a desk to stop it.
    delay = timedelta(seconds=settings.PUSH_DELAY_SECONDS if acting_user() else 0)
    story = Story.objects.create(
        pk=update.pk,
        copy_group=update.copy_group,
        article_id=update.article_id,
        level=level,
        goes_at=now + delay,
    )
    _add_editions(story, _copies(update))


def _bring_back(story: Story, update: Update, level: Level) -> None:
    """Notify readers of an update that is published again after its withdrawal.

    Readers who were notified of the withdrawal are notified in any case, because their last message is wrong; others
    only if the update is news.
    """
    story.goes_at = timezone.now() + timedelta(seconds=settings.PUSH_DELAY_SECONDS if acting_user() else 0)
    Story.objects.filter(pk=story.pk).update(withdrawn=False, goes_at=story.goes_at)
    _add_editions(story, _copies(update))
    deadline = story.goes_at + timedelta(seconds=settings.PUSH_DRAFT_SECONDS)
    _wake(story, deadline=deadline, gathered=0 if _is_news(update, level) else None)


def _add_editions(story: Story, updates: list[Update]) -> None:
    editions = []
    for language in contents.languages_of(updates):
        article = next(one.article for one in updates if language in one.article.offered_languages)
        deadline = timezone.now() + timedelta(seconds=contents.wait_seconds(article, language))
        editions.append(Edition(story=story, language=language, deadline=deadline, due_at=story.goes_at))
    Edition.objects.bulk_create(editions, ignore_conflicts=True)


def _wake(
    story: Story, *, gathered: int | None = None, deadline: datetime | None = None, waiting_only: bool = False
) -> None:
    """Make the editions of a story due now."""
    found = Edition.objects.filter(story=story)
    if waiting_only:
        found = found.filter(due_at__isnull=False, message=None)
    values: dict[str, object] = {"due_at": max(timezone.now(), story.goes_at), "attempts": 0}
    values |= {} if gathered is None else {"gathered": gathered, "complete": False}
    values |= {} if deadline is None else {"deadline": deadline}
    found.update(**values)


def story_of(update: Update) -> Story | None:
    """Return the story of an update, or of a copy of it; None if there is none. They may have been deleted."""
    named = Q(pk=update.pk)
    if update.copy_group:
        named |= Q(copy_group=update.copy_group)
    return Story.objects.filter(named).order_by("created_at").first()


def _copies(update: Update) -> list[Update]:
    """Return an update and its published copies, in the order of their creation."""
    found = Update.objects.filter(pk=update.pk)
    if update.copy_group:
        found |= Update.objects.filter(copy_group=update.copy_group, state=State.PUBLISHED)
    return list(found.select_related("article").order_by("pk"))


def published_copies(story: Story) -> list[Update]:
    """Return the published ones of a story's update and its copies, with the related data for their texts."""
    named = Q(pk=story.pk)
    if story.copy_group:
        named |= Q(copy_group=story.copy_group)
    found = Update.objects.for_pages().filter(named).select_related("article")
    return list(found.filter(state=State.PUBLISHED).order_by("pk"))


def take_back(update: Update) -> None:
    """Retract the story of an update that readers no longer see, unless they see a copy."""
    story = story_of(update)
    if story is not None and not story.withdrawn and not published_copies(story):
        Story.objects.filter(pk=story.pk).update(withdrawn=True)
        _wake(story)


def stop(story: Story) -> bool:
    """Stop notifying readers of a story. Return False if some have been notified."""
    in_time = not Delivery.objects.filter(story=story, version__gt=0).exists()
    Story.objects.filter(pk=story.pk).update(stopped=True, stopped_by=acting_user())
    Edition.objects.filter(story=story).update(due_at=None)
    Delivery.objects.filter(story=story, version=0).delete()
    return in_time


def take_back_article(sender: type[Article], instance: Article, **_: object) -> None:
    """Retract the stories of an article before its deletion, except those with a copy elsewhere.

    A receiver of `pre_delete`.
    """
    if not vapid.configured():
        return
    # A copy may be withdrawn at the same moment. Its edit has this lock as well.
    log.lock(instance.pk)
    groups = Update.objects.filter(article=instance.pk).exclude(copy_group=None).values("copy_group")
    stories = Story.objects.filter(Q(article=instance.pk) | Q(copy_group__in=groups), withdrawn=False)
    others = Update.objects.filter(copy_group=OuterRef("copy_group"), state=State.PUBLISHED).exclude(
        article=instance.pk
    )
    gone = list(stories.exclude(Exists(others)).values_list("pk", flat=True))
    Story.objects.filter(pk__in=gone).update(withdrawn=True)
    Edition.objects.filter(story__in=gone).update(due_at=timezone.now(), attempts=0)
    # The other stories continue in the article of a copy.
    remaining = Story.objects.filter(article=instance.pk, withdrawn=False)
    remaining.update(article=Subquery(others.order_by("pk").values("article")[:1]))
