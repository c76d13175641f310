"""The work that `comments.notifications` puts down: letters are written and handed to the mail server.

A letter that the server does not take is tried again; one whose occasion is gone by then is not sent. A process that
dies between handing over and noting it sends a letter twice, with the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from articles import api
from comments.models import Comment, EmailJob, State
from liveblog import jobs

logger = logging.getLogger(__name__)

#: How long a process has for what it took, before another may take it.
LEASE = timedelta(minutes=5)

BATCH = 20
ATTEMPTS = 40
FIRST_PAUSE = 10.0
LONGEST_PAUSE = 3600.0

_SALT = "comments.unsubscribe"


def unsubscribe_url(comment: Comment) -> str:
    """Where the author of a comment says that they want no more letters; of use to nobody else."""
    token = signing.Signer(salt=_SALT).sign(comment.email_hash)
    return settings.SITE_URL + reverse("unsubscribe", args=[comment.page_language, token])


def subscriber(token: str) -> str | None:
    """The keyed hash of the e-mail that an address of `unsubscribe_url` is about; None of one that we never made."""
    try:
        return signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None


def unsubscribe(email_hash: str) -> None:
    Comment.objects.filter(email_hash=email_hash).update(notify=False)
    EmailJob.objects.filter(comment__email_hash=email_hash, sent_at=None).delete()


# Writing --------------------------------------------------------------------------------------------------------------


def written(letter: EmailJob) -> EmailMessage | None:
    """The letter as it has to be now; None where its occasion is gone."""
    if letter.kind == EmailJob.Kind.DIGEST:
        return _digest(letter)
    comment, answer = letter.comment, letter.answer
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
        message = _message(letter, context, comment.email)
    message.extra_headers |= {
        "Content-Language": language,
        # RFC 8058: one click, without a page in between.
        "List-Unsubscribe": f"<{unsubscribing}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return message


def _digest(letter: EmailJob) -> EmailMessage | None:
    waiting = Comment.objects.queued()
    oldest = waiting.values_list("queued_at", flat=True).first()
    if letter.user is None or not letter.user.email or oldest is None:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "count": waiting.count(),
            "hours": max(1, round((timezone.now() - oldest).total_seconds() / 3600)),
            "url": f"{settings.SITE_URL}{reverse('admin:comments_comment_changelist')}",
        }
        return _message(letter, context, letter.user.email)


def _message(letter: EmailJob, context: dict, to: str) -> EmailMessage:
    text = render_to_string(f"comments/letters/{letter.kind}.txt", context)
    subject, _, body = text.strip().partition("\n")
    message_id = f"<comments-{letter.key}@{urlsplit(settings.SITE_URL).hostname}>"
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to], headers=headers)


# Sending --------------------------------------------------------------------------------------------------------------


def take(count: int) -> list[EmailJob]:
    """Take letters that are due, the oldest first; nobody else gets them meanwhile."""
    rows = EmailJob.objects.select_related("comment__article", "answer", "user").order_by("due_at")
    return jobs.lease_due(rows, count, LEASE)


def run_due() -> int:
    """Send what is due. Returns how many were taken."""
    if not settings.EMAIL_CONFIGURED:
        return 0
    taken = take(BATCH)
    if not taken:
        return 0
    server = get_connection()
    try:
        server.open()
    except Exception as error:
        _put_off(taken, error)
        return len(taken)
    try:
        for number, letter in enumerate(taken):
            try:
                _send(letter, server)
            except Exception as error:
                if _is_lost(error):
                    _put_off(taken[number:], error)
                    break
                # Anything may be wrong with one address; the others shall get theirs.
                _put_off([letter], error)
    finally:
        server.close()
    return len(taken)


def _send(letter: EmailJob, server: Any) -> None:
    row = EmailJob.objects.filter(pk=letter.pk)
    message = written(letter)
    if message is None:
        row.update(due_at=None)
        return
    message.connection = server
    message.send()
    row.update(due_at=None, sent_at=timezone.now(), failure="")


def _is_lost(error: Exception) -> bool:
    """Whether it is the connection to the server that is gone, or hangs, rather than one letter that is refused."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _put_off(letters: Iterable[EmailJob], error: Exception) -> None:
    for letter in letters:
        attempts = letter.attempts + 1
        pause = jobs.backoff(attempts, FIRST_PAUSE, LONGEST_PAUSE)
        due_at = timezone.now() + pause if attempts < ATTEMPTS else None
        EmailJob.objects.filter(pk=letter.pk).update(attempts=attempts, failure=type(error).__name__, due_at=due_at)
    logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
