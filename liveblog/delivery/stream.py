"""The stream of an article with open readers, in one process.

It keeps the end of the article's log in memory and belongs to no reader in particular: all that it reads, renders or
encodes is done once, for all of them.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from typing import ParamSpec, Protocol, TypeVar

from django.conf import settings
from django.db import DatabaseError

from liveblog import notify
from liveblog.delivery import elements, frames
from liveblog.delivery.elements import Operation
from liveblog.delivery.frames import Frame
from liveblog.delivery.websocket import NO_SUCH_PAGE

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: A revision that is in no log.
UNKNOWN = -1

#: The shortest time between two looks for readers whose revision is newer than the stream's, in seconds.
LOOK_INTERVAL_SECONDS = 0.1

#: Pause before work that failed is tried again.
RETRY_SECONDS = 0.5


class Gone(Exception):  # noqa: N818 - not an error, and named as HTTP names it (410, RFC 9110)
    """The article no longer exists."""


class Reader(Protocol):
    """One open page. Neither method may block or raise.

    This is a protocol because tens of thousands of readers are in memory: a base class would cost each of them a
    dictionary, or have slots, which Python does not allow beside those of `Connection`.
    """

    language: str
    #: The revision that the page shows, until the reader has joined.
    revision: int
    #: None until the reader joins.
    stream: "ArticleStream | None"
    #: Whether the reader has left, or is no longer wanted.
    gone: bool

    def write(self, frame: Frame) -> None: ...

    def close(self, code: int) -> None: ...


class Query(Protocol):
    """Runs a function that uses the database, in a thread."""

    def __call__(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> Awaitable[_T]: ...


class ArticleStream:
    def __init__(self, article_id: int, revision: int, query: Query) -> None:
        self.article_id = article_id
        #: The revision that all readers of the stream have.
        self.revision = revision
        #: Readers by language, in the order in which they joined. In memory they lie in the same order, so going
        #: through them is a third faster than going through a set.
        self.readers: defaultdict[str, dict[Reader, None]] = defaultdict(dict)
        self._query = query
        self._newest = revision
        #: A revision lower than the newest that was reported once.
        self._reported_lower: int | None = None
        #: The elements changed by the last revisions up to `revision`; None until a reader lacks some.
        self._log: list[frames.Logged] | None = None
        #: The current state of elements, by language; for catch-ups until the next change.
        self._rendered: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
        #: By language and revision of the page.
        self._catch_ups: dict[tuple[str, int], asyncio.Future[Frame]] = {}
        #: The keys of catch-ups that are not made yet.
        self._wanted: list[tuple[str, int]] = []
        self._work: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = -LOOK_INTERVAL_SECONDS

    # Readers ----------------------------------------------------------------------------------------------------------

    async def join(self, reader: Reader) -> None:
        """Write the reader its first frame, and every later one until it leaves. Raise Gone if the article is."""
        for _ in range(2):
            # The reader comes from a process that was notified earlier, or has an invented revision. A look that was
            # under way when it came may have been too early; the one after that was not.
            if reader.revision > self.revision:
                await self._look()
        first = True
        # The stream may advance while the catch-up is made; the reader joins at a revision at which it lacks nothing.
        while not reader.gone and (first or reader.revision < self.revision):
            first = False
            frame = await self._catch_up(reader.language, reader.revision)
            reader.write(frame)
            reader.revision = frame.revision
        if not reader.gone:
            self.readers[reader.language][reader] = None

    def leave(self, reader: Reader) -> None:
        """Write no more to the reader."""
        readers = self.readers.get(reader.language)
        if readers is not None:
            readers.pop(reader, None)
            if not readers:
                del self.readers[reader.language]

    def write_all(self, by_language: dict[str, Frame]) -> None:
        # Copies: a reader that falls behind leaves while it is written to, and removes its language if it was the last
        # one to read it.
        for language, readers in list(self.readers.items()):
            frame = by_language[language]
            for reader in list(readers):
                reader.write(frame)

    def send_heartbeat(self) -> None:
        self.write_all(dict.fromkeys(self.readers, frames.heartbeat(self.revision)))

    def close(self) -> None:
        """Close all readers, because the article is gone."""
        self.stop()
        for key in self._wanted:
            self._catch_ups[key].set_exception(Gone(self.article_id))
        self._wanted.clear()
        for readers in list(self.readers.values()):
            for reader in list(readers):
                reader.close(NO_SUCH_PAGE)

    # Work: one task at a time reads and renders -----------------------------------------------------------------------

    def advance(self, revision: int) -> None:
        """Bring all readers to `revision`, which the database reports."""
        if revision < self._newest and revision != self._reported_lower:
            # Most likely a newer answer overtook this one. If instead the database was restored from a backup, the
            # next answer reports the same revision.
            self._reported_lower = revision
            return
        self._reported_lower = None
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
        """Ask the database for the revision, at most once in LOOK_INTERVAL_SECONDS, and advance to it."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_now())
        await asyncio.wait({self._looking})

    async def _look_now(self) -> None:
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._looked_at + LOOK_INTERVAL_SECONDS - now()))
        self._looked_at = now()
        with contextlib.suppress(DatabaseError):
            found = await self._query(frames.revisions_of, [self.article_id])
            self.advance(found.get(self.article_id, self.revision))
        if self._work is not None:
            await asyncio.wait({self._work})

    async def _until_done(self) -> None:
        while self._newest != self.revision or self._wanted:
            try:
                if self._newest != self.revision:
                    await self._refresh(self._newest)
                else:
                    await self._make_catch_ups()
            except Exception:
                logger.warning("A page could not be brought up to date; trying again.", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)

    async def _refresh(self, revision: int) -> None:
        """Write all readers the changes up to `revision`."""
        found: list[frames.Logged] = []
        if self.revision < revision <= self.revision + settings.LIVE_MAX_BACKLOG:
            found = await self._query(frames.logged, self.article_id, self.revision, revision)
        #: None if the log has a gap.
        changed = found if len(found) == revision - self.revision else None
        by_language: dict[str, Frame] = {}
        # A reader of another language may join while the frames are made.
        while missing := self.readers.keys() - by_language.keys():
            by_language |= await self._steps(changed, revision, missing)
        if changed is not None and self._log is not None:
            self._log = (self._log + changed)[-settings.LIVE_MAX_BACKLOG :]
        else:
            self._log = None
        self.revision = revision
        self._rendered.clear()
        self._catch_ups = {key: frame for key, frame in self._catch_ups.items() if not frame.done()}
        self.write_all(by_language)

    async def _steps(
        self, changed: list[frames.Logged] | None, revision: int, languages: Collection[str]
    ) -> dict[str, Frame]:
        """Return the frame of each language. Languages in which the same elements changed are rendered together."""
        by_names: defaultdict[tuple[str, ...] | None, list[str]] = defaultdict(list)
        for language in languages:
            latest = None if changed is None else frames.latest(changed, language)
            by_names[None if latest is None else tuple(latest)].append(language)
        steps: dict[str, Frame] = {}
        for names, concerned in by_names.items():
            if names:
                rendered = await self._query(elements.render, self.article_id, names, concerned)
                steps |= {language: frames.step(self.revision, revision, rendered[language]) for language in concerned}
            else:
                frame = frames.reload(revision) if names is None else frames.step(self.revision, revision)
                steps |= dict.fromkeys(concerned, frame)
        return steps

    # Catching up ------------------------------------------------------------------------------------------------------

    async def _catch_up(self, language: str, after: int) -> Frame:
        """Return the frame from `after` to the stream's revision. It is made once for all readers who need it."""
        # All revisions that the log does not reach get the same answer, and must not fill the memory with one each.
        if not self.revision - settings.LIVE_MAX_BACKLOG <= after <= self.revision:
            after = UNKNOWN
        frame = self._catch_ups.get((language, after))
        if frame is None:
            frame = self._catch_ups[language, after] = asyncio.get_running_loop().create_future()
            if after == UNKNOWN:
                frame.set_result(frames.reload(self.revision))
            elif after == self.revision:
                frame.set_result(frames.step(after, after))
            else:
                self._wanted.append((language, after))
                self._begin()
        return frame.result() if frame.done() else await asyncio.shield(frame)

    async def _make_catch_ups(self) -> None:
        """Make all catch-ups that are wanted so far. An element that several of them contain is rendered once."""
        wanted = list(self._wanted)
        revision = self.revision
        if self._log is None:
            start = max(0, revision - settings.LIVE_MAX_BACKLOG)
            self._log = await self._query(frames.logged, self.article_id, start, revision)
        missed = {(language, after): self._missed(after, language) for language, after in wanted}
        languages = {language for language, _after in wanted}
        needed = {name for names in missed.values() for name in names or ()}
        missing = {name for name in needed if any(name not in self._rendered[language] for language in languages)}
        if missing:
            rendered = await self._query(elements.render, self.article_id, sorted(missing), languages)
            for language, operations in rendered.items():
                self._rendered[language].update((operation["id"], operation) for operation in operations)
        for language, after in wanted:
            names = missed[language, after]
            if names is None:
                frame = frames.reload(revision)
            else:
                # An element that was not rendered has gone together with its article.
                here = self._rendered[language]
                frame = frames.step(after, revision, (here[name] for name in names if name in here))
            self._catch_ups[language, after].set_result(frame)
        del self._wanted[: len(wanted)]

    def _missed(self, after: int, language: str) -> list[str] | None:
        """Return the elements changed in `language` since `after`; None if the page has to load again."""
        assert self._log is not None
        count = self.revision - after
        return frames.latest(self._log[-count:], language) if 0 < count <= len(self._log) else None
