"""The websocket that an open page holds: /ws/<language>/live/<slug>/?after=<revision>."""

import asyncio
import ipaddress
from collections import deque
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from liveblog.delivery.frames import Frame
from liveblog.delivery.hub import Gone, Hub, Reader
from liveblog.delivery.protocol import EXTENSION

NO_SUCH_PAGE = 4004
FELL_BEHIND = 4008
TOO_MANY = 4429
#: RFC 6455, section 7.4.1: data of a kind that the endpoint does not accept.
UNSUPPORTED_DATA = 1003

hub = Hub()


class QueueReader(Reader):
    """A reader behind any ASGI server: frames wait in a bounded queue for the server's `send`."""

    def __init__(self, language: str, revision: int, send: Any) -> None:
        self.language = language
        self.revision = revision
        self._send = send
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._code: int | None = None
        self.closed = asyncio.Event()

    def write(self, frame: Frame) -> None:
        if self._code is not None:
            return
        self._bytes += len(frame.wire)
        if self._frames and self._bytes > settings.LIVE_MAX_BUFFER_BYTES:
            self.close(FELL_BEHIND)
            return
        self._frames.append(frame)
        self._wake.set()

    def close(self, code: int) -> None:
        if self._code is None:
            self._code = code
            self.closed.set()
            self._wake.set()

    async def run(self) -> None:
        """Send frames in order until the reader is closed."""
        while self._code is None:
            await self._wake.wait()
            self._wake.clear()
            while self._frames and self._code is None:
                frame = self._frames.popleft()
                await self._send({"type": "websocket.send", "text": frame.text})
                self._bytes -= len(frame.wire)

    async def finish(self) -> None:
        # To a reader that takes no bytes not even the close frame can be sent; the server drops the connection then.
        try:
            async with asyncio.timeout(1):
                await self._send({"type": "websocket.close", "code": self._code})
        except Exception:  # noqa: S110 - the connection is gone either way
            pass


class TransportReader(Reader):
    """A reader whose server lends its transport: the finished bytes go straight to the socket's buffer."""

    def __init__(self, language: str, revision: int, transport: Any) -> None:
        self.language = language
        self.revision = revision
        self._transport = transport
        self.closed = asyncio.Event()

    def write(self, frame: Frame) -> None:
        if not self._transport.write(frame.wire, settings.LIVE_MAX_BUFFER_BYTES):
            self.close(FELL_BEHIND)

    def close(self, code: int) -> None:
        self._transport.close(code)
        self.closed.set()

    async def run(self) -> None:
        await self.closed.wait()

    async def finish(self) -> None:
        pass


async def live(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application. Nothing is read from the client but that it has gone."""
    await receive()
    await send({"type": "websocket.accept"})
    path = scope["url_route"]["kwargs"]
    address = _address(scope)
    if address and hub.addresses[address] >= settings.LIVE_MAX_CONNECTIONS_PER_ADDRESS > 0:
        await send({"type": "websocket.close", "code": TOO_MANY})
        return
    if address:
        hub.addresses[address] += 1
    try:
        article_id = await hub.find(path["slug"], path["language"])
        if article_id is None:
            await send({"type": "websocket.close", "code": NO_SUCH_PAGE})
            return
        await _serve(article_id, path["language"], _after(scope), scope, receive, send)
    finally:
        if address:
            hub.addresses[address] -= 1
            if not hub.addresses[address]:
                del hub.addresses[address]


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application of every other address."""
    await receive()
    # A browser is told the code of a connection only once that was accepted.
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": NO_SUCH_PAGE})


async def _serve(article_id: int, language: str, after: int, scope: Any, receive: Any, send: Any) -> None:
    transport = scope.get("extensions", {}).get(EXTENSION)
    reader: TransportReader | QueueReader
    if transport is not None:
        reader = TransportReader(language, after, transport)
    else:
        reader = QueueReader(language, after, send)
    writing = asyncio.create_task(reader.run())
    listening = asyncio.create_task(_until_gone(receive, reader))
    closing = asyncio.create_task(reader.closed.wait())
    room = None
    try:
        room = await hub.join(article_id, reader)
        await asyncio.wait({writing, listening, closing}, return_when=asyncio.FIRST_COMPLETED)
    except Gone:
        reader.close(NO_SUCH_PAGE)
    finally:
        if room is not None:
            hub.leave(room, reader)
        for task in (writing, listening, closing):
            task.cancel()
        await asyncio.gather(writing, listening, closing, return_exceptions=True)
        if reader.closed.is_set():
            await reader.finish()


async def _until_gone(receive: Any, reader: Reader) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        reader.close(UNSUPPORTED_DATA)


def _after(scope: dict[str, Any]) -> int:
    """The revision that the page shows; -1, which is unknown to every log, where it is missing or no number."""
    value = parse_qs(scope["query_string"].decode("latin-1")).get("after", [""])[0]
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else -1


def _address(scope: dict[str, Any]) -> str | None:
    """The address to count connections by. A proxy on this machine that names no client is not one reader."""
    host = (scope.get("client") or [""])[0]
    try:
        return None if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return None
