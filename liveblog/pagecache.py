"""A small shared cache in front of Django, for the addresses that readers open (RFC 9111, HTTP Caching).

On a busy night many thousands of readers ask for the same page in the same second. The response depends on the
address alone, so it is made and compressed once. A response is validated by its ETag after a second, and at once if
this process has learned that some article has changed. A change by another process may be missed for that second. That
does no harm, because the browser asks for all changes after the state that its page shows.

If the server fails, readers get the last response, marked as stale; other caches do the same (RFC 5861,
stale-if-error). Nobody waits for a database that does not answer.
"""

import asyncio
import gzip
import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

import brotli
from django.utils.http import parse_http_date_safe

from liveblog import connections, metrics
from liveblog.asgi_types import WHOLE_RESPONSE, Application, Message, Receive, Scope, Send
from liveblog.cross_origin import READERS_HEADER
from liveblog.single_flight import SingleFlight

#: Seconds for which a response is served without validation, even if its max-age is longer.
FRESH_SECONDS = 1.0

#: Seconds that readers wait for the validation of a response before they get the stale one.
PATIENCE_SECONDS = 2.0

#: The pause between two attempts while the database does not answer, in seconds.
RETRY_SECONDS = 1.0

#: Seconds for which other caches may serve a response while ours are errors.
STALE_IF_ERROR_SECONDS = 86_400

#: Our name in the header Cache-Status (RFC 9211), which marks a response as stale.
STALE = "liveblog"

#: The key of an ASGI scope under which the application finds the number of responses in memory.
PAGES_IN_MEMORY = "liveblog.pages_in_memory"
#: The key under which it finds whether a request is for a page that is not in memory.
IS_NEW = "liveblog.is_new_page"

#: The parameter that a browser adds to an address to bypass the caches in front of the server. It makes this cache
#: validate the response of the address without the parameter.
VALIDATE = "fresh"

#: In bytes. The rest of a longer query string is ignored; those of our pages have some dozens.
MAX_QUERY_LENGTH = 2000

#: Size of the cache.
MAX_BYTES = 64_000_000

#: Bodies shorter than this are not compressed.
MIN_COMPRESSED_BYTES = 500

#: Rough size of a response without its bodies.
_OVERHEAD_BYTES = 2000

_COMPRESSIBLE = (
    *(b"text/", b"application/json", b"application/ld+json", b"application/feed+json"),
    *(b"application/atom+xml", b"application/xml"),
)

_HITS, _VALIDATED, _MADE = map(metrics.PAGE_CACHE.labels, ("hit", "validated", "made"))

#: Headers that are not cached: a cookie is for one reader (readers' pages set none), and an id is for one request.
_OF_ONE_ANSWER = frozenset({b"set-cookie", b"x-request-id", b"age", b"cache-status"})

#: Headers of an answer that is not modified (RFC 9110, section 15.4.5), and the one that `liveblog.cross_origin` reads.
_OF_NOT_MODIFIED = frozenset(
    {b"etag", b"last-modified", b"cache-control", b"vary", b"content-language", READERS_HEADER.lower().encode()}
)

_READERS = READERS_HEADER.lower().encode()

_Headers = list[tuple[bytes, bytes]]
#: Scheme, path and normalised query string of an address. All hosts of the site have the same pages.
_Key = tuple[str, str, bytes]


@dataclass
class _Response:
    status: int
    headers: _Headers
    #: By content coding; b"" stands for the body without one.
    bodies: dict[bytes, bytes]
    etag: bytes
    #: Number of changes that the process knew of when it made or validated the response.
    changes: int
    #: Time of the event loop. A response that is not cached needs no validation.
    validated_at: float = math.inf
    #: ASGI messages that start the response, by content coding.
    starts: dict[bytes, Message] = field(default_factory=dict)
    #: The encoded heads, for a server that sends a whole response at once; empty if the head depends on the reader.
    heads: dict[bytes, bytes] = field(default_factory=dict)

    def is_known(self, etags: bytes | None, since: bytes) -> bool:
        """Return whether a client has the response. The date counts only without an ETag (RFC 9110, section 13)."""
        if etags is not None:
            return bool(self.etag) and self.etag in etags
        if not since or self.status != 200:
            return False
        modified = parse_http_date_safe(dict(self.headers).get(b"last-modified", b"").decode("latin-1"))
        known = parse_http_date_safe(since.decode("latin-1"))
        return modified is not None and known is not None and modified <= known

    @property
    def may_be_stale(self) -> bool:
        return b"must-revalidate" not in self.control

    @property
    def control(self) -> bytes:
        return dict(self.headers).get(b"cache-control", b"")

    @property
    def size(self) -> int:
        return sum(map(len, self.bodies.values())) + _OVERHEAD_BYTES


class PageCache:
    """An ASGI application around another one.

    languages    codes that the paths of readers' pages begin with; other paths are not cached
    parameters   takes a path and returns the parameters that make a difference there; None: nothing is cached
    others       beginnings of other paths that are cached
    is_ours      takes the header Host and returns whether it names this site; for others nothing is cached
    """

    def __init__(
        self,
        app: Application,
        languages: Iterable[str],
        parameters: Callable[[str], Collection[str] | None] = lambda _path: (),
        others: Iterable[str] = (),
        is_ours: Callable[[bytes], bool] = lambda _host: True,
    ) -> None:
        self._app = app
        self._parameters = parameters
        self._is_ours = is_ours
        self._roots = (*(f"/{language}/" for language in languages), *others)
        self._responses: OrderedDict[_Key, _Response] = OrderedDict()
        self._size = 0
        self._changes = 0
        self._pending: SingleFlight[tuple[_Key, int], _Response] = SingleFlight()
        #: Whether the server was unavailable at the last attempt to get a response, and the time of the next attempt.
        self._is_failing = False
        self._retry_at = 0.0

    def expire(self) -> None:
        """Make all cached responses be validated before they are served again. It may be called in any thread."""
        self._changes += 1
        self._is_failing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(self._roots):
            await self._app({**scope, PAGES_IN_MEMORY: len(self._responses)}, receive, send)
            return
        host = codings = since = b""
        etags: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept-encoding":
                codings = value
            elif name == b"if-none-match":
                etags = value
            elif name == b"if-modified-since":
                since = value
        names = self._parameters(scope["path"])
        if names is None or not self._is_ours(host):
            await self._app(scope, receive, send)
            return
        query, validate = self._normal(scope["query_string"], names)
        key = (scope["scheme"], scope["path"], query)
        response = self._responses.get(key)
        now = asyncio.get_running_loop().time()
        marks: _Headers = []
        if response is None or validate or not self._is_fresh(response, now):
            response = await self._validated(key, scope, host, response, insist=validate)
            if response.validated_at < now - FRESH_SECONDS:
                marks = _marks_of_stale(response, now)
        else:
            _HITS.inc()
        if response.is_known(etags, since):
            await send({"type": "http.response.start", "status": 304, "headers": _validators(response) + marks})
            await send({"type": "http.response.body", "body": b""})
            return
        coding = _best_coding(codings, response)
        if not marks and scope["method"] == "GET" and (head := response.heads.get(coding)):
            respond = scope.get("extensions", {}).get(WHOLE_RESPONSE)
            if respond is not None and respond(head, response.bodies[coding]):
                return
        start = response.starts[coding]
        await send({**start, "headers": start["headers"] + marks} if marks else start)
        await send({"type": "http.response.body", "body": response.bodies[coding] if scope["method"] == "GET" else b""})

    def _normal(self, query: bytes, names: Collection[str]) -> tuple[bytes, bool]:
        """Return the normalised query string, and whether it asks for validation.

        It has each parameter that makes a difference once, in alphabetical order.
        """
        if not query:
            return query, False
        # If a parameter occurs twice, the last one wins, as in Django's `QueryDict.get`.
        given = dict(parse_qsl(query[:MAX_QUERY_LENGTH].decode(errors="replace"), keep_blank_values=True))
        known = sorted((name, value) for name, value in given.items() if name in names)
        return urlencode(known).encode(), VALIDATE in given

    def _is_fresh(self, response: _Response, now: float) -> bool:
        return now <= response.validated_at + FRESH_SECONDS and response.changes == self._changes

    async def _validated(
        self, key: _Key, scope: Scope, host: bytes, known: _Response | None, *, insist: bool
    ) -> _Response:
        """Return the present response, or the `known` one if the server fails or takes too long.

        insist   wait as long as it takes
        """
        timeout = None if insist or known is None or not known.may_be_stale else PATIENCE_SECONDS
        if timeout is not None and self._is_failing:
            now = asyncio.get_running_loop().time()
            if now < self._retry_at:
                assert known is not None
                return known
            self._retry_at, timeout = now + RETRY_SECONDS, 0.0
        try:
            async with asyncio.timeout(timeout):
                response = await self._pending.do((key, self._changes), lambda: self._request(key, scope, host))
        except TimeoutError:
            if known is None or timeout is None:
                raise
            return known
        return known if response.status >= 500 and known is not None and known.may_be_stale else response

    async def _request(self, key: _Key, scope: Scope, host: bytes) -> _Response:
        changes = self._changes
        old = self._responses.get(key)
        # All readers get the response, so it must not depend on headers of the first reader.
        headers = [(b"host", host)] + ([(b"if-none-match", old.etag)] if old and old.etag else [])
        with connections.for_readers():
            asked = {**scope, "method": "GET", "query_string": key[2], "headers": headers, IS_NEW: old is None}
            status, sent, body = await _call(self._app, asked)
        values = dict(sent)
        # The application may also return a stale response from before the database failed.
        age = float(values[b"age"]) if b"cache-status" in values else 0.0
        self._is_failing = status == 503 or b"cache-status" in values
        if old is not None and self._is_failing and old.may_be_stale:
            return old
        if status < 500:
            self._drop(key)
        if status == 304 and old is not None:
            response = old
            response.changes = changes
            _VALIDATED.inc()
        else:
            _MADE.inc()
            headers = [_with_stale_if_error(name, value) for name, value in sent if name not in _OF_ONE_ANSWER]
            response = _Response(status, headers, {b"": body}, values.get(b"etag", b""), changes)
            if b"content-encoding" not in values and _is_compressible(values, body):
                response.bodies |= await asyncio.to_thread(_compressed, body)
            response.starts = {coding: _start(response, coding) for coding in response.bodies}
            response.heads = {coding: _head(start) for coding, start in response.starts.items()}
        if b"public" in values.get(b"cache-control", b"") and status < 500:
            response.validated_at = asyncio.get_running_loop().time() - age
            self._drop(key)
            self._responses[key] = response
            self._size += response.size
            while self._size > MAX_BYTES:
                self._drop(next(iter(self._responses)))
        return response

    def _drop(self, key: _Key) -> _Response | None:
        dropped = self._responses.pop(key, None)
        if dropped is not None:
            self._size -= dropped.size
        return dropped


async def _call(app: Application, scope: Scope) -> tuple[int, _Headers, bytes]:
    """Return status, headers and body of an application's response to a request without a body."""
    asked = False
    start: Message = {}
    body = bytearray()

    async def receive() -> Message:
        nonlocal asked
        if asked:
            # The application now waits for the client to disconnect, which it never does.
            await asyncio.get_running_loop().create_future()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    headers = [(name.lower(), value) for name, value in start["headers"]]
    return start["status"], headers, bytes(body)


def _best_coding(codings: bytes, response: _Response) -> bytes:
    """Return the best coding that the Accept-Encoding header names (RFC 9110, section 12.5.3), or b""."""
    for coding in (b"br", b"gzip"):
        if coding in codings and coding in response.bodies:
            for part in codings.split(b","):
                name, _, weight = part.partition(b";")
                if name.strip() == coding and weight.strip().rstrip(b".0") != b"q=":
                    return coding
    return b""


def _is_compressible(headers: dict[bytes, bytes], body: bytes) -> bool:
    return len(body) >= MIN_COMPRESSED_BYTES and headers.get(b"content-type", b"").startswith(_COMPRESSIBLE)


def _compressed(body: bytes) -> dict[bytes, bytes]:
    return {b"br": brotli.compress(body, quality=5), b"gzip": gzip.compress(body, compresslevel=6, mtime=0)}


def _start(response: _Response, coding: bytes) -> Message:
    headers = [(name, value) for name, value in response.headers if name not in (b"content-length", b"vary")]
    headers.append((b"content-length", b"%d" % len(response.bodies[coding])))
    if len(response.bodies) > 1:
        headers.append((b"vary", b"Accept-Encoding"))
    if coding:
        headers.append((b"content-encoding", coding))
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _head(start: Message) -> bytes:
    """Return the encoded head of a response; b"" if only some other origins may read it."""
    headers: _Headers = start["headers"]
    if any(name == _READERS or b"\n" in value or b"\r" in value for name, value in headers):
        return b""
    lines = [f"HTTP/1.1 {start['status']} {HTTPStatus(start['status']).phrase}".encode()]
    return b"\r\n".join([*lines, *(name + b": " + value for name, value in headers), b""])


def _with_stale_if_error(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name == b"cache-control" and b"public" in value and b"must-revalidate" not in value:
        value += b", stale-if-error=%d" % STALE_IF_ERROR_SECONDS
    return name, value


def _marks_of_stale(response: _Response, now: float) -> _Headers:
    """Return headers that tell caches how old a response is (RFC 9111, section 5.1; RFC 9211)."""
    age = int(now - response.validated_at)
    return [(b"age", b"%d" % age), (b"cache-status", b"%s; hit; ttl=%d" % (STALE.encode(), -age))]


def _validators(response: _Response) -> _Headers:
    return [(name, value) for name, value in response.starts[b""]["headers"] if name in _OF_NOT_MODIFIED]
