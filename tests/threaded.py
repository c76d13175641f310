"""Run a test's application behind the server's protocols, in a thread of this process."""

from __future__ import annotations

import threading
from typing import Any, Self

import uvicorn

from tests.server import PATIENCE, eventually, free_port


class ThreadedServer:
    """A server, as a context manager; `options` are those of uvicorn.Config."""

    def __init__(self, app: Any, **options: Any) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(app, interface="asgi3", port=self.port, log_level="critical", lifespan="off", **options)
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run)

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = self.server.force_exit = True
        self._thread.join(PATIENCE)
