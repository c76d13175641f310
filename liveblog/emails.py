"""Compose e-mails, and send those that need no queue.

E-mails that must not be lost are rows of a queue (`liveblog.jobs`), which their owners send; this module sends all
others.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language

from liveblog.branding import current as branding
from liveblog.branding.current import Branding
from liveblog.languages import tag

logger = logging.getLogger(__name__)

_sender = ThreadPoolExecutor(2, thread_name_prefix="e-mails")


def compose(template: str, to: str, context: Mapping[str, object], *, message_id: str = "") -> EmailMessage:
    """Return an e-mail in the active language. The first line of the template is the subject.

    message_id   the local part of its Message-ID, so that an e-mail that is sent twice is recognised; "": a random one
    """
    subject, _, body = render_to_string(template, dict(context)).strip().partition("\n")
    # RFC 3834: autoresponders do not answer it.
    headers = {"Auto-Submitted": "auto-generated", "Content-Language": tag(get_language() or settings.LANGUAGE_CODE)}
    if message_id:
        headers["Message-ID"] = f"<{message_id}@{urlsplit(settings.SITE_URL).hostname}>"
    subject = " ".join(subject.split())
    return EmailMessage(subject, body.strip() + "\n", from_email=sender(), to=[to], headers=headers)


def sender(brand: Branding | None = None) -> str:
    """Return the sender of e-mails: the address of the settings, with the name of the site unless they name one."""
    brand = brand or branding.current()
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((brand.sender, address)) if brand.has_name and not name else settings.DEFAULT_FROM_EMAIL


def send_later(message: EmailMessage) -> None:
    """Send an e-mail after the commit, in the background.

    The response time must not reveal whether an e-mail is sent (OWASP ASVS 4.0, 2.2.2).
    """
    if settings.EMAIL_CONFIGURED:
        transaction.on_commit(lambda: _submit(message))


def send_now(message: EmailMessage) -> bool:
    """Send an e-mail at once, and return whether the mail server has accepted it."""
    return settings.EMAIL_CONFIGURED and _send(message)


def fault_of(message: EmailMessage) -> str:
    """Send an e-mail at once. Return what went wrong: "login", "sender", "recipient", "unreachable", "other"; or ""."""
    try:
        message.send()
    except smtplib.SMTPAuthenticationError:
        return "login"
    except smtplib.SMTPSenderRefused:
        return "sender"
    except smtplib.SMTPRecipientsRefused:
        return "recipient"
    except (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected):
        return "unreachable"
    except smtplib.SMTPException:
        return "other"
    except OSError:
        return "unreachable"
    return ""


def _submit(message: EmailMessage) -> None:
    if settings.JOBS_IN_THREADS:
        _sender.submit(_send, message)
    else:
        _send(message)


def _send(message: EmailMessage) -> bool:
    try:
        message.send()
        return True
    # Mail servers and libraries fail in many ways, and none may break the request.
    except Exception as error:
        # The text of the error may contain the address.
        logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
        return False
