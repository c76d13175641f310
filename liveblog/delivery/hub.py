"""The hub: one per process, it carries each committed change to every reader that this process holds.

It belongs to the group of each article with open readers once, however many readers there are, and asks the database
for news of all of them at once: when a bell rings, and every few seconds in case one was missed.
"""

import asyncio
import contextlib
import logging
import math
import uuid
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connection

from liveblog import notify
from liveblog.delivery import elements, frames
from liveblog.delivery.stream import PAUSE, ArticleStream, Gone, Reader
from liveblog.delivery.subscriber import Subscriber
from liveblog.single_flight import SingleFlight

logger = logging.getLogger(__name__)

#: The id of an article and the languages of its page, see `elements.PageFinder`.
Page = tuple[int, Collection[str]]

#: How long the answer to which article is at an address is used, in seconds; and how many answers are kept.
PAGE_MAX_AGE_SECONDS = 1.0
MAX_PAGES = 1000


class Hub:
    def __init__(self) -> None:
        self.streams: dict[int, ArticleStream] = {}
        self._opening: SingleFlight[int, ArticleStream] = SingleFlight()
        self._joining: Counter[int] = Counter()
        self._connections: Counter[str] = Counter()
        #: By slug: when it was looked up, and the page.
        self._pages: dict[str, tuple[float, Page | None]] = {}
        self._lookups: SingleFlight[str, Page | None] = SingleFlight()
        self._rung: set[int] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        #: By which the counts of processes are told apart.
        self._name = uuid.uuid4().hex
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="hub")

    # Readers ----------------------------------------------------------------------------------------------------------

    def admit(self, address: str | None) -> bool:
        """Whether one more connection from `address` may be held; None is not counted. See `release`."""
        if address is None:
            return True
        if self._connections[address] >= settings.LIVE_MAX_CONNECTIONS_PER_ADDRESS > 0:
            return False
        self._connections[address] += 1
        return True

    def release(self, address: str | None) -> None:
        if address is not None:
            self._connections[address] -= 1
            if not self._connections[address]:
                del self._connections[address]

    def readers_of(self, article_id: int, language: str) -> int:
        """How many pages of an article are open here in a language."""
        stream = self.streams.get(article_id)
        return len(stream.readers.get(language, ())) if stream else 0

    async def find(self, slug: str, language: str) -> int | None:
        """Return the id of the article at an address, or None. The database is asked once a second for all readers."""
        looked_up_at, page = self._pages.get(slug, (-math.inf, None))
        if asyncio.get_running_loop().time() - looked_up_at > PAGE_MAX_AGE_SECONDS:
            page = await self._lookups.do(slug, lambda: self._look_up(slug))
        return page[0] if page is not None and language in page[1] else None

    async def _look_up(self, slug: str) -> Page | None:
        now = asyncio.get_running_loop().time()
        page: Page | None = await self._until_answered(elements.find_page, slug)
        if len(self._pages) >= MAX_PAGES:
            self._pages.clear()
        self._pages[slug] = (now, page)
        return page

    async def join(self, article_id: int, reader: Reader) -> None:
        """Bring the reader up to date, then have it get every later frame until it leaves. Raises Gone."""
        self._joining[article_id] += 1
        try:
            stream = self.streams.get(article_id) or await self._opening.do(article_id, lambda: self._open(article_id))
            reader.stream = stream
            await stream.welcome(reader)
        finally:
            self._joining[article_id] -= 1
            if not self._joining[article_id]:
                del self._joining[article_id]
                self._close_if_empty(article_id)

    def leave(self, reader: Reader) -> None:
        """The reader is no longer there; or no longer wanted, at whatever point of joining it is."""
        reader.gone = True
        if reader.stream is not None:
            reader.stream.forget(reader)
            self._close_if_empty(reader.stream.article_id)

    # Rooms ------------------------------------------------------------------------------------------------------------

    async def _open(self, article_id: int) -> ArticleStream:
        if not self._tasks:
            self._subscriber = Subscriber(self._hear, self._count)
            self._tasks = [asyncio.create_task(work()) for work in (self._subscriber.run, self._watch, self._beat)]
        # Listening begins before the revision is read, or a bell between the two would be missed.
        await self._subscriber.subscribe(article_id)
        revision = (await self._until_answered(frames.revisions_of, [article_id])).get(article_id)
        if revision is None:
            raise Gone(article_id)
        stream = self.streams[article_id] = ArticleStream(article_id, revision, self.query)
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

    # The log ----------------------------------------------------------------------------------------------------------

    def _hear(self, article_id: int) -> None:
        self._rung.add(article_id)
        self._wake.set()

    def _count(self, article_id: int) -> None:
        """Tell the desks of an article how many read it here."""
        stream = self.streams.get(article_id)
        readers = {language: len(here) for language, here in stream.readers.items()} if stream else {}
        message = {"type": "audience.counted", "process": self._name, "readers": readers}
        notify.send_soon(notify.desk_group(article_id), message)

    async def _watch(self) -> None:
        """Have every room follow its article: at once where a bell rang, all of them every few seconds."""
        now = asyncio.get_running_loop().time
        next_look = now() + settings.LIVE_POLL_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(next_look):
                    await self._wake.wait()
            self._wake.clear()
            asked = self.streams.keys() & self._rung
            if now() >= next_look:
                asked = set(self.streams)
                next_look = now() + settings.LIVE_POLL_SECONDS
            self._rung.clear()
            if not asked:
                continue
            revisions = await self._until_answered(frames.revisions_of, asked)
            for article_id in asked & self.streams.keys():
                # Whatever is wrong with one article, the others go on.
                try:
                    if article_id in revisions:
                        self.streams[article_id].advance(revisions[article_id])
                    else:
                        self.streams[article_id].dissolve()
                except Exception:
                    logger.exception("An article's readers could not be told.")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.LIVE_HEARTBEAT_SECONDS)
            for stream in list(self.streams.values()):
                stream.beat()

    # The database -----------------------------------------------------------------------------------------------------

    async def query(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run database work in one of the hub's own threads, apart from those that answer requests."""
        return await sync_to_async(_with_connection, thread_sensitive=False, executor=self._threads)(
            function, *arguments
        )

    async def _until_answered(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """As `query`, but waits for the database to come back where it is down."""
        while True:
            try:
                return await self.query(function, *arguments)
            except Exception:
                logger.warning("The database does not answer; trying again.", exc_info=True)
                await asyncio.sleep(PAUSE)


def _with_connection(function: Callable[..., Any], *arguments: Any) -> Any:
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        # A pooled connection goes back to the pool; SQLite's stays with the thread.
        if connection.vendor == "postgresql":
            connection.close()
