"""Notify other processes through the channel layer that something changed; notifications have no content.

A process that has committed a change notifies the processes that hold readers, and the desks of the newsroom; they
then read the change from the database. If a notification is lost, delivery waits until the next regular poll, and
nothing is lost.
"""

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from liveblog.asgi_types import Message

logger = logging.getLogger(__name__)

#: How long to wait for the channel layer, in seconds.
TIMEOUT_SECONDS = 2.0

# Groups of the channel layer ------------------------------------------------------------------------------------------


def readers_group(article_id: int) -> str:
    """Return the group of all processes that hold readers of the article."""
    return f"article.{article_id}"


def desk_group(article_id: int) -> str:
    """Return the group of all users who have the article's desk open."""
    return f"desk.{article_id}"


# Notifications --------------------------------------------------------------------------------------------------------


def notify_readers(article_id: int) -> None:
    """Notify every process that holds readers that the article's change log has grown. Never raise."""
    run_change_callbacks()
    send_soon(readers_group(article_id), {"type": "article.changed", "article": article_id})


def notify_desk(article_id: int) -> None:
    """Notify the article's desks that the database may have lost updates that they show. Never raise."""
    send_soon(desk_group(article_id), {"type": "content.changed"})


def notify_desk_after_commit(article_id: int) -> None:
    """Notify the article's desks once the current transaction is committed."""
    notify_group_after_commit(desk_group(article_id))


def notify_group_after_commit(group: str) -> None:
    """Notify all `PresenceConsumer`s in a group once the current transaction is committed."""
    transaction.on_commit(lambda: send_soon(group, {"type": "content.changed"}), robust=True)


_change_callbacks: list[Callable[[], None]] = []


def add_change_callback(callback: Callable[[], None]) -> None:
    """Call `callback`, in any thread, when this process learns that the log of some article has grown."""
    _change_callbacks.append(callback)


def run_change_callbacks() -> None:
    """Call all callbacks: this process has learned that the log of some article has grown."""
    for callback in _change_callbacks:
        callback()


# Sending --------------------------------------------------------------------------------------------------------------


#: The event loop of the server while it serves.
_serving: asyncio.AbstractEventLoop | None = None


async def send_while_serving() -> None:
    """Send messages of threads in the server's event loop until cancelled, so that no response waits for the layer."""
    global _serving
    _serving = asyncio.get_running_loop()
    try:
        await asyncio.Future()
    finally:
        _serving = None


def send_soon(group: str, message: Message) -> None:
    """Send a message to a group, from any thread. Without a channel layer, log a warning instead of raising."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        if (serving := _serving) is None:
            async_to_sync(send)(group, message)
        else:
            _sending.add(future := asyncio.run_coroutine_threadsafe(send(group, message), serving))
            future.add_done_callback(_sending.discard)
    else:
        # A thread that runs an event loop must not block.
        _sending.add(task := loop.create_task(send(group, message)))
        task.add_done_callback(_sending.discard)


_sending: set[asyncio.Task[None] | concurrent.futures.Future[None]] = set()


async def send(group: str, message: Message) -> None:
    """Send a message to a group. Without a channel layer, log a warning instead of raising."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await get_channel_layer().group_send(group, message)
    except Exception:
        logger.warning("A notification could not be sent; the change is found by the next regular look.", exc_info=True)
