"""The ASGI lifespan protocol (asgi.readthedocs.io, "Lifespan Protocol"), for jobs that run as long as the server."""

import asyncio
from collections.abc import Callable, Coroutine

from liveblog.asgi_types import Receive, Scope, Send


class Lifespan:
    """An ASGI application for the lifespan scope. It calls `prepare` at startup, and runs `jobs` until shutdown."""

    def __init__(self, prepare: Callable[[], None], *jobs: Callable[[], Coroutine[object, object, None]]) -> None:
        self._prepare = prepare
        self._jobs = jobs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        self._prepare()
        tasks = [asyncio.create_task(job()) for job in self._jobs]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})
