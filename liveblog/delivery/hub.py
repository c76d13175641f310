"""The hub: one per process, it carries each committed change to all readers of this process.

It is in the group of each article with open readers once, however many readers there are. It asks the database for
the states of all these articles at once: after a notification, and every few seconds in case one was lost.
"""

import asyncio
import contextlib
import logging
import math
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connection

from liveblog import connections, notify, web_origins
from liveblog.delivery import elements, frames
from liveblog.delivery.elements import Page
from liveblog.delivery.stream import RETRY_SECONDS, ArticleStream, Gone, Reader
from liveblog.delivery.subscriber import Subscriber
from liveblog.single_flight import SingleFlight

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Seconds for which the result of looking up a slug is used, and the number of results that are kept.
PAGE_MAX_AGE_SECONDS = 1.0
MAX_PAGES = 1000
#: In characters. No page has a longer slug, so results for longer ones are not kept.
MAX_SLUG_LENGTH = 120


class Hub:
    def __init__(self) -> None:
        #: By article id.
        self.streams: dict[int, ArticleStream] = {}
        self._openings: SingleFlight[int, ArticleStream] = SingleFlight()
        #: By article id: the number of readers that are joining.
        self._joining: Counter[int] = Counter()
        #: By network address.
        self._connections: Counter[str] = Counter()
        #: By slug: the time of the lookup, and the page.
        self._pages: dict[str, tuple[float, Page | None]] = {}
        self._lookups: SingleFlight[str, Page | None] = SingleFlight()
        #: Articles whose log may have grown.
        self._notified: set[int] = set()
        self._wake = asyncio.Event()
        self._subscriber = Subscriber(self._on_change, self._send_audience)
        self._tasks: list[asyncio.Task[None]] = []
        #: Tells the reader counts of different processes apart.
        self._process = uuid.uuid4().hex
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="hub")

    # Readers ----------------------------------------------------------------------------------------------------------

    def admit(self, address: str) -> bool:
        """Count a connection from `address` and return True, or return False if it has too many.

        Each admitted connection must be released.
        """
        if self._connections[address] >= settings.LIVE_MAX_CONNECTIONS_PER_ADDRESS > 0:
            return False
        self._connections[address] += 1
        return True

    def release(self, address: str) -> None:
        """Stop counting one connection from `address`."""
        self._connections[address] -= 1
        if not self._connections[address]:
            del self._connections[address]

    def readers_of(self, article_id: int, language: str) -> int:
        """Return how many pages of an article this process has open in a language."""
        stream = self.streams.get(article_id)
        return len(stream.readers.get(language, ())) if stream else 0

    async def find(self, slug: str, language: str) -> int | None:
        """Return the id of the article with this slug, or None. The database is asked once a second for all readers."""
        page = await self._page(slug)
        return page.article_id if page is not None and language in page.languages else None

    async def may_embed(self, slug: str, origin: str) -> bool:
        """Return whether pages of another origin may embed the page with this slug."""
        page = await self._page(slug)
        return page is not None and web_origins.allows(page.embed_origins, origin)

    async def _page(self, slug: str) -> Page | None:
        if len(slug) > MAX_SLUG_LENGTH:
            return None
        looked_up_at, page = self._pages.get(slug, (-math.inf, None))
        if asyncio.get_running_loop().time() - looked_up_at > PAGE_MAX_AGE_SECONDS:
            page = await self._lookups.do(slug, lambda: self._look_up(slug))
        return page

    async def _look_up(self, slug: str) -> Page | None:
        now = asyncio.get_running_loop().time()
        page = await self._until_answered(elements.find_page, slug)
        if len(self._pages) >= MAX_PAGES:
            self._pages.clear()
        self._pages[slug] = (now, page)
        return page

    async def join(self, article_id: int, reader: Reader) -> None:
        """Bring the reader up to date, and write it every later frame until it leaves.

        Raise Gone if the article no longer exists.
        """
        self._joining[article_id] += 1
        try:
            stream = self.streams.get(article_id)
            if stream is None:
                stream = await self._openings.do(article_id, lambda: self._open(article_id))
            reader.stream = stream
            await stream.join(reader)
        finally:
            self._joining[article_id] -= 1
            if not self._joining[article_id]:
                del self._joining[article_id]
                self._close_if_empty(article_id)

    def leave(self, reader: Reader) -> None:
        """Write no more to the reader. It may be called at any time, also while the reader is joining."""
        reader.gone = True
        if reader.stream is not None:
            reader.stream.leave(reader)
            self._close_if_empty(reader.stream.article_id)

    # Streams ----------------------------------------------------------------------------------------------------------

    async def _open(self, article_id: int) -> ArticleStream:
        if not self._tasks:
            self._subscriber = Subscriber(self._on_change, self._send_audience)
            self._tasks = [
                asyncio.create_task(work()) for work in (self._subscriber.run, self._watch, self._send_heartbeats)
            ]
        # Subscribe before the state is read, or a notification between the two would be missed.
        await self._subscriber.subscribe(article_id)
        state = (await self._until_answered(frames.states_of, [article_id])).get(article_id)
        if state is None:
            raise Gone(article_id)
        stream = self.streams[article_id] = ArticleStream(article_id, state, self.query)
        return stream

    def _close_if_empty(self, article_id: int) -> None:
        stream = self.streams.get(article_id)
        if article_id in self._joining or (stream is not None and stream.readers):
            return
        self._subscriber.unsubscribe(article_id)
        if stream is not None:
            stream.stop()
            del self.streams[article_id]
        if not self.streams and not self._joining:
            for task in self._tasks:
                task.cancel()
            self._tasks.clear()

    # Notifications and the log ----------------------------------------------------------------------------------------

    def _on_change(self, article_id: int) -> None:
        self._notified.add(article_id)
        self._wake.set()

    def _send_audience(self, article_id: int) -> None:
        """Tell the desks of an article how many readers it has in this process."""
        stream = self.streams.get(article_id)
        counts = {language: len(readers) for language, readers in stream.readers.items()} if stream else {}
        message = {"type": "audience.counted", "process": self._process, "article": article_id, "readers": counts}
        notify.send_soon(notify.desk_group(article_id), message)

    async def _watch(self) -> None:
        """Advance streams: at once after a notification, and all of them every LIVE_POLL_SECONDS."""
        now = asyncio.get_running_loop().time
        next_poll = now() + settings.LIVE_POLL_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_poll):
                    await self._wake.wait()
            self._wake.clear()
            due = self.streams.keys() & self._notified
            if now() >= next_poll:
                due = set(self.streams)
                next_poll = now() + settings.LIVE_POLL_SECONDS
            self._notified.clear()
            if not due:
                continue
            states = await self._until_answered(frames.states_of, due)
            for article_id in due & self.streams.keys():
                # A fault in one article must not stop the others.
                try:
                    if article_id in states:
                        self.streams[article_id].advance(states[article_id])
                    else:
                        self.streams[article_id].close()
                except Exception:
                    logger.exception("The readers of an article could not be brought up to date.")

    async def _send_heartbeats(self) -> None:
        while True:
            await asyncio.sleep(settings.LIVE_HEARTBEAT_SECONDS)
            for stream in list(self.streams.values()):
                stream.send_heartbeat()

    # The database -----------------------------------------------------------------------------------------------------

    async def query(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """Run a function that uses the database in the hub's own threads, apart from those that answer requests."""

        def run() -> _T:
            close_old_connections()
            try:
                with connections.for_readers():
                    return function(*arguments, **keywords)
            finally:
                # A pooled connection goes back to the pool; SQLite's stays with the thread.
                if connection.vendor == "postgresql":
                    connection.close()

        return await sync_to_async(run, thread_sensitive=False, executor=self._threads)()

    async def _until_answered(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """Run `query` again until it succeeds: if the database is down, wait for it to come back."""
        while True:
            try:
                return await self.query(function, *arguments, **keywords)
            except Exception:
                logger.warning("The database does not answer; trying again.", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)
