"""The server's HTTP protocol: uvicorn's class, with limits."""

from __future__ import annotations

import asyncio
import weakref
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from liveblog import edge
from liveblog.asgi_types import WHOLE_RESPONSE

#: Seconds for which a connection without a request is kept when the server stops.
LAST_REQUEST_SECONDS = 1.0


class HalfOpen:
    """The connections of this process that wait for a whole head, the oldest first. The limits are `liveblog.edge`'s.

    Connections that are idle between two requests are not among them; uvicorn closes those after a few seconds.
    """

    def __init__(self) -> None:
        #: By transport: the time of the event loop since which it waits, and the timer that cuts it.
        self._waiting: dict[asyncio.BaseTransport, tuple[float, asyncio.TimerHandle]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Cut a connection unless it is discarded in time. One that already waits gets no more time."""
        if transport in self._waiting:
            return
        since = loop.time()
        self._waiting[transport] = since, loop.call_later(edge.HEAD_SECONDS, transport.abort)
        if len(self) > edge.MAX_HALF_OPEN:
            loop.call_later(edge.HALF_OPEN_SECONDS, self._cut_oldest, since)

    def discard(self, transport: asyncio.BaseTransport) -> None:
        if found := self._waiting.pop(transport, None):
            found[1].cancel()

    def _cut_oldest(self, until: float) -> None:
        """Cut the oldest connections until no more than MAX_HALF_OPEN wait; spare those that came after `until`."""
        while len(self) > edge.MAX_HALF_OPEN:
            oldest, (since, _timer) = next(iter(self._waiting.items()))
            if since > until:
                break
            self.discard(oldest)
            oldest.abort()  # type: ignore[attr-defined]


half_open = HalfOpen()


def refuse_head(transport: asyncio.Transport) -> None:
    """Answer 431 (RFC 6585) and close."""
    transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
    transport.close()


class PatientProtocol(HttpToolsProtocol):
    """Answer a request that is on its way when the server stops.

    uvicorn closes idle connections at once. A client that has just connected, or just sent its next request, would see
    its connection reset, which browsers show as an error.
    """

    _stopping = False

    def shutdown(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._stopping = True
            self.loop.call_later(LAST_REQUEST_SECONDS, self._close_if_idle)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        cycle: Any = self.cycle
        if self._stopping and cycle is not None:
            cycle.keep_alive = False

    def _close_if_idle(self) -> None:
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self.transport.close()


class EdgeProtocol(PatientProtocol):
    """Limit the heads of requests.

    uvicorn waits for a head without a limit, and keeps all of it in memory. The limits are those of `liveblog.edge`.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_size = self._unparsed = self._header_count = 0
        #: Whether the first head is awaited, or a head has begun and is not complete.
        self._in_head = self._whole = True
        #: The number of complete heads.
        self._heads = 0
        half_open.add(transport, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_head()
        super().connection_lost(exc)

    def _has_head(self) -> None:
        self._in_head = False
        self._heads += 1
        self._unparsed = 0
        half_open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        waited, heads = self._in_head, self._heads
        super().data_received(data)
        # Most heads are complete when they come, and need no timer. uvicorn has stopped its own timer, even if this was
        # only a blank line before a head (RFC 9112, section 2.2).
        if self.transport.is_closing() or not (self._in_head or self._is_idle()):
            return
        half_open.add(self.transport, self.loop)
        if waited and self._heads == heads:
            # An incomplete header is counted here, a complete one in `on_header`.
            self._unparsed += len(data)
            if self._unparsed > edge.MAX_HEAD_BYTES:
                refuse_head(self.transport)

    def _is_idle(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and cycle.response_complete and self._whole and self.transport.get_protocol() is self

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = self._header_count = 0
        self._in_head, self._whole = True, False

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_size += len(url)
        if self._is_too_large():
            raise ValueError("The address is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_count += 1
        self._head_size += len(name) + len(value) + 4
        if self._is_too_large():
            # The error makes the parser stop and uvicorn answer.
            raise ValueError("The head is too large.")

    def _is_too_large(self) -> bool:
        return self._head_size > edge.MAX_HEAD_BYTES or self._header_count > edge.MAX_HEADERS

    def send_400_response(self, msg: str) -> None:
        if self._is_too_large():
            refuse_head(self.transport)
        else:
            super().send_400_response(msg)

    def on_headers_complete(self) -> None:
        self._has_head()
        super().on_headers_complete()
        cycle: Any = self.cycle
        if cycle is not None and cycle.scope is self.scope:
            # The task of the application exists, but has not run yet. A strong reference from its own scope would keep
            # the cycle in memory until a garbage collection.
            cycle.scope["extensions"] = {WHOLE_RESPONSE: partial(_respond, weakref.ref(cycle))}

    def on_message_complete(self) -> None:
        self._whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self._whole and not self._in_head and not self.pipeline:
            # The unread rest of the body may be endless.
            self.transport.close()
        super().on_response_complete()


def _respond(reference: weakref.ref[RequestResponseCycle], head: bytes, body: bytes) -> bool:
    """Send a response that is already encoded, and return whether it was sent. `send` would check each header again.

    head   the status line and the headers, without the empty line (RFC 9112, section 2.1)
    """
    cycle = reference()
    if cycle is None or cycle.disconnected:
        return True
    if cycle.response_started or cycle.flow.write_paused or cycle.access_log or not cycle.keep_alive:
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    dated = b"".join([b"%s: %s\r\n" % header for header in cycle.default_headers])
    cycle.transport.write(b"".join([head, dated, b"\r\n", body]))
    cycle.message_event.set()
    cycle.on_response()
    return True
