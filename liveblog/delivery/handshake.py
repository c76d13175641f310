"""The handshake of the websockets of live pages (RFC 6455, section 4.2), on uvicorn.

When thousands of readers reconnect at the same moment, most of the time is spent on reading their heads. uvicorn's
parser calls back for each header; then uvicorn puts the head together again for another parser, and keeps queues and
timers for each websocket. If a head is plain and has arrived whole, this protocol reads it with regular expressions.
Otherwise it uses the result of uvicorn's parser. The application answers the handshake, and takes the connection over.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
import types
from collections.abc import Coroutine, Generator
from contextvars import copy_context
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from uvicorn.protocols.utils import get_remote_addr, is_ssl
from websockets import datastructures
from websockets.exceptions import InvalidHandshake
from websockets.server import ServerProtocol

from liveblog import edge
from liveblog.delivery.protocol import COMPRESSION, EXTENSION, Connection
from liveblog.delivery.websocket import INTERNAL_ERROR
from liveblog.http_protocol import LAST_REQUEST_SECONDS, EdgeProtocol, half_open

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from liveblog.asgi_types import Scope

logger = logging.getLogger("uvicorn.error")

#: Names in lower case, and values.
Headers = list[tuple[bytes, bytes]]

#: The addresses of the websockets of live pages. uvicorn handles all other addresses, and requests without a handshake.
_LIVE = re.compile(rb"/ws/[^/?]+/live/")

#: A request for the websocket of a live page, as a whole and in the plainest form (RFC 9112, sections 2 to 5).
_HEAD = re.compile(
    rb"GET (/ws/[^/?#\x00-\x20\x7f-\xff]+/live/[^#\x00-\x20\x7f-\xff]*) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
)

_HEADER = re.compile(rb"([^:]+):[ \t]*([^\r]*)\r\n")

#: Headers that change how a message is read.
_FRAMING = {b"content-length", b"expect", b"transfer-encoding"}

#: 16 bytes in base64 (RFC 6455, section 4.1).
_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")

#: RFC 6455, section 1.3.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: "
_REFUSED = b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Agreement(NamedTuple):
    """
    key          the header Sec-WebSocket-Key
    extensions   the line of the answer that names the extensions which both sides use, or nothing (RFC 7692, section 5)
    compressed   whether frames are sent compressed
    """

    key: bytes
    extensions: bytes
    compressed: bool


class Server(NamedTuple):
    """The arguments that uvicorn gives to each protocol object."""

    config: Config
    state: ServerState
    app_state: dict[str, Any]


class LiveProtocol(asyncio.Protocol):
    """The protocol class of the server, for `uvicorn.Config(http=LiveProtocol)`.

    It reads the first bytes of a connection. Unless they are the whole and plain head of a live page's websocket, the
    connection is uvicorn's.
    """

    __slots__ = ("_loop", "_server", "_stopping", "_transport")

    _transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._server = Server(config, server_state, app_state)
        self._loop = _loop or asyncio.get_running_loop()
        self._stopping = False

    def shutdown(self) -> None:
        """Wait a little for the first request; uvicorn calls this when the server stops."""
        self._stopping = True
        self._loop.call_later(LAST_REQUEST_SECONDS, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self in self._server.state.connections:
            self._transport.close()

    # asyncio.Protocol -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._server.state.connections.add(self)
        half_open.add(transport, self._loop)

    def connection_lost(self, exc: Exception | None) -> None:
        half_open.discard(self._transport)
        self._server.state.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._server.state.connections.discard(self)
        if len(data) <= edge.MAX_HEAD_BYTES and (head := _HEAD.fullmatch(data)) is not None:
            headers = _headers(head[2])
            if headers is not None and (agreement := _agreement(headers)) is not None:
                half_open.discard(self._transport)
                handshake = Handshake(self._server, self._transport, head[1], headers, agreement)
                handshake.begin(self._loop, stopping=self._stopping)
                return
        successor = UpgradingProtocol(*self._server, self._loop)
        self._transport.set_protocol(successor)
        successor.connection_made(self._transport)
        if self._stopping:
            successor.shutdown()
        successor.data_received(data)


class UpgradingProtocol(EdgeProtocol):
    """uvicorn's protocol for all other requests, among them handshakes that are not plain or come later."""

    def handle_websocket_upgrade(self) -> None:
        is_plain = self.parser.get_http_version() == "1.1" and self.scope["method"] == "GET"
        agreement = _agreement(self.headers) if is_plain and _LIVE.match(self.url) else None
        if agreement is None:
            super().handle_websocket_upgrade()
            return
        self.connections.discard(self)
        server = Server(self.config, self.server_state, self.app_state)
        handshake = Handshake(server, self.transport, self.url, self.headers, agreement)
        handshake.begin(self.loop, stopping=self._stopping)
        # The parser refers to this object. The cycle would keep both in memory until a garbage collection.
        del self.parser


class Handshake(asyncio.Protocol):
    """A websocket until its application refuses it or takes it over."""

    def __init__(
        self, server: Server, transport: asyncio.Transport, url: bytes, headers: Headers, agreement: Agreement
    ) -> None:
        self._app = server.config.loaded_app
        self._scope = _scope(server, transport, url, headers, self.take_over)
        self._transport = transport
        self._connections: set[Any] = server.state.connections
        self._tasks = server.state.tasks
        self._agreement = agreement
        self._began = self._refused = self._lost = False
        #: The answer, once the application has accepted the websocket.
        self._answer: bytes | None = None
        self._connection: Connection | None = None
        self._connections.add(self)
        transport.set_protocol(self)

    def begin(self, loop: asyncio.AbstractEventLoop, *, stopping: bool) -> None:
        """Let the application answer; refuse if the server is stopping, so that the page connects to another one.

        The application gets a task only if it has to wait, as few readers of a page have to. Until then it is not in a
        task, so it cannot use `asyncio.timeout`.
        """
        if stopping:
            self._refuse(b"503 Service Unavailable")
            return
        context = copy_context()
        answering = self.run()
        try:
            awaited = context.run(answering.send, None)
        except StopIteration:
            return
        task = loop.create_task(_resumed(answering, awaited), context=context)
        # The loop itself holds only a weak reference.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception:
            logger.exception("Exception in ASGI application\n")
            if self._connection is not None:
                # The page reconnects later.
                self._connection.close(INTERNAL_ERROR)
        finally:
            # They refer to this object. The cycle would keep it and the head in memory until a garbage collection.
            self._scope["extensions"].clear()
        if self._connection is None:
            self._connections.discard(self)
            # The application has not answered.
            self._refuse(b"500 Internal Server Error")

    def take_over(self, connection: Connection) -> None:
        """Hand the transport to `connection`. From then on the application must not call `send` or `receive`."""
        self._connection = connection
        self._connections.discard(self)
        connection.begin(
            self._transport, self._connections, compressed=self._agreement.compressed, answer=self._answer or b""
        )
        if self._lost:
            connection.connection_lost(None)
        else:
            self._transport.set_protocol(connection)

    def shutdown(self) -> None:
        """Leave; uvicorn calls this when the server stops."""
        self._refuse(b"503 Service Unavailable")

    async def _receive(self) -> dict[str, object]:
        if not self._began:
            self._began = True
            return {"type": "websocket.connect"}
        # Nothing is read before the application takes the connection over.
        return {"type": "websocket.disconnect", "code": 1006}

    async def _send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            self._accept()
        elif message["type"] != "websocket.close":
            raise RuntimeError(f"{message['type']} is for a connection that was taken over.")
        elif self._answer is not None:
            connection = Connection()
            self.take_over(connection)
            connection.close(message.get("code", 1000))
        else:
            self._refuse(b"403 Forbidden")

    def _accept(self) -> None:
        key, extensions, _compressed = self._agreement
        accepted = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        self._answer = b"%s%s\r\n%s\r\n" % (_SWITCHING, accepted, extensions)
        logger.info('%s - "WebSocket %s" [accepted]', self._scope["client"], self._scope["path"])

    def _refuse(self, status: bytes) -> None:
        if not self._refused and not self._lost:
            self._transport.write(_REFUSED % status)
        self._refused = True
        self._transport.close()

    # asyncio.Protocol -------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Cut the connection: a client waits for the answer to its handshake before it sends."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._connections.discard(self)


@types.coroutine
def _resumed(coroutine: Coroutine[Any, Any, None], awaited: object) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has begun outside a task, and waits for `awaited`."""
    yield awaited
    yield from coroutine  # type: ignore[misc]  # allowed in a generator-based coroutine


def _headers(lines: bytes) -> Headers | None:
    """Return the headers of a plain head as uvicorn's parser reads them; None if it has to read them itself."""
    headers = [(name.lower(), value) for name, value in _HEADER.findall(lines)]
    values = dict(headers)
    if len(headers) > edge.MAX_HEADERS or not _FRAMING.isdisjoint(values):
        return None
    options = {option.strip() for option in values.get(b"connection", b"").lower().split(b",")}
    return headers if b"upgrade" in options and values.get(b"upgrade", b"").lower() == b"websocket" else None


def _agreement(headers: Headers) -> Agreement | None:
    """Return what both sides of a websocket agree on; None if uvicorn has to answer."""
    stated: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name.startswith(b"sec-websocket-"):
            stated.setdefault(name, []).append(value)
    keys = stated.get(b"sec-websocket-key", [])
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]) or stated.get(b"sec-websocket-version") != [b"13"]:
        return None
    try:
        return Agreement(keys[0], *_negotiate(b", ".join(stated.get(b"sec-websocket-extensions", []))))
    except InvalidHandshake:
        return None


@lru_cache(maxsize=128)
def _negotiate(extensions: bytes) -> tuple[bytes, bool]:
    """Return the last two parts of the agreement on a header Sec-WebSocket-Extensions. Browsers offer the same few.

    Raise InvalidHandshake if the header has no meaning.
    """
    offers = datastructures.Headers([("Sec-WebSocket-Extensions", extensions.decode("latin-1"))] if extensions else [])
    agreed, used = ServerProtocol(extensions=[COMPRESSION]).process_extensions(offers)
    line = b"" if agreed is None else f"sec-websocket-extensions: {agreed}\r\n".encode("latin-1")
    return line, Connection.can_compress(used)


def _scope(server: Server, transport: asyncio.Transport, url: bytes, headers: Headers, take_over: Any) -> Scope:
    """Return the scope of a websocket (ASGI 3.0, WebSocket connection scope 2.4)."""
    raw_path, _mark, query = url.partition(b"?")
    return {
        "type": "websocket",
        "asgi": {"version": server.config.asgi_version, "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "wss" if is_ssl(transport) else "ws",
        # Optional, and asking the system for it takes as long as reading the headers.
        "server": None,
        "client": get_remote_addr(transport),
        "root_path": server.config.root_path,
        "path": server.config.root_path + unquote(raw_path.decode("latin-1")),
        "raw_path": server.config.root_path.encode() + raw_path,
        "query_string": query,
        "headers": headers,
        "subprotocols": [],
        "state": server.app_state.copy(),
        "extensions": {EXTENSION: take_over},
    }
