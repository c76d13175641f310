"""Moderators are told when the queue grows old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from comments.models import Comment, EmailJob


def moderators() -> Any:
    """Those who may decide, and have an e-mail address."""
    people = get_user_model().objects.with_perm("comments.change_comment", backend=_BACKEND, include_superusers=False)
    return people.filter(is_active=True, is_staff=True).exclude(email="")


_BACKEND = "django.contrib.auth.backends.ModelBackend"


def enqueue() -> int:
    """A letter for each moderator, if something has waited for too long; one in each such span. Returns how many."""
    span = timedelta(hours=settings.COMMENTS_DIGEST_HOURS)
    if not span or not settings.EMAIL_CONFIGURED:
        return 0
    now = timezone.now()
    if not Comment.objects.filter(queued_at__lte=now - span).exists():
        return 0
    key = f"digest-{int(now.timestamp() // span.total_seconds())}-"
    if EmailJob.objects.filter(key__startswith=key).exists():
        return 0
    letters = [
        EmailJob(key=f"{key}{user.pk}", kind=EmailJob.Kind.DIGEST, user=user, due_at=now) for user in moderators()
    ]
    # Another process may be at it.
    EmailJob.objects.bulk_create(letters, ignore_conflicts=True)
    return len(letters)
