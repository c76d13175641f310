"""The websockets of a live page, on uvicorn.

An update that goes to thousands of readers is one sequence of bytes. Through ASGI `send` each reader costs a coroutine,
a dictionary and an encoding of the same frame, and while nothing happens tasks, queues and timers that wait. Offered to
the application as an ASGI extension, a connection can instead be taken over once its handshake is done: it then is one
small object, that writes ready bytes and hears of nothing but the end. The application runs on any other server too.
"""

import asyncio
import random
import struct
from typing import Any, Protocol

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "liveblog.connection"

#: How long a reader that was told to close has to answer before the connection is cut, in seconds.
CLOSE_TIMEOUT = 5.0

#: More than this waiting to be sent, in bytes, and pings are not answered.
PONG_LIMIT = 65_536

# RFC 6455, sections 5.2 and 7.4.1.
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
SERVICE_RESTART = 1012


class Owner(Protocol):
    """Who took a connection over."""

    def close(self, code: int) -> None:
        """Called when the connection has to be closed; its `close` is to be called in turn."""

    def disconnected(self) -> None:
        """Called once, when the connection has ended for whatever reason."""


class Connection(asyncio.Protocol):
    """A websocket after its handshake, as far as a live page needs one: what it is told is thrown away."""

    __slots__ = ("_closing", "_connections", "_owner", "_rest", "_transport")

    def __init__(self, transport: Any, connections: set[Any], owner: Owner) -> None:
        self._transport = transport
        #: uvicorn's: it asks each of them to shut down, and waits until there are none.
        self._connections = connections
        self._owner = owner
        self._closing = False
        self._rest = b""
        connections.add(self)

    def write(self, data: bytes, limit: int) -> bool:
        """Send a finished frame. False, with nothing written, where more than `limit` bytes already wait."""
        if self._closing:
            return True
        if self._transport.get_write_buffer_size() > limit:
            return False
        self._transport.write(data)
        return True

    def close(self, code: int) -> None:
        """Say goodbye with `code`, and cut the connection if the other side does not take it."""
        if not self._closing:
            self._transport.write(struct.pack("!BBH", 0x80 | CLOSE, 2, code))
            self._closing = True
            self._cut_later()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops.

        Each reader is sent away at a moment of its own, and served until then: whoever takes over must not get all of
        them at once.
        """
        delay = random.uniform(0, settings.LIVE_LEAVING_SECONDS)  # noqa: S311 - no secret
        asyncio.get_running_loop().call_later(delay, self._owner.close, SERVICE_RESTART)

    # asyncio.Protocol -------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Answer pings and the closing handshake; refuse all else. No more than one control frame is ever kept."""
        data = self._rest + data
        while len(data) >= 2:
            opcode, size = data[0] & 0x0F, data[1] & 0x7F
            # Whoever is closing waits for the other's close frame, and for nothing else.
            if opcode in (CONTINUATION, TEXT, BINARY) and not data[0] & 0x70:
                self._refuse(UNSUPPORTED_DATA)
                return
            if opcode not in (CLOSE, PING, PONG) or data[0] & 0xF0 != 0x80 or not data[1] & 0x80 or size > 125:
                self._refuse(PROTOCOL_ERROR)
                return
            end = 6 + size
            if len(data) < end:
                break
            payload = bytes(byte ^ data[2 + index % 4] for index, byte in enumerate(data[6:end]))
            data = data[end:]
            if opcode == CLOSE:
                self._answer_close(payload)
                return
            if opcode == PING and not self._closing:
                self.write(struct.pack("!BB", 0x80 | PONG, size) + payload, PONG_LIMIT)
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
            self._transport.write(struct.pack("!BB", 0x80 | CLOSE, len(payload[:2])) + payload[:2])
            self._closing = True
            self._cut_later()
        self._transport.close()

    def _cut_later(self) -> None:
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self._transport.abort)


class _TakenOver:
    """Stands where a protocol has its transport after that was given away: what it still does must not reach it."""

    def close(self) -> None:
        pass


class LiveProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=LiveProtocol)`: uvicorn's handshake, then the application's choice."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        self.transport: Any
        if self.response.status_code == 101:
            # The application's task was made, but has not run yet.
            self.scope["extensions"][EXTENSION] = self.take_over

    def take_over(self, owner: Owner) -> Connection:
        """The accepted connection, from now on `owner`'s. The application may return; `send` and `receive` are void."""
        connection = Connection(self.transport, self.connections, owner)
        if self.disconnected:
            connection.connection_lost(None)
        else:
            self.stop_keepalive()
            self.connections.discard(self)
            self.transport.set_protocol(connection)
            self.transport = _TakenOver()
        return connection
