"""No response of a server can delay the caller, fill the memory or redirect the client."""

from __future__ import annotations

import gzip
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from liveblog import http
from liveblog.errors import ProviderError
from liveblog.http import Client
from tests.server import PATIENCE, eventually

#: Seconds. Exchanges with a working limit take less, exchanges without one take longer.
LONG = 20


class RawServer:
    """A server that reads the head of a request, and lets `answer` write to the socket until the server closes."""

    def __init__(self) -> None:
        self.answer: Callable[[socket.socket], None] = lambda _: None
        self.requests: list[bytes] = []
        self.closing = threading.Event()
        owner = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                head = b""
                while b"\r\n\r\n" not in head and (data := self.request.recv(65536)):
                    head += data
                owner.requests.append(head)
                # The client may have disconnected.
                with suppress(OSError):
                    owner.answer(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def says(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        lines = {"Content-Length": str(len(body)), "Connection": "close"}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.answer = lambda connection: connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    def trickles(self, start: bytes) -> None:
        """Send `start`, and then single bytes forever, each within the time-out."""

        def answer(connection: socket.socket) -> None:
            connection.sendall(start)
            while not self.closing.wait(0.02):
                connection.sendall(b"a")

        self.answer = answer


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def send(client: Client, server: RawServer, **options: Any) -> http.Answer:
    return client.send("GET", server.url, **{"seconds": float(PATIENCE), "max_bytes": 1000, **options})


def reason_of(client: Client, server: RawServer, **options: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        send(client, server, **options)
    return caught.value.reason


def has_all_places(client: Client) -> bool:
    """Return whether no exchange is under way. An interrupted thread may need a moment to end."""
    return client._places._value == http.MAX_EXCHANGES


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_a_trickling_answer_ends_with_the_time_limit(server: RawServer, start: bytes) -> None:
    server.trickles(start)
    began = time.monotonic()
    assert reason_of(Client("test"), server, seconds=0.3) == "timeout"
    assert time.monotonic() - began < LONG


def test_an_endless_name_lookup_ends_with_the_time_limit(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: server.closing.wait(30))
    began = time.monotonic()
    with pytest.raises(ProviderError, match="timeout"):
        Client("test").send("GET", "http://slow.example/", seconds=0.3, max_bytes=1000)
    assert time.monotonic() - began < LONG


def test_a_body_can_be_as_large_as_the_caller_allows(server: RawServer) -> None:
    server.says(b"x" * 1000)
    assert len(send(Client("test"), server).body) == 1000
    server.says(b"x" * 1001)
    assert reason_of(Client("test"), server) == "large"


def test_the_limit_applies_to_the_decompressed_body(server: RawServer) -> None:
    server.says(gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip")
    assert reason_of(Client("test"), server) == "large"


def test_the_client_does_not_follow_redirects(server: RawServer) -> None:
    server.says(b"", "302 Found", Location=server.url + "elsewhere")
    answer = send(Client("test"), server)
    assert (answer.status, answer.redirect) == (302, server.url + "elsewhere")
    assert len(server.requests) == 1


def test_the_body_of_an_error_is_read_for_callers_who_want_it(server: RawServer) -> None:
    server.says(b"why", "503 Service Unavailable")
    assert send(Client("test"), server).body == b""
    assert send(Client("test"), server, read_errors=True).body == b"why"


def test_the_number_of_unfinished_exchanges_is_limited(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    monkeypatch.setattr(http, "MAX_EXCHANGES", 2)
    # A name lookup cannot be ended.
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: server.closing.wait(30))
    client = Client("test")
    assert [reason_of(client, server, seconds=0.2) for _ in range(4)] == ["timeout", "timeout", "busy", "busy"]


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
@pytest.mark.parametrize("mounted", [True, False])
def test_servers_that_trickle_keep_no_place(
    monkeypatch: pytest.MonkeyPatch, server: RawServer, start: bytes, mounted: bool
) -> None:
    monkeypatch.setattr(http, "MAX_EXCHANGES", 2)
    client = Client("test", {"http://": HTTPAdapter()} if mounted else None)
    server.trickles(start)
    for _ in range(3):
        assert reason_of(client, server, seconds=0.1) == "timeout"
        eventually(lambda: has_all_places(client))
    server.says(b"fine")
    assert send(client, server).body == b"fine"


def test_a_proxy_that_trickles_keeps_no_place(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    monkeypatch.setattr(http, "MAX_EXCHANGES", 2)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    client = Client("test", environment=True)
    server.trickles(b"HTTP/1.1 200 OK\r\nX-A: ")
    for _ in range(3):
        with pytest.raises(ProviderError, match="timeout"):
            client.send("GET", "http://host.example/", seconds=0.1, max_bytes=1000)
        eventually(lambda: has_all_places(client))


def test_a_finished_exchange_makes_room_for_the_next(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    monkeypatch.setattr(http, "MAX_EXCHANGES", 2)
    client = Client("test")
    server.says(b"fine")
    with ThreadPoolExecutor(8) as threads:
        assert [*threads.map(lambda _: send(client, server).body, range(16))] == [b"fine"] * 16


def test_the_proxy_of_the_environment_is_only_used_if_requested(
    monkeypatch: pytest.MonkeyPatch, server: RawServer
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.says(b"by proxy")
    limits: dict[str, Any] = {"seconds": float(PATIENCE), "max_bytes": 1000}
    assert Client("test", environment=True).send("GET", "http://there.invalid/", **limits).body == b"by proxy"
    with pytest.raises(ProviderError, match="unreachable"):
        Client("test").send("GET", "http://there.invalid/", **limits)


@pytest.mark.parametrize("url", ["nowhere", "http://", "http://[half", "ftp://127.0.0.1/"])
def test_an_invalid_address_is_unreachable(url: str) -> None:
    with pytest.raises(ProviderError, match="unreachable"):
        Client("test").send("GET", url, seconds=float(PATIENCE), max_bytes=1000)


def test_cookies_are_neither_stored_nor_sent(server: RawServer) -> None:
    client = Client("test")
    server.says(b"", Set_Cookie="a=b; Path=/")
    for _ in range(2):
        send(client, server)
    assert b"cookie" not in server.requests[1].lower()
    assert not client._session.cookies


def test_passwords_in_netrc_are_not_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, server: RawServer) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.says(b"")
    send(Client("test", environment=True), server)
    assert b"authorization" not in server.requests[0].lower()
