"""Fake external services, with their protocols and with faults that tests can switch on."""

from __future__ import annotations

import json
import re
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Self

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


class _Server(HTTPServer):
    def thread_target(self) -> None:
        assert self.server is not None
        # Seconds between checks for a shutdown.
        self.server.serve_forever(poll_interval=0.02)


class Provider(ABC):
    """A fake external service on a free port, for the duration of a `with`."""

    def __post_init__(self) -> None:
        #: Set when the provider closes, to end slow responses.
        self.closing = threading.Event()
        self._server = _Server(threaded=True)
        self._server.expect_request(re.compile("")).respond_with_handler(self.answer)

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Respond to a request, in a separate thread."""

    @property
    def url(self) -> str:
        return self._server.url_for("/").rstrip("/")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.closing.set()
        self._server.stop()

    # Faults of any service -------------------------------------------------------------------------------------------

    def hang_up(self, request: Request) -> Response:
        """Close the connection without a response."""
        _socket_of(request).shutdown(socket.SHUT_RDWR)
        return Response()

    def trickle(self, piece: bytes, seconds: float, pause: float = 0.02) -> Response:
        """Start a long response, and send the same piece repeatedly."""
        headers = {"Content-Length": str(10**9)}
        return Response(self._pieces(piece, seconds, pause), headers=headers, direct_passthrough=True)

    def trickle_headers(self, request: Request, seconds: float) -> Response:
        """Send endless headers, each byte in time, and hang up."""
        connection = _socket_of(request)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
        for piece in self._pieces(b"a", seconds, 0.02):
            connection.sendall(piece)
        return self.hang_up(request)

    def _pieces(self, piece: bytes, seconds: float, pause: float) -> Iterator[bytes]:
        for _ in range(int(seconds / max(pause, 0.001))):
            if self.closing.wait(pause):
                return
            yield piece


def _socket_of(request: Request) -> socket.socket:
    return request.environ["werkzeug.socket"]


def as_json(value: Any, status: int = 200, **headers: str) -> Response:
    """Return a JSON response, without a body for None."""
    body = b"" if value is None else json.dumps(value).encode()
    return Response(body, status, headers, content_type="application/json")
