"""The spam check: asked in the background, and told what moderators think of its answers.

The rows of `Comment` are the queue, as they are for machine translation: a process takes what is due with a lease.
While the service is down, comments wait for a moderator, and are checked once it is back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from comments.models import Comment, State

#: What is to be done: ask, or say what it was.
CHECK, SAY_SPAM, SAY_HAM = "check", "spam", "ham"

#: How long a moderator may think again before the service hears of a decision.
SECOND_THOUGHTS = timedelta(minutes=1)

#: How long moderators are spared a comment whose check is under way.
GRACE = timedelta(minutes=1)


def configured() -> bool:
    return bool(settings.AKISMET_API_KEY)


def ask(comment: Comment, *, recheck: str = "") -> None:
    """Have a comment, yet to be saved, checked as soon as somebody is free."""
    comment.spam_task, comment.spam_due_at, comment.spam_attempts = CHECK, timezone.now(), 0
    comment.spam_failure, comment.recheck_reason = "", recheck


def learn(comment: Comment) -> None:
    """A moderator has put a comment, yet to be saved, into its state: a service that sees it otherwise is told."""
    believed = {State.SPAM: SAY_SPAM, State.APPROVED: SAY_HAM}.get(State(comment.state), "")
    told = comment.spam_verdict or SAY_HAM
    task: Any = believed if believed and believed != told and configured() and comment.address else ""
    comment.spam_task, comment.spam_attempts, comment.spam_failure = task, 0, ""
    comment.spam_due_at = timezone.now() + SECOND_THOUGHTS if task else None
