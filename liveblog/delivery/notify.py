"""The bell: how a process that has committed a change tells those that hold readers to look into the log.

It goes through the channel layer and carries no content but which article it is. A lost ring delays delivery until the
hub's next look, and loses nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

#: How long to wait for the channel layer, in seconds.
TIMEOUT = 2.0

#: How long a membership is relied on, in seconds. Layers forget those that are a day old.
RENEWAL = 3600.0


#: Called, in whatever thread, when this process learns that the log of some article has grown.
listeners: list[Callable[[], None]] = []


def call_listeners() -> None:
    for call in listeners:
        call()


def group(article_id: int) -> str:
    """The channel layer group in which the article's bell is heard."""
    return f"article.{article_id}"


def notify(article_id: int) -> None:
    """Tell every process that the article's log has grown. Never raises for want of a channel layer."""
    call_listeners()
    send_soon(group(article_id), {"type": "bell", "article": article_id})


def send_soon(to: str, message: dict[str, Any]) -> None:
    """Send a message to a group, from whatever thread. Never raises for want of a channel layer."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        async_to_sync(send)(to, message)
    else:
        # A thread that runs an event loop must not wait for it.
        _sending.add(task := loop.create_task(send(to, message)))
        task.add_done_callback(_sending.discard)


_sending: set[asyncio.Task[None]] = set()


async def send(to: str, message: dict[str, Any]) -> None:
    """Send a message to a group. Never raises for want of a channel layer."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await get_channel_layer().group_send(to, message)
    except Exception:
        logger.warning("The bell could not be rung; readers wait for the timer.", exc_info=True)


class Subscriber:
    """The ears of a process: one channel, in the groups of all articles that it has open."""

    def __init__(self, heard: Callable[[int], None], counted: Callable[[int], None]) -> None:
        """Called with an article's id: `heard` when its bell rings, `counted` when its readers are to be counted."""
        self._heard = heard
        self._counted = counted
        self._wanted: dict[int, asyncio.Event] = {}
        self._channel: str | None = None
        #: Groups that the channel is in, with the time at which it was added.
        self._joined: dict[int, float] = {}
        self._changed = asyncio.Event()

    async def listen(self, article_id: int) -> None:
        """Return once the article's bell is heard, or is known to be out of order."""
        heard = self._wanted.setdefault(article_id, asyncio.Event())
        self._changed.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT):
                await heard.wait()

    def forget(self, article_id: int) -> None:
        self._wanted.pop(article_id, None)
        self._changed.set()

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._again_and_again(self._receive))
                tasks.create_task(self._again_and_again(self._keep_membership))
        finally:
            await self._leave()

    async def _again_and_again(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                logger.warning("The channel layer does not answer; looking into the log meanwhile.", exc_info=True)
                for heard in self._wanted.values():
                    heard.set()
                await asyncio.sleep(TIMEOUT)

    async def _receive(self) -> None:
        layer = get_channel_layer()
        if self._channel is None:
            self._channel = await layer.new_channel()
            self._changed.set()
        while True:
            message = await layer.receive(self._channel)
            if message["type"] == "census":
                self._counted(message["article"])
                continue
            call_listeners()
            self._heard(message["article"])

    async def _keep_membership(self) -> None:
        layer = get_channel_layer()
        now = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEWAL):
                    await self._changed.wait()
            self._changed.clear()
            if self._channel is None:
                continue
            for article_id in self._joined.keys() - self._wanted.keys():
                del self._joined[article_id]
                await layer.group_discard(group(article_id), self._channel)
            for article_id in list(self._wanted):
                if now() - self._joined.get(article_id, -RENEWAL) >= RENEWAL:
                    await layer.group_add(group(article_id), self._channel)
                    self._joined[article_id] = now()
                    # What was rung before is found by looking once.
                    self._heard(article_id)
                if heard := self._wanted.get(article_id):
                    heard.set()

    async def _leave(self) -> None:
        layer = get_channel_layer()
        with contextlib.suppress(Exception):
            for article_id in self._joined:
                await layer.group_discard(group(article_id), self._channel)
