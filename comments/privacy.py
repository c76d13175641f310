"""What one e-mail address left: shown to whom it belongs, and taken away without a trace.

Addresses of machines and names of browsers are needed for checking for spam, and are kept only that long.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models.signals import pre_delete
from django.utils import timezone

from articles.models import Update
from articles.publishing.quoting import delete_with_copies
from comments.encryption import hashes
from comments.models import Ban, Comment, EmailJob, Report


def comments_of(email: str) -> Any:
    found = Comment.objects.filter(email_hash__in=hashes(email))
    return found.select_related("article").order_by("pk")


def export(email: str) -> dict[str, Any]:
    """All that we hold of an e-mail address, in a form that a machine can read."""
    comments = comments_of(email).prefetch_related("decisions", "translations")
    return {
        "email": email.strip(),
        "comments": [_exported(comment) for comment in comments],
        "bans": [
            {"until": ban.until.isoformat(), "reason": ban.reason}
            for ban in Ban.objects.filter(email_hash__in=hashes(email))
        ],
    }


def _exported(comment: Comment) -> dict[str, Any]:
    return {
        "article": f"{settings.SITE_URL}{comment.article.url(comment.page_language)}",
        "written": comment.written_at.isoformat(),
        "edited": comment.edited_at and comment.edited_at.isoformat(),
        "language": comment.language,
        "name": comment.name,
        "text": comment.text,
        "email": comment.email,
        "state": comment.state,
        "told by e-mail": comment.notify,
        "address": comment.address,
        "browser": comment.user_agent,
        "decisions": [
            {"at": line.at.isoformat(), "to": line.to_state, "by": line.actor, "reason": line.reason}
            for line in comment.decisions.all()
        ],
        "translations": {each.language: each.text for each in comment.translations.all()},
    }


def erase(email: str) -> int:
    """Take away all that an e-mail address left, live posts made of it included. Returns how many comments it were.

    Comments that others answered leave an empty place. A ban stays until it ends: it was not left by whom it is about.
    """
    erased = 0
    content_type = ContentType.objects.get_for_model(Comment)
    for comment in comments_of(email).select_related("update_made").order_by("-pk"):
        with transaction.atomic():
            # The update first: it locks all articles in which it stands, the comment's among them.
            for update in _made_of(comment):
                delete_with_copies(update)
            comment.update_made = comment.copy_group_made = None
            # The admin's own log keeps what it called things.
            LogEntry.objects.filter(content_type=content_type, object_id=str(comment.pk)).delete()
            comment.delete()
        erased += 1
    return erased


def _made_of(comment: Comment) -> list[Update]:
    """The update that was made of a comment, or a copy in another article that is left of one."""
    copy = Update.objects.filter(copy_group=comment.copy_group_made).first() if comment.copy_group_made else None
    return [update for update in (comment.update_made, copy) if update is not None]


def _leave_copy_group(sender: Any, instance: Update, **kwargs: Any) -> None:
    if instance.copy_group:
        Comment.objects.filter(update_made=instance).update(copy_group_made=instance.copy_group)


def listen() -> None:
    """Where an update is deleted that was made of a comment, its copies can still be found."""
    pre_delete.connect(_leave_copy_group, sender=Update, dispatch_uid="comments.privacy")


def forget_addresses() -> int:
    """Take away addresses and browsers that are older than spam checking needs. Returns of how many comments."""
    before = timezone.now() - timedelta(days=settings.COMMENTS_KEEP_ADDRESS_DAYS)
    old = Comment.objects.filter(written_at__lt=before)
    forgotten = old.exclude(address=None, user_agent="").update(
        address=None, user_agent="", spam_task="", spam_due_at=None
    )
    Report.objects.filter(at__lt=before).exclude(reader_hash="").update(reader_hash="")
    Ban.objects.filter(until__lt=timezone.now()).delete()
    EmailJob.objects.filter(made_at__lt=before, due_at=None).delete()
    return forgotten
