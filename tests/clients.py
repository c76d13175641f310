"""A reader and a journalist without a browser, who use HTTP and websockets to running servers."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from liveblog.delivery.states import State
from tests.server import PATIENCE

_UPDATE = re.compile(r'<article id="(update-\d+)" .*?data-sort="([^"]+)".*?</article>', re.DOTALL)
_STATE = re.compile(r'data-revision="(\d+)" data-token="(\w+)"')


class Place(Protocol):
    """The address of a server."""

    url: str


class Address(Place, Protocol):
    """The address of a server and of its websockets."""

    socket_url: str


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


class OpenPage:
    """A live page that follows the wire protocol as static/liveblog/ does in the browser.

    Asserts the protocol's promises for each frame: revisions never go back, and no change is left out.
    """

    def __init__(self, places: Sequence[Address], slug: str, language: str, patience: float = 0.2) -> None:
        self.places = list(places)
        self.path = f"/{language}/live/{slug}/"
        #: The longest pause before a reconnect, in seconds. Browsers wait longer.
        self.patience = patience
        #: None until the page has loaded, and while it has to reload.
        self.state: State | None = None
        self.updates: dict[str, tuple[str, str]] = {}
        self.codes: Counter[int | None] = Counter()
        self.reloads = 0
        self.connections = 0
        self.trouble: Exception | None = None

    @classmethod
    async def fresh(cls, place: Address, slug: str, language: str) -> OpenPage:
        page = cls([place], slug, language)
        await page.load()
        return page

    @property
    def revision(self) -> int:
        """The revision on the page; -1 if it has not loaded."""
        return -1 if self.state is None else self.state.revision

    async def load(self) -> None:
        place = random.choice(self.places)
        text = await asyncio.to_thread(get, f"{place.url}{self.path}?no-cache={random.random()}")
        found = _STATE.search(text)
        assert found is not None
        self.state = State(int(found[1]), found[2])
        self.updates = {match[1]: (match[2], match[0]) for match in _UPDATE.finditer(text)}

    def shown(self) -> list[tuple[str, str]]:
        """Return the names and the HTML of the updates on the page, newest first."""
        inorder = sorted(self.updates.items(), key=lambda item: item[1][0], reverse=True)
        return [(name, html) for name, (_sort, html) in inorder]

    async def stay_open(self) -> None:
        """Load the page and follow it until cancelled, whatever happens to the servers."""
        while True:
            try:
                if self.state is None:
                    await self.load()
                await self._follow()
            except (OSError, TimeoutError, WebSocketException, http.client.HTTPException) as error:
                self.trouble = error
            except Exception as error:
                self.trouble = error
                raise
            await asyncio.sleep(random.uniform(0.02, self.patience))

    async def reaches(self, revision: int, within: float = PATIENCE) -> None:
        """Wait `within` seconds for the revision. Raise TimeoutError with the reached revision and the last error."""
        try:
            async with asyncio.timeout(within):
                while self.revision < revision:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise TimeoutError(
                f"{self.path} is at {self.revision}, not at {revision}, after {self.connections} connections "
                f"({dict(self.codes)}). Last trouble: {self.trouble!r}"
            ) from None

    async def _follow(self) -> None:
        place = random.choice(self.places)
        address = f"{place.socket_url}/ws{self.path}?after={self.state}"
        async with connect(
            address, origin=place.url, open_timeout=PATIENCE, close_timeout=1, max_queue=None, max_size=None
        ) as socket:
            self.connections += 1
            try:
                await self._take_all(socket)
            finally:
                self.codes[socket.close_code] += 1

    async def _take_all(self, socket: ClientConnection) -> None:
        newest = -1
        async for message in socket:
            frame = json.loads(message)
            if frame.get("reload"):
                self.reloads += 1
                self.state = None
                return
            assert frame["revision"] >= newest, f"The server went back from {newest} to {frame['revision']}."
            newest = frame["revision"]
            if "changes" in frame:
                assert frame["after"] <= self.revision, (
                    f"The page is at {self.revision}, but the frame starts after {frame['after']}."
                )
                self._apply(frame)
            assert frame["revision"] <= self.revision, "A heartbeat overtook the update that it announces."

    def _apply(self, frame: dict[str, Any]) -> None:
        assert self.state is not None
        if frame["revision"] <= self.state.revision:
            return
        assert (frame["after"], frame["after_token"]) == self.state, "A frame follows another state."
        for change in frame["changes"]:
            if change["op"] == "remove":
                self.updates.pop(change["id"], None)
            elif change.get("list") == "updates":
                self.updates[change["id"]] = (change["sort"], change["html"].strip())
        self.state = State(frame["revision"], frame["token"])


class Refused(Exception):  # noqa: N818 - an answer, not a fault of the program
    """The server refused a request."""


class Journalist:
    """A journalist who publishes through the form of the admin."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._host = url.removeprefix("http://")
        self._cookies: dict[str, str] = {}
        self._ask("GET", "/admin/login/")
        self._post("/admin/login/", username=name, password=password)

    def publish(self, article: int, **fields: str) -> None:
        """Publish, and wait for the response. Raise OSError, HTTPException or Refused."""
        self._post("/admin/articles/update/add/", article=str(article), _publish="1", **fields)

    def at_desk(self, article: int, **fields: str) -> None:
        """Send a request as the composer of the live desk does. Raise the errors of `publish`."""
        self._post(f"/admin/articles/article/{article}/desk/updates/", 200, **fields)

    def _post(self, address: str, wanted: int = 302, **fields: str) -> None:
        fields["csrfmiddlewaretoken"] = self._cookies["csrftoken"]
        status = self._ask("POST", address, urllib.parse.urlencode(fields))
        if status != wanted:
            raise Refused(f"{address} answered {status}.")

    def _ask(self, method: str, address: str, body: str | None = None) -> int:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        try:
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            answer.read()
            if method == "POST" and "/login/" in answer.headers.get("Location", "") and "/login/" not in address:
                raise Refused(f"{address} leads to the log-in.")
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status


# Websockets by hand, for behaviour that no client library has ---------------------------------------------------------


def shake_hands(
    place: Place, slug: str, after: str = "", *, buffer: int = 0, headers: dict[str, str] | None = None
) -> socket.socket:
    """Open a page's websocket. `buffer` is the size of the socket's receive buffer in bytes."""
    url = urllib.parse.urlsplit(place.url)
    assert url.hostname
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(PATIENCE)
    connection.connect((url.hostname, url.port))
    connection.sendall(handshake(place, f"/ws/en/live/{slug}/?after={after}", headers))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(1)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return connection


def handshake(place: Place, path: str, headers: dict[str, str] | None = None) -> bytes:
    lines = {
        "Host": urllib.parse.urlsplit(place.url).netloc,
        "Origin": place.url,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **(headers or {}),
    }
    return "\r\n".join([f"GET {path} HTTP/1.1", *(f"{name}: {lines[name]}" for name in lines), "", ""]).encode()


def until_cut(connection: socket.socket, *, answer: bool = False) -> bytes:
    """Return all bytes that the server sends until it ends the connection.

    `answer` replies to the server's close frame. Without a reply, the server may wait before it disconnects.
    """
    received = bytearray()
    try:
        while data := connection.recv(65536):
            received += data
            if answer and closing_codes(received):
                connection.sendall(masked(0x88, b""))
                answer = False
    except (BrokenPipeError, ConnectionResetError):
        pass
    return bytes(received)


def messages(data: bytes | bytearray) -> Iterator[tuple[int, bytes]]:
    """Yield the opcode and payload of each frame that a server sent (RFC 6455, section 5.2)."""
    while len(data) >= 2:
        start, size = 2, data[1]
        if size == 126:
            start, (size,) = 4, struct.unpack("!H", data[2:4])
        elif size == 127:
            start, (size,) = 10, struct.unpack("!Q", data[2:10])
        yield data[0] & 0x0F, data[start : start + size]
        data = data[start + size :]


def closing_codes(data: bytes | bytearray) -> list[int]:
    return [int.from_bytes(payload[:2], "big") for opcode, payload in messages(data) if opcode == 0x8]


def masked(first_byte: int, payload: bytes, size: int | None = None) -> bytes:
    """Return a client's frame; `size` is a false length to declare."""
    size = len(payload) if size is None else size
    if size < 126:
        head = struct.pack("!BB", first_byte, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first_byte, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first_byte, 0x80 | 127, size)
    # A mask of zeros leaves the payload as it is.
    return head + bytes(4) + payload
