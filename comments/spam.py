"""Queue tasks for the spam check: check a comment, and correct the service if a moderator disagrees.

The rows of `Comment` are the queue; `comments.checking` leases the due ones and does the tasks. While the service is
down, comments wait for a moderator, and are checked when it is back.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from comments.models import Comment, Held, State
from comments.models.moderation import UNDO_WINDOW
from liveblog.configuration.options import value

#: The tasks: check a comment, or submit it as missed spam or as ham mistaken for spam.
CHECK, SUBMIT_SPAM, SUBMIT_HAM = "check", "spam", "ham"

#: The time for which a comment that is being checked stays out of the queue of moderators.
GRACE_PERIOD = timedelta(minutes=1)


def configured() -> bool:
    """Return whether a service is configured."""
    return bool(value("AKISMET_API_KEY"))


def request_check(comment: Comment, *, recheck: str = "") -> None:
    """Queue a check of a comment at once; `recheck` is Akismet's `recheck_reason`. The caller saves the comment."""
    comment.spam_task, comment.spam_due_at, comment.spam_attempts = CHECK, timezone.now(), 0
    comment.spam_failure, comment.recheck_reason = "", recheck


def check_again(comment: Comment) -> None:
    """Queue a check that was cancelled; if none is possible, the comment waits unchecked. The caller saves it."""
    if configured() and comment.address:
        request_check(comment, recheck=comment.recheck_reason)
    else:
        comment.held = Held.UNCHECKED


def report_error(comment: Comment) -> None:
    """Queue a correction if a moderator has set a state that contradicts the service. The caller saves the comment."""
    correct = {State.SPAM: SUBMIT_SPAM, State.APPROVED: SUBMIT_HAM}.get(State(comment.state), "")
    is_wrong = correct != (comment.spam_verdict or SUBMIT_HAM)
    task = correct if correct and is_wrong and configured() and comment.address else ""
    comment.spam_task, comment.spam_attempts, comment.spam_failure = task, 0, ""
    comment.spam_due_at = timezone.now() + UNDO_WINDOW if task else None
