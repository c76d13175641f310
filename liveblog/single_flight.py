"""One call for many callers at the same moment (after golang.org/x/sync/singleflight)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class SingleFlight(Generic[Key, Result]):
    """Have at most one call per key under way in this event loop."""

    def __init__(self) -> None:
        self._calls: dict[Key, asyncio.Task[Result]] = {}

    async def do(self, key: Key, call: Callable[[], Coroutine[object, object, Result]]) -> Result:
        """Return the result of `call`, or of the call for `key` that is under way; raise what it raises.

        A caller that is cancelled stops waiting. The call continues for the others.
        """
        task = self._calls.get(key)
        if task is None:
            task = self._calls[key] = asyncio.create_task(call())
            task.add_done_callback(lambda _: self._calls.pop(key, None))
        return await asyncio.shield(task)
