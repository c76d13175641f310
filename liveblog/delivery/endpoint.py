"""The websocket of an open page: /ws/<language>/live/<slug>/?after=<state>."""

import asyncio
from collections import Counter, deque
from functools import lru_cache
from urllib.parse import parse_qs

from django.conf import settings

from liveblog import metrics
from liveblog.asgi_types import Receive, Scope, Send
from liveblog.delivery.frames import Frame
from liveblog.delivery.hub import Hub
from liveblog.delivery.protocol import EXTENSION, Connection
from liveblog.delivery.states import State
from liveblog.delivery.stream import ArticleStream, Gone, Reader
from liveblog.delivery.websocket import FELL_BEHIND, NO_SUCH_PAGE, TOO_MANY, UNSUPPORTED_DATA
from liveblog.limits import counted_address

hub = Hub()


def _count_readers() -> None:
    counts: Counter[str] = Counter(dict.fromkeys(_counted_languages, 0))
    for stream in hub.streams.values():
        for language, readers in stream.readers.items():
            counts[language] += len(readers)
    _counted_languages.update(counts)
    for language, count in counts.items():
        metrics.READERS.labels(language).set(count)
    metrics.ROOMS.set(len(hub.streams))


#: The languages that have had a reader: their gauges are set to 0 when the last one leaves.
_counted_languages: set[str] = set()
metrics.add_sampler(_count_readers)


class ConnectionReader(Connection):
    """A reader whose connection was taken over from the server: finished bytes go straight to the socket."""

    __slots__ = ("_address", "gone", "language", "state", "stream")

    def __init__(self, language: str, state: State | None, address: str) -> None:
        self.language = language
        self.state = state
        self.stream: ArticleStream | None = None
        self.gone = False
        self._address = address

    def close(self, code: int) -> None:
        hub.leave(self)
        if not self._closing:
            metrics.CLOSES.labels(code).inc()
        super().close(code)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        hub.leave(self)
        hub.release(self._address)


class QueueReader:
    """A reader behind any other ASGI server: frames wait in a bounded queue for the server's `send`."""

    def __init__(self, language: str, state: State | None, send: Send) -> None:
        self.language = language
        self.state = state
        self.stream: ArticleStream | None = None
        self.gone = False
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
        if self._code is None:
            metrics.CLOSES.labels(code).inc()
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
        """Send the close frame, unless the client has already gone."""
        if self._code is not None:
            # A client that has stopped reading does not read this frame either; the server then drops the connection.
            try:
                async with asyncio.timeout(1):
                    await self._send({"type": "websocket.close", "code": self._code})
            except Exception:  # noqa: S110 - the connection is gone either way
                pass


async def live(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one open page (an ASGI application). It reads only to notice when the client leaves."""
    await receive()
    await send({"type": "websocket.accept"})
    address = counted_address((scope.get("client") or [""])[0])
    if not hub.admit(address):
        metrics.CLOSES.labels(TOO_MANY).inc()
        await send({"type": "websocket.close", "code": TOO_MANY})
        return
    if b"again=1" in scope["query_string"]:
        metrics.RECONNECTS.inc()
    path = scope["url_route"]["kwargs"]
    take_over = scope.get("extensions", {}).get(EXTENSION)
    if take_over is not None:
        # The connection stays when this coroutine returns.
        connection = ConnectionReader(path["language"], _after(scope["query_string"]), address)
        take_over(connection)
        await _admit(connection, path["slug"])
        return
    reader = QueueReader(path["language"], _after(scope["query_string"]), send)
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


async def may_embed(scope: Scope, origin: str) -> bool:
    """Return whether pages at another origin may embed the page of a websocket."""
    return await hub.may_embed(scope["url_route"]["kwargs"]["slug"], origin)


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Close the websocket of any other address (an ASGI application)."""
    await receive()
    # A browser sees the close code only of a connection that was accepted.
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": NO_SUCH_PAGE})


async def _until_gone(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        reader.close(UNSUPPORTED_DATA)


@lru_cache(maxsize=128)
def _after(query: bytes) -> State | None:
    """Return the state that the page shows by the query of its address; None if the query names none.

    Most pages that come at the same moment show the same few states.
    """
    return State.parse(parse_qs(query.decode("latin-1")).get("after", [""])[0])
