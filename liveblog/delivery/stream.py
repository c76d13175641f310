"""A room: an article with open readers, in one process.

It knows the end of the article's log by heart and belongs to no reader in particular: whatever it reads, renders or
encodes, it does once, for all of them.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError

from liveblog import notify
from liveblog.delivery import elements, frames
from liveblog.delivery.elements import Operation
from liveblog.delivery.frames import Frame
from liveblog.delivery.websocket import NO_SUCH_PAGE

logger = logging.getLogger(__name__)

#: A revision that is in no log.
UNKNOWN = -1

#: The least time between two looks for a reader who knows more than the room, in seconds.
LOOK_INTERVAL = 0.1

#: How long to wait before trying again what failed, in seconds.
PAUSE = 0.5


class Gone(Exception):  # noqa: N818 - not an error, and named as HTTP names it
    """The article no longer exists."""


class Reader:
    """One open page. How bytes reach it is for the subclass to say; neither method may block or raise."""

    __slots__ = ()

    language: str
    #: What the page shows, until it is let in.
    revision: int
    stream: "ArticleStream | None"
    gone: bool

    def begin(self, language: str, revision: int) -> None:
        self.language = language
        self.revision = revision
        self.stream = None
        self.gone = False

    def write(self, frame: Frame) -> None:
        raise NotImplementedError

    def close(self, code: int) -> None:
        raise NotImplementedError


class Query(Protocol):
    """Runs a function that uses the database in a thread."""

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Awaitable[Any]: ...


class ArticleStream:
    def __init__(self, article_id: int, revision: int, query: Query) -> None:
        self.article_id = article_id
        #: What all readers of the room have.
        self.revision = revision
        #: By language; each in the order in which they came, which is that of their memory: a set takes a third longer.
        self.readers: defaultdict[str, dict[Reader, None]] = defaultdict(dict)
        self._query = query
        self._newest = revision
        #: An earlier revision that was heard of once.
        self._doubted: int | None = None
        #: The elements changed by the last revisions up to `revision`; unknown until somebody lacks some.
        self._log: list[frames.Logged] | None = None
        #: The present state of elements, by language; for catching up until the next change.
        self._rendered: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
        self._catch_ups: dict[tuple[str, int], asyncio.Future[Frame]] = {}
        self._asked: list[tuple[str, int]] = []
        self._work: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = -LOOK_INTERVAL

    # Readers ----------------------------------------------------------------------------------------------------------

    async def welcome(self, reader: Reader) -> None:
        """Write the reader its first frame and let it in. Raises Gone."""
        for _ in range(2):
            # The reader comes from a process that heard the bell earlier, or from nowhere. A look that was under way
            # when it came may have been too early; the one after that was not.
            if reader.revision > self.revision:
                await self._look()
        first = True
        # The room may move on while the catch-up is made; the reader is let in at a revision at which it lacks nothing.
        while not reader.gone and (first or reader.revision < self.revision):
            first = False
            frame = await self._catch_up(reader.language, reader.revision)
            reader.write(frame)
            reader.revision = frame.revision
        if not reader.gone:
            self.readers[reader.language][reader] = None

    def forget(self, reader: Reader) -> None:
        readers = self.readers.get(reader.language)
        if readers is not None:
            readers.pop(reader, None)
            if not readers:
                del self.readers[reader.language]

    def write_all(self, made: dict[str, Frame]) -> None:
        # Copies: a reader that falls behind leaves while it is written to, and takes its language along if it was the
        # last to read it.
        for language, readers in list(self.readers.items()):
            frame = made[language]
            for reader in list(readers):
                reader.write(frame)

    def beat(self) -> None:
        self.write_all(dict.fromkeys(self.readers, frames.heartbeat(self.revision)))

    def dissolve(self) -> None:
        """The article is gone, and so are its readers."""
        self.stop()
        for asked in self._asked:
            self._catch_ups[asked].set_exception(Gone(self.article_id))
        self._asked.clear()
        for readers in list(self.readers.values()):
            for reader in list(readers):
                reader.close(NO_SUCH_PAGE)

    # Work: one task at a time reads and renders -----------------------------------------------------------------------

    def advance(self, revision: int) -> None:
        """The article is known to be at `revision`: bring all readers there."""
        if revision < self._newest and revision != self._doubted:
            # Most likely an answer that was overtaken by a later one. Of a database that was put back, as after a
            # disaster, the next answer says the same.
            self._doubted = revision
            return
        self._doubted = None
        if revision != self._newest:
            self._newest = revision
            notify.run_change_callbacks()
            self._begin()

    def stop(self) -> None:
        for task in (self._work, self._looking):
            if task is not None:
                task.cancel()

    def _begin(self) -> None:
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._until_done())

    async def _look(self) -> None:
        """Ask the database for the revision now, but no more often than is good for it, and go there."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_now())
        await asyncio.wait({self._looking})

    async def _look_now(self) -> None:
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._looked_at + LOOK_INTERVAL - now()))
        self._looked_at = now()
        with contextlib.suppress(DatabaseError):
            found = await self._query(frames.revisions_of, [self.article_id])
            self.advance(found.get(self.article_id, self.revision))
        if self._work is not None:
            await asyncio.wait({self._work})

    async def _until_done(self) -> None:
        while self._newest != self.revision or self._asked:
            try:
                if self._newest != self.revision:
                    await self._refresh(self._newest)
                else:
                    await self._make_catch_ups()
            except Exception:
                logger.warning("A page could not be brought up to date; trying again.", exc_info=True)
                await asyncio.sleep(PAUSE)

    async def _refresh(self, revision: int) -> None:
        """Write what is new to all readers."""
        changed: list[frames.Logged] = []
        if self.revision < revision <= self.revision + settings.LIVE_MAX_BACKLOG:
            changed = await self._query(frames.logged, self.article_id, self.revision, revision)
        told = changed if len(changed) == revision - self.revision else None
        made: dict[str, Frame] = {}
        # A reader of one more language may come in while the others' frames are made.
        while lacking := self.readers.keys() - made.keys():
            made |= await self._steps(told, revision, lacking)
        if told is not None and self._log is not None:
            self._log = (self._log + told)[-settings.LIVE_MAX_BACKLOG :]
        else:
            self._log = None
        self.revision = revision
        self._rendered.clear()
        self._catch_ups = {key: making for key, making in self._catch_ups.items() if not making.done()}
        self.write_all(made)

    async def _steps(
        self, changed: list[frames.Logged] | None, revision: int, languages: Collection[str]
    ) -> dict[str, Frame]:
        """The frame for each language; those in which the same has changed are rendered together."""
        together: defaultdict[tuple[str, ...] | None, list[str]] = defaultdict(list)
        for language in languages:
            latest = None if changed is None else frames.latest(changed, language)
            together[None if latest is None else tuple(latest)].append(language)
        made: dict[str, Frame] = {}
        for names, concerned in together.items():
            if names:
                rendered = await self._query(elements.render, self.article_id, names, concerned)
                made |= {language: frames.step(self.revision, revision, rendered[language]) for language in concerned}
            else:
                frame = frames.reload(revision) if names is None else frames.step(self.revision, revision)
                made |= dict.fromkeys(concerned, frame)
        return made

    # Catching up ------------------------------------------------------------------------------------------------------

    async def _catch_up(self, language: str, after: int) -> Frame:
        """The frame from `after` to the room's revision, made once however many readers come back at once."""
        # What the log does not reach is all the same to it, and must not fill the memory with one answer for each.
        if not self.revision - settings.LIVE_MAX_BACKLOG <= after <= self.revision:
            after = UNKNOWN
        making = self._catch_ups.get((language, after))
        if making is None:
            making = self._catch_ups[language, after] = asyncio.get_running_loop().create_future()
            if after == UNKNOWN:
                making.set_result(frames.reload(self.revision))
            elif after == self.revision:
                making.set_result(frames.step(after, after))
            else:
                self._asked.append((language, after))
                self._begin()
        return making.result() if making.done() else await asyncio.shield(making)

    async def _make_catch_ups(self) -> None:
        """Answer all that was asked so far. What several of the answers contain is rendered once."""
        asked = list(self._asked)
        revision = self.revision
        if self._log is None:
            start = max(0, revision - settings.LIVE_MAX_BACKLOG)
            self._log = await self._query(frames.logged, self.article_id, start, revision)
        missed = {(language, after): self._missed(after, language) for language, after in asked}
        languages = {language for language, _after in asked}
        wanted = {name for names in missed.values() for name in names or ()}
        lacking = {name for name in wanted if any(name not in self._rendered[language] for language in languages)}
        if lacking:
            for language, operations in (
                await self._query(elements.render, self.article_id, sorted(lacking), languages)
            ).items():
                self._rendered[language].update((operation["id"], operation) for operation in operations)
        for language, after in asked:
            names = missed[language, after]
            if names is None:
                frame = frames.reload(revision)
            else:
                # What is not there although it was asked for went with its article.
                here = self._rendered[language]
                frame = frames.step(after, revision, (here[name] for name in names if name in here))
            self._catch_ups[language, after].set_result(frame)
        del self._asked[: len(asked)]

    def _missed(self, after: int, language: str) -> list[str] | None:
        """The elements changed in `language` since `after`; None where the log does not tell."""
        assert self._log is not None
        count = self.revision - after
        return frames.latest(self._log[-count:], language) if 0 < count <= len(self._log) else None
