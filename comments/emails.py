"""Compose and send the e-mails that `comments.notifications` has queued.

If the server does not accept an e-mail, it is tried again; an outdated one is not sent. If a process
dies after the server has accepted an e-mail and before that is stored, it is sent twice, with the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils import timezone, translation

from articles import api
from comments import confirmation
from comments.models import EmailAddress, EmailJob, State
from liveblog import emails, jobs
from liveblog.branding import current as branding

logger = logging.getLogger(__name__)

#: The oldest first.
queue = jobs.Queue(
    rows=lambda: EmailJob.objects.select_related("comment__article", "answer", "address").order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=40,
    first_pause=10.0,
    longest_pause=3600.0,
)

#: Number of e-mails sent over one connection to the server.
BATCH_SIZE = 20

_SALT = "comments.unsubscribe"


def _unsubscribe_urls(address: EmailAddress, language: str) -> tuple[str, str]:
    """Return the links by which the owner of an address ends all e-mails: for mail programs, and for people.

    They are signed, so nobody can forge them. People get the secret in the fragment, which browsers do not send. Mail
    programs post to an address without a fragment (RFC 8058), and `liveblog.logs` masks the secret.
    """
    token = signing.Signer(salt=_SALT).sign(str(address.pk))
    for_programs, for_people = reverse("unsubscribe", args=[language, token]), reverse("unsubscribing", args=[language])
    return f"{settings.SITE_URL}{for_programs}", f"{settings.SITE_URL}{for_people}#{token}"


def subscriber(token: str) -> EmailAddress | None:
    """Return the address that a token names; None if its signature is invalid, or if the address was erased."""
    try:
        return EmailAddress.objects.filter(pk=signing.Signer(salt=_SALT).unsign(token)).first()
    except signing.BadSignature:
        return None


# Composing ------------------------------------------------------------------------------------------------------------


def compose(job: EmailJob) -> EmailMessage | None:
    """Return the e-mail in its present form; None if it is outdated."""
    if job.kind == EmailJob.Kind.CONFIRM:
        return _confirmation(job)
    comment, answer = job.comment, job.answer
    about = answer or comment
    if comment is None or about is None or about.state != State.APPROVED:
        return None
    if not (comment.notify and comment.confirmed and comment.email):
        return None
    language = comment.page_language
    page = f"{settings.SITE_URL}{comment.article.url(language)}"
    one_click, unsubscribing = _unsubscribe_urls(EmailAddress.of(comment.email), language)
    with translation.override(language):
        context = {
            "comment": comment,
            "answer": answer,
            "article": str(api.headline(comment.article, language)),
            "url": f"{page}comments/{about.pk}/",
            "unsubscribe_url": unsubscribing,
        }
        message = _message(job, context, comment.email)
    message.extra_headers |= _headers(one_click)
    return message


def _headers(one_click: str) -> dict[str, str]:
    return {
        # RFC 8058: one click, without a page in between.
        "List-Unsubscribe": f"<{one_click}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _confirmation(job: EmailJob) -> EmailMessage | None:
    """Return the e-mail that asks for a confirmation. It contains no text of readers."""
    address = job.address
    newest = confirmation.unconfirmed(address).first() if address else None
    if address is None or newest is None or address.silenced_at:
        return None
    language = newest.page_language
    one_click, unsubscribing = _unsubscribe_urls(address, language)
    with translation.override(language):
        context = {
            "site": branding.current().sender,
            "url": confirmation.link(address, language),
            "days": confirmation.LINK_DURATION.days,
            "unsubscribe_url": unsubscribing,
        }
        message = _message(job, context, address.email)
    message.extra_headers |= _headers(one_click)
    return message


def _message(job: EmailJob, context: Mapping[str, object], to: str) -> EmailMessage:
    return emails.compose(f"comments/emails/{job.kind}.txt", to, context, message_id=f"comments-{job.key}")


# Sending --------------------------------------------------------------------------------------------------------------


def run_due() -> int:
    """Send the due e-mails, and return their number."""
    if not settings.EMAIL_CONFIGURED:
        return 0
    claimed = queue.claim(BATCH_SIZE)
    if not claimed:
        return 0
    server = get_connection()
    try:
        server.open()
    except Exception as error:
        _put_off(claimed, error)
        return len(claimed)
    try:
        for number, job in enumerate(claimed):
            try:
                _send(job, server)
            except Exception as error:
                if _is_lost(error):
                    _put_off(claimed[number:], error)
                    break
                # Only this e-mail has a problem. Send the others.
                _put_off([job], error)
    finally:
        server.close()
    return len(claimed)


def _send(job: EmailJob, server: BaseEmailBackend) -> None:
    row = EmailJob.objects.filter(pk=job.pk)
    message = compose(job)
    if message is None:
        row.update(due_at=None)
        if job.address is not None:
            # Nobody was asked, so the address may be asked again today.
            EmailAddress.objects.filter(pk=job.address.pk).update(asked_at=None)
        return
    message.connection = server
    message.send()
    row.update(due_at=None, sent_at=timezone.now(), failure="")


def _is_lost(error: Exception) -> bool:
    """Return whether the connection to the server is lost or hangs; otherwise one e-mail was rejected."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _put_off(jobs_: Iterable[EmailJob], error: Exception) -> None:
    for job in jobs_:
        queue.postpone(job, EmailJob.objects.filter(pk=job.pk), type(error).__name__)
    logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
