"""A small shared cache in front of Django, for the addresses that readers open (RFC 9111, HTTP Caching).

On the busiest night many thousands ask for the same page in the same second. What they get depends on its address
alone, so it is made, and compressed, once. An answer is validated by its ETag when this process has learned of a change
of any article since, and after a moment in any case: what another process changed may be missed for that long, which
does no harm, for the browser asks for what came after the revision that its page shows.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import brotli

from liveblog.single_flight import SingleFlight

#: How long an answer is given without asking again, in seconds, even if it says that it may be kept for longer.
FRESH = 1.0

#: How many bytes of answers are kept.
CAPACITY = 64_000_000

#: Answers shorter than this are not worth compressing, in bytes.
WORTH_COMPRESSING = 500

_COMPRESSIBLE = (b"text/", b"application/json", b"application/ld+json", b"application/atom+xml", b"application/xml")

_Headers = list[tuple[bytes, bytes]]
#: Scheme, host, path and query string of an address.
_Key = tuple[str, bytes, str, bytes]


@dataclass
class _Answer:
    status: int
    headers: _Headers
    #: By content coding; the plain body has none.
    bodies: dict[bytes, bytes]
    etag: bytes
    #: How many changes the process knew of when it was asked for.
    changes: int
    fresh_until: float = 0.0
    #: Ready messages for the start of the response, by content coding.
    starts: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(map(len, self.bodies.values())) + 2000


class PageCache:
    """An ASGI application around another. Of `languages`, the first part of an address that is a reader's is one."""

    def __init__(self, app: Any, languages: Iterable[str]) -> None:
        self._app = app
        self._roots = tuple(f"/{language}/" for language in languages)
        self._kept: OrderedDict[_Key, _Answer] = OrderedDict()
        self._size = 0
        self._changes = 0
        self._requests: SingleFlight[tuple[_Key, int], _Answer] = SingleFlight()

    def expire(self) -> None:
        """Validate whatever is kept before it is given again. May be called in any thread."""
        self._changes += 1

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(self._roots):
            await self._app(scope, receive, send)
            return
        host = codings = known = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                codings = value
            elif name == b"if-none-match":
                known = value
        key = (scope["scheme"], host, scope["path"], scope["query_string"])
        answer = self._kept.get(key)
        now = asyncio.get_running_loop().time()
        if answer is None or now > answer.fresh_until or answer.changes != self._changes:
            answer = await self._requests.do((key, self._changes), lambda: self._ask(key, scope))
        if answer.etag and answer.etag in known:
            await send({"type": "http.response.start", "status": 304, "headers": _validators(answer)})
            await send({"type": "http.response.body", "body": b""})
            return
        coding = _chosen(codings, answer)
        await send(answer.starts[coding])
        await send({"type": "http.response.body", "body": answer.bodies[coding] if scope["method"] == "GET" else b""})

    async def _ask(self, key: _Key, scope: dict[str, Any]) -> _Answer:
        changes = self._changes
        old = self._drop(key)
        # Nothing of the one reader who happened to come first may get into what all of them see.
        headers = [(b"host", key[1])] + ([(b"if-none-match", old.etag)] if old and old.etag else [])
        status, given, body = await _call(self._app, {**scope, "method": "GET", "headers": headers})
        values = dict(given)
        if status == 304 and old is not None:
            answer = old
            answer.changes = changes
        else:
            # A cookie is for one reader; no page that readers open sets any.
            given = [(name, value) for name, value in given if name != b"set-cookie"]
            answer = _Answer(status, given, {b"": body}, values.get(b"etag", b""), changes)
            if b"content-encoding" not in values and _worth_compressing(values, body):
                answer.bodies |= await asyncio.to_thread(_compressed, body)
            answer.starts = {coding: _start(answer, coding) for coding in answer.bodies}
        control = values.get(b"cache-control", b"")
        if b"public" in control:
            answer.fresh_until = asyncio.get_running_loop().time() + FRESH
            self._drop(key)
            self._kept[key] = answer
            self._size += answer.size
            while self._size > CAPACITY:
                self._drop(next(iter(self._kept)))
        return answer

    def _drop(self, key: _Key) -> _Answer | None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._size -= dropped.size
        return dropped


async def _call(app: Any, scope: dict[str, Any]) -> tuple[int, _Headers, bytes]:
    """The whole answer of an ASGI application to a request without a body."""
    asked = False
    start: dict[str, Any] = {}
    body = bytearray()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            # Whoever waits for more waits for the reader to go away; this one does not.
            await asyncio.get_running_loop().create_future()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    headers = [(name.lower(), value) for name, value in start["headers"]]
    return start["status"], headers, bytes(body)


def _chosen(codings: bytes, answer: _Answer) -> bytes:
    """The best of the codings that the Accept-Encoding header names (RFC 9110, section 12.5.3)."""
    for coding in (b"br", b"gzip"):
        if coding in codings and coding in answer.bodies:
            for part in codings.split(b","):
                name, _, weight = part.partition(b";")
                if name.strip() == coding and weight.strip().rstrip(b".0") != b"q=":
                    return coding
    return b""


def _worth_compressing(headers: dict[bytes, bytes], body: bytes) -> bool:
    return len(body) >= WORTH_COMPRESSING and headers.get(b"content-type", b"").startswith(_COMPRESSIBLE)


def _compressed(body: bytes) -> dict[bytes, bytes]:
    return {b"br": brotli.compress(body, quality=5), b"gzip": gzip.compress(body, compresslevel=6, mtime=0)}


def _start(answer: _Answer, coding: bytes) -> dict[str, Any]:
    headers = [(name, value) for name, value in answer.headers if name not in (b"content-length", b"vary")]
    headers.append((b"content-length", b"%d" % len(answer.bodies[coding])))
    if len(answer.bodies) > 1:
        headers.append((b"vary", b"Accept-Encoding"))
    if coding:
        headers.append((b"content-encoding", coding))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


def _validators(answer: _Answer) -> _Headers:
    return [
        (name, value)
        for name, value in answer.starts[b""]["headers"]
        if name in (b"etag", b"cache-control", b"vary", b"content-language")
    ]
