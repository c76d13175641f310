"""Providers of embeds, as far as the project talks to them: oEmbed endpoints, pictures and players, all in one server.

    with EmbedServer() as server:
        settings.EMBED_ROUTES = server.routes
        server.fault = "down"

Every host that is routed here answers alike; what a request was meant for is in its Host header.
"""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from articles.embeds.providers import PROVIDERS

FAULTS = (
    *("down", "hang up", "slow", "trickle", "busy", "gone", "private"),
    *("not json", "no object", "nested", "huge", "empty"),
    *("to loopback", "to metadata", "to plain http", "to a file", "in circles"),
)
WHERE_TO = {
    "to loopback": "https://127.0.0.1/oembed",
    "to metadata": "http://169.254.169.254/latest/meta-data/",
    "to plain http": "http://www.youtube.com/oembed",
    "to a file": "file:///etc/passwd",
}


def picture(width: int = 640, height: int = 360, kind: str = "PNG") -> bytes:
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(drawn, kind)
    return drawn.getvalue()


@dataclass(frozen=True)
class Request:
    host: str
    path: str
    query: dict[str, str]


@dataclass
class EmbedServer:
    """All providers on one port. Everything may be changed while it runs.

    answer     what oEmbed endpoints say, beyond what is usual
    fault      one of FAULTS, of the oEmbed endpoints
    image      what `thumbnail_url` leads to
    delay      seconds that "slow" and "trickle" take
    requests   what was asked, in order
    """

    answer: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    image: bytes = field(default_factory=picture)
    delay: float = 5.0
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def routes(self) -> dict[str, str]:
        """For EMBED_ROUTES: the hosts of all endpoints, and one for pictures."""
        hosts = {urlsplit(provider.endpoint).netloc for provider in PROVIDERS if provider.endpoint}
        hosts = hosts - {"{instance}"} | {"mastodon.social", "img.example.com"}
        return {f"https://{host}": self.url for host in hosts}

    @property
    def asked(self) -> list[Request]:
        """The requests to oEmbed endpoints."""
        return [request for request in self.requests if "url" in request.query]

    def __enter__(self) -> EmbedServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: EmbedServer

    def handle_error(self, *_: Any) -> None:
        """A client that gave up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        owner = self.server.owner
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        owner.requests.append(Request(self.headers["Host"], parts.path, query))
        if "url" in query:
            self._oembed(query["url"], owner.fault)
        elif parts.path.endswith((".png", ".jpg")):
            self._write(owner.image, kind="image/png")
        else:
            self._write(b"<!doctype html><title>Player</title><p>The player plays.</p>", kind="text/html")

    def _oembed(self, url: str, fault: str | None) -> None:
        owner = self.server.owner
        assert fault is None or fault in FAULTS
        if fault == "hang up":
            self.close_connection = True
        elif fault == "trickle":
            self._trickle()
        elif fault in WHERE_TO or fault == "in circles":
            where = WHERE_TO.get(fault, f"https://{self.headers['Host']}{self.path}")
            self._write(b"", 302, Location=where)
        elif fault in ("down", "busy", "gone", "private"):
            self._write(b"{}", {"down": 502, "busy": 429, "gone": 404, "private": 401}[fault])
        elif fault in ("not json", "no object", "nested", "huge", "empty"):
            said = {"not json": b"<h1>It works!</h1>", "no object": b"[1]", "huge": b" " * 2_000_000, "empty": b""}
            said["nested"] = b"[" * 200_000
            self._write(said[fault])
        else:
            if fault == "slow":
                owner.closing.wait(owner.delay)
            self._write(json.dumps(_USUAL | {"author_url": url} | owner.answer).encode())

    def _write(self, content: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _trickle(self) -> None:
        """Headers that never end, each of them in time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
        for _ in range(int(self.server.owner.delay / 0.02)):
            if self.server.owner.closing.wait(0.02):
                return
            self.wfile.write(b"a")
        self.close_connection = True


_USUAL = {
    "version": "1.0",
    "type": "video",
    "title": "Ministers arrive",
    "author_name": "Public Broadcaster",
    "width": 1280,
    "height": 720,
    "thumbnail_url": "https://img.example.com/arrival.png",
    "html": '<iframe src="https://tracker.example/"></iframe><script src="https://tracker.example/x.js"></script>'
    '<blockquote data-bluesky-uri="at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kabcxyz12"></blockquote>',
}
