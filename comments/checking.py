"""Run the due tasks of the spam check: ask the service about comments, and report its wrong verdicts."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from comments import akismet_service, moderation, spam, submission, webhooks
from comments.akismet_service import Verdict
from comments.models import Actor, Comment, Discussion, Held, State
from comments.queue import consumers
from liveblog import jobs
from liveblog.errors import Conflict, ProviderError

logger = logging.getLogger(__name__)

#: The oldest first. A service that does not answer is asked again for a day.
queue = jobs.Queue(
    rows=lambda: Comment.objects.select_related("article").order_by("spam_due_at"),
    logger=logger,
    lease=timedelta(minutes=2),
    max_attempts=30,
    first_pause=10.0,
    longest_pause=3600.0,
    prefix="spam_",
)


def work(comment: Comment) -> None:
    """Do the due task of one comment. If the service fails, put the task off."""
    try:
        if not comment.address:
            # The address has been deleted (see `comments.privacy`), and Akismet requires one.
            raise ProviderError("refused")
        if comment.spam_task == spam.CHECK:
            _apply(comment, akismet_service.check(comment))
        else:
            akismet_service.submit(comment, comment.spam_task)
            _done(comment, verdict=comment.spam_task)
    except ProviderError as error:
        _put_off(comment, error.reason)


def _is_unchanged(now: Comment, asked: Comment) -> bool:
    """Return whether nobody has edited the comment or decided on it since the service was asked."""
    return (now.version, now.spam_task) == (asked.version, asked.spam_task)


def _done(asked: Comment, verdict: str) -> None:
    unchanged = Comment.objects.filter(pk=asked.pk, version=asked.version, spam_task=asked.spam_task)
    unchanged.update(spam_task="", spam_due_at=None, spam_failure="", spam_verdict=verdict)


def _apply(asked: Comment, verdict: Verdict) -> None:
    """Set the state of a comment by the verdict, unless it has changed since the service was asked."""
    try:
        with moderation.locked(asked.pk) as comment:
            if not _is_unchanged(comment, asked) or comment.state != State.WAITING:
                return
            if verdict == "discard":
                comment.delete()
                return
            comment.spam_task, comment.spam_due_at, comment.spam_failure = "", None, ""
            comment.spam_verdict = verdict
            if verdict == "spam":
                moderation.set_state(comment, State.SPAM, actor=Actor.SPAM_CHECK)
            elif comment.held in (Held.CHECK, Held.UNCHECKED) and submission.may_appear(
                comment, Discussion.of(comment.article_id)
            ):
                moderation.set_state(comment, State.APPROVED, actor=Actor.POLICY)
            else:
                if comment.held in (Held.CHECK, Held.UNCHECKED):
                    comment.held = Held.POLICY
                comment.queued_at = min(comment.queued_at or timezone.now(), timezone.now())
                comment.save()
    except Conflict:
        # The author has deleted the comment in the meantime.
        return


def _put_off(asked: Comment, reason: str) -> None:
    unchanged = Comment.objects.filter(pk=asked.pk, version=asked.version, spam_task=asked.spam_task)
    queue.postpone(asked, unchanged, reason, permanent=not asked.address)
    # It now waits for a moderator.
    now = timezone.now()
    with transaction.atomic():
        if waiting := unchanged.filter(held=Held.CHECK).update(held=Held.UNCHECKED):
            webhooks.waits(Comment.objects.get(pk=asked.pk))
    waiting += unchanged.filter(queued_at__gt=now).update(queued_at=now)
    if waiting:
        consumers.notify_queue(asked)
    logger.warning("The spam check failed (%s).", reason)


def run_due() -> int:
    """Run the due tasks, and return their number."""
    if not spam.configured():
        return 0
    return queue.run_due(work)
