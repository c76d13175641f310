"""Send the notifications that are due to the readers' push services.

The rows of `Delivery` are the queue (`liveblog.jobs`), claimed and finished many at a time. A process that dies in
between sends some of them again, but both have one tag, so each browser shows one notification.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from threading import Lock

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from articles.following import editions
from articles.following.models import Delivery, Edition, Story
from liveblog import jobs, metrics
from liveblog.errors import ProviderError
from liveblog.webpush import sending, vapid
from liveblog.webpush.apart import Sender
from liveblog.webpush.endpoints import origin_of
from liveblog.webpush.models import PushSubscription
from liveblog.webpush.sending import Message

logger = logging.getLogger(__name__)

#: Seconds between looks for what is due.
INTERVAL = 1.0

#: Number of notifications that are claimed, sent and finished together.
BATCH_SIZE = 400

#: The time for which a push service keeps a notification for a device that is off, in seconds.
_KEPT_SECONDS = 6 * 3600
_KEPT_SECONDS_CHANGED = 24 * 3600

#: The time for which stories can be corrected and withdrawn.
KEPT_DAYS = 7
_CLEAR_SECONDS = 3600.0

#: A subscription that its push service refuses so often has ended in all but name: the site's key was changed.
MAX_REFUSALS = 10

#: Consecutive messages for which a push service has no time before it is left alone for a while.
_MOST_BUSY = 10
_LONGEST_REST_SECONDS = 300.0

queue = jobs.Queue(
    rows=lambda: Delivery.objects.select_related("subscription").order_by("due_at"),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=8,
    first_pause=15.0,
    longest_pause=900.0,
)


class _Rests:
    """The push services that said to all of some consecutive messages that they have no time."""

    def __init__(self) -> None:
        self._busy: dict[str, int] = defaultdict(int)
        self._until: dict[str, float] = {}
        self._lock = Lock()

    def note(self, origin: str, error: ProviderError | None) -> None:
        with self._lock:
            if error is None or error.reason != "busy":
                self._busy.pop(origin, None)
                return
            self._busy[origin] += 1
            if self._busy[origin] >= _MOST_BUSY:
                pause = min(max(error.retry_after or 0.0, 10.0), _LONGEST_REST_SECONDS)
                self._until[origin] = time.monotonic() + pause

    def left(self, origin: str) -> float:
        """Return for how many seconds a push service is left alone."""
        return max(0.0, self._until.get(origin, 0.0) - time.monotonic())

    def clear(self) -> None:
        with self._lock:
            self._busy.clear()
            self._until.clear()


rests = _Rests()


#: Sends messages, and returns the error of each.
SendAll = Callable[[Sequence[Message]], list[ProviderError | None]]


def send_due(send_all: SendAll = sending.send_all) -> int:
    """Send the notifications that are due. Return how many rows were claimed."""
    claimed = queue.claim(BATCH_SIZE)
    if not claimed:
        return 0
    found = Edition.objects.select_related("story").in_bulk({row.edition_id for row in claimed})
    rows, messages = [], []
    resting: dict[float, list[int]] = defaultdict(list)
    for row in claimed:
        if pause := rests.left(origin_of(row.subscription.endpoint)):
            resting[round(pause)].append(row.pk)
        elif (edition := found.get(row.edition_id)) is not None and edition.message:
            rows.append(row)
            messages.append(_message(row, edition))
    for seconds, pks in resting.items():
        Delivery.objects.filter(pk__in=pks).update(due_at=timezone.now() + timedelta(seconds=seconds + 1))
    failed: list[tuple[Delivery, ProviderError]] = []
    sent: dict[int, list[Delivery]] = defaultdict(list)

    for row, error in zip(rows, send_all(messages), strict=True):
        rests.note(origin_of(row.subscription.endpoint), error)
        metrics.PUSHES.labels(error.reason if error else "sent").inc()
        if error is None:
            sent[row.edition_id].append(row)
        else:
            failed.append((row, error))
    for pk, deliveries in sent.items():
        _finish(found[pk], deliveries)
    _fail(failed)
    return len(claimed)


def _message(row: Delivery, edition: Edition) -> Message:
    """Return what is sent to a browser: the same for all readers of an edition."""
    story, about = edition.story, edition.about.partition(" ")[0]
    fields = {
        **(edition.message or {}),
        "tag": story.tag,
        "version": edition.version,
        "leaving": {"story": story.pk},
        "at": int(story.created_at.timestamp() * 1000),
    }
    changed = about != "published"
    return Message(
        row.subscription.as_endpoint,
        json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(),
        topic=story.tag,
        urgency="high" if story.level == "breaking" and not changed else "normal",
        seconds=_KEPT_SECONDS_CHANGED if changed else _KEPT_SECONDS,
    )


def _finish(edition: Edition, deliveries: list[Delivery]) -> None:
    """Note that readers have a version of an edition. If there is a later one by now, they get it next."""
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
    """Delete subscriptions that have ended, and put off what may succeed later."""
    gone: list[int] = []
    refused: list[int] = []
    reasons: dict[str, int] = defaultdict(int)
    for row, error in failed:
        if error.reason == "gone":
            gone.append(row.subscription_id)
            continue
        reasons[error.reason] += 1
        if error.permanent:
            refused.append(row.subscription_id)
        unchanged = Delivery.objects.filter(pk=row.pk)
        queue.postpone(row, unchanged, error.reason, permanent=error.permanent, retry_after=error.retry_after)
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
    """Delete stories that are too old to be corrected, once in an hour. Return 0: there is no more to do."""
    global _cleared_at
    if time.monotonic() < _cleared_at + _CLEAR_SECONDS:
        return 0
    _cleared_at = time.monotonic()
    old = Story.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
    for pk in list(old.values_list("pk", flat=True)[:1000]):
        # A transaction for some thousands of rows, so that nobody waits for its locks.
        while rows := list(Delivery.objects.filter(story=pk).values_list("pk", flat=True)[:5000]):
            Delivery.objects.filter(pk__in=rows).delete()
        Story.objects.filter(pk=pk).delete()
    return 0


def run_due(send_all: SendAll) -> int:
    """Make the messages that are due, and send those that are made. Return how many rows there were."""
    done = 0
    # If one fails, the others still run.
    for work in (editions.run_due, partial(send_due, send_all), clear):
        try:
            done += work()
        except Exception:
            logger.warning("Notifications could not be worked on; trying again.", exc_info=True)
    return done


async def send_when_due() -> None:
    """Look for what is due as long as the server runs."""
    if settings.PUSH_WORKER and vapid.configured():
        sender = Sender()
        try:
            await jobs.run_while_serving(partial(run_due, sender.send_all), INTERVAL, logger)
        finally:
            await asyncio.to_thread(sender.end)
