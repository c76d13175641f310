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

#: How long a process has for what it took, before another may take it.
LEASE = timedelta(minutes=2)

#: How many are taken and asked about at once.
THREADS = 4

#: How often the service is tried, and how long is waited at first and at most, in seconds: a day in all.
ATTEMPTS = 30
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 3600.0


def take(count: int) -> list[Comment]:
    """Take what is due, the oldest first; nobody else gets it meanwhile."""
    rows = Comment.objects.select_related("article").order_by("spam_due_at")
    return jobs.lease_due(rows, count, LEASE, due="spam_due_at")


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
    attempts = asked.spam_attempts + 1
    pause = jobs.backoff(attempts, FIRST_PAUSE, LONGEST_PAUSE)
    due_at = timezone.now() + pause if attempts < ATTEMPTS and asked.address else None
    unchanged = Comment.objects.filter(pk=asked.pk, version=asked.version, spam_task=asked.spam_task)
    unchanged.update(spam_attempts=attempts, spam_failure=reason, spam_due_at=due_at)
    # It waits for a moderator meanwhile.
    now = timezone.now()
    waiting = unchanged.filter(held=Held.CHECK).update(held=Held.UNCHECKED)
    waiting += unchanged.filter(queued_at__gt=now).update(queued_at=now)
    if waiting:
        consumers.notify_queue(asked)
    logger.warning("The spam check failed (%s).", reason)


def run_due() -> int:
    """Do what is due. Returns how many were taken."""
    if not spam.configured():
        return 0
    taken = take(2 * THREADS)
    jobs.run_each(taken, work, THREADS, logger)
    return len(taken)
