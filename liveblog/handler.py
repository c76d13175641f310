"""Django's request handler with bulkheads: one kind of request must not take the others down.

Requests that write to the same article wait for its lock, one after the other. Each that waits in a transaction holds a
connection to the database, so only a few may be under way at once. Requests of strangers, such as comments, log-ins and
pages that nobody has opened yet, compete for the interpreter with the loop that serves the readers and with the
newsroom: each thread that computes may hold it for some milliseconds. So only a few of them are under way at once, and
a pause follows each. All others wait here, without a thread and without a connection, and are turned away if it takes
too long.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from liveblog import http_methods
from liveblog.outages import Busy
from liveblog.pagecache import IS_NEW

#: The greatest number of requests that wait for one bulkhead.
MAX_WAITING = 200

#: The longest rest in seconds. A request that would need a longer one has waited rather than computed.
MAX_REST_SECONDS = 0.1


class Group(NamedTuple):
    """A group of requests that wait for each other.

    size   number of them that may be under way
    rest   pause before the next one gets its turn, as a fraction of the time that the request took
    """

    name: str
    size: int
    rest: float = 0.0


class Bulkhead(NamedTuple):
    """A limit on the requests to some addresses that may be under way at once.

    path       regular expression of paths; requests whose first groups match the same text are one group. A path may
               match several bulkheads, and then waits for a turn in each
    is_read    whether requests that only read have to wait for a turn, too

    The other fields are those of `Group`.
    """

    path: str
    size: int
    is_read: bool = False
    rest: float = 0.0


class Bulkheads:
    """Let only a few requests of each group run at a time."""

    def __init__(self, bulkheads: Iterable[Bulkhead], timeout: float) -> None:
        """
        timeout   how long a request waits for its turn, in seconds
        """
        self._bulkheads = [(re.compile(bulkhead.path), bulkhead) for bulkhead in bulkheads]
        self._timeout = timeout
        self._turns: dict[Group, asyncio.Semaphore] = {}
        #: By group: the number of requests that are under way or wait.
        self._count: Counter[Group] = Counter()

    def groups_of(self, method: str, path: str) -> list[Group]:
        """Return the groups of a request; none if it need not wait for others."""
        reads = method in http_methods.SAFE
        return [
            Group(match[1], bulkhead.size, bulkhead.rest)
            for pattern, bulkhead in self._bulkheads
            if (bulkhead.is_read or not reads) and (match := pattern.match(path))
        ]

    @asynccontextmanager
    async def turn(self, group: Group) -> AsyncIterator[None]:
        """Wait for a turn, and keep it during the block. Raise Busy if none comes in time."""
        if self._count[group] >= group.size + MAX_WAITING:
            raise Busy(f"{MAX_WAITING} requests wait already")
        self._count[group] += 1
        turns = self._turns.setdefault(group, asyncio.Semaphore(group.size))
        try:
            async with asyncio.timeout(self._timeout):
                await turns.acquire()
        except BaseException as error:
            self._leave(group)
            if isinstance(error, TimeoutError):
                raise Busy(f"no turn came within {self._timeout} s") from None
            raise
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield
        finally:
            if rest := min(group.rest * (loop.time() - began), MAX_REST_SECONDS):
                loop.call_later(rest, self._end, group, turns)
            else:
                self._end(group, turns)

    def _end(self, group: Group, turns: asyncio.Semaphore) -> None:
        turns.release()
        self._leave(group)

    def _leave(self, group: Group) -> None:
        self._count[group] -= 1
        if not self._count[group]:
            del self._count[group], self._turns[group]


#: The turns that the request of this context holds until its response is made.
_turns_of_request: ContextVar[AsyncExitStack] = ContextVar("turns")


class Handler(ASGIHandler):
    """Django's handler behind bulkheads.

    new_pages   the group of requests for pages that the cache in front lacks
    """

    def __init__(self, bulkheads: Iterable[Bulkhead], new_pages: Group) -> None:
        super().__init__()
        self._bulkheads = Bulkheads(bulkheads, settings.DATABASE_LOCK_TIMEOUT or 10.0)
        self._new_pages = new_pages

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, which may be an error page."""
        async with AsyncExitStack() as turns:
            _turns_of_request.set(turns)
            response: HttpResponseBase = await super().get_response_async(request)  # type: ignore[misc]
            return response

    async def _get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run the view, after all middleware and before any query."""
        groups = self._groups_of(request)
        if not groups:
            return await self._respond(request)
        for group in groups:
            await _turns_of_request.get().enter_async_context(self._bulkheads.turn(group))
        response = asyncio.create_task(self._respond(request))
        try:
            return await asyncio.shield(response)
        except asyncio.CancelledError:
            # The client has gone, but the thread of the view still runs.
            await asyncio.wait({response})
            raise

    def _groups_of(self, request: HttpRequest) -> list[Group]:
        groups = self._bulkheads.groups_of(request.method or "", request.path_info)
        if not groups and isinstance(request, ASGIRequest) and request.scope.get(IS_NEW):
            return [self._new_pages]
        return groups

    async def _respond(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await super()._get_response_async(request)  # type: ignore[misc]
        return response
