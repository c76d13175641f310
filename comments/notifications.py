"""Letters to readers and moderators: put down in the transaction of what they tell about, sent from there later."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from comments.models import Comment, EmailJob, State

#: How long a moderator may think again before anybody hears of a decision.
SECOND_THOUGHTS = timedelta(minutes=1)


def decided(comment: Comment) -> None:
    """A comment is in its state now: who asked for it is to be told that it appears, or that it answers theirs."""
    if comment.state != State.APPROVED or not settings.EMAIL_CONFIGURED:
        return
    if comment.notify and comment.email:
        _enqueue(f"approved-{comment.pk}", EmailJob.Kind.APPROVED, comment, None)
    answered = comment.parent
    if answered is not None and answered.notify and answered.email_hash != comment.email_hash:
        _enqueue(f"answered-{answered.pk}-{comment.pk}", EmailJob.Kind.ANSWERED, answered, comment)


def _enqueue(key: str, kind: str, comment: Comment, answer: Comment | None) -> None:
    due_at = timezone.now() + SECOND_THOUGHTS
    letter, new = EmailJob.objects.get_or_create(
        key=key, defaults={"kind": kind, "comment": comment, "answer": answer, "due_at": due_at}
    )
    if not new and letter.sent_at is None:
        EmailJob.objects.filter(pk=letter.pk).update(due_at=due_at, attempts=0)
