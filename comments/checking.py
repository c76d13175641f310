"""The work that `comments.spam` puts down: comments are checked, and the service is told what they really were."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from comments import akismet_service, moderation, spam, submission
from comments.akismet_service import Verdict
from comments.models import Actor, Comment, Discussion, Held, State
from comments.queue import consumers
from liveblog import jobs
from liveblog.errors import Conflict, ProviderError

logger = logging.getLogger(__name__)

#: The oldest first. A service that does not answer is asked for a day.
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
    """Do what is to be done about one comment. Raises nothing that the service causes."""
    try:
        if not comment.address:
            # Addresses are not kept for ever, and without one there is nothing to ask.
            raise ProviderError("refused")
        if comment.spam_task == spam.CHECK:
            _judged(comment, akismet_service.check(comment))
        else:
            akismet_service.tell(comment, comment.spam_task)
            _done(comment, verdict=comment.spam_task)
    except ProviderError as error:
        _put_off(comment, error.reason)


def _as_asked(now: Comment, asked: Comment) -> bool:
    """Whether nothing has happened to it since: it was neither edited nor decided on."""
    return (now.version, now.spam_task) == (asked.version, asked.spam_task)


def _done(asked: Comment, verdict: str) -> None:
    unchanged = Comment.objects.filter(pk=asked.pk, version=asked.version, spam_task=asked.spam_task)
    unchanged.update(spam_task="", spam_due_at=None, spam_failure="", spam_verdict=verdict)


def _judged(asked: Comment, verdict: Verdict) -> None:
    try:
        with moderation.locked(asked.pk) as comment:
            if not _as_asked(comment, asked) or comment.state != State.WAITING:
                return
            if verdict == "discard":
                comment.delete()
                return
            comment.spam_task, comment.spam_due_at, comment.spam_failure = "", None, ""
            comment.spam_verdict = verdict
            if verdict == "spam":
                moderation.settle(comment, State.SPAM, actor=Actor.SPAM_CHECK)
            elif comment.held in (Held.CHECK, Held.UNCHECKED) and submission.may_appear(
                comment, Discussion.of(comment.article_id)
            ):
                moderation.settle(comment, State.APPROVED, actor=Actor.POLICY)
            else:
                if comment.held in (Held.CHECK, Held.UNCHECKED):
                    comment.held = Held.POLICY
                comment.queued_at = min(comment.queued_at or timezone.now(), timezone.now())
                comment.save()
    except Conflict:
        # Its author was faster, and it is gone.
        return


def _put_off(asked: Comment, reason: str) -> None:
    unchanged = Comment.objects.filter(pk=asked.pk, version=asked.version, spam_task=asked.spam_task)
    queue.postpone(asked, unchanged, reason, permanent=not asked.address)
    # It waits for a moderator meanwhile.
    now = timezone.now()
    waiting = unchanged.filter(held=Held.CHECK).update(held=Held.UNCHECKED)
    waiting += unchanged.filter(queued_at__gt=now).update(queued_at=now)
    if waiting:
        consumers.notify_queue(asked)
    logger.warning("The spam check failed (%s).", reason)


def run_due() -> int:
    """Check comments that are due. Return the number of comments claimed."""
    if not spam.configured():
        return 0
    return queue.run_due(work)
