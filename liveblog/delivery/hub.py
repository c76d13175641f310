"""The hub: one per process, it carries each committed change to every reader that this process holds.

A room is an article with open readers. It belongs to the article's group of the channel layer once, however many
readers it has; when the bell rings, or the timer runs out, it reads the log, has each changed element rendered once
per language, and writes the same bytes to all readers of that language.
"""

import asyncio
import contextlib
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import close_old_connections, connection

from liveblog.delivery import elements, frames, log
from liveblog.delivery.frames import Frame

logger = logging.getLogger(__name__)

#: A revision that is in no log.
UNKNOWN = -1


class Gone(Exception):  # noqa: N818 - not an error, and named as HTTP names it
    """The article no longer exists."""


class Reader:
    """One open page. How bytes reach it is for the subclass to say; neither method may block or raise."""

    language: str
    revision: int

    def write(self, frame: Frame) -> None:
        raise NotImplementedError

    def close(self, code: int) -> None:
        raise NotImplementedError


class Hub:
    def __init__(self) -> None:
        self.rooms: dict[int, Room] = {}
        self.addresses: Counter[str] = Counter()
        self._found: dict[tuple[str, str], tuple[float, asyncio.Future[int | None]]] = {}
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="hub")

    async def find(self, slug: str, language: str) -> int | None:
        """The article at an address, None where there is none; asked once a second, however many readers come."""
        now = asyncio.get_running_loop().time()
        asked_at, answer = self._found.get((slug, language), (-math.inf, None))
        if answer is None or now - asked_at > 1:
            if len(self._found) > 1000:
                self._found.clear()
            answer = asyncio.ensure_future(self.query(elements.find_page, slug, language))
            self._found[slug, language] = (now, answer)
        return await asyncio.shield(answer)

    async def join(self, article_id: int, reader: Reader) -> "Room":
        """Bring the reader up to date, then have it get every later frame until it leaves."""
        room = self.rooms.get(article_id)
        if room is None:
            room = self.rooms[article_id] = Room(self, article_id)
        room.waiting += 1
        try:
            await room.welcome(reader)
        finally:
            room.waiting -= 1
            self._close_if_empty(room)
        return room

    def leave(self, room: "Room", reader: Reader) -> None:
        room.forget(reader)
        self._close_if_empty(room)

    def _close_if_empty(self, room: "Room") -> None:
        if not room.readers and not room.waiting and self.rooms.get(room.article_id) is room:
            del self.rooms[room.article_id]
            room.stop()

    async def query(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run database work in one of the hub's own threads, apart from those that answer requests."""
        return await sync_to_async(_with_connection, thread_sensitive=False, executor=self._threads)(
            function, *arguments
        )


def _with_connection(function: Callable[..., Any], *arguments: Any) -> Any:
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        # A pooled connection goes back to the pool; SQLite's stays with the thread.
        if connection.vendor == "postgresql":
            connection.close()


class Room:
    def __init__(self, hub: Hub, article_id: int) -> None:
        self.hub = hub
        self.article_id = article_id
        self.readers: defaultdict[str, set[Reader]] = defaultdict(set)
        self.waiting = 0
        #: What all readers of the room have; unknown until it is open.
        self.revision = UNKNOWN
        self._rung = asyncio.Event()
        self._opening = asyncio.Lock()
        self._tasks: list[asyncio.Task] = []
        self._catch_ups: dict[tuple[str, int], asyncio.Future[Frame]] = {}

    # Readers ----------------------------------------------------------------------------------------------------------

    async def welcome(self, reader: Reader) -> None:
        """Write the reader its first frame and let it in. Raises Gone."""
        async with self._opening:
            if self.revision == UNKNOWN:
                await self._open()
        first = True
        # The room may move on while the catch-up is made; the reader is let in at a revision at which it lacks nothing.
        while first or reader.revision < self.revision:
            first = False
            frame = await self._catch_up(reader.language, reader.revision)
            reader.write(frame)
            reader.revision = frame.revision
        self.readers[reader.language].add(reader)

    def forget(self, reader: Reader) -> None:
        readers = self.readers.get(reader.language)
        if readers is not None:
            readers.discard(reader)
            if not readers:
                del self.readers[reader.language]

    async def _catch_up(self, language: str, after: int) -> Frame:
        """The frame from `after` to the room's revision, made once however many readers come back at once."""
        # What the log does not reach is all the same to it, and must not fill the memory with one answer for each.
        if not self.revision - settings.LIVE_MAX_CATCH_UP <= after <= self.revision:
            after = UNKNOWN
        making = self._catch_ups.get((language, after))
        if making is None:
            revision = self.revision

            async def make() -> Frame:
                return (await self.hub.query(frames.since, self.article_id, after, revision, {language}))[language]

            making = self._catch_ups[language, after] = asyncio.ensure_future(make())
        try:
            return await asyncio.shield(making)
        except Exception:
            if self._catch_ups.get((language, after)) is making:
                del self._catch_ups[language, after]
            raise

    def _write_all(self, made: Mapping[str, Frame]) -> None:
        for language, readers in self.readers.items():
            frame = made[language]
            for reader in list(readers):
                reader.revision = frame.revision
                reader.write(frame)

    def close_all(self, code: int) -> None:
        for readers in self.readers.values():
            for reader in list(readers):
                reader.close(code)

    # The log ----------------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        # Listening begins before the revision is read, or a bell between the two would be missed.
        listening = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._listen(listening)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await listening.wait()
        revision = await self.hub.query(frames.revision_of, self.article_id)
        if revision is None:
            self.stop()
            raise Gone(self.article_id)
        self.revision = revision
        self._tasks += [asyncio.create_task(self._follow()), asyncio.create_task(self._beat())]

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.revision = UNKNOWN

    async def _listen(self, listening: asyncio.Event) -> None:
        """Hear the bell. While the channel layer is down the timer does its work."""
        layer = get_channel_layer()
        name = log.group(self.article_id)
        pause = 0.5
        while True:
            channel = None
            try:
                channel = await layer.new_channel()
                await layer.group_add(name, channel)
                listening.set()
                pause = 0.5
                # What was rung before we listened is found by looking once.
                self._rung.set()
                while True:
                    await layer.receive(channel)
                    self._rung.set()
            except asyncio.CancelledError:
                if channel is not None:
                    with contextlib.suppress(Exception):
                        await layer.group_discard(name, channel)
                raise
            except Exception:
                logger.warning("The channel layer does not answer; polling the log meanwhile.", exc_info=True)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.LIVE_POLL_SECONDS):
                    await self._rung.wait()
            self._rung.clear()
            try:
                await self.refresh()
            except Gone:
                self.close_all(4004)
            except Exception:
                logger.exception("Article %s could not be refreshed; trying again.", self.article_id)
                await asyncio.sleep(0.5)
                self._rung.set()

    async def refresh(self) -> None:
        """Read the log and write what is new to all readers. Raises Gone."""
        revision = await self.hub.query(frames.revision_of, self.article_id)
        if revision is None:
            raise Gone(self.article_id)
        if revision == self.revision:
            return
        made: dict[str, Frame] = {}
        # A reader of one more language may come in while the others' frames are made.
        while lacking := self.readers.keys() - made.keys():
            made |= await self.hub.query(frames.since, self.article_id, self.revision, revision, lacking)
        self.revision = revision
        self._catch_ups.clear()
        self._write_all(made)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.LIVE_HEARTBEAT_SECONDS)
            self._write_all(dict.fromkeys(self.readers, frames.heartbeat(self.revision)))
