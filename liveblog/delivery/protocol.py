"""The websockets of a live page, on uvicorn.

An update that goes to thousands of readers is one sequence of bytes. Through ASGI `send` each reader costs a coroutine,
a dictionary and an encoding of the same frame, and while nothing happens tasks, queues and timers that wait. Offered to
the application as an ASGI extension, a connection can instead be taken over once its handshake is done: it then is one
small object, that writes ready bytes and hears of nothing but the end. The application runs on any other server too.
"""

from __future__ import annotations

import asyncio
import os
import random
import zlib
from typing import TYPE_CHECKING, Any

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory

from liveblog.delivery import websocket
from liveblog.delivery.websocket import BINARY, CLOSE, COMPRESSED, CONTINUATION, PING, PONG, TEXT

if TYPE_CHECKING:
    # Processes import this before they load the apps.
    from liveblog.delivery.frames import Frame

EXTENSION = "liveblog.connection"

#: How long a reader that was told to close has to answer before the connection is cut, in seconds.
CLOSE_TIMEOUT = 5.0

#: More than this waiting to be sent, in bytes, and pings are not answered.
PONG_LIMIT = 65_536


class Connection(asyncio.Protocol):
    """A websocket after its handshake, as far as a live page needs one: what it is told is thrown away."""

    __slots__ = ("_closing", "_compressed", "_connections", "_fd", "_rest", "_transport")

    def take(self, transport: Any, connections: set[Any], *, compressed: bool) -> None:
        """Begin. `compressed`: both sides agreed on it; `connections`: those whom the server tells to shut down."""
        self._transport = transport
        self._connections = connections
        self._compressed = compressed
        self._closing = False
        #: The socket, if nothing waits in the transport. A transport closes its socket only after it has called
        #: `connection_lost`, so the number cannot be another's before that.
        self._fd: int | None = None
        self._rest = b""
        connections.add(self)

    def write(self, frame: Frame) -> None:
        """Send a frame; or close, where too much waits to be sent already."""
        if self._fd is None:
            if self._closing:
                return
            waiting = self._transport.get_write_buffer_size()
            if waiting > settings.LIVE_MAX_BUFFER_BYTES:
                self.close(websocket.FELL_BEHIND)
                return
            if not waiting and self._transport.get_extra_info("ssl_object") is None:
                self._fd = self._transport.get_extra_info("socket").fileno()
        data = frame.compressed if self._compressed else frame.wire
        if self._fd is not None:
            # Past the transport, which costs as much again as the system does.
            try:
                sent = os.write(self._fd, data)
            except BlockingIOError:
                sent = 0
            except OSError:
                # The transport finds out as well.
                return
            if sent == len(data):
                return
            data = data[sent:]
        self._leave_to_transport(data)

    def close(self, code: int) -> None:
        """Say goodbye with `code`, and cut the connection if the other side does not take it."""
        if not self._closing:
            self._closing = True
            self._leave_to_transport(websocket.frame(CLOSE, code.to_bytes(2, "big")))
            self._cut_later()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops.

        Each reader is sent away at a moment of its own, and served until then: whoever takes over must not get all of
        them at once.
        """
        delay = random.uniform(0, settings.LIVE_DRAIN_SECONDS)  # noqa: S311 - no secret
        asyncio.get_running_loop().call_later(delay, self.close, websocket.SERVICE_RESTART)

    def _leave_to_transport(self, data: bytes) -> None:
        self._fd = None
        self._transport.write(data)

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
                self._leave_to_transport(websocket.frame(PONG, payload))
        self._rest = data

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._fd = None
        self._connections.discard(self)

    def _refuse(self, code: int) -> None:
        """Close, and read no more of what cannot be understood."""
        self.close(code)
        self._transport.pause_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _answer_close(self, payload: bytes) -> None:
        if not self._closing:
            self._closing = True
            self._leave_to_transport(websocket.frame(CLOSE, payload[:2]))
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

    def take_over(self, connection: Connection) -> None:
        """Go on as `connection`. The application may return; `send` and `receive` are void from now on."""
        compressed = any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == zlib.MAX_WBITS
            for extension in self.conn.extensions
        )
        connection.take(self.transport, self.connections, compressed=compressed)
        if self.disconnected:
            connection.connection_lost(None)
        else:
            self.stop_keepalive()
            self.connections.discard(self)
            self.transport.set_protocol(connection)
            self.transport = _TakenOver()
