"""Scheduled updates: published when their time has come, by whichever process looks first."""

import asyncio
import logging

from django.db import transaction
from django.utils import timezone

from articles.models import Update
from liveblog.delivery import log
from liveblog.delivery.hub import Hub

logger = logging.getLogger(__name__)

#: Seconds between looks.
INTERVAL = 1.0


def publish_due() -> int:
    """Publish every scheduled update that is due. Returns how many."""
    due = Update.objects.filter(state=Update.State.SCHEDULED, publish_at__lte=timezone.now()).order_by(
        "publish_at", "pk"
    )
    published = 0
    for pk, article_id in due.values_list("pk", "article_id"):
        try:
            with transaction.atomic():
                log.lock(article_id)
                # Another process, or its writer, may have been faster.
                update = Update.objects.filter(
                    pk=pk, state=Update.State.SCHEDULED, publish_at__lte=timezone.now()
                ).first()
                if update is not None:
                    update.state = Update.State.PUBLISHED
                    update.save()
                    published += 1
        except Exception:
            logger.exception("The scheduled update %s could not be published.", pk)
    return published


async def publish_when_due(hub: Hub) -> None:
    """Look for due updates as long as the server runs."""
    while True:
        try:
            await hub.query(publish_due)
        except Exception:
            logger.warning("Due updates could not be looked for; trying again.", exc_info=True)
        await asyncio.sleep(INTERVAL)
