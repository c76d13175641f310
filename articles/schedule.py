"""Scheduled updates: published when their time has come, by whichever process looks first."""

import asyncio
import logging

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from articles import changes
from articles.history import recording
from articles.models import Update
from liveblog.delivery.hub import Hub

logger = logging.getLogger(__name__)

#: Seconds between looks.
INTERVAL = 1.0


def publish_due() -> int:
    """Publish every scheduled update that is due and, where a second person releases updates, released. Returns how
    many."""
    published = 0
    for waiting in _due().only("article", "story").order_by("publish_at", "pk"):
        try:
            with transaction.atomic():
                changes.lock(waiting)
                # Another process, or its writer, may have been faster.
                update = _due().filter(pk=waiting.pk).first()
                if update is not None:
                    update.state = Update.State.PUBLISHED
                    with recording.by(recording.Way.CLOCK):
                        update.save()
                    published += 1
        except Exception:
            logger.exception("The scheduled update %s could not be published.", waiting.pk)
    return published


def _due() -> QuerySet[Update]:
    due = Update.objects.filter(state=Update.State.SCHEDULED, publish_at__lte=timezone.now())
    return due.exclude(article__needs_release=True, released_by=None)


async def publish_when_due(hub: Hub) -> None:
    """Look for due updates as long as the server runs."""
    while True:
        try:
            await hub.query(publish_due)
        except Exception:
            logger.warning("Due updates could not be looked for; trying again.", exc_info=True)
        await asyncio.sleep(INTERVAL)
