"""The page cache renders each page once, and all readers get the same page."""

import asyncio
import gzip
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import brotli
import pytest

import articles.urls
import comments.urls
from articles.models import Article
from liveblog import pagecache, parameters
from liveblog.asgi_types import WHOLE_RESPONSE
from liveblog.cache import get_or_make, latest, point
from liveblog.cross_origin import READERS_HEADER
from liveblog.origin import is_of_site
from liveblog.pagecache import PageCache
from liveblog.parameters import read_at, read_by
from tests import factories
from tests.server import PATIENCE, Server


class Site:
    """An ASGI application that counts its requests, and responds once the test allows it."""

    def __init__(self, body: bytes = b"<p>page</p>" * 100, **headers: str) -> None:
        self.asked = 0
        self.body = body
        self.headers = {"content-type": "text/html", "cache-control": "public, max-age=5", **headers}
        self.scopes: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        #: The error status of all responses; 0 for none.
        self.fails = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        self.scopes.append(scope)
        await self.open.wait()
        if self.fails:
            await send({"type": "http.response.start", "status": self.fails, "headers": []})
            await send({"type": "http.response.body", "body": b"It fails."})
            return
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        known = dict(scope["headers"]).get(b"if-none-match", b"").decode()
        status = 304 if known and known == self.headers.get("etag") else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body if status == 200 else b""})


async def get(
    site: Any,
    path: str = "/de/live/summit/",
    method: str = "GET",
    query: str = "",
    extensions: dict[str, Any] | None = None,
    **headers: str,
) -> tuple[int, dict, bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "scheme": "https",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "extensions": extensions or {},
    }
    await site(scope, None, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, sent[1]["body"]


@pytest.fixture(autouse=True)
def fresh_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep pages fresh, however slow the machine. Some tests make pages stale at once."""
    monkeypatch.setattr(pagecache, "FRESH_SECONDS", 3600.0)


async def test_a_stampede_makes_one_request() -> None:
    site = Site()
    site.open.clear()
    cached = PageCache(site, ["de"])
    asking = [asyncio.create_task(get(cached)) for _ in range(100)]
    await asyncio.sleep(0)
    site.open.set()
    answers = await asyncio.gather(*asking)
    assert {body for _status, _headers, body in answers} == {site.body}
    assert site.asked == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_readers_get_the_last_page_while_the_server_fails(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagecache, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(pagecache, "RETRY_SECONDS", 0.0)
    site = Site(etag='"1"')
    cached = PageCache(site, ["de"])
    fresh = await get(cached)
    assert "age" not in fresh[1]
    assert fresh[1]["cache-control"] == "public, max-age=5, stale-if-error=86400"
    site.fails = status
    for _ in range(3):
        stale = await get(cached)
        assert (stale[0], stale[2]) == (200, site.body)
        assert int(stale[1]["age"]) >= 0
        assert stale[1]["cache-status"].startswith("liveblog; hit; ttl=")
    assert (await get(cached, if_none_match='"1"'))[0] == 304
    assert (await get(cached, "/de/other/"))[0] == status
    site.fails = 0
    site.body = b"<p>It is back.</p>"
    site.headers["etag"] = '"2"'
    while (await get(cached))[2] != site.body:
        await asyncio.sleep(0)


async def test_nobody_waits_for_a_server_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagecache, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(pagecache, "PATIENCE_SECONDS", 0.01)
    site = Site()
    cached = PageCache(site, ["de"])
    await get(cached)
    site.open.clear()
    # The server responds too slowly.
    assert (await get(cached))[0] == 200
    site.fails = 503
    site.open.set()
    await get(cached)
    site.open.clear()
    asked = site.asked
    for _ in range(50):
        assert (await get(cached))[0] == 200
    # All requests share one attempt.
    assert site.asked <= asked + 1
    site.open.set()


async def test_pages_that_must_be_validated_are_not_served_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagecache, "FRESH_SECONDS", 0.0)
    site = Site(**{"cache-control": "public, max-age=1, must-revalidate"})
    cached = PageCache(site, ["de"])
    assert (await get(cached))[1]["cache-control"] == "public, max-age=1, must-revalidate"
    site.fails = 503
    assert (await get(cached))[0] == 503


async def test_parameters_without_effect_share_one_page() -> None:
    site = Site()
    cached = PageCache(site, ["de"], lambda path: {"before", "key"} if path == "/de/live/summit/" else None)
    for query in ("before=7&key=1", "key=1&before=7", "fbclid=x&before=7&key=1&page=9", "before=1&before=7&key=1"):
        await get(cached, query=query)
    assert [scope["query_string"] for scope in site.scopes] == [b"before=7&key=1"]
    await get(cached, query="utm_source=x")
    assert site.scopes[-1]["query_string"] == b""
    # A view without declared parameters gets every query string, and is not cached.
    for _ in range(2):
        await get(cached, "/de/search/", query="utm_source=x")
    assert [scope["query_string"] for scope in site.scopes[-2:]] == [b"utm_source=x"] * 2


async def test_strangers_cannot_add_keys_to_the_cache() -> None:
    site = Site()
    cached = PageCache(site, ["de"], lambda _path: {"before"}, is_ours=is_of_site)
    for number in range(50):
        await get(cached, query=f"x={number}&before=7&y={'z' * number}", host=f"127.0.0.1:{number}")
        # A declared parameter after a longer query than any page has.
        await get(cached, query=f"{'x' * pagecache.MAX_QUERY_LENGTH}&before={number}", host="localhost")
    assert site.asked == 2
    assert len(cached._responses) == 2
    for _ in range(2):
        await get(cached, query="before=7", host="elsewhere.example")
    assert site.asked == 4
    assert len(cached._responses) == 2


def test_paths_of_strangers_fill_no_memory() -> None:
    parameters._read_at.cache_clear()
    for number in range(20):
        assert read_at(f"/de/live/{number}{'x' * 5000}/") == set()
    assert parameters._read_at.cache_info().currsize == 0


async def test_a_request_that_bypasses_caches_gets_a_validated_page() -> None:
    site = Site(etag='W/"1"')
    cached = PageCache(site, ["de"], lambda _path: {"before"})
    for query in ("before=7", "before=7", "before=7&fresh=12", "fresh=13&before=7"):
        assert (await get(cached, query=query))[2] == site.body
    assert site.asked == 3
    assert {scope["query_string"] for scope in site.scopes} == {b"before=7"}


def test_every_readers_page_declares_its_parameters() -> None:
    patterns = [*articles.urls.urlpatterns, *comments.urls.urlpatterns]
    assert [pattern.name for pattern in patterns if read_by(pattern.callback) is None] == []
    assert read_at("/de/live/summit/") == {"after", "at", "author", "before", "key", "kind", "order", "page", "topic"}
    assert read_at("/de/live/summit/comments/7/report/") == set()
    assert read_at("/de/nothing/") == set()


async def test_a_cached_answer_is_validated_and_not_rendered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagecache, "FRESH_SECONDS", -1.0)
    site = Site(etag='W/"1"')
    cached = PageCache(site, ["de"])
    first = await get(cached)
    assert await get(cached) == first
    assert dict(site.scopes[1]["headers"])[b"if-none-match"] == b'W/"1"'
    site.headers["etag"], site.body = 'W/"2"', b"new"
    assert (await get(cached))[2] == b"new"


async def test_the_application_is_told_which_pages_are_not_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagecache, "FRESH_SECONDS", -1)
    site = Site()
    cached = PageCache(site, ["de"])
    for path in ("/de/live/summit/", "/de/live/summit/", "/de/live/other/"):
        await get(cached, path)
    assert [scope[pagecache.IS_NEW] for scope in site.scopes] == [True, False, True]


async def test_after_a_change_no_older_answer_is_served() -> None:
    site = Site()
    site.open.clear()
    cached = PageCache(site, ["de"])
    before = asyncio.create_task(get(cached))
    await asyncio.sleep(0)
    cached.expire()
    # This response was requested before the change.
    after = asyncio.create_task(get(cached))
    await asyncio.sleep(0)
    site.open.set()
    await asyncio.gather(before, after)
    assert site.asked == 2
    cached.expire()
    await get(cached)
    assert site.asked == 3


async def test_a_reader_who_has_the_page_gets_not_modified() -> None:
    cached = PageCache(Site(etag='W/"1"'), ["de"])
    status, headers, body = await get(cached, if_none_match='W/"1"')
    assert (status, headers["etag"], body) == (304, 'W/"1"', b"")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("identity", None), ("", None)],
)
async def test_each_reader_gets_a_compression_that_they_accept(accepted: str, coding: str | None) -> None:
    site = Site()
    _status, headers, body = await get(PageCache(site, ["de"]), accept_encoding=accepted)
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert headers.get("content-encoding") == coding
    assert decode(body) == site.body
    assert int(headers["content-length"]) == len(body)
    assert headers["vary"] == "Accept-Encoding"


async def test_nothing_about_the_first_reader_gets_into_the_cached_page() -> None:
    site = Site(**{"set-cookie": "who=me"})
    _status, headers, _body = await get(PageCache(site, ["de"]), cookie="sessionid=secret", accept_language="en")
    assert dict(site.scopes[0]["headers"]).keys() == {b"host"}
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", ["/admin/", "/", "/static/page.css", "/media/photo.jpg", "/dede/"])
async def test_requests_for_other_addresses_are_not_cached(path: str) -> None:
    site = Site()
    cached = PageCache(site, ["de"])
    for _ in range(2):
        await get(cached, path, cookie="sessionid=secret")
    assert site.asked == 2
    assert b"cookie" in dict(site.scopes[0]["headers"])


async def test_an_answer_that_must_not_be_cached_is_requested_again() -> None:
    site = Site(**{"cache-control": "no-store"})
    cached = PageCache(site, ["de"])
    await get(cached)
    await get(cached)
    assert site.asked == 2


async def test_the_size_of_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagecache, "MAX_BYTES", 20_000)
    cached = PageCache(Site(), ["de"])
    for number in range(50):
        await get(cached, f"/de/live/{number}/")
    assert cached._size == sum(answer.size for answer in cached._responses.values()) <= 20_000
    assert 0 < len(cached._responses) < 50


async def test_an_answer_to_head_has_no_body() -> None:
    site = Site()
    _status, headers, body = await get(PageCache(site, ["de"]), method="HEAD")
    assert (headers["content-length"], body) == (str(len(site.body)), b"")


def test_concurrent_requests_render_a_page_once() -> None:
    made = []
    together = threading.Barrier(8)

    def make() -> bytes:
        made.append(1)
        threading.Event().wait(0.1)
        return b"page"

    def ask(_number: int) -> bytes:
        together.wait(PATIENCE)
        return get_or_make("stampede", "1", make, group="tests", max_entries=5)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {b"page"}
    assert len(made) == 1


def test_after_a_failed_rendering_the_next_caller_tries_again() -> None:
    def fail() -> bytes:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - our own
        get_or_make("failing", "1", fail, group="tests", max_entries=5)
    assert get_or_make("failing", "1", lambda: b"page", group="tests", max_entries=5) == b"page"


def test_a_superseded_page_is_not_kept() -> None:
    def ask(version: str, content: bytes) -> bytes:
        return get_or_make("page", version, lambda: content, group="tests", max_entries=5)

    assert ask("1", b"one") == b"one"
    assert ask("2", b"two") == b"two"
    assert ask("2", b"another") == b"two"
    assert ask("1", b"one again") == b"one again"
    point("/page/", "page")
    found = latest("/page/")
    assert found is not None
    assert (found.content, found.version) == (b"one again", "1")
    assert latest("/other/") is None


def test_a_group_keeps_as_many_pages_as_it_may() -> None:
    def ask(number: int) -> bytes:
        return get_or_make(f"place-{number}", "1", lambda: b"%d" % number, group="places", max_entries=20)

    def is_kept(name: str) -> bool:
        point(f"/{name}/", name)
        return latest(f"/{name}/") is not None

    for number in range(100):
        assert ask(number) == b"%d" % number
    kept = [number for number in range(100) if is_kept(f"place-{number}")]
    assert kept == list(range(80, 100))
    # Another group, such as the newest pages, has lost nothing.
    get_or_make("newest", "1", lambda: b"", group="newest", max_entries=3)
    for number in range(50):
        ask(number)
    assert is_kept("newest")
    # A page that is rendered repeatedly counts once.
    for version in range(50):
        get_or_make("newest", str(version), lambda: b"", group="places", max_entries=20)
    assert is_kept("place-49")


@pytest.fixture
def article(transactional_db: None) -> Article:
    made = factories.article()
    factories.update(made)
    return made


def test_the_running_server_serves_everybody_the_same_page(article: Article) -> None:
    def ask(**headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", running.port)
        connection.request("GET", article.url("de"), headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read()
        return answer

    with Server() as running:
        plain = ask()
        assert b'lang="de"' in plain.text
        assert plain.headers["Cache-Control"] == "public, max-age=5, stale-if-error=86400"
        assert plain.headers["Set-Cookie"] is None
        assert plain.headers["Vary"] == "Accept-Encoding"
        other = ask(**{"Accept-Language": "ar", "Cookie": "sessionid=x; django_language=uk", "Accept-Encoding": "br"})
        assert brotli.decompress(other.text) == plain.text
        assert other.headers["ETag"] == plain.headers["ETag"]
        assert ask(**{"If-None-Match": plain.headers["ETag"]}).status == 304


def test_a_page_that_is_sent_at_once_is_the_one_that_is_sent_in_parts(article: Article) -> None:
    """The server sends a page at once on a persistent connection, and in parts on one that it closes."""

    def ask(*connections: str) -> list[tuple[int, list[tuple[str, str]], bytes]]:
        """Send all requests before reading the first response."""
        heads = [
            f"GET {article.url('de')} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: br\r\nConnection: {each}\r\n\r\n"
            for each in connections
        ]
        answers = []
        with socket.create_connection(("127.0.0.1", running.port), PATIENCE) as connection:
            connection.sendall("".join(heads).encode())
            file = connection.makefile("rb")
            for _ in heads:
                status = int(file.readline().split(b" ")[1])
                headers = http.client.parse_headers(file)
                answers.append((status, sorted(headers.items()), file.read(int(headers["Content-Length"]))))
        return answers

    with Server() as running:
        answers = ask("keep-alive", "keep-alive", "close")
    assert ("connection", "close") in answers[2][1]
    for status, headers, body in answers:
        assert status == 200
        assert "date" in dict(headers)
        assert 'lang="de"' in brotli.decompress(body).decode()
    same = [
        ([header for header in headers if header[0] not in ("connection", "date")], body)
        for _status, headers, body in answers
    ]
    assert same[0] == same[1] == same[2]


async def test_an_answer_that_depends_on_the_reader_is_not_sent_at_once() -> None:
    sent: list[bytes] = []

    def respond(head: bytes, body: bytes) -> bool:
        sent.append(head + body)
        return True

    for_all, for_some = Site(), Site(**{READERS_HEADER.lower(): "https://paper.example"})
    for site in (for_all, for_some):
        cached = PageCache(site, ["de"])
        with suppress(IndexError):
            await get(cached, extensions={WHOLE_RESPONSE: respond})
        assert (await get(cached, "/de/live/summit/", "HEAD", extensions={WHOLE_RESPONSE: respond}))[0] == 200
    assert len(sent) == 1
    assert sent[0].startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n")
    assert sent[0].endswith(b"\r\n" + for_all.body)


async def test_a_client_that_knows_no_etags_is_told_by_date_that_nothing_has_changed() -> None:
    modified = "Thu, 26 Nov 2026 13:55:59 GMT"
    site = Site(**{"etag": '"1"', "last-modified": modified})
    cached = PageCache(site, ["de"])
    assert (await get(cached, if_modified_since=modified))[0] == 304
    assert (await get(cached, if_modified_since="Thu, 26 Nov 2026 13:55:58 GMT"))[0] == 200
    assert (await get(cached, if_modified_since="yesterday"))[0] == 200
    # An ETag takes precedence over a date.
    assert (await get(cached, if_modified_since=modified, if_none_match='"0"'))[0] == 200
    assert (await get(cached, if_none_match='"1"'))[0] == 304
    assert site.asked == 1


async def test_sitemaps_are_made_once_for_all() -> None:
    site = Site()
    cached = PageCache(site, ["de"], others=("/sitemap",))
    for _ in range(3):
        assert (await get(cached, "/sitemap-articles.xml"))[0] == 200
    assert site.asked == 1
    await get(cached, "/elsewhere.xml")
    await get(cached, "/elsewhere.xml")
    assert site.asked == 3
