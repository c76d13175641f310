"""An ASGI application that serves a page with the least possible work."""

import os
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BODY"]).read_bytes()
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-encoding", b"br"),
        (b"content-length", b"%d" % len(BODY)),
        (b"cache-control", b"public, max-age=5"),
    ],
}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send(START)
        await send({"type": "http.response.body", "body": BODY})
