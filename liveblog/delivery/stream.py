"""The stream of an article with open readers, in one process.

It keeps the end of the article's log in memory and belongs to no reader in particular: whatever it reads, renders or
encodes, it does once for all of them.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import ParamSpec, Protocol, TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from liveblog import metrics, notify
from liveblog.delivery import elements, frames
from liveblog.delivery.broadcast import broadcast
from liveblog.delivery.elements import Operation
from liveblog.delivery.frames import Frame
from liveblog.delivery.states import State
from liveblog.delivery.websocket import NO_SUCH_PAGE

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: The shortest time between two queries for readers whose state the stream does not know, in seconds.
QUERY_INTERVAL_SECONDS = 0.1

#: Seconds before work that failed is tried again.
RETRY_SECONDS = 0.5


class Gone(Exception):  # noqa: N818 - not an error, and named as HTTP names it (410, RFC 9110)
    """The article no longer exists."""


class Reader(Protocol):
    """One open page. Neither method may block or raise.

    This is a protocol because tens of thousands of readers are in memory: a base class would cost each of them a
    dictionary, or have slots, which Python does not allow beside those of `Connection`.
    """

    language: str
    #: The state that the page shows, until the reader has joined; None if it names none.
    state: State | None
    #: None until the reader joins.
    stream: "ArticleStream | None"
    #: Whether the reader has left, or is no longer wanted.
    gone: bool

    def write(self, frame: Frame) -> None: ...

    def close(self, code: int) -> None: ...


class Query(Protocol):
    """Run a function that uses the database, in a thread."""

    def __call__(self, function: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> Awaitable[_T]: ...


class ArticleStream:
    def __init__(self, article_id: int, state: State, query: Query) -> None:
        self.article_id = article_id
        #: The state that all readers of the stream have.
        self.state = state
        #: Readers by language, in the order in which they joined. In memory they lie in the same order, so going
        #: through them is a third faster than going through a set.
        self.readers: defaultdict[str, dict[Reader, None]] = defaultdict(dict)
        self._query = query
        self._newest = state
        #: A state that was reported once although its revision is lower than that of the newest one.
        self._reported_lower: State | None = None
        #: The last lines of the log up to `state`; None until a reader lacks some.
        self._log: list[frames.Logged] | None = None
        #: The current state of elements, by language; for catch-ups until the next change.
        self._rendered: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
        #: By language and state of the page. The result is None if the log does not know the state.
        self._catch_ups: dict[tuple[str, State], asyncio.Future[Frame | None]] = {}
        #: The keys of catch-ups that are not made yet.
        self._wanted: list[tuple[str, State]] = []
        #: The frame for pages that have to reload.
        self._reload = frames.reload(state)
        self._work: asyncio.Task[None] | None = None
        self._querying: asyncio.Task[None] | None = None
        self._queried_at = -QUERY_INTERVAL_SECONDS

    # Readers ----------------------------------------------------------------------------------------------------------

    async def join(self, reader: Reader) -> None:
        """Write the reader its first frame, and every later one until it leaves. Raise Gone if the article is gone."""
        queries = 0
        joined_at: State | None = None
        shown, page = reader.state, "catch_up"
        # The stream may advance while the catch-up is made; the reader joins at a state at which it lacks nothing.
        while not reader.gone and joined_at != self.state:
            frame = None if reader.state is None else await self._catch_up(reader.language, reader.state)
            if frame is None:
                if reader.state is not None and not self._is_too_old(reader.state) and queries < 2:
                    # The reader comes from a process that was notified earlier or already knows of a restored database,
                    # or its state is invented. A query that was under way when it came may have been too early; the
                    # next one is not.
                    queries += 1
                    await self._query_state()
                    continue
                frame, page = self._reload, "reload"
            reader.write(frame)
            joined_at = reader.state = frame.state
        if not reader.gone:
            self.readers[reader.language][reader] = None
            metrics.JOINS.labels("current" if shown == self.state else page).inc()

    def leave(self, reader: Reader) -> None:
        """Write no more to the reader."""
        readers = self.readers.get(reader.language)
        if readers is not None:
            readers.pop(reader, None)
            if not readers:
                del self.readers[reader.language]

    def write_all(self, by_language: dict[str, Frame]) -> None:
        # Iterate over copies: a reader that falls behind leaves while it is written to, and removes its language if it
        # was the last one to read it.
        for language, readers in list(self.readers.items()):
            broadcast(list(readers), by_language[language])

    def send_heartbeat(self) -> None:
        self.write_all(dict.fromkeys(self.readers, frames.heartbeat(self.state)))

    def close(self) -> None:
        """Close all readers, because the article is gone."""
        self.stop()
        for key in self._wanted:
            # The task that was making them may have answered some of them, or forgotten them.
            if (catch_up := self._catch_ups.get(key)) is not None and not catch_up.done():
                catch_up.set_exception(Gone(self.article_id))
        self._wanted.clear()
        for readers in list(self.readers.values()):
            for reader in list(readers):
                reader.close(NO_SUCH_PAGE)

    # Work: one task at a time reads and renders -----------------------------------------------------------------------

    def advance(self, state: State) -> None:
        """Bring all readers to `state`, which the database reports."""
        if state.revision < self._newest.revision and state != self._reported_lower:
            # Most likely a newer answer overtook this one. If instead the database was restored from a backup, the
            # next answer reports the same state.
            self._reported_lower = state
            self._begin_query()
            return
        self._reported_lower = None
        if state != self._newest:
            self._newest = state
            notify.run_change_callbacks()
            self._begin()

    def stop(self) -> None:
        for task in (self._work, self._querying):
            if task is not None:
                task.cancel()

    def _begin(self) -> None:
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._until_done())

    async def _query_state(self) -> None:
        """Ask the database for the state, at most once in QUERY_INTERVAL_SECONDS, and advance to it."""
        await asyncio.wait({self._begin_query()})

    def _begin_query(self) -> asyncio.Task[None]:
        if self._querying is None or self._querying.done():
            self._querying = asyncio.create_task(self._query_now())
        return self._querying

    async def _query_now(self) -> None:
        now = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self._queried_at + QUERY_INTERVAL_SECONDS - now()))
        self._queried_at = now()
        with contextlib.suppress(DatabaseError):
            # A lower revision counts only if a second answer confirms it.
            for _ in range(2):
                found = await self._query(frames.states_of, [self.article_id])
                self.advance(found.get(self.article_id, self._newest))
                if self._reported_lower is None:
                    break
        if self._work is not None:
            await asyncio.wait({self._work})

    async def _until_done(self) -> None:
        while self._newest != self.state or self._wanted:
            try:
                if self._newest != self.state:
                    await self._refresh(self._newest)
                else:
                    await self._make_catch_ups()
            except Exception:
                logger.warning("A page could not be brought up to date; trying again.", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)

    async def _refresh(self, state: State) -> None:
        """Write all readers the changes up to `state`."""
        found: list[frames.Logged] = []
        if 0 < state.revision - self.state.revision <= settings.LIVE_MAX_BACKLOG:
            found = await self._query(frames.logged, self.article_id, self.state.revision, state)
        #: None if the log has a gap, or belongs to another history.
        changed = frames.lines_after(self.state, found)
        by_language: dict[str, Frame] = {}
        # A reader of another language may join while the frames are made.
        while missing := self.readers.keys() - by_language.keys():
            by_language |= await self._steps(changed, state, missing)
        if changed is not None and self._log is not None:
            self._log = [*self._log, *changed][-settings.LIVE_MAX_BACKLOG :]
        else:
            self._log = None
        if changed is None:
            # Desks may also show updates that the database has lost.
            notify.notify_desk(self.article_id)
        self.state = state
        self._reload = frames.reload(state)
        self._rendered.clear()
        self._catch_ups = {key: frame for key, frame in self._catch_ups.items() if not frame.done()}
        self.write_all(by_language)
        if changed:
            delay = timezone.now() - min(line.at for line in changed)
            metrics.FRAME_DELAY.observe(max(0.0, delay.total_seconds()))

    async def _steps(
        self, changed: Sequence[frames.Logged] | None, state: State, languages: Collection[str]
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
                steps |= {language: frames.step(self.state, state, rendered[language]) for language in concerned}
            else:
                frame = frames.reload(state) if names is None else frames.step(self.state, state)
                steps |= dict.fromkeys(concerned, frame)
        return steps

    # Catching up ------------------------------------------------------------------------------------------------------

    def _is_too_old(self, state: State) -> bool:
        return state.revision < self.state.revision - settings.LIVE_MAX_BACKLOG

    async def _catch_up(self, language: str, after: State) -> Frame | None:
        """Return the frame from `after` to the stream's state, made once for all readers who need it.

        Return None if `after` is not in the part of the log that is kept: it is too old, too new, lost or invented.
        """
        if after.revision > self.state.revision or self._is_too_old(after):
            return None
        if after.revision == self.state.revision and after != self.state:
            return None
        frame = self._catch_ups.get((language, after))
        if frame is None:
            # Keep no frame for an invented state: there may be any number of them.
            if self._log is not None and after != self.state and frames.lines_after(after, self._log) is None:
                return None
            frame = self._catch_ups[language, after] = asyncio.get_running_loop().create_future()
            if after == self.state:
                frame.set_result(frames.step(after, after))
            else:
                self._wanted.append((language, after))
                self._begin()
        return frame.result() if frame.done() else await asyncio.shield(frame)

    async def _make_catch_ups(self) -> None:
        """Make all catch-ups that are wanted so far. An element that several of them contain is rendered once."""
        wanted = list(self._wanted)
        state = self.state
        if self._log is None:
            start = max(0, state.revision - settings.LIVE_MAX_BACKLOG)
            self._log = await self._query(frames.logged, self.article_id, start, state)
        missed: dict[tuple[str, State], list[str] | None] = {}
        for language, after in wanted:
            if (lines := frames.lines_after(after, self._log)) is None:
                # Do not keep an unknown state: there may be any number of them. If this runs again after an error, the
                # state is gone already.
                if unknown := self._catch_ups.pop((language, after), None):
                    unknown.set_result(None)
            else:
                missed[language, after] = frames.latest(lines, language)
        languages = {language for language, _after in missed}
        needed = {name for names in missed.values() for name in names or ()}
        missing = {name for name in needed if any(name not in self._rendered[language] for language in languages)}
        if missing:
            rendered = await self._query(elements.render, self.article_id, sorted(missing), languages)
            for language, operations in rendered.items():
                self._rendered[language].update((operation["id"], operation) for operation in operations)
        for (language, after), names in missed.items():
            if names is None:
                frame = frames.reload(state)
            else:
                # An element that was not rendered has gone together with its article.
                here = self._rendered[language]
                frame = frames.step(after, state, (here[name] for name in names if name in here))
            self._catch_ups[language, after].set_result(frame)
        del self._wanted[: len(wanted)]
