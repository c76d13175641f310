"""Send the messages that are due, in the background.

A message that is not accepted is tried again after growing pauses, for about five days. A webhook that has answered
only errors for WEBHOOK_DISABLE_DAYS days is switched off, and the user who made it gets an e-mail. Each webhook has a
thread of its own, and one message of it is under way at a time, so a server that is slow or hangs delays no other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from liveblog import jobs, public_http
from liveblog.errors import ProviderError
from liveblog.http import Client
from liveblog.numbers import number
from liveblog.webhooks import emails, signing
from liveblog.webhooks.models import MAX_WEBHOOKS, Delivery, Webhook

logger = logging.getLogger(__name__)

#: Seconds between two searches for due messages, and for old ones.
INTERVAL = 1.0
_CLEAR_INTERVAL = 3600.0

#: The time limit of one attempt, in seconds.
_TIMEOUT_SECONDS = 15.0
#: The limit of an answer, which is not used.
_MAX_BYTES = 10_000
#: Number of attempts that a delivery lists.
_MAX_TRIES = 20
#: The greatest number of messages that wait for one webhook.
MAX_WAITING = 10_000
#: The time for which deliveries are kept, to be viewed and sent again.
KEPT_FOR = timedelta(days=30)
_BATCH = 1000


queue = jobs.Queue(
    rows=lambda: Delivery.objects.select_related("webhook").filter(webhook__is_on=True).order_by("due_at", "pk"),
    logger=logger,
    lease=timedelta(minutes=2),
    max_attempts=32,
    first_pause=5.0,
    longest_pause=6 * 3600.0,
)


@lru_cache(maxsize=4)
def _client(routes: tuple[tuple[str, str], ...]) -> Client:
    return Client("webhooks", public_http.adapters(dict(routes)))


def due(under_way: frozenset[int] = frozenset()) -> list[int]:
    """Return the webhooks with due messages, without those given and those to which another process sends."""
    now = timezone.now()
    rows = Delivery.objects.filter(Webhook.free(now, "webhook__"), due_at__lte=now, webhook__is_on=True)
    return list(rows.exclude(webhook__in=under_way).order_by().values_list("webhook", flat=True).distinct())


def send_to(webhook: int) -> int:
    """Send a webhook its first due message. Return 0 if there is none, or if another process sends to the webhook."""
    now = timezone.now()
    row = Webhook.objects.filter(Webhook.free(now), pk=webhook)
    if not row.update(taken_until=now + queue.lease):
        return 0
    try:
        claimed = queue.claim(1, Q(webhook=webhook))
        for delivery in claimed:
            _deliver(delivery)
    finally:
        Webhook.objects.filter(pk=webhook).update(taken_until=None)
    return len(claimed)


def send_due() -> int:
    """Send a message to each webhook with due messages, and return their number."""
    return sum(send_to(webhook) for webhook in due())


def send_again(delivery: Delivery) -> bool:
    """Queue a message again, under the same id. Return False if its webhook is switched off."""
    if not delivery.webhook.is_on:
        return False
    Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now(), attempts=0, failure="", delivered_at=None)
    return True


def _deliver(delivery: Delivery) -> None:
    if settings.JOBS_IN_THREADS:
        # A server that hangs must not hold a database connection.
        connection.close()
    began = time.monotonic()
    try:
        delivery.status = _post(delivery)
    except ProviderError as error:
        delivery.status = error.status
        _note(delivery, error.reason, time.monotonic() - began)
        _failed(delivery, error)
    else:
        _note(delivery, "", time.monotonic() - began)
        _succeeded(delivery)


def _post(delivery: Delivery) -> int:
    """Send a message, and return the status of a success. Raise ProviderError otherwise."""
    webhook = delivery.webhook
    public_http.check(webhook.address)
    sent = {"Content-Type": "application/json"}
    sent |= signing.headers(delivery.message_id, int(time.time()), delivery.body, webhook.secrets)
    client = _client(tuple(sorted(settings.WEBHOOK_ROUTES.items())))
    answer = client.send(
        "POST",
        webhook.address,
        seconds=_TIMEOUT_SECONDS,
        max_bytes=_MAX_BYTES,
        headers=sent,
        data=delivery.body.encode(),
    )
    if answer.successful:
        return answer.status
    if answer.status in (429, 503):
        wait = number(answer.headers.get("Retry-After"), maximum=86_400)
        raise ProviderError("busy", status=answer.status, retry_after=wait)
    # A redirect is no success either: the address of the webhook has to be the right one.
    raise ProviderError("gone" if answer.status == 410 else "unreachable", status=answer.status)


def _note(delivery: Delivery, failure: str, seconds: float) -> None:
    tried = {
        "at": timezone.now().isoformat(),
        "status": delivery.status,
        "failure": failure,
        "seconds": round(seconds, 2),
    }
    delivery.tries = [*delivery.tries, tried][-_MAX_TRIES:]
    Delivery.objects.filter(pk=delivery.pk).update(tries=delivery.tries, status=delivery.status)


def _succeeded(delivery: Delivery) -> None:
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(due_at=None, failure="", delivered_at=now)
    Webhook.objects.filter(pk=delivery.webhook_id).update(succeeded_at=now, failing_since=None)


def _failed(delivery: Delivery, error: ProviderError) -> None:
    webhook, now = delivery.webhook, timezone.now()
    rows = Delivery.objects.filter(pk=delivery.pk, due_at__isnull=False)
    # "forbidden": the address is private, and will not become public in a moment. "gone": the receiver has ended it.
    permanent = error.reason in ("forbidden", "gone")
    again = queue.postpone(delivery, rows, error.reason, permanent=permanent, retry_after=error.retry_after)
    logger.warning(
        "The webhook %s failed (%s); the message will%s be sent again.", webhook.pk, error, "" if again else " not"
    )
    Webhook.objects.filter(pk=webhook.pk, failing_since=None).update(failing_since=now)
    since = webhook.failing_since or now
    if error.reason == "gone":
        webhook.switch_off(Webhook.Reason.GONE, tell=True)
    elif settings.WEBHOOK_DISABLE_DAYS and since <= now - timedelta(days=settings.WEBHOOK_DISABLE_DAYS):
        webhook.switch_off(Webhook.Reason.FAILING, tell=True)
    elif webhook.deliveries.filter(due_at__isnull=False)[MAX_WAITING:].exists():
        webhook.switch_off(Webhook.Reason.FULL, tell=True)


def clear_old() -> int:
    """Delete deliveries that are older than KEPT_FOR. Return their number, at most that of a batch."""
    limit = timezone.now() - KEPT_FOR
    old = list(
        Delivery.objects.filter(created_at__lt=limit).order_by("created_at").values_list("pk", flat=True)[:_BATCH]
    )
    Delivery.objects.filter(pk__in=old).delete()
    return len(old)


async def send_when_due() -> None:
    """Send due messages as long as the server runs."""
    await asyncio.gather(
        jobs.Lanes(due, send_to, MAX_WEBHOOKS, logger).run_while_serving(INTERVAL),
        jobs.run_while_serving(emails.send_due, 10 * INTERVAL, logger),
        jobs.run_while_serving(clear_old, _CLEAR_INTERVAL, logger),
    )
