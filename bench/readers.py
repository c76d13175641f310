"""Thousands of readers in one process, with the real protocol."""

from __future__ import annotations

import re
import select
import socket
import time

from bench.servers import Server

_REVISION = re.compile(rb'"revision":(\d+)')
_READ = 1 << 18


class Readers:
    """The open pages of one server. All times come from `time.perf_counter`, in seconds.

    origin   the origin of the pages; "" for that of the server
    """

    def __init__(self, server: Server, origin: str = "") -> None:
        self.server = server
        self._origin = origin or server.url
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._parts: dict[int, bytes] = {}
        self._paths: dict[int, str] = {}
        #: The revision of each reader; -1 until its first frame.
        self.revisions: dict[int, int] = {}
        #: Readers that have had their first frame but are not counted yet.
        self._welcomed: set[int] = set()

    def connect(self, paths: list[str], at_once: int = 256) -> float:
        """Open a websocket to each of the paths, and return the seconds until all had their first frame."""
        began = time.perf_counter()
        waiting = list(reversed(paths))
        opening = 0
        while waiting or opening:
            while waiting and opening < at_once:
                self._start(waiting.pop())
                opening += 1
            for fd, events in self._poll.poll(10):
                if events & select.EPOLLOUT:
                    self._request(fd)
                elif self._read(fd):
                    raise RuntimeError("The server refused a reader.")
            opening -= len(self._welcomed)
            self._welcomed.clear()
        return time.perf_counter() - began

    def _start(self, path: str) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self.server.port))
        fd = connection.fileno()
        self._sockets[fd] = connection
        self._paths[fd] = path
        self.revisions[fd] = -1
        self._poll.register(fd, select.EPOLLOUT)

    def _request(self, fd: int) -> None:
        self._sockets[fd].send(
            f"GET {self._paths[fd]} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n"
            f"Origin: {self._origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        self._poll.modify(fd, select.EPOLLIN)

    def _read(self, fd: int) -> bool:
        """Read the available data, and return whether the connection ended."""
        try:
            data = self._sockets[fd].recv(_READ)
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(fd)
            self._sockets.pop(fd).close()
            return True
        data = self._parts.pop(fd, b"") + data
        if data.startswith(b"HTTP/1.1"):
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._parts[fd] = head
                return False
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + size:
                break
            if data[0] == 0x81 and (found := _REVISION.search(data, start, start + 40)):
                if self.revisions[fd] < 0:
                    self._welcomed.add(fd)
                self.revisions[fd] = int(found[1])
            data = data[start + size :]
        if data:
            self._parts[fd] = data
        return False

    def until(self, revision: int, give_up: float = 30) -> list[float]:
        """Wait until all readers have `revision`, and return the sorted times at which they received it."""
        lacking = {fd for fd in self._sockets if self.revisions[fd] < revision}
        moments = []
        deadline = time.perf_counter() + give_up
        while lacking:
            for fd, _events in self._poll.poll(1, 4096):
                if self._read(fd):
                    raise RuntimeError("A reader lost its connection.")
                if fd in lacking and self.revisions[fd] >= revision:
                    lacking.discard(fd)
                    moments.append(time.perf_counter())
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{len(lacking)} readers never reached revision {revision}.")
        return moments

    def close(self) -> None:
        for connection in self._sockets.values():
            connection.close()
        self._sockets.clear()
        self._poll.close()
