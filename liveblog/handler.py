"""Django's request handler with bulkheads: one kind of request must not take the others down.

Requests that write to one article wait for its lock one after the other. Each that waits in a transaction holds a
connection to the database, so only a few may be under way at once. Requests of strangers, such as log-ins, compete for
the interpreter with the loop that serves the readers: each thread that computes may keep it for some milliseconds.
All others wait here, without a thread and without a connection, and are turned away if it takes too long.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from liveblog import http_methods
from liveblog.outages import Busy

#: The number of requests that wait for one bulkhead at most.
MAX_WAITING = 200


class Bulkhead(NamedTuple):
    """
    path       regular expression of paths; requests whose first groups match the same text are one group
    size       number of requests of a group that may be under way
    is_read    whether requests that only read wait for their turn, too
    """

    path: str
    size: int
    is_read: bool = False


class Group(NamedTuple):
    """Requests that wait for each other."""

    name: str
    size: int


class Bulkheads:
    """Let a few requests of each group through at a time."""

    def __init__(self, bulkheads: Iterable[Bulkhead], patience: float) -> None:
        """
        patience   how long a request waits for its turn, in seconds
        """
        self._bulkheads = [(re.compile(bulkhead.path), bulkhead) for bulkhead in bulkheads]
        self._patience = patience
        self._turns: dict[Group, asyncio.Semaphore] = {}
        #: By group: the number of requests that are under way or wait.
        self._count: Counter[Group] = Counter()

    def group_of(self, method: str, path: str) -> Group | None:
        """Return the group of a request; None if it need not wait for others."""
        reads = method in http_methods.SAFE
        for pattern, bulkhead in self._bulkheads:
            if (bulkhead.is_read or not reads) and (match := pattern.match(path)):
                return Group(match[1], bulkhead.size)
        return None

    @asynccontextmanager
    async def turn(self, group: Group) -> AsyncIterator[None]:
        """Wait for a turn, and have it in the block. Raise Busy if it does not come."""
        if self._count[group] >= group.size + MAX_WAITING:
            raise Busy(f"{MAX_WAITING} requests wait already")
        self._count[group] += 1
        turns = self._turns.setdefault(group, asyncio.Semaphore(group.size))
        try:
            try:
                async with asyncio.timeout(self._patience):
                    await turns.acquire()
            except TimeoutError:
                raise Busy(f"no turn came within {self._patience} s") from None
            try:
                yield
            finally:
                turns.release()
        finally:
            self._count[group] -= 1
            if not self._count[group]:
                del self._count[group], self._turns[group]


class Handler(ASGIHandler):
    """Django's handler behind bulkheads."""

    def __init__(self, bulkheads: Iterable[Bulkhead]) -> None:
        super().__init__()
        self._bulkheads = Bulkheads(bulkheads, settings.DATABASE_LOCK_TIMEOUT or 10.0)

    async def _get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run the view, after all middleware and before any query."""
        group = self._bulkheads.group_of(request.method or "", request.path_info)
        if group is None:
            return await self._respond(request)
        async with self._bulkheads.turn(group):
            response = asyncio.create_task(self._respond(request))
            try:
                return await asyncio.shield(response)
            except asyncio.CancelledError:
                # The client has left. The thread of the view has not.
                await asyncio.wait({response})
                raise

    async def _respond(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await super()._get_response_async(request)  # type: ignore[misc]
        return response
