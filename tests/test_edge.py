"""Requests that are too large, too slow or never sent occupy no connection, memory or disk."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import site
from django.db.models import FileField

from articles.interchange.admin import MAX_UPLOAD_BYTES
from articles.pictures import processing
from articles.translations.memory import tmx
from articles.translations.xliff import reading
from liveblog import edge
from liveblog.delivery.handshake import LiveProtocol
from liveblog.edge import BodyLimits
from liveblog.http_protocol import half_open
from tests import processes
from tests.server import PATIENCE, ROOT, eventually, free_port
from tests.threaded import ThreadedServer

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def _is_known(headers: Any) -> bool:
    return not any(name == b"cookie" and b"forged" in value for name, value in headers)


class Place(ThreadedServer):
    """The server's protocol in front of an application that responds with the length of the request's body."""

    def __init__(self) -> None:
        #: The number of body bytes that reached the application.
        self.read = 0
        super().__init__(BodyLimits(self._app, "sessionid", _is_known), http=LiveProtocol)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        more = scope["path"] != "/unread/"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask(self, request: bytes) -> int:
        """Send a request and return the status of the response; 0 if the connection was closed without one."""
        with self.connect() as connection:
            connection.sendall(request)
            return status_of(connection)


def status_of(connection: socket.socket) -> int:
    answer = b""
    try:
        while b"\r\n" not in answer and (data := connection.recv(4096)):
            answer += data
    except ConnectionResetError:
        pass
    return int(answer.split(b" ")[1]) if answer else 0


def is_served(connection: socket.socket, request: bytes = GET) -> bool:
    """Send a request, read the whole response, and return whether there was one."""
    connection.sendall(request)
    answer = b""
    while not answer.endswith(b"\r\n\r\nok"):
        data = connection.recv(4096)
        if not data:
            return False
        answer += data
    return answer.startswith(b"HTTP/1.1 200")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place() as place:
        yield place


def post(path: str, size: int, *, cookie: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n"
    return f"{head}{f'Cookie: {cookie}' if cookie else 'X: y'}\r\n\r\n".encode()


# Heads ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * edge.MAX_HEAD_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * edge.MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 4 * edge.MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (edge.MAX_HEADERS + 1) + b"\r\n",
    ],
    ids=["path", "header", "header without end", "headers"],
)
def test_a_head_that_is_too_large_is_refused(place: Place, request_: bytes) -> None:
    assert place.ask(request_) == 431
    assert place.ask(GET) == 200


def test_a_head_that_is_large_is_taken_in_one_piece_or_in_many(place: Place) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 20_000 + b"\r\n\r\n"
    assert place.ask(head) == 200
    with place.connect() as connection:
        for start in range(0, len(head), 3000):
            connection.sendall(head[start : start + 3000])
            time.sleep(0.002)
        assert status_of(connection) == 200


def test_a_head_that_trickles_is_cut(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.connect() as second:
        assert is_served(second)
        monkeypatch.setattr(edge, "HEAD_SECONDS", 0.3)
        with place.connect() as silent, place.connect() as slow:
            # Also the next request on a well-behaved connection.
            second.sendall(GET[:10])
            started = time.monotonic()
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                for byte in b"GET / HTTP/1.1\r\nX: " + b"a" * 5000:
                    slow.sendall(bytes([byte]))
                    time.sleep(0.02)
            assert time.monotonic() - started < PATIENCE
            assert status_of(silent) == status_of(second) == 0
    eventually(lambda: not half_open)


def test_a_blank_line_after_a_request_holds_no_connection(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.connect() as connection:
        assert is_served(connection)
        monkeypatch.setattr(edge, "HEAD_SECONDS", 0.3)
        # uvicorn stops its timer for idle connections.
        connection.sendall(b"\r\n")
        assert status_of(connection) == 0


def test_a_head_that_begins_behind_a_large_request_is_not_too_large(place: Place) -> None:
    body = b"a" * (2 * edge.MAX_HEAD_BYTES)
    first = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    with place.connect() as connection:
        # The first bytes of the request come alone, so the server waits for its head.
        connection.sendall(first[:5])
        time.sleep(0.01)
        connection.sendall(first[5:] + body + GET[:9])
        assert status_of(connection) == 200
        connection.sendall(GET[9:])
        assert status_of(connection) == 200


def test_half_open_connections_push_each_other_out_and_nobody_else(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "MAX_HALF_OPEN", 20)
    with ExitStack() as stack, place.connect() as idle:
        assert is_served(idle)
        for number in range(300):
            opened = stack.enter_context(place.connect())
            if number % 2:
                opened.sendall(GET[:12])
        eventually(lambda: len(half_open) <= 20)
        assert place.ask(GET) == 200
        # A connection between two requests is not half-open.
        assert is_served(idle)
    eventually(lambda: not half_open)


def test_clients_that_come_at_the_same_moment_are_all_served(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "MAX_HALF_OPEN", 20)
    # Even if this test runs slowly.
    monkeypatch.setattr(edge, "HALF_OPEN_SECONDS", PATIENCE)
    monkeypatch.setattr(edge, "HEAD_SECONDS", 2 * PATIENCE)
    with ExitStack() as stack:
        herd = [stack.enter_context(place.connect()) for _ in range(100)]
        eventually(lambda: len(half_open) == 100)
        assert all(map(is_served, herd))


# Bodies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "cookie", "most"),
    [
        ("/en/live/summit/comments/", "", edge.MAX_BODY_BYTES),
        ("/en/live/summit/comments/", "sessionid=x", edge.MAX_BODY_BYTES),
        ("/admin/login/", "", edge.MAX_BODY_BYTES),
        ("/admin/articles/update/pictures/", "", edge.MAX_BODY_BYTES),
        ("/admin/articles/snippet/add/", "csrftoken=a; sessionid=x", edge.MAX_NEWSROOM_BODY_BYTES),
        ("/admin/articles/update/pictures/", "sessionid=x", edge.MAX_UPLOAD_BYTES),
        ("/admin/articles/article/12/change/", "sessionid=x", edge.MAX_UPLOAD_BYTES),
        ("/admin/articles/update/pictures/", "sessionid=forged", edge.MAX_BODY_BYTES),
    ],
)
def test_the_size_of_bodies_is_limited_by_address(place: Place, path: str, cookie: str, most: int) -> None:
    place.read = 0
    assert place.ask(post(path, most + 1, cookie=cookie)) == 413
    assert place.read == 0
    with place.connect() as connection:
        connection.sendall(post(path, most, cookie=cookie) + bytes(most))
        assert status_of(connection) == 200
    assert place.read == most


def test_a_body_that_does_not_say_its_size_is_limited_too(place: Place) -> None:
    place.read = 0
    head = b"POST /en/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"4000\r\n" + bytes(0x4000) + b"\r\n"
    assert place.ask(head + chunk * 20) == 413
    assert place.read <= edge.MAX_BODY_BYTES
    assert place.ask(head + chunk + b"0\r\n\r\n") == 200


@pytest.mark.parametrize("method", [b"GET", b"DELETE", b"OPTIONS"])
def test_a_body_is_limited_whatever_the_method(place: Place, method: bytes) -> None:
    assert place.ask(post("/en/", 10**9).replace(b"POST", method)) == 413


def test_a_body_that_trickles_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.3)
    with place.connect() as connection:
        connection.sendall(post("/en/", 1000))
        connection.sendall(b"a" * 10)
        assert status_of(connection) == 408


def test_the_rest_of_a_body_that_nobody_reads_holds_no_connection(place: Place) -> None:
    with place.connect() as connection:
        connection.sendall(post("/unread/", 1000) + b"a")
        assert status_of(connection) == 200
        assert b"" in (connection.recv(4096), connection.recv(4096))


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 30, "x"])
def test_a_length_that_is_no_number_is_refused(place: Place, length: str) -> None:
    request = post("/en/", 0).replace(b"Content-Length: 0", f"Content-Length: {length}".encode())
    assert place.ask(request) in (400, 413)


# Proxies --------------------------------------------------------------------------------------------------------------

#: Addresses, and the greatest body that each accepts from a logged-in user.
SIZES = {
    "/en/live/summit/comments/": edge.MAX_BODY_BYTES,
    "/vote/en/7/": edge.MAX_BODY_BYTES,
    "/admin/articles/snippet/add/": edge.MAX_NEWSROOM_BODY_BYTES,
    "/admin/articles/update/pictures/": edge.MAX_UPLOAD_BYTES,
    "/admin/articles/article/12/remarks/": edge.MAX_UPLOAD_BYTES,
    "/admin/articles/import/add/": edge.MAX_UPLOAD_BYTES,
    "/api/v1/desk/articles/summit/updates": edge.MAX_NEWSROOM_BODY_BYTES,
    "/api/v1/desk/pictures": edge.MAX_UPLOAD_BYTES,
}


def test_forms_with_files_may_be_as_large_as_their_files() -> None:
    models = [m for m in site._registry if any(isinstance(field, FileField) for field in m._meta.get_fields())]
    assert models
    paths = [f"/admin/{m._meta.app_label}/{m._meta.model_name}/add/" for m in models if m.__name__ != "BrandFile"]
    for path in (*paths, "/admin/articles/translationunit/import/", "/admin/articles/translation/xliff/"):
        assert edge.max_body(path, known=True) == edge.MAX_UPLOAD_BYTES, path
    for limit in (MAX_UPLOAD_BYTES, tmx.MAX_BYTES, reading.MAX_BYTES, processing.MAX_BYTES):
        assert limit < edge.MAX_UPLOAD_BYTES


def nginx(directory: Path, port: int, upstream: int) -> list[str]:
    """Write the configuration of a server that includes our file, and return the command that runs it."""
    (directory / "nginx.conf").write_text(f"""
        daemon off; pid {directory}/pid; error_log {directory}/log warn;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
            fastcgi_temp_path {directory}/1; uwsgi_temp_path {directory}/2; scgi_temp_path {directory}/3;
            upstream liveblog {{ server 127.0.0.1:{upstream}; }}
            server {{ listen 127.0.0.1:{port}; include {ROOT}/deploy/nginx/limits.conf; }}
        }}""")
    return ["nginx", "-c", str(directory / "nginx.conf"), "-e", str(directory / "log"), "-g", "user root;"]


def caddy(directory: Path, port: int, upstream: int) -> list[str]:
    (directory / "Caddyfile").write_text(f"""{{
            admin off
            auto_https off
            servers {{
                max_header_size {edge.MAX_HEAD_BYTES}
                timeouts {{
                    read_header {edge.HEAD_SECONDS:g}s
                }}
            }}
        }}
        import {ROOT}/deploy/caddy/limits.caddyfile
        http://:{port} {{
            import liveblog_limits
            reverse_proxy 127.0.0.1:{upstream}
        }}""")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(directory / "Caddyfile")]


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_the_files_for_proxies_say_the_same(
    place: Place, proxy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not installed")
    port = free_port()
    command = proxy(tmp_path, port, place.port)
    # The proxy itself refuses: the server behind it would accept more.
    for name in ("MAX_BODY_BYTES", "MAX_NEWSROOM_BODY_BYTES", "MAX_UPLOAD_BYTES", "MAX_HEAD_BYTES"):
        monkeypatch.setattr(edge, name, 10**9)
    process = processes.start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers(port))
        for path, most in SIZES.items():
            with _connected(port) as connection:
                connection.sendall(post(path, most, cookie="sessionid=x") + bytes(most))
                assert status_of(connection) == 200, path
            place.read = 0
            with _connected(port) as connection, suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(post(path, most + 1, cookie="sessionid=x"))
                connection.sendall(bytes(most + 1))
                # Caddy before 2.7 responds with 502.
                assert status_of(connection) in (413, 502), path
            assert place.read <= most
        with _connected(port) as connection, suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60_000 + b"\r\n\r\n")
            assert status_of(connection) in (400, 431)
    finally:
        processes.end(process)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def _answers(port: int) -> bool:
    with suppress(OSError), _connected(port) as connection:
        return is_served(connection)
    return False


def test_the_times_of_the_file_for_nginx_are_those_of_the_server() -> None:
    text = (ROOT / "deploy/nginx/limits.conf").read_text()
    assert f"client_header_timeout {edge.HEAD_SECONDS:g}s;" in text
    assert f"client_body_timeout {edge.BODY_SECONDS:g}s;" in text
    count, size = re.search(r"large_client_header_buffers (\d+) (\d+)k;", text).groups()  # type: ignore[union-attr]
    assert int(count) * int(size) * 1024 == edge.MAX_HEAD_BYTES
