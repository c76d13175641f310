"""The change log: the one way in which anything that readers see becomes different.

Whoever changes what a page shows does it inside a transaction, appends the element here in the same transaction, and
need not think of readers again.
"""

import asyncio
import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import models, transaction

from liveblog.models import Change

logger = logging.getLogger(__name__)

#: The element to append when more than one element can tell has changed: open pages load anew.
PAGE = "page"

_RING_TIMEOUT = 2.0


def _articles() -> models.QuerySet:
    return Change._meta.get_field("article").related_model._base_manager.all()


def lock(article_id: int) -> None:
    """Hold the article's row until the transaction ends, so that commits come in the order of their revisions."""
    _articles().select_for_update().only("pk").filter(pk=article_id).first()


def append(article_id: int, element: str) -> int:
    """Record that `element` of the article's page changed, and ring the bell once that is committed.

    Must run in the transaction that makes the change. Returns the new revision.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A change is logged in the transaction that makes it.")
    _articles().filter(pk=article_id).update(revision=models.F("revision") + 1)
    revision = _articles().values_list("revision", flat=True).get(pk=article_id)
    Change.objects.create(article_id=article_id, revision=revision, element=element)
    transaction.on_commit(lambda: ring(article_id), robust=True)
    return revision


def group(article_id: int) -> str:
    """The channel layer group in which the article's bell is heard."""
    return f"article.{article_id}"


def ring(article_id: int) -> None:
    """Tell every process that the article's log has grown. A lost ring delays delivery and loses nothing."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        async_to_sync(_ring)(article_id)
    else:
        # A thread that runs an event loop must not wait for it.
        _ringing.add(task := loop.create_task(_ring(article_id)))
        task.add_done_callback(_ringing.discard)


_ringing: set[asyncio.Task[None]] = set()


async def _ring(article_id: int) -> None:
    try:
        async with asyncio.timeout(_RING_TIMEOUT):
            await get_channel_layer().group_send(group(article_id), {"type": "bell"})
    except Exception:
        logger.warning(
            "The bell of article %s could not be rung; readers wait for the timer.", article_id, exc_info=True
        )
