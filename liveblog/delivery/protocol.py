"""The websockets of a live page, on uvicorn.

An update for thousands of readers is one sequence of bytes. Through ASGI `send` each reader costs a coroutine, a
dictionary and an encoding of the same frame, and while idle it holds tasks, queues and timers. An ASGI extension
therefore lets the application take over a connection once its handshake is done. The connection then is one small
object that writes finished bytes and notices only its end. The application also runs on any other ASGI server.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import zlib
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory

from liveblog.delivery import websocket
from liveblog.delivery.websocket import BINARY, CLOSE, COMPRESSED, CONTINUATION, PING, PONG, TEXT
from liveblog.http_protocol import refuse_head

if TYPE_CHECKING:
    # The server imports this module before it loads the apps.
    from liveblog.delivery.frames import Frame

EXTENSION = "liveblog.connection"


class _Stoppable(Protocol):
    def shutdown(self) -> None: ...


#: Seconds that a reader has to answer a close frame before the connection is cut.
CLOSE_TIMEOUT_SECONDS = 5.0

#: Pings are not answered while more bytes than this wait to be sent.
MAX_BYTES_BEFORE_PONG = 65_536


class Connection(asyncio.Protocol):
    """A websocket after its handshake, as far as a live page needs one: messages of the client are not read."""

    __slots__ = ("_answer", "_closing", "_connections", "_rest", "_transport", "compressed", "descriptor")

    def begin(
        self, transport: asyncio.Transport, connections: set[_Stoppable], *, compressed: bool, answer: bytes
    ) -> None:
        """Begin to use a transport.

        connections   the connections that the server shuts down when it stops
        compressed    whether both sides agreed on compression
        answer        the answer to the handshake, which goes out together with a frame that follows at once
        """
        self._transport = transport
        self._connections = connections
        self.compressed = compressed
        self._closing = False
        #: The file descriptor of the socket, if nothing waits in the transport. A transport closes its socket only
        #: after it has called `connection_lost`, so the descriptor cannot belong to another file before that.
        self.descriptor: int | None = None
        self._rest = b""
        self._answer = answer
        connections.add(self)
        asyncio.get_running_loop().call_soon(self._send_answer)

    @staticmethod
    def can_compress(extensions: list[Extension]) -> bool:
        """Return whether a connection with these extensions can take frames that were compressed once for all."""
        return any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == zlib.MAX_WBITS
            for extension in extensions
        )

    def write(self, frame: Frame) -> None:
        """Send a frame, or close if more than LIVE_MAX_BUFFER_BYTES wait to be sent already."""
        data = frame.compressed if self.compressed else frame.wire
        if self.descriptor is None:
            if self._closing:
                return
            waiting = self._transport.get_write_buffer_size()
            if waiting > settings.LIVE_MAX_BUFFER_BYTES:
                self.close(websocket.FELL_BEHIND)
                return
            if not waiting and self._transport.get_extra_info("ssl_object") is None:
                self.descriptor = self._transport.get_extra_info("socket").fileno()
            if self._answer:
                data, self._answer = self._answer + data, b""
        if self.descriptor is None:
            self._leave_to_transport(data)
            return
        # Writing through the transport would double the cost of the system call.
        try:
            sent = os.write(self.descriptor, data)
        except OSError as error:
            sent = -(error.errno or errno.EIO)
        if sent != len(data):
            self.continue_after(sent, data)

    def continue_after(self, sent: int, data: bytes) -> None:
        """Leave the rest of `data` to the transport, which calls `connection_lost` if it gets an error again.

        sent    the number of bytes of `data` that were written to `descriptor`, or a negated errno
        """
        self._leave_to_transport(data[max(sent, 0) :])

    def close(self, code: int) -> None:
        """Send a close frame with `code`, and cut the connection if the other side does not answer in time."""
        if not self._closing:
            self._closing = True
            self._leave_to_transport(websocket.frame(CLOSE, code.to_bytes(2, "big")))
            self._cut_later()

    def shutdown(self) -> None:
        """Close at a random moment within LIVE_DRAIN_SECONDS; uvicorn calls this when the server stops.

        Readers are served until then. They must not all connect to another process at the same moment.
        """
        delay = random.uniform(0, settings.LIVE_DRAIN_SECONDS)  # noqa: S311 - no secret
        asyncio.get_running_loop().call_later(delay, self.close, websocket.SERVICE_RESTART)

    def _send_answer(self) -> None:
        if self._answer:
            self._leave_to_transport(b"")

    def _leave_to_transport(self, data: bytes) -> None:
        self.descriptor = None
        data, self._answer = self._answer + data, b""
        self._transport.write(data)

    # asyncio.Protocol -------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Answer pings and the closing handshake, and reject other frames. At most one control frame is kept.

        See RFC 6455, sections 5.2, 5.5 and 7.1.
        """
        data = self._rest + data
        while len(data) >= 2:
            opcode, size = data[0] & 0x0F, data[1] & 0x7F
            if opcode in (CONTINUATION, TEXT, BINARY) and not data[0] & 0x70 & ~COMPRESSED:
                self._reject(websocket.UNSUPPORTED_DATA)
                return
            if opcode not in (CLOSE, PING, PONG) or data[0] & 0xF0 != 0x80 or not data[1] & 0x80 or size > 125:
                self._reject(websocket.PROTOCOL_ERROR)
                return
            end = 6 + size
            if len(data) < end:
                break
            payload = bytes(byte ^ data[2 + index % 4] for index, byte in enumerate(data[6:end]))
            data = data[end:]
            if opcode == CLOSE:
                self._answer_close(payload)
                return
            if opcode == PING and not self._closing and self._transport.get_write_buffer_size() < MAX_BYTES_BEFORE_PONG:
                self._leave_to_transport(websocket.frame(PONG, payload))
        self._rest = data

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self.descriptor = None
        self._answer = b""
        self._connections.discard(self)

    def _reject(self, code: int) -> None:
        """Close, and read no more: the position of the next frame is unknown."""
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
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_SECONDS, self._transport.abort)


#: Without context takeover, so that compression costs neither memory nor time for each connection.
COMPRESSION = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol for all other websockets, with compression; for `uvicorn.Config(ws=WebSocketProtocol)`."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = [COMPRESSION]
        self._has_request = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._has_request:
            # The server hands over a whole handshake. If one of its lines is longer than the 8 kB that websockets
            # reads, uvicorn would wait without a limit.
            refuse_head(self.transport)

    def handle_connect(self, event: object) -> None:
        self._has_request = True
        super().handle_connect(event)
