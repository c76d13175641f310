"""Django's request handler with bulkheads: one article that nobody can write to must not take the others down.

Requests that write to one article wait for its lock one after the other. Each that waits in a transaction holds a
connection to the database, so only a few may be under way at once. The others wait here, without a thread and without
a connection, and are turned away if it takes too long.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from liveblog import http_methods
from liveblog.outages import Busy

#: The number of requests that wait for one bulkhead at most.
MAX_WAITING = 200


class Bulkheads:
    """Let a few requests of each group through at a time."""

    def __init__(self, paths: Collection[str], size: int, patience: float) -> None:
        """
        paths      regular expressions of paths; requests are in one group if their first groups match the same text
        size       the number of requests of a group that may be under way
        patience   how long one waits for its turn, in seconds
        """
        self._paths = [re.compile(path) for path in paths]
        self._size = size
        self._patience = patience
        self._turns: dict[str, asyncio.Semaphore] = {}
        #: By group: the number of requests that are under way or wait.
        self._count: Counter[str] = Counter()

    def group_of(self, method: str, path: str) -> str | None:
        """Return the group of a request; None if it need not wait for others."""
        if method in http_methods.SAFE:
            return None
        matches = (pattern.match(path) for pattern in self._paths)
        return next((match[1] for match in matches if match), None)

    @asynccontextmanager
    async def turn(self, group: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it in the block. Raise Busy if it does not come."""
        if self._count[group] >= self._size + MAX_WAITING:
            raise Busy(f"{MAX_WAITING} requests wait already")
        self._count[group] += 1
        turns = self._turns.setdefault(group, asyncio.Semaphore(self._size))
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
    """Django's handler, with requests that write to the same article behind a bulkhead.

    paths   see Bulkheads
    """

    def __init__(self, paths: Collection[str]) -> None:
        super().__init__()
        # Three articles may be locked before the newsroom waits for connections.
        size = max(1, settings.DATABASE_POOL_SIZE // 5)
        self._bulkheads = Bulkheads(paths, size, settings.DATABASE_LOCK_TIMEOUT or 10.0)

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
