"""Publish scheduled updates when they are due. Every process checks; the first one publishes."""

import asyncio
import logging

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from articles import changes
from articles.models import Update
from articles.publishing import syndication
from liveblog import jobs
from liveblog.actors import CLOCK, acting_as
from liveblog.delivery.hub import Hub

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


def publish_due() -> int:
    """Publish every scheduled update that is due and, if its article demands it, released. Return their number."""
    published = 0
    for waiting in _due().only("article", "copy_group").order_by("publish_at", "pk"):
        try:
            with transaction.atomic():
                changes.lock(waiting)
                # Another process, or its author, may have been faster.
                update = _due().filter(pk=waiting.pk).first()
                if update is not None:
                    update.state = Update.State.PUBLISHED
                    with acting_as(CLOCK):
                        update.save()
                        _publish_copies(update)
                    published += 1
        except Exception:
            logger.exception("The scheduled update %s could not be published.", waiting.pk)
    return published


def _publish_copies(update: Update) -> None:
    try:
        syndication.publish_copies(update, CLOCK)
    except ValidationError as error:
        # The update stays published. The copies remain drafts, which their desks show.
        logger.warning("The copies of the update %s could not be published: %s", update.pk, " ".join(error.messages))


def _due() -> QuerySet[Update]:
    due = Update.objects.filter(state=Update.State.SCHEDULED, publish_at__lte=timezone.now())
    return due.exclude(article__needs_release=True, released_by=None)


async def publish_when_due(hub: Hub) -> None:
    """Publish due updates until cancelled."""
    waiting = jobs.pauses(INTERVAL_SECONDS)
    while True:
        try:
            await hub.query(publish_due)
        except Exception:
            logger.warning("Due updates could not be looked for; trying again.", exc_info=True)
        await asyncio.sleep(next(waiting))
