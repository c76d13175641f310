"""A TCP proxy between a reader and the server, with faults that tests can switch on."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress
from typing import Any


class Proxy:
    """Forwards connections to `port`. Tests can change its faults while connections are open.

    cut_idle     seconds without a byte in either direction, after which a websocket is cut
    websockets   "pass", "refuse" (answer 403), or "swallow" (take the handshake and never answer)
    """

    def __init__(self, port: int, *, cut_idle: float | None = None, websockets: str = "pass") -> None:
        self._behind = port
        self.cut_idle = cut_idle
        self.websockets = websockets
        #: Whether it forwards nothing, as if the reader were offline.
        self.down = False
        #: The number of websocket handshakes so far.
        self.handshakes = 0
        self._lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def lose_websockets(self) -> None:
        """Silently block all open websockets from now on, as if a laptop slept.

        Connections of plain requests still work: browsers discard those from before a sleep.
        """
        self._lost += 1

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        # close() does not wake a thread in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, reader: socket.socket) -> None:
        generation, is_websocket = self._lost, False
        with reader, suppress(OSError), socket.create_connection(("127.0.0.1", self._behind)) as server:
            active = time.monotonic()
            # Only for websockets: a busy machine may need longer to answer a plain request.
            while not is_websocket or self.cut_idle is None or time.monotonic() - active < self.cut_idle:
                if self.down:
                    return
                for source in select.select([reader, server], [], [], 0.05)[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    active = time.monotonic()
                    if is_websocket and generation < self._lost:
                        continue
                    if source is reader and b"\r\nUpgrade: websocket" in data:
                        # Replace the origin and the host, as if SITE_URL were the address of the proxy.
                        data = data.replace(self.url.encode(), b"http://127.0.0.1:%d" % self._behind)
                        is_websocket = True
                        self.handshakes += 1
                        if self.websockets == "refuse":
                            reader.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                            return
                        if self.websockets == "swallow":
                            continue
                    (server if source is reader else reader).sendall(data)
