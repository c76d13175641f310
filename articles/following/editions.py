"""Make the message of a story in each language, once there is a text, and collect its recipients.

The rows of `Edition` are the queue (`liveblog.jobs`). Each step can be repeated: a message is made once for an event,
and a reader has one delivery of a story, so if a process dies in between, nothing is sent twice and nothing is lost.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from articles.following import audience, contents
from articles.following.contents import Message
from articles.following.models import Delivery, Edition, Story
from articles.following.stories import published_copies
from articles.models import Article, Update
from liveblog import jobs
from liveblog.webpush.endpoints import service_of
from liveblog.webpush.models import PushSubscription

logger = logging.getLogger(__name__)

queue = jobs.Queue(
    rows=lambda: Edition.objects.order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=20,
    first_pause=5.0,
    longest_pause=600.0,
    threads=2,
)

#: The longest time between two checks for a text. Edits of the update cause a check at once.
_CHECK_INTERVAL = timedelta(seconds=30)

#: Number of readers who are collected in one transaction.
CHUNK_SIZE = 2000

#: The level of the message that retracts an earlier one.
_WITHDRAWN = "withdrawn"


def run_due() -> int:
    """Handle the due editions, and return their number."""
    return queue.run_due(announce)


def announce(row: Edition) -> None:
    """Make the message of an edition if its text is there, and queue it for its readers."""
    with transaction.atomic():
        edition = _locked(row)
        if edition is None or not _settle(edition):
            return
    if edition.story.withdrawn:
        _finish(edition)
        return
    if not edition.complete:
        subjects = audience.subjects_of(published_copies(edition.story))
        while _gather(edition, subjects):
            pass
    _finish(edition)


def _locked(row: Edition) -> Edition | None:
    """Lock an edition and return it; None unless its lease is still that of `row`.

    An edit that makes it due again sets another time. That must not be overwritten, or nobody handles the edit.
    """
    found = Edition.objects.select_for_update(of=("self",)).select_related("story__article")
    return found.filter(pk=row.pk, due_at=row.due_at).first()


def _settle(edition: Edition) -> bool:
    """Update the message from the story, and return whether there is one."""
    story = edition.story
    now = timezone.now()
    if story.stopped:
        edition.leave_queue()
        edition.save()
        return False
    made = _withdrawn(edition) if story.withdrawn else _published(edition, late=now >= edition.deadline)
    if made is None:
        waits = not story.withdrawn and now < edition.deadline
        edition.leave_queue()
        edition.due_at = min(edition.deadline, now + _CHECK_INTERVAL) if waits else None
        edition.save()
        return False
    about, message = made
    if about != edition.about:
        edition.about, edition.message = about, message
        edition.version += 1
        edition.save(update_fields=["about", "message", "version"])
        # This message replaces the former one on each device that shows it.
        Delivery.objects.filter(edition=edition, version__gt=0).update(due_at=now, attempts=0, failure="")
    return True


def _published(edition: Edition, *, late: bool) -> tuple[str, Message] | None:
    """Return the event and the message for readers; None while there is no text."""
    copies = [one for one in published_copies(edition.story) if edition.language in one.article.offered_languages]
    if not copies or not _is_allowed(edition, copies):
        return None
    update = copies[0]
    about = f"corrected {update.corrected_at.isoformat()}" if update.corrected_at else "published"
    if about == edition.about and edition.message:
        # The message is unchanged; it only goes to more readers.
        return about, edition.message
    texts = contents.texts_for(update, edition.language, late=late)
    return None if texts is None else (about, contents.published(update, texts, edition.story.level))


def _is_allowed(edition: Edition, copies: list[Update]) -> bool:
    """Return whether an article lets its followers be notified; those who were notified also get corrections."""
    level = audience.Level(edition.story.level)
    return edition.version > 0 or any(audience.is_allowed(level, one.article.notifications) for one in copies)


def _withdrawn(edition: Edition) -> tuple[str, Message] | None:
    """Return the message that retracts the former one; None if nobody has got that."""
    Delivery.objects.filter(edition=edition, version=0).delete()
    if not Delivery.objects.filter(edition=edition).exists():
        return None
    update = Update.objects.for_pages().filter(pk=edition.story_id).first()
    return _WITHDRAWN, contents.withdrawn(_article_of(edition.story), update, edition.language)


def _article_of(story: Story) -> Article | None:
    return Article.objects.for_pages().filter(pk=story.article_id).first()


def _gather(edition: Edition, subjects: audience.Subjects) -> bool:
    """Queue the message for some of its readers, and return whether there are more."""
    with transaction.atomic():
        present = _locked(edition)
        if present is None or present.story.stopped or present.story.withdrawn:
            return False
        found = audience.readers(subjects, present.story.level, present.language, present.gathered, CHUNK_SIZE)
        if not found:
            _complete(present)
            return False
        now = timezone.now()
        subscriptions = PushSubscription.objects.in_bulk(found)
        ends = ((pk, one.quiet_ends(now)) for pk, one in subscriptions.items())
        quiet = {pk: end for pk, end in ends if end is not None}
        Delivery.objects.bulk_create(
            (
                Delivery(
                    story_id=present.story_id,
                    edition_id=present.pk,
                    subscription_id=pk,
                    service=service_of(one.endpoint),
                    due_at=quiet.get(pk, now),
                    held=pk in quiet,
                )
                for pk, one in subscriptions.items()
            ),
            batch_size=500,
            ignore_conflicts=True,
        )
        if quiet:
            # After quiet hours, a reader gets one notification per coverage, the newest.
            held = Delivery.objects.filter(subscription__in=quiet, held=True, version=0)
            held.filter(story__article=present.story.article_id).exclude(story=present.story_id).delete()
        present.gathered = found[-1]
        # Keep the lease.
        present.due_at = edition.due_at = now + queue.lease
        present.save(update_fields=["gathered", "due_at"])
        if len(found) < CHUNK_SIZE:
            _complete(present)
            return False
    return True


def _complete(edition: Edition) -> None:
    edition.complete = True
    edition.save(update_fields=["complete"])


def _finish(edition: Edition) -> None:
    """Take an edition out of the queue, unless it has changed in the meantime."""
    with transaction.atomic():
        present = _locked(edition)
        if present is not None:
            present.leave_queue()
            present.save(update_fields=["due_at", "attempts", "failure"])
