"""Export and erase the data of one e-mail address.

IP addresses and User-Agents are needed for the spam check, and are deleted after COMMENTS_KEEP_ADDRESS_DAYS.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import pre_delete
from django.utils import timezone

from articles import api
from articles.models import Update
from comments.models import Ban, Comment, EmailAddress, EmailJob, Report
from comments.models.comment import CommentQuerySet
from liveblog.actors import Machine, acting_as
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.configuration.options import value
from liveblog.encryption import hashes

#: The actor of an erasure without a user.
_ERASURE = Machine("Erasure of data")


def comments_of(email: str) -> CommentQuerySet:
    found = Comment.objects.filter(email_hash__in=hashes(email))
    return found.select_related("article").order_by("pk")


def export(email: str) -> dict[str, object]:
    """Return all data stored about an e-mail address, as a JSON object."""
    comments = comments_of(email).prefetch_related("decisions", "translations")
    return {
        "email": email.strip(),
        "comments": [_exported(comment) for comment in comments],
        "bans": [
            {"until": ban.until.isoformat(), "reason": ban.reason}
            for ban in Ban.objects.filter(email_hash__in=hashes(email))
        ],
    }


def _exported(comment: Comment) -> dict[str, object]:
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
        # Comments that the owner of the e-mail address has not confirmed may be somebody else's.
        "confirmed": comment.confirmed,
        "address": comment.address if comment.confirmed else None,
        "browser": comment.user_agent if comment.confirmed else "",
        "decisions": [
            {"at": line.at.isoformat(), "to": line.to_state, "by": line.actor, "reason": line.reason}
            for line in comment.decisions.all()
        ],
        "translations": {each.language: each.text for each in comment.translations.all()},
    }


def erase(email: str, by: User | None = None) -> int:
    """Erase all data of an e-mail address, including updates made from its comments. Return the number of comments.

    A comment with answers leaves an empty place. A ban stays until it ends: it is the newsroom's data.
    """
    erased = 0
    content_type = ContentType.objects.get_for_model(Comment)
    for comment in comments_of(email).select_related("update_made").order_by("-pk"):
        comment_id = comment.pk
        with acting_as(by or _ERASURE), transaction.atomic():
            # The update first: deleting it locks all articles that show it, among them the article of the comment.
            for update in _made_of(comment):
                api.delete_with_copies(update)
            comment.update_made = comment.copy_group_made = None
            # Entries of the admin log contain the names of their objects.
            LogEntry.objects.filter(content_type=content_type, object_id=str(comment.pk)).delete()
            comment.delete()
            record(Action.ERASED, f"comment {comment_id}", actor=by)
        erased += 1
    EmailAddress.objects.filter(email_hash__in=hashes(email)).delete()
    return erased


def _made_of(comment: Comment) -> list[Update]:
    """Return the update that was made from a comment; a copy of it in another article if the update is gone."""
    copy = Update.objects.filter(copy_group=comment.copy_group_made).first() if comment.copy_group_made else None
    return [update for update in (comment.update_made, copy) if update is not None]


def _leave_copy_group(sender: type[Update], instance: Update, **kwargs: object) -> None:
    if instance.copy_group:
        Comment.objects.filter(update_made=instance).update(copy_group_made=instance.copy_group)


def listen() -> None:
    """When an update made from a comment is deleted, store its copy group, so that its copies can be found."""
    pre_delete.connect(_leave_copy_group, sender=Update, dispatch_uid="comments.privacy")


def forget_addresses() -> int:
    """Delete IP addresses and User-Agents that the spam check no longer needs. Return the number of comments."""
    before = timezone.now() - timedelta(days=value("COMMENTS_KEEP_ADDRESS_DAYS"))
    old = Comment.objects.filter(written_at__lt=before)
    forgotten = old.exclude(address=None, user_agent="").update(
        address=None, user_agent="", spam_task="", spam_due_at=None
    )
    Report.objects.filter(at__lt=before).exclude(reader_hash="").update(reader_hash="")
    Ban.objects.filter(until__lt=timezone.now()).delete()
    EmailJob.objects.filter(made_at__lt=before, due_at=None).delete()
    hashed = Q(email_hash=OuterRef("email_hash"))
    used = Exists(Comment.objects.filter(hashed)) | Exists(Ban.objects.filter(hashed))
    # Keep the row of an owner who wants no e-mail.
    EmailAddress.objects.filter(silenced_at=None).exclude(used).delete()
    return forgotten
