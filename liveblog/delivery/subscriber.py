"""The receiving end of `liveblog.notify` in a process that holds readers."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine

from channels.layers import get_channel_layer

from liveblog.notify import TIMEOUT_SECONDS, readers_group, run_change_callbacks

logger = logging.getLogger(__name__)

#: Seconds after which a membership is renewed. Channel layers drop members after a day.
RENEWAL_SECONDS = 3600.0


class Subscriber:
    """One channel, in the groups of all articles that this process has open."""

    def __init__(self, on_change: Callable[[int], None], on_audience_query: Callable[[int], None]) -> None:
        """Both are called with the id of an article.

        on_change           its change log may have grown
        on_audience_query   a desk asks how many readers it has here
        """
        self._on_change = on_change
        self._on_audience_query = on_audience_query
        #: The articles to subscribe to; an event is set once notifications arrive, or the channel layer is down.
        self._subscriptions: dict[int, asyncio.Event] = {}
        self._channel: str | None = None
        #: The articles whose groups the channel is in, with the time at which it was added.
        self._joined_at: dict[int, float] = {}
        self._changed = asyncio.Event()

    async def subscribe(self, article_id: int) -> None:
        """Return once notifications about the article arrive, or the channel layer is known to be down."""
        ready = self._subscriptions.setdefault(article_id, asyncio.Event())
        self._changed.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await ready.wait()

    def unsubscribe(self, article_id: int) -> None:
        """Receive no more notifications about the article; a no-op if there is no subscription."""
        self._subscriptions.pop(article_id, None)
        self._changed.set()

    async def run(self) -> None:
        """Receive until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._again_and_again(self._receive))
                tasks.create_task(self._again_and_again(self._keep_membership))
        finally:
            await self._leave()

    async def _again_and_again(self, work: Callable[[], Coroutine[object, object, None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                logger.warning("The channel layer does not answer; looking into the log meanwhile.", exc_info=True)
                for ready in self._subscriptions.values():
                    ready.set()
                await asyncio.sleep(TIMEOUT_SECONDS)

    async def _receive(self) -> None:
        layer = get_channel_layer()
        if self._channel is None:
            self._channel = await layer.new_channel()
            self._changed.set()
        while True:
            message = await layer.receive(self._channel)
            if message["type"] == "audience.query":
                self._on_audience_query(message["article"])
            else:
                run_change_callbacks()
                self._on_change(message["article"])

    async def _keep_membership(self) -> None:
        layer = get_channel_layer()
        now = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEWAL_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            if self._channel is None:
                continue
            for article_id in self._joined_at.keys() - self._subscriptions.keys():
                del self._joined_at[article_id]
                await layer.group_discard(readers_group(article_id), self._channel)
            for article_id in list(self._subscriptions):
                if now() - self._joined_at.get(article_id, -RENEWAL_SECONDS) >= RENEWAL_SECONDS:
                    await layer.group_add(readers_group(article_id), self._channel)
                    self._joined_at[article_id] = now()
                    # Looking once finds changes whose notification was sent before the channel was in the group.
                    self._on_change(article_id)
                if ready := self._subscriptions.get(article_id):
                    ready.set()

    async def _leave(self) -> None:
        layer = get_channel_layer()
        with contextlib.suppress(Exception):
            for article_id in self._joined_at:
                await layer.group_discard(readers_group(article_id), self._channel)
