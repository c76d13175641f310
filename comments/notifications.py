"""E-mails to readers. They are queued in the transaction of the decision, and sent later by `comments.emails`."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from comments.models import Comment, EmailJob, State
from comments.models.moderation import UNDO_WINDOW


def decided(comment: Comment) -> None:
    """If a comment was approved, queue e-mails to its author and to the author whom it answers, if they want them.

    Only confirmed addresses get any.
    """
    if comment.state != State.APPROVED or not settings.EMAIL_CONFIGURED:
        return
    if comment.notify and comment.confirmed:
        _enqueue(f"approved-{comment.pk}", EmailJob.Kind.APPROVED, comment, None)
    answered = comment.parent
    if answered is None or not (answered.notify and answered.confirmed):
        return
    # Somebody else may have typed the address of the answered author.
    if not (comment.confirmed and answered.email_hash == comment.email_hash):
        _enqueue(f"answered-{answered.pk}-{comment.pk}", EmailJob.Kind.ANSWERED, answered, comment)


def _enqueue(key: str, kind: str, comment: Comment, answer: Comment | None) -> None:
    due_at = timezone.now() + UNDO_WINDOW
    job, new = EmailJob.objects.get_or_create(
        key=key, defaults={"kind": kind, "comment": comment, "answer": answer, "due_at": due_at}
    )
    if not new and job.sent_at is None:
        EmailJob.objects.filter(pk=job.pk).update(due_at=due_at, attempts=0)
