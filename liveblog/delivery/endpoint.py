"""The websocket that an open page holds: /ws/<language>/live/<slug>/?after=<revision>."""

import asyncio
from collections import deque
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from liveblog.delivery.frames import Frame
from liveblog.delivery.hub import Hub
from liveblog.delivery.protocol import EXTENSION, Connection
from liveblog.delivery.stream import Gone, Reader
from liveblog.delivery.websocket import FELL_BEHIND, NO_SUCH_PAGE, TOO_MANY, UNSUPPORTED_DATA
from liveblog.limits import counted

hub = Hub()


class ConnectionReader(Connection, Reader):
    """A reader whose connection was taken over: finished bytes go straight to the socket."""

    __slots__ = ("_address", "gone", "language", "revision", "stream")

    def __init__(self, language: str, revision: int, address: str | None) -> None:
        self.begin(language, revision)
        self._address = address

    def close(self, code: int) -> None:
        hub.leave(self)
        super().close(code)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        hub.leave(self)
        hub.release(self._address)


class QueueReader(Reader):
    """A reader behind any other ASGI server: frames wait in a bounded queue for the server's `send`."""

    def __init__(self, language: str, revision: int, send: Any) -> None:
        self.begin(language, revision)
        self._send = send
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._code: int | None = None
        self.sending = asyncio.create_task(self._send_all())

    def write(self, frame: Frame) -> None:
        self._bytes += len(frame.wire)
        if self._frames and self._bytes > settings.LIVE_MAX_BUFFER_BYTES:
            self.close(FELL_BEHIND)
        else:
            self._frames.append(frame)
            self._wake.set()

    def close(self, code: int) -> None:
        hub.leave(self)
        self._code = self._code or code
        self.sending.cancel()

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._frames:
                frame = self._frames.popleft()
                await self._send({"type": "websocket.send", "text": frame.text})
                self._bytes -= len(frame.wire)

    async def finish(self) -> None:
        """Send the close frame, if there is one to send."""
        if self._code is not None:
            # To a reader that takes no bytes not even this can be sent; the server drops the connection then.
            try:
                async with asyncio.timeout(1):
                    await self._send({"type": "websocket.close", "code": self._code})
            except Exception:  # noqa: S110 - the connection is gone either way
                pass


async def live(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application. Nothing is read from the client but that it has gone."""
    await receive()
    await send({"type": "websocket.accept"})
    # A proxy on this machine that names no client is not one reader.
    address = counted((scope.get("client") or [""])[0])
    if not hub.admit(address):
        await send({"type": "websocket.close", "code": TOO_MANY})
        return
    path = scope["url_route"]["kwargs"]
    take_over = scope.get("extensions", {}).get(EXTENSION)
    if take_over is not None:
        # It stays when this returns.
        connection = ConnectionReader(path["language"], _after(scope), address)
        take_over(connection)
        await _admit(connection, path["slug"])
        return
    reader = QueueReader(path["language"], _after(scope), send)
    listening = asyncio.create_task(_until_gone(receive, reader))
    try:
        await _admit(reader, path["slug"])
        await asyncio.wait({reader.sending, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.leave(reader)
        hub.release(address)
        reader.sending.cancel()
        listening.cancel()
        await asyncio.gather(reader.sending, listening, return_exceptions=True)
        await reader.finish()


async def _admit(reader: Reader, slug: str) -> None:
    article_id = await hub.find(slug, reader.language)
    try:
        if article_id is None:
            reader.close(NO_SUCH_PAGE)
        else:
            await hub.join(article_id, reader)
    except Gone:
        reader.close(NO_SUCH_PAGE)


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application of every other address."""
    await receive()
    # A browser is told the code of a connection only once that was accepted.
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": NO_SUCH_PAGE})


async def _until_gone(receive: Any, reader: Reader) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        reader.close(UNSUPPORTED_DATA)


def _after(scope: dict[str, Any]) -> int:
    """The revision that the page shows; -1, which is unknown to every log, where it is missing or no number."""
    value = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else -1
