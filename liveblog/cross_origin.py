"""Answers that pages of other sites may read (Cross-Origin Resource Sharing, https://fetch.spec.whatwg.org/).

A view names the origins that may read its answer in an internal header. The answer is cached once for all of them, and
each reader is told only of their own origin.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponseBase

from liveblog import web_origins
from liveblog.asgi_types import Application, Message, Receive, Scope, Send

#: Never leaves the server.
READERS_HEADER = "X-Cross-Origin-Readers"

_NAME = READERS_HEADER.lower().encode()


def readable_by(response: HttpResponseBase, patterns: Iterable[str]) -> None:
    """Let pages of these origins read the response; see `web_origins.normal_pattern`."""
    if found := " ".join(patterns):
        response.headers[READERS_HEADER] = found


class CrossOrigin:
    """An ASGI application around one for HTTP. It tells pages of other sites whether they may read the answer."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = _answered(message, scope)
            await send(message)

        await self._app(scope, receive, sending)


def _answered(message: Message, scope: Scope) -> Message:
    named = b" ".join(value for name, value in message["headers"] if name.lower() == _NAME)
    if not named:
        return message
    patterns = named.decode("latin-1").split()
    headers = [(name, value) for name, value in message["headers"] if name.lower() != _NAME]
    # Documents that isolate themselves embed only what declares that it is for other origins (HTML Standard, section
    # 7.1.4).
    headers.append((b"cross-origin-resource-policy", b"cross-origin"))
    if web_origins.ALL in patterns:
        return {**message, "headers": [*headers, (b"access-control-allow-origin", b"*")]}
    # Caches must not give one site the answer for another.
    headers.append((b"vary", b"Origin"))
    stated = [value for name, value in scope["headers"] if name == b"origin"]
    if len(stated) == 1 and web_origins.allows(patterns, stated[0].decode("latin-1")):
        headers.append((b"access-control-allow-origin", stated[0]))
    return {**message, "headers": headers}
