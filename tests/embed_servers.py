"""A fake of all embed providers: oEmbed endpoints, pictures and players.

    with EmbedServer() as server:
        settings.EMBED_ROUTES = server.routes
        server.fault = "down"

It responds in the same way for every routed host; the Host header has the host of a request.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from werkzeug import Request, Response

from articles.embeds.providers import PROVIDERS
from tests.providers import Provider, as_json

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
class Asked:
    host: str
    path: str
    query: dict[str, str]


@dataclass
class EmbedServer(Provider):
    """All providers on one port. Tests may change every attribute while it runs.

    says       additional fields for responses of oEmbed endpoints
    fault      one of FAULTS, for the oEmbed endpoints
    image      the picture at `thumbnail_url`
    delay      seconds that "slow" and "trickle" take
    requests   the requests, in order
    """

    says: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None
    image: bytes = field(default_factory=picture)
    delay: float = 5.0
    requests: list[Asked] = field(default_factory=list)

    @property
    def routes(self) -> dict[str, str]:
        """Return the value of EMBED_ROUTES: the hosts of all endpoints, and one for pictures."""
        hosts = {urlsplit(provider.endpoint).netloc for provider in PROVIDERS if provider.endpoint}
        hosts = hosts - {"{instance}"} | {"mastodon.social", "img.example.com"}
        return {f"https://{host}": self.url for host in hosts}

    @property
    def asked(self) -> list[Asked]:
        """Return the requests to oEmbed endpoints."""
        return [request for request in self.requests if "url" in request.query]

    def answer(self, request: Request) -> Response:
        self.requests.append(Asked(request.host, request.path, request.args.to_dict()))
        if "url" in request.args:
            return self._oembed(request, self.fault)
        if request.path.endswith((".png", ".jpg")):
            return Response(self.image, content_type="image/png")
        return Response("<!doctype html><title>Player</title><p>The player plays.</p>", content_type="text/html")

    def _oembed(self, request: Request, fault: str | None) -> Response:
        assert fault is None or fault in FAULTS
        match fault:
            case "hang up":
                return self.hang_up(request)
            case "trickle":
                return self.trickle_headers(request, self.delay)
            case "in circles":
                return as_json(None, 302, Location=f"https://{request.host}{request.full_path}")
            case "down" | "busy" | "gone" | "private":
                return as_json({}, {"down": 502, "busy": 429, "gone": 404, "private": 401}[fault])
            case "not json" | "no object" | "nested" | "huge" | "empty":
                said = {"not json": "<h1>It works!</h1>", "no object": "[1]", "huge": " " * 2_000_000, "empty": ""}
                said["nested"] = "[" * 200_000
                return Response(said[fault], content_type="application/json")
            case "slow":
                self.closing.wait(self.delay)
        if fault in WHERE_TO:
            return as_json(None, 302, Location=WHERE_TO[fault])
        return as_json(_USUAL | {"author_url": request.args["url"]} | self.says)


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
