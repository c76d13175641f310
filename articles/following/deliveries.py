"""Send the notifications that are due to the readers' push services.

The rows of `Delivery` are the queue (`liveblog.jobs`), claimed and finished many at a time. If a process dies in
between, some are sent again, but with the same tag, so each browser shows only one notification. Each push service has
its own thread, so none waits for another one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from articles.following import editions
from articles.following.models import Delivery, Edition, Story
from liveblog import jobs, metrics
from liveblog.errors import ProviderError
from liveblog.webpush import sending, vapid
from liveblog.webpush.apart import Sender
from liveblog.webpush.endpoints import services
from liveblog.webpush.models import PushSubscription
from liveblog.webpush.sending import Content, Message

logger = logging.getLogger(__name__)

#: Seconds between two polls for due notifications.
INTERVAL = 1.0

#: Number of notifications that are claimed, sent and finished together.
BATCH_SIZE = 400

#: The time for which a push service keeps a notification for a device that is off, in seconds.
_KEPT_SECONDS = 6 * 3600
_KEPT_SECONDS_CHANGED = 24 * 3600

#: The time in which stories can be corrected and withdrawn.
KEPT_DAYS = 7
_CLEAR_SECONDS = 3600.0
#: The time for which a browser's data is kept without anything that it follows: it is stored first.
_KEPT_UNUSED = timedelta(hours=1)

#: The number of refusals after which a subscription counts as ended: probably the site's key has changed.
MAX_REFUSALS = 10

queue = jobs.Queue(
    rows=lambda: Delivery.objects.select_related("subscription").order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=8,
    first_pause=15.0,
    longest_pause=900.0,
)


#: Sends messages, and returns the error of each.
SendAll = Callable[[Sequence[Message]], list[ProviderError | None]]


def send_due(send_all: SendAll = sending.send_all, service: str | None = None) -> int:
    """Send the notifications that are due at a push service; default: at all. Return the number of rows claimed."""
    claimed = queue.claim(BATCH_SIZE, None if service is None else Q(service=service))
    if not claimed:
        return 0
    found = Edition.objects.select_related("story").in_bulk({row.edition_id for row in claimed})
    contents = {pk: _content(edition) for pk, edition in found.items() if edition.message}
    messages = [
        (row, Message(row.subscription.as_endpoint, contents[row.edition_id]))
        for row in claimed
        if row.edition_id in contents
    ]
    failed: list[tuple[Delivery, ProviderError]] = []
    sent: dict[int, list[Delivery]] = defaultdict(list)
    for (row, _sent), error in zip(messages, send_all([message for _row, message in messages]), strict=True):
        metrics.PUSHES.labels(error.reason if error else "sent").inc()
        if error is None:
            sent[row.edition_id].append(row)
        else:
            failed.append((row, error))
    for pk, deliveries in sent.items():
        _finish(found[pk], deliveries)
    _fail(failed)
    return len(claimed)


def _content(edition: Edition) -> Content:
    """Return the content for all readers of an edition."""
    story, about = edition.story, edition.about.partition(" ")[0]
    fields = {
        **(edition.message or {}),
        "tag": story.tag,
        "version": edition.version,
        "leaving": {"story": story.pk},
        "at": int(story.created_at.timestamp() * 1000),
    }
    changed = about != "published"
    return Content(
        json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(),
        topic=story.tag,
        urgency="high" if story.level == "breaking" and not changed else "normal",
        seconds=_KEPT_SECONDS_CHANGED if changed else _KEPT_SECONDS,
    )


def _finish(edition: Edition, deliveries: list[Delivery]) -> None:
    """Record that readers have a version of an edition. If there is a later one by now, queue it."""
    with transaction.atomic():
        present = Edition.objects.select_for_update().filter(pk=edition.pk).values_list("version", flat=True).first()
        now = timezone.now()
        if first := sum(not row.version for row in deliveries):
            Story.objects.filter(pk=edition.story_id).update(told=F("told") + first)
        Delivery.objects.filter(pk__in=[row.pk for row in deliveries]).update(
            version=edition.version,
            sent_at=now,
            held=False,
            failure="",
            due_at=now if present is not None and present > edition.version else None,
        )


def _fail(failed: Iterable[tuple[Delivery, ProviderError]]) -> None:
    """Delete subscriptions that have ended, and postpone deliveries that may succeed later."""
    gone: list[int] = []
    refused: list[int] = []
    skipped: dict[int, list[int]] = defaultdict(list)
    reasons: dict[str, int] = defaultdict(int)
    for row, error in failed:
        if error.reason == "gone":
            gone.append(row.subscription_id)
            continue
        if error.reason == "skipped":
            skipped[int(error.retry_after or 0) + 1].append(row.pk)
            continue
        reasons[error.reason] += 1
        if error.permanent:
            refused.append(row.subscription_id)
        unchanged = Delivery.objects.filter(pk=row.pk)
        queue.postpone(row, unchanged, error.reason, permanent=error.permanent, retry_after=error.retry_after)
    # Skipped deliveries do not count as attempts.
    for seconds, pks in skipped.items():
        Delivery.objects.filter(pk__in=pks).update(due_at=timezone.now() + timedelta(seconds=seconds))
    PushSubscription.objects.filter(pk__in=gone).delete()
    if refused:
        PushSubscription.objects.filter(pk__in=refused).update(refusals=F("refusals") + 1)
        PushSubscription.objects.filter(pk__in=refused, refusals__gte=MAX_REFUSALS).delete()
    if reasons:
        logger.warning(
            "Notifications could not be sent: %s.",
            ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items())),
        )


# Clearing -------------------------------------------------------------------------------------------------------------

_cleared_at = 0.0


def clear() -> int:
    """Delete stories that are too old to be corrected, and the data of browsers that follow nothing, once an hour.

    Return 0: there is no more to do.
    """
    global _cleared_at
    if time.monotonic() < _cleared_at + _CLEAR_SECONDS:
        return 0
    _cleared_at = time.monotonic()
    # Deliveries at push services that are no longer in the settings.
    Delivery.objects.filter(due_at__isnull=False).exclude(service__in=services()).update(service="")
    old = Story.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
    for pk in list(old.values_list("pk", flat=True)[:1000]):
        # Use small transactions, so that nobody waits for their locks.
        while rows := list(Delivery.objects.filter(story=pk).values_list("pk", flat=True)[:5000]):
            Delivery.objects.filter(pk__in=rows).delete()
        Story.objects.filter(pk=pk).delete()
    _clear_subscriptions()
    return 0


def _clear_subscriptions() -> None:
    """Delete the data of browsers that follow nothing any more, for example because the article was deleted."""
    # A browser that has a notification is still told of its withdrawal.
    told = Delivery.objects.filter(Q(due_at__isnull=False) | Q(edition__due_at__isnull=False))
    unused = PushSubscription.objects.unused().filter(created_at__lt=timezone.now() - _KEPT_UNUSED)
    while rows := list(unused.exclude(pk__in=told.values("subscription")).values_list("pk", flat=True)[:1000]):
        # It may follow something by now.
        unused.filter(pk__in=rows).delete()


# While the server runs ------------------------------------------------------------------------------------------------


def lanes(send_all: SendAll) -> jobs.Lanes[str]:
    """Return the sending threads, one for each push service; "" stands for services that are not in the settings."""
    names = {*services(), ""}

    def due(under_way: frozenset[str]) -> list[str]:
        rows = Delivery.objects.filter(service__in=names - under_way, due_at__lte=timezone.now())
        return list(rows.order_by().values_list("service", flat=True).distinct())

    return jobs.Lanes(due, lambda service: send_due(send_all, service), len(names), logger)


def run_due(sending_threads: jobs.Lanes[str]) -> int:
    """Make the due messages, and start sending them. Return the number of messages made."""
    done = 0
    # If one job fails, the others still run.
    for work in (editions.run_due, sending_threads.start_due, clear):
        try:
            done += work()
        except Exception:
            logger.warning("Notifications could not be worked on; trying again.", exc_info=True)
    return done


async def send_when_due() -> None:
    """Make and send notifications as long as the server runs."""
    if settings.PUSH_WORKER and vapid.configured():
        sender = Sender()
        threads = lanes(sender.send_all)
        try:
            await jobs.run_while_serving(lambda: run_due(threads), INTERVAL, logger)
        finally:
            threads.stop()
            # The batch of a hanging push service ends with the process.
            await asyncio.to_thread(sender.end)
            await asyncio.to_thread(threads.wait)
