"""Confirm e-mail addresses: an address that somebody has typed has no effect until its owner confirms it.

The owner gets an e-mail with a link, at most one a day. The e-mail quotes no comment. The page behind the link shows
the comments that were sent with the address, and the owner confirms their own. The browser then keeps a proof that
confirms later comments at once. Another sender who types the same address has no proof, so their comment is not
attributed to the owner: it is neither trusted nor held against the owner.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from comments import moderation, spam
from comments.models import Comment, Discussion, EmailAddress, EmailJob, Policy, State
from comments.models.comment import CommentQuerySet
from liveblog import limits
from liveblog.encryption import hashes

#: The validity of a link, and of a browser's proof.
LINK_DURATION = timedelta(days=7)
PROOF_DURATION = timedelta(days=365)

#: An address gets at most one request in this interval. A sender of comments causes at most this many requests a day.
REQUEST_INTERVAL = timedelta(days=1)
REQUESTS_PER_SENDER = 10
_DAY_SECONDS = 86_400

#: The number of comments on the page behind the link: the newest.
MAX_SHOWN = 20

#: Salts that separate signatures for different purposes.
_LINK, _PROOF = "comments.confirmation", "comments.proof"


# The request ----------------------------------------------------------------------------------------------------------


def is_wanted(comment: Comment) -> bool:
    """Return whether a confirmation of the address would make a difference to a comment."""
    if comment.confirmed or not comment.email or not settings.EMAIL_CONFIGURED:
        return False
    return comment.notify or Discussion.of(comment.article_id).policy == Policy.TRUSTED


def ask(comment: Comment, sender: str | None) -> None:
    """Queue an e-mail to the address of a comment, unless it got one within REQUEST_INTERVAL.

    sender   the network address from which the comment came
    """
    if comment.state not in (State.WAITING, State.APPROVED) or not is_wanted(comment):
        return
    now = timezone.now()
    address = EmailAddress.of(comment.email)
    due = Q(asked_at=None) | Q(asked_at__lte=now - REQUEST_INTERVAL)
    free = EmailAddress.objects.filter(due, pk=address.pk, silenced_at=None)
    identity = limits.counted_address(sender or "")
    if not free.exists() or not limits.within("confirmation", identity, REQUESTS_PER_SENDER, _DAY_SECONDS):
        return
    # Another process may be doing the same.
    if free.update(asked_at=now):
        # A comment that turns out to be spam causes no e-mail.
        due_at = now + (spam.GRACE_PERIOD if spam.configured() else timedelta())
        key = f"confirm-{address.pk}-{now:%Y%m%d%H%M%S%f}"
        EmailJob.objects.create(key=key, kind=EmailJob.Kind.CONFIRM, address=address, due_at=due_at)


def link(address: EmailAddress, language: str) -> str:
    """Return the link to the page that confirms it. The secret is in the fragment, which is not logged."""
    return f"{settings.SITE_URL}{reverse('confirm-email', args=[language])}#{_signed(_LINK, address)}"


def address_of(secret: str) -> EmailAddress | None:
    """Return the address that a link names; None if its signature is invalid or has expired."""
    return _unsigned(_LINK, secret, LINK_DURATION)


def _signed(salt: str, address: EmailAddress) -> str:
    return signing.TimestampSigner(salt=salt).sign(str(address.pk))


def _unsigned(salt: str, secret: str, duration: timedelta) -> EmailAddress | None:
    try:
        pk = signing.TimestampSigner(salt=salt).unsign(secret, max_age=duration)
    except signing.BadSignature:
        return None
    return EmailAddress.objects.filter(pk=pk).first()


# Confirming -----------------------------------------------------------------------------------------------------------


def unconfirmed(address: EmailAddress) -> CommentQuerySet:
    """Return the comments with an address that its owner has not confirmed, newest first."""
    found = Comment.objects.filter(email_hash__in=hashes(address.email), confirmed=False)
    return found.filter(state__in=(State.WAITING, State.APPROVED)).select_related("article").order_by("-pk")


def proof_of(address: EmailAddress) -> str:
    """Return the proof that confirms comments of the owner's browser at once."""
    return _signed(_PROOF, address)


def proves(email: str, proof: str) -> bool:
    """Return whether the sender of a comment has proved that the address is theirs."""
    address = _unsigned(_PROOF, proof, PROOF_DURATION) if proof else None
    return address is not None and address.confirmed_at is not None and address.email_hash in hashes(email)


# Ending ---------------------------------------------------------------------------------------------------------------


def silence(address: EmailAddress) -> None:
    """End all e-mails to an address, and delete the queued ones. An unconfirmed address is never asked again."""
    for pk in Comment.objects.filter(email_hash__in=hashes(address.email), notify=True).values_list("pk", flat=True):
        moderation.update_unseen(pk, notify=False)
    waiting = Q(comment__email_hash__in=hashes(address.email)) | Q(address=address)
    EmailJob.objects.filter(waiting, sent_at=None).delete()
    EmailAddress.objects.filter(pk=address.pk, confirmed_at=None).update(silenced_at=timezone.now())
