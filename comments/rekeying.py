"""Encrypt and hash the addresses of commenters with the present key; see `liveblog.rekeying`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast

from comments import text
from comments.models import Ban, Comment, EmailAddress, Report
from liveblog.encryption import hashes, is_current, keyed_hash
from liveblog.rekeying import Result


def rekey(result: Result) -> None:
    """Encrypt and hash the addresses of commenters, and hash their comments and reports, with the present key."""
    # First, because these rows have the addresses of comments and bans that only store the hash.
    for address in _with_stored(EmailAddress.objects.all()).iterator():
        _rekey_address(address, result)
    for comment in _with_stored(Comment.objects.exclude(email="")).only("email", "email_hash").iterator():
        _rekey_comment(comment, result)
    for comment in Comment.objects.exclude(text_hash="").only("text", "text_hash").iterator():
        now = text.hash_of(comment.text)
        if now != comment.text_hash:
            result.changed += Comment.objects.filter(pk=comment.pk, text=comment.text).update(text_hash=now)
    # Only the hash is stored, not the reader's address. Without it, the reader can report the same comment again.
    result.changed += Report.objects.exclude(reader_hash="").update(reader_hash="")
    known = EmailAddress.objects.values("email_hash")
    result.unreadable += Ban.objects.in_force().exclude(email_hash="").exclude(email_hash__in=known).count()


def _with_stored(rows: models.QuerySet) -> models.QuerySet:
    """Add the encrypted address as it is stored."""
    return rows.annotate(stored=Cast("email", models.TextField()))


def _rekey_address(address: EmailAddress, result: Result) -> None:
    if not address.email:
        result.unreadable += 1
        return
    now = keyed_hash(address.email)
    for old in set(hashes(address.email)) - {now}:
        result.changed += Comment.objects.filter(email_hash=old).update(email_hash=now)
        result.changed += Ban.objects.filter(email_hash=old).update(email_hash=now)
    if address.email_hash != now or not is_current(address.stored):  # type: ignore[attr-defined]
        row = EmailAddress.objects.filter(pk=address.pk)
        other = EmailAddress.objects.filter(email_hash=now).exclude(pk=address.pk).first()
        if other is not None:
            # Somebody used the address again during this run, before this row was reached.
            row.delete()
            result.changed += 1
        else:
            result.changed += row.update(email=address.email, email_hash=now)


def _rekey_comment(comment: Comment, result: Result) -> None:
    if not comment.email:
        result.unreadable += 1
    elif not is_current(comment.stored):  # type: ignore[attr-defined]
        # The address may be erased at the same time.
        row = Comment.objects.filter(pk=comment.pk).exclude(email="")
        result.changed += row.update(email=comment.email, email_hash=keyed_hash(comment.email))
