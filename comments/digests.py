"""E-mails to moderators about comments that have waited for long."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from comments.models import Comment, EmailJob
from liveblog import roles


def enqueue() -> int:
    """Queue a digest for each moderator if a comment has waited for COMMENTS_DIGEST_HOURS. Return how many.

    A moderator gets at most one within that time.
    """
    span = timedelta(hours=settings.COMMENTS_DIGEST_HOURS)
    if not span or not settings.EMAIL_CONFIGURED:
        return 0
    now = timezone.now()
    if not Comment.objects.filter(queued_at__lte=now - span).exists():
        return 0
    key = f"digest-{int(now.timestamp() // span.total_seconds())}-"
    if EmailJob.objects.filter(key__startswith=key).exists():
        return 0
    moderators = roles.recipients("comments.change_comment")
    emails = [EmailJob(key=f"{key}{user.pk}", kind=EmailJob.Kind.DIGEST, user=user, due_at=now) for user in moderators]
    # Another process may be doing the same.
    EmailJob.objects.bulk_create(emails, ignore_conflicts=True)
    return len(emails)
