"""Compose and send the e-mails that `comments.notifications` and `comments.digests` have queued.

An e-mail that the server does not accept is tried again; one whose occasion has gone by then is not sent. If a process
dies after the server has accepted an e-mail and before that is stored, it is sent twice, with the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from articles import api
from comments.models import Comment, EmailJob, State
from liveblog import jobs

logger = logging.getLogger(__name__)

#: The oldest first.
queue = jobs.Queue(
    rows=lambda: EmailJob.objects.select_related("comment__article", "answer", "user").order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=40,
    first_pause=10.0,
    longest_pause=3600.0,
)

#: Number of e-mails sent over one connection to the server.
BATCH_SIZE = 20

_SALT = "comments.unsubscribe"


def unsubscribe_url(comment: Comment) -> str:
    """Return the address at which the author of a comment ends all e-mails. It is signed, so nobody can forge it."""
    token = signing.Signer(salt=_SALT).sign(comment.email_hash)
    return settings.SITE_URL + reverse("unsubscribe", args=[comment.page_language, token])


def subscriber(token: str) -> str | None:
    """Return the hash of the e-mail that a token of `unsubscribe_url` names; None if the token is not ours."""
    try:
        return signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None


def unsubscribe(email_hash: str) -> None:
    """End all e-mails to the author with this hash, and delete the ones that wait."""
    Comment.objects.filter(email_hash=email_hash).update(notify=False)
    EmailJob.objects.filter(comment__email_hash=email_hash, sent_at=None).delete()


# Composing ------------------------------------------------------------------------------------------------------------


def compose(job: EmailJob) -> EmailMessage | None:
    """Return the e-mail as it has to be now; None if its occasion has gone."""
    if job.kind == EmailJob.Kind.DIGEST:
        return _digest(job)
    comment, answer = job.comment, job.answer
    about = answer or comment
    if comment is None or about is None or about.state != State.APPROVED or not (comment.notify and comment.email):
        return None
    language = comment.page_language
    page = f"{settings.SITE_URL}{comment.article.url(language)}"
    unsubscribing = unsubscribe_url(comment)
    with translation.override(language):
        context = {
            "comment": comment,
            "answer": answer,
            "article": str(api.headline(comment.article, language)),
            "url": f"{page}comments/{about.pk}/",
            "unsubscribe_url": unsubscribing,
        }
        message = _message(job, context, comment.email)
    message.extra_headers |= {
        "Content-Language": language,
        # RFC 8058: one click, without a page in between.
        "List-Unsubscribe": f"<{unsubscribing}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return message


def _digest(job: EmailJob) -> EmailMessage | None:
    waiting = Comment.objects.queued()
    oldest = waiting.values_list("queued_at", flat=True).first()
    if job.user is None or not job.user.email or oldest is None:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "count": waiting.count(),
            "hours": max(1, round((timezone.now() - oldest).total_seconds() / 3600)),
            "url": f"{settings.SITE_URL}{reverse('admin:comments_comment_changelist')}",
        }
        return _message(job, context, job.user.email)


def _message(job: EmailJob, context: Mapping[str, object], to: str) -> EmailMessage:
    text = render_to_string(f"comments/emails/{job.kind}.txt", dict(context))
    subject, _, body = text.strip().partition("\n")
    message_id = f"<comments-{job.key}@{urlsplit(settings.SITE_URL).hostname}>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to], headers=headers)


# Sending --------------------------------------------------------------------------------------------------------------


def run_due() -> int:
    """Send the due e-mails. Return how many there were."""
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
        for number, letter in enumerate(claimed):
            try:
                _send(letter, server)
            except Exception as error:
                if _is_lost(error):
                    _put_off(claimed[number:], error)
                    break
                # Something is wrong with this one e-mail. The others are sent.
                _put_off([letter], error)
    finally:
        server.close()
    return len(claimed)


def _send(letter: EmailJob, server: BaseEmailBackend) -> None:
    row = EmailJob.objects.filter(pk=letter.pk)
    message = compose(letter)
    if message is None:
        row.update(due_at=None)
        return
    message.connection = server
    message.send()
    row.update(due_at=None, sent_at=timezone.now(), failure="")


def _is_lost(error: Exception) -> bool:
    """Return whether the connection to the server is lost or hangs, rather than one e-mail rejected."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _put_off(letters: Iterable[EmailJob], error: Exception) -> None:
    for letter in letters:
        queue.postpone(letter, EmailJob.objects.filter(pk=letter.pk), type(error).__name__)
    logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
