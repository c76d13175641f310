"""The websockets of a live page, on uvicorn.

An update that goes to thousands of readers is one sequence of bytes. Through ASGI `send` each reader costs a coroutine,
a dictionary and an encoding of the same frame, and while nothing happens tasks, queues and timers that wait. Offered to
the application as an ASGI extension, a connection can instead be taken over once its handshake is done: it then is one
small object, that writes ready bytes and hears of nothing but the end. The application runs on any other server too.
"""

import asyncio
import random
import zlib
from typing import Any, Protocol

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory

from liveblog.delivery import websocket
from liveblog.delivery.frames import Frame
from liveblog.delivery.websocket import BINARY, CLOSE, COMPRESSED, CONTINUATION, PING, PONG, TEXT

EXTENSION = "liveblog.connection"

#: How long a reader that was told to close has to answer before the connection is cut, in seconds.
CLOSE_TIMEOUT = 5.0

#: More than this waiting to be sent, in bytes, and pings are not answered.
PONG_LIMIT = 65_536


class Owner(Protocol):
    """Who took a connection over."""

    def close(self, code: int) -> None:
        """Called when the connection has to be closed; its `close` is to be called in turn."""

    def disconnected(self) -> None:
        """Called once, when the connection has ended for whatever reason."""


class Connection(asyncio.Protocol):
    """A websocket after its handshake, as far as a live page needs one: what it is told is thrown away."""

    __slots__ = ("_closing", "_compressed", "_connections", "_owner", "_rest", "_transport")

    def __init__(self, transport: Any, connections: set[Any], owner: Owner, *, compressed: bool) -> None:
        self._transport = transport
        #: uvicorn's: it asks each of them to shut down, and waits until there are none.
        self._connections = connections
        self._owner = owner
        self._compressed = compressed
        self._closing = False
        self._rest = b""
        connections.add(self)

    def write(self, frame: Frame, limit: int) -> bool:
        """Send a frame. False, with nothing sent, where more than `limit` bytes already wait."""
        if self._closing:
            return True
        if self._transport.get_write_buffer_size() > limit:
            return False
        self._transport.write(frame.compressed if self._compressed else frame.wire)
        return True

    def close(self, code: int) -> None:
        """Say goodbye with `code`, and cut the connection if the other side does not take it."""
        if not self._closing:
            self._transport.write(websocket.frame(CLOSE, code.to_bytes(2, "big")))
            self._closing = True
            self._cut_later()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops.

        Each reader is sent away at a moment of its own, and served until then: whoever takes over must not get all of
        them at once.
        """
        delay = random.uniform(0, settings.LIVE_LEAVING_SECONDS)  # noqa: S311 - no secret
        asyncio.get_running_loop().call_later(delay, self._owner.close, websocket.SERVICE_RESTART)

    # asyncio.Protocol -------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Answer pings and the closing handshake; refuse all else. No more than one control frame is ever kept."""
        data = self._rest + data
        while len(data) >= 2:
            opcode, size = data[0] & 0x0F, data[1] & 0x7F
            # Whoever is closing waits for the other's close frame, and for nothing else.
            if opcode in (CONTINUATION, TEXT, BINARY) and not data[0] & 0x70 & ~COMPRESSED:
                self._refuse(websocket.UNSUPPORTED_DATA)
                return
            if opcode not in (CLOSE, PING, PONG) or data[0] & 0xF0 != 0x80 or not data[1] & 0x80 or size > 125:
                self._refuse(websocket.PROTOCOL_ERROR)
                return
            end = 6 + size
            if len(data) < end:
                break
            payload = bytes(byte ^ data[2 + index % 4] for index, byte in enumerate(data[6:end]))
            data = data[end:]
            if opcode == CLOSE:
                self._answer_close(payload)
                return
            if opcode == PING and not self._closing and self._transport.get_write_buffer_size() < PONG_LIMIT:
                self._transport.write(websocket.frame(PONG, payload))
        self._rest = data

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._connections.discard(self)
        self._owner.disconnected()

    def _refuse(self, code: int) -> None:
        """Close, and read no more of what cannot be understood."""
        self._owner.close(code)
        self._transport.pause_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _answer_close(self, payload: bytes) -> None:
        if not self._closing:
            self._transport.write(websocket.frame(CLOSE, payload[:2]))
            self._closing = True
            self._cut_later()
        self._transport.close()

    def _cut_later(self) -> None:
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._transport.abort)


_COMPRESSION = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class _TakenOver:
    """Stands where a protocol has its transport after that was given away: what it still does must not reach it."""

    def close(self) -> None:
        pass


class LiveProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=LiveProtocol)`: uvicorn's handshake, then the application's choice.

    Compression is agreed on without context takeover, so that it costs nothing per reader: neither memory nor time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = [_COMPRESSION]

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        self.transport: Any
        if self.response.status_code == 101:
            # The application's task was made, but has not run yet.
            self.scope["extensions"][EXTENSION] = self.take_over

    def take_over(self, owner: Owner) -> Connection:
        """The accepted connection, from now on `owner`'s. The application may return; `send` and `receive` are void."""
        compressed = any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == zlib.MAX_WBITS
            for extension in self.conn.extensions
        )
        connection = Connection(self.transport, self.connections, owner, compressed=compressed)
        if self.disconnected:
            connection.connection_lost(None)
        else:
            self.stop_keepalive()
            self.connections.discard(self)
            self.transport.set_protocol(connection)
            self.transport = _TakenOver()
        return connection
