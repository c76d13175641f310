"""E-mails about an account, to the person whose account it is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language

logger = logging.getLogger(__name__)

_sender = ThreadPoolExecutor(2, thread_name_prefix="letters")


def compose(template: str, email: str, context: Mapping[str, object]) -> EmailMessage:
    """Return an e-mail in the active language. The first line of the template is the subject."""
    subject, _, body = render_to_string(template, dict(context)).strip().partition("\n")
    headers = {"Auto-Submitted": "auto-generated", "Content-Language": get_language() or settings.LANGUAGE_CODE}
    return EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[email], headers=headers)


def send_later(message: EmailMessage) -> None:
    """Send an e-mail after the commit, in the background.

    The answer to a request must not tell, by the time that it takes, whether a letter is sent (OWASP ASVS 4.0, 2.2.2).
    """
    if settings.EMAIL_CONFIGURED:
        transaction.on_commit(lambda: _submit(message))


def send_now(message: EmailMessage) -> bool:
    """Send an e-mail at once, and return whether the mail server has taken it."""
    return settings.EMAIL_CONFIGURED and _send(message)


def _submit(message: EmailMessage) -> None:
    if settings.JOBS_IN_THREADS:
        _sender.submit(_send, message)
    else:
        _send(message)


def _send(message: EmailMessage) -> bool:
    try:
        message.send()
        return True
    except Exception as error:
        # The text of the error may contain the address.
        logger.warning("A letter about an account could not be sent (%s).", type(error).__name__)
        return False
