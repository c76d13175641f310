"""uvicorn's websocket protocol, lending its transport to the hub.

An update that goes to thousands of readers is one sequence of bytes. Through ASGI `send` each reader costs a coroutine,
a dictionary and an encoding of the same frame; here it costs one write. Offered as an ASGI extension, so that the
application runs on any other server too.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "liveblog.transport"

#: How long a reader that was told to close has to answer before the connection is cut, in seconds.
CLOSE_TIMEOUT = 5.0


class Lent:
    """What the hub may do with a connection."""

    def __init__(self, protocol: "LiveProtocol") -> None:
        self._protocol = protocol

    def write(self, data: bytes, limit: int) -> bool:
        """Send a finished frame. False, with nothing written, where more than `limit` bytes already wait."""
        protocol = self._protocol
        transport = protocol.transport
        if protocol.close_sent or protocol.disconnected or transport.is_closing():
            return True
        if transport.get_write_buffer_size() > limit:
            return False
        transport.write(data)
        return True

    def close(self, code: int) -> None:
        """Say goodbye with `code`, and cut the connection if the other side does not take it."""
        protocol = self._protocol
        transport = protocol.transport
        if protocol.close_sent or protocol.disconnected or transport.is_closing():
            return
        protocol.stop_keepalive()
        protocol.conn.send_close(code)
        transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        protocol.close_timer = protocol.loop.call_later(CLOSE_TIMEOUT, transport.abort)


class LiveProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=LiveProtocol)`."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            # The application's task was made, but has not run yet.
            self.scope["extensions"][EXTENSION] = Lent(self)
