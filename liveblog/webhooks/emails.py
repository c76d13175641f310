"""E-mails about webhooks that were switched off. The rows of `Webhook` are the queue."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation

from liveblog import emails, jobs, roles
from liveblog.moments.formats import moment_in_sentence
from liveblog.webhooks.models import Webhook

logger = logging.getLogger(__name__)

queue = jobs.Queue(
    rows=lambda: Webhook.objects.select_related("owner").order_by("email_due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=40,
    first_pause=10.0,
    longest_pause=3600.0,
    prefix="email_",
    threads=1,
)


def recipient(webhook: Webhook) -> User | None:
    """Return the user who made a webhook; if they are gone, another user who may change it."""
    owner = webhook.owner
    if owner is not None and owner.is_active and owner.email:
        return owner
    return roles.recipients("liveblog.change_webhook").order_by("pk").first()


def compose(webhook: Webhook) -> EmailMessage | None:
    """Return the e-mail; None if it has no recipient, or if the webhook is on again."""
    to = recipient(webhook)
    if to is None or webhook.is_on:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        since = webhook.failing_since or webhook.off_since or timezone.now()
        context = {
            "webhook": webhook.name,
            "address": webhook.address,
            "reason": webhook.get_off_reason_display(),
            "since": moment_in_sentence(timezone.localtime(since)),
            "url": f"{settings.SITE_URL}{reverse('admin:liveblog_webhook_change', args=[webhook.pk])}",
        }
        off_since = webhook.off_since or timezone.now()
        message_id = f"webhook-{webhook.pk}-{int(off_since.timestamp())}"
        return emails.compose("liveblog/emails/webhook_off.txt", to.email, context, message_id=message_id)


def send_due() -> int:
    """Send the e-mails that are due, and return their number."""
    return queue.run_due(_send) if settings.EMAIL_CONFIGURED else 0


def _send(webhook: Webhook) -> None:
    row = Webhook.objects.filter(pk=webhook.pk)
    message = compose(webhook)
    if message is None:
        row.update(email_due_at=None)
        return
    try:
        message.send()
    except Exception as error:
        queue.postpone(webhook, row, type(error).__name__)
        logger.warning("An e-mail could not be sent (%s).", type(error).__name__)
    else:
        row.update(email_due_at=None, email_failure="")
