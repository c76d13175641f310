"""E-mails to moderators about comments that have waited for long."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from comments.models import Comment, EmailJob


def moderators() -> QuerySet[User]:
    """Return the users who may decide on comments and have an e-mail address. A superuser as such is not one."""
    users = User.objects.with_perm("comments.change_comment", backend=_BACKEND, include_superusers=False)
    return users.filter(is_active=True, is_staff=True).exclude(email="")


_BACKEND = "django.contrib.auth.backends.ModelBackend"


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
    emails = [
        EmailJob(key=f"{key}{user.pk}", kind=EmailJob.Kind.DIGEST, user=user, due_at=now) for user in moderators()
    ]
    # Another process may be doing the same.
    EmailJob.objects.bulk_create(emails, ignore_conflicts=True)
    return len(emails)
