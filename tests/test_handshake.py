"""The handshake of a page's websocket, byte by byte."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liveblog.delivery import frames
from liveblog.delivery.handshake import _HEAD, LiveProtocol, _headers
from liveblog.delivery.protocol import EXTENSION, Connection, WebSocketProtocol
from liveblog.delivery.states import State
from liveblog.delivery.websocket import INTERNAL_ERROR, PING, TOO_MANY
from tests.clients import closing_codes, handshake, masked, until_cut
from tests.server import PATIENCE, eventually
from tests.threaded import ThreadedServer

#: The answer to the key that `handshake` sends (RFC 6455, section 1.3).
ACCEPTED = b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


#: Set by the application in each connection.
context: ContextVar[str] = ContextVar("context", default="")


class Place(ThreadedServer):
    """The server's protocols in front of an application whose behaviour is named in the address."""

    def __init__(self) -> None:
        #: Set to let the application continue.
        self.may_answer = threading.Event()
        #: The scope of the last websocket.
        self.scope: dict[str, Any] = {}
        #: The context variable as the application found it.
        self.context = ""
        super().__init__(self._app, http=LiveProtocol, ws=WebSocketProtocol, ws_per_message_deflate=False)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.context = context.get()
        context.set("of another connection")
        does = scope["path"].split("/")[-2]
        await receive()
        if does == "waits":
            await asyncio.to_thread(self.may_answer.wait, PATIENCE)
        if does == "fails":
            raise ValueError("before the answer")
        if does == "refuses":
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        if does == "ends":
            await send({"type": "websocket.close", "code": TOO_MANY})
        elif EXTENSION in scope["extensions"]:
            connection = Connection()
            scope["extensions"][EXTENSION](connection)
            if does == "breaks":
                raise ValueError("after the answer")
            if does == "greets-later":
                await asyncio.to_thread(self.may_answer.wait, PATIENCE)
            if does.startswith("greets"):
                connection.write(frames.heartbeat(State(7, "Kd81mNq0")))

    def ask(self, does: str = "serves", headers: dict[str, str] | None = None, more: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection.sendall(handshake(self, f"/ws/en/live/{does}/?after=7-b%C3%A4", headers) + more)
        return connection

    def answer(self, does: str = "serves", headers: dict[str, str] | None = None) -> bytes:
        """Return the head of the response."""
        with self.ask(does, headers) as connection:
            return head_of(connection)

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        super().__exit__()


def head_of(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        head += byte
    return head


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place() as running:
        yield running


def test_the_server_proves_that_it_has_read_the_key(place: Place) -> None:
    lines = place.answer().split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 101 Switching Protocols"
    assert {ACCEPTED, b"upgrade: websocket", b"connection: upgrade"} <= set(lines)


def test_the_application_learns_the_same_from_both_handshakes(place: Place) -> None:
    """uvicorn answers a handshake for another address."""
    own = {"Sec-WebSocket-Extensions": "permessage-deflate", "X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
    place.answer(headers=own)
    ours = place.scope
    with socket.create_connection(("127.0.0.1", place.port), PATIENCE) as connection:
        connection.sendall(handshake(place, "/ws/de/other/serves/?after=7-b%C3%A4", own))
        head_of(connection)
    assert ours is not place.scope
    differing = {"path", "raw_path", "client", "server", "extensions", "state", "asgi"}
    assert {name: ours[name] for name in ours if name not in differing} == {
        name: place.scope[name] for name in place.scope if name not in differing
    }
    assert (ours["path"], ours["raw_path"]) == ("/ws/en/live/serves/", b"/ws/en/live/serves/")


@pytest.mark.parametrize("does", ["serves", "waits"])
def test_each_connection_has_its_own_context(does: str) -> None:
    with Place() as place:
        place.may_answer.set()
        for _ in range(3):
            place.answer(does)
            assert place.context == ""


def test_the_answer_and_a_frame_that_follows_at_once_are_one_packet(place: Place) -> None:
    with place.ask("greets") as connection:
        received = connection.recv(65_536)
    assert received.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert received.endswith(frames.heartbeat(State(7, "Kd81mNq0")).wire)


def test_the_answer_does_not_wait_for_a_frame() -> None:
    with Place() as place, place.ask("greets-later") as connection:
        assert head_of(connection).endswith(b"\r\n\r\n")
        place.may_answer.set()
        assert connection.recv(65_536) == frames.heartbeat(State(7, "Kd81mNq0")).wire


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ("permessage-deflate; client_max_window_bits", b"permessage-deflate"),
        ("x-webkit-deflate-frame, permessage-deflate", b"permessage-deflate"),
        ("permessage-deflate; server_max_window_bits=10", b"server_max_window_bits=10"),
        ("bbf-usp-protocol", b""),
    ],
)
def test_only_a_known_extension_is_agreed_on(place: Place, offered: str, agreed: bytes) -> None:
    answer = place.answer(headers={"Sec-WebSocket-Extensions": offered})
    assert ACCEPTED in answer
    assert agreed in answer
    assert (b"sec-websocket-extensions" in answer) == bool(agreed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Version": "12"},
        {"Sec-WebSocket-Extensions": "; permessage-deflate ="},
    ],
)
def test_a_wrong_handshake_is_refused(place: Place, wrong: dict[str, str]) -> None:
    assert place.answer(headers=wrong).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(("does", "status"), [("refuses", b"403"), ("fails", b"500")])
def test_a_page_that_gets_no_websocket_is_answered(place: Place, does: str, status: bytes) -> None:
    with place.ask(does) as connection:
        answer = until_cut(connection)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(("does", "code"), [("ends", TOO_MANY), ("breaks", INTERNAL_ERROR)])
def test_a_page_whose_websocket_ends_at_once_learns_why(place: Place, does: str, code: int) -> None:
    with place.ask(does) as connection:
        head_of(connection)
        assert closing_codes(until_cut(connection, answer=True)) == [code]


def test_a_client_that_sends_before_the_answer_is_cut(place: Place) -> None:
    with place.ask("waits") as connection:
        eventually(lambda: place.scope.get("path") == "/ws/en/live/waits/")
        connection.sendall(masked(0x80 | PING, b"early"))
        assert until_cut(connection) == b""
    place.may_answer.set()
    # The server keeps no trace of the connection.
    eventually(lambda: not place.server.server_state.connections)


# A plain head ---------------------------------------------------------------------------------------------------------


class Recorder:
    """The callbacks of uvicorn's parser, as far as they concern heads."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


NAMES = st.sampled_from(["X-A", "x-forwarded-for", "Connection", "UPGRADE", "Origin", "Host", "Sec-WebSocket-Key", ""])
VALUES = st.sampled_from(
    [
        "",
        " ",
        "a",
        "  a \t",
        "a, b",
        "a:b",
        "\u00e4",
        "Upgrade",
        "keep-alive, upgrade",
        "websocket",
        "a\tb",
        "a\x00",
        "a\nb",
    ]
)
#: Headers that make a message anything but a request without a body, and some that no parser takes.
OTHERS = st.sampled_from(
    ["Content-Length: 3", "Transfer-Encoding: chunked", "Expect: 100-continue", " folded", "X A: b"]
)
LINES = st.lists(st.one_of(st.builds("{}:{}".format, NAMES, VALUES), OTHERS), max_size=6)
PATHS = st.sampled_from(
    ["/ws/en/live/a/?after=7-b", "/ws/en/live/%C3%A4/", "/ws/en/live/\u00e4", "/ws/en/live/a b", "/x/"]
)


@given(
    path=PATHS,
    lines=LINES,
    always=st.sampled_from([["Upgrade: websocket", "Connection: Upgrade"], []]),
    end=st.sampled_from(["\r\n\r\n", "\r\n", "\n\n", "\r\n\r\nmore"]),
)
@example("/ws/en/live/a/?b", ["X-A:  a b\t ", "X-B:"], ["Upgrade: WebSocket", "Connection: a, upgrade"], "\r\n\r\n")
def test_a_plain_head_is_read_as_the_parser_reads_it(path: str, lines: list[str], always: list[str], end: str) -> None:
    data = ("\r\n".join([f"GET {path} HTTP/1.1", *lines, *always]) + end).encode("latin-1")
    head = _HEAD.fullmatch(data)
    headers = head and _headers(head[2])
    if not headers:
        return
    read = Recorder()
    parser = httptools.HttpRequestParser(read)
    with pytest.raises(httptools.HttpParserUpgrade) as raised:
        parser.feed_data(data)
    # Nothing follows the head.
    assert raised.value.args == (len(data),)
    assert (read.url, read.headers) == (head[1], headers)
    assert (parser.get_method(), parser.get_http_version()) == (b"GET", "1.1")


@pytest.mark.parametrize("pieces", [1, 2, 40])
@pytest.mark.parametrize("framing", [{}, {"Content-Length": "0"}, {"X_odd": "1"}])
def test_a_head_in_pieces_or_in_another_form_is_answered_all_the_same(
    place: Place, pieces: int, framing: dict[str, str]
) -> None:
    head = handshake(place, "/ws/en/live/serves/", framing)
    size = -(-len(head) // pieces)
    with socket.create_connection(("127.0.0.1", place.port), PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(head), size):
            connection.sendall(head[start : start + size])
        assert ACCEPTED in head_of(connection)
