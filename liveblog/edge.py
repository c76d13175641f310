"""The limits of what strangers may send, before Django sees any of it.

A proxy in front may have the same limits (deploy/nginx, deploy/caddy); the server enforces them without one, too. The
time limits stop clients that hold a connection without using it; the size limits stop those that fill the disk, because
Django stores a whole body before any view runs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable

from liveblog.asgi_types import Application, Message, Receive, Scope, Send

#: Limits of the head of a request: its size, the number of its headers, and the time until it is complete.
MAX_HEAD_BYTES = 32_768
MAX_HEADERS = 100
HEAD_SECONDS = 10.0

#: Number of connections that may be without a complete head. If there are more, the oldest are cut, but none before
#: HALF_OPEN_SECONDS: when thousands of readers reconnect at once, their connections are open before their heads are
#: read.
MAX_HALF_OPEN = 500
HALF_OPEN_SECONDS = 2.0

#: The time for a body: a fixed part, and a rate for its size. A phone with a slow connection sends faster.
BODY_SECONDS = 20.0
BODY_BYTES_PER_SECOND = 20_000

#: Limit of bodies that everybody may send; the longest is a comment.
MAX_BODY_BYTES = 100_000
#: Limit of the newsroom's forms, which have texts in all languages.
MAX_NEWSROOM_BODY_BYTES = 6_000_000
#: Limit of forms with a large file: a photo, an archive or a translation memory has up to 30 MB.
MAX_UPLOAD_BYTES = 31_000_000

#: The newsroom's pages, and its part of the API.
_NEWSROOM = ("/admin/", "/api/v1/desk/")
_UPLOADS = re.compile(
    r"/admin/articles/(?:update/pictures/|(?:article|author)/(?:add/|[0-9]+/change/)|article/(?:add|[0-9]+)/remarks/"
    r"|import/add/|translationunit/import/|translation/xliff/)|/api/v1/desk/pictures"
)


def max_body(path: str, *, known: bool) -> int:
    """Return how large the body of a request may be, in bytes.

    known   whether the client says that it has a session or an access token; others only log in
    """
    if not known or not path.startswith(_NEWSROOM):
        return MAX_BODY_BYTES
    return MAX_UPLOAD_BYTES if _UPLOADS.match(path) else MAX_NEWSROOM_BODY_BYTES


def body_seconds(size: int) -> float:
    """Return the time in seconds that a client may take for a body of `size` bytes."""
    return BODY_SECONDS + size / BODY_BYTES_PER_SECOND


Headers = Iterable[tuple[bytes, bytes]]
IsKnown = Callable[[Headers], Awaitable[bool]]

_TOO_LARGE = b"This is more than can be sent here.\n"
_TOO_SLOW = b"This took too long.\n"


class _TooLarge(Exception):  # noqa: N818 - an answer
    pass


class _TooSlow(Exception):  # noqa: N818 - an answer
    pass


class BodyLimits:
    """An ASGI application around another one. It answers 413 or 408 to bodies that are too large or too slow.

    session_cookie   the name of the cookie of users who have logged in
    is_known         takes the headers of a large request and returns whether its session or token is in force
    """

    def __init__(self, app: Application, session_cookie: str, is_known: IsKnown) -> None:
        self._app = app
        self._session = f"{session_cookie}=".encode()
        self._is_known = is_known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length, known, has_body = 0, False, False
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 20 else MAX_UPLOAD_BYTES + 1
                has_body = length > 0
            elif name == b"transfer-encoding":
                has_body = True
            elif (name == b"cookie" and self._session in value) or name == b"authorization":
                known = True
        if not has_body:
            await self._app(scope, receive, send)
            return
        # Anybody can send a cookie. Its session is looked up only for a large body.
        is_small = 0 < length <= MAX_BODY_BYTES or length > max_body(scope["path"], known=True)
        if known and not is_small and scope["path"].startswith(_NEWSROOM):
            known = await self._is_known(scope["headers"])
        await self._limited(scope, receive, send, length, max_body(scope["path"], known=known))

    async def _limited(self, scope: Scope, receive: Receive, send: Send, length: int, limit: int) -> None:
        if length > limit:
            await _answer(send, 413, _TOO_LARGE)
            return
        started = asyncio.get_running_loop().time()
        received, complete, begun = 0, False, False

        async def receive_within() -> Message:
            nonlocal received, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(started + body_seconds(received)):
                    message = await receive()
            except TimeoutError:
                raise _TooSlow from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > limit:
                raise _TooLarge
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive_within, send_and_note)
        except (_TooLarge, _TooSlow) as problem:
            if not begun:
                await _answer(send, *((413, _TOO_LARGE) if isinstance(problem, _TooLarge) else (408, _TOO_SLOW)))


async def _answer(send: Send, status: int, text: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        # The server would parse the rest of the body as the next request.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
