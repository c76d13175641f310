"""During an outage pages keep working, or work again as soon as it ends; the log reports each outage once."""

import asyncio
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection, HTTPException
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection

from tests import databases, factories
from tests.clients import Journalist, OpenPage, Refused
from tests.server import PATIENCE, ROOT, Server, database_url, eventually
from tests.test_trust import LANGUAGES, open_pages

#: Seconds. The server polls every two; delivery takes longer on a busy machine.
SAFETY_NET = float(PATIENCE)

SLUG = "summit"
PASSWORD = "a long password"

_PROBLEM = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) (.*)$", re.MULTILINE)


def services() -> Any:
    """Load scripts/services as a module."""
    path = ROOT / "scripts" / "services"
    loader = SourceFileLoader("services", str(path))
    spec = spec_from_loader("services", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@dataclass
class Newsroom:
    """Two servers with their own PostgreSQL and Redis."""

    database: Any
    redis: Any
    servers: list[Server]
    #: The primary key of the article with SLUG.
    article: int
    journalist: Journalist | None = None

    def post(self, text: str) -> None:
        """Publish, and retry until the server accepts the update."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, HTTPException, Refused):
                self.journalist = self.journalist or Journalist(self.servers[0].url, "editor", PASSWORD)
                self.journalist.publish(self.article, source_language="en", body_en=f"<p>{text}</p>")
                return
        raise AssertionError("The servers no longer accept updates.")

    def problems(self, server: Server) -> Counter[str]:
        assert server.log is not None
        return Counter(_PROBLEM.findall(server.log.read_text()))


@pytest.fixture(scope="module")
def own_services(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[Any, Any, dict[str, str]]]:
    """Start a PostgreSQL with an article, and a Redis. Tests may stop them, and must start them again."""
    if connection.vendor == "sqlite":
        pytest.skip("On SQLite alone there is no Redis to stop and no database server either.")
    own = services()
    with ExitStack() as stack:
        directory = stack.enter_context(own.directory_of_services())
        database = stack.enter_context(own.postgres(directory))
        redis = stack.enter_context(own.redis(directory))
        with django_db_blocker.unblock():
            factories.article(slug=SLUG)
            User.objects.create_superuser("editor", password=PASSWORD)
            # Servers would report the copy as an older state of its database.
            command = ["pg_dump", f"--dbname={database_url()}", "--exclude-table-data=liveblog_databasehistory"]
            dump = subprocess.run(command, check=True, capture_output=True).stdout
            databases.empty(connection)
        subprocess.run(["psql", "--quiet", database.url], input=dump, check=True, stdout=subprocess.DEVNULL)
        environment = {
            # The first host is unreachable, as after a failover.
            "DATABASE_URL": database.url.replace("@", "@127.0.0.1:1,"),
            "REDIS_URL": redis.url.replace("redis:", "valkey:"),
            "COMMENTS_PER_ADDRESS": "0",
            "LIVE_POLL_SECONDS": "2",
            "MEDIA_ROOT": str(tmp_path_factory.mktemp("media")),
        }
        yield database, redis, environment


@pytest.fixture
def newsroom(
    own_services: tuple[Any, Any, dict[str, str]], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Newsroom]:
    """Start two servers. The fixture's parameter has additional environment variables."""
    database, redis, environment = own_services
    environment = environment | getattr(request, "param", {})
    with ExitStack() as stack:
        servers = [Server(log=tmp_path / f"server-{number}.log", **environment) for number in range(2)]
        with psycopg.connect(database.url) as direct:
            ((article,),) = direct.execute("SELECT id FROM articles_article WHERE slug = %s", [SLUG]).fetchall()
        yield Newsroom(database, redis, [stack.enter_context(server) for server in servers], article)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


def ask(url: str, fields: dict[str, str] | None = None, **headers: str) -> Answer:
    """Request an address, or send a form to it, without following redirects."""
    parts = urlsplit(url)
    connected = HTTPConnection(parts.netloc, timeout=PATIENCE)
    try:
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connected.request("GET" if fields is None else "POST", path, fields and urlencode(fields), headers)
        answer = connected.getresponse()
        return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read().decode())
    finally:
        connected.close()


def filled_form(page: str) -> dict[str, str]:
    """Return the fields of the form of a 503 page."""
    return {unescape(name): unescape(text) for name, text in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}


async def until_all_show(pages: list[OpenPage], text: str, within: float) -> None:
    async with asyncio.timeout(within):
        while not all(any(text in html for _sort, html in page.updates.values()) for page in pages):
            await asyncio.sleep(0.02)


async def until_notifications_arrive(newsroom: Newsroom, pages: list[OpenPage]) -> None:
    """Post until a post reaches all pages faster than polling could deliver it."""
    for number in range(20):
        text = f"Is anybody there? {number}"
        await asyncio.to_thread(newsroom.post, text)
        with suppress(TimeoutError):
            await until_all_show(pages, text, within=0.4)
            return
        await until_all_show(pages, text, within=SAFETY_NET)
    raise AssertionError("Notifications do not arrive again.")


def flush(address: str) -> None:
    host, port = re.findall(r"//(.*):(\d+)/", address)[0]
    with socket.create_connection((host, int(port))) as connected:
        connected.sendall(b"FLUSHALL\r\n")
        assert connected.recv(10).startswith(b"+OK")


async def test_pages_follow_without_redis_and_at_once_when_it_is_back(newsroom: Newsroom) -> None:
    pages = [OpenPage(newsroom.servers, SLUG, LANGUAGES[number % 4]) for number in range(8)]
    async with open_pages(pages):
        await until_notifications_arrive(newsroom, pages)
        await asyncio.to_thread(newsroom.redis.stop)
        for number in range(3):
            await asyncio.to_thread(newsroom.post, f"Redis is down {number}.")
            await until_all_show(pages, f"Redis is down {number}.", within=SAFETY_NET)
        late = [OpenPage(newsroom.servers, SLUG, language) for language in LANGUAGES]
        async with open_pages(late):
            await until_all_show(late, "Redis is down 2.", within=SAFETY_NET)
        await asyncio.to_thread(newsroom.redis.start)
        await until_notifications_arrive(newsroom, pages)
        flush(newsroom.redis.url)
        await until_notifications_arrive(newsroom, pages)
        assert all(page.connections == 1 for page in pages)
    for server in newsroom.servers:
        problems = newsroom.problems(server)
        assert problems.total() >= 1
        assert max(problems.values()) == 1
        assert problems.total() <= 5, problems


async def test_a_restart_of_the_database_delays_updates_but_loses_nothing(newsroom: Newsroom) -> None:
    pages = [OpenPage(newsroom.servers, SLUG, LANGUAGES[number % 4]) for number in range(8)]
    async with open_pages(pages):
        await until_notifications_arrive(newsroom, pages)
        await asyncio.to_thread(newsroom.post, "Before.")
        await asyncio.to_thread(newsroom.database.stop)
        posting = asyncio.create_task(asyncio.to_thread(newsroom.post, "After."))
        # A reader who connects during the outage is accepted, and waits.
        late = OpenPage(newsroom.servers, SLUG, "de")
        late.state = pages[0].state
        async with open_pages([late]):
            async with asyncio.timeout(PATIENCE):
                while not late.connections:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(5)
            assert late.connections == 1
            await asyncio.to_thread(newsroom.database.start)
            await posting
            await until_all_show([*pages, late], "After.", within=SAFETY_NET)
            await until_all_show(pages, "Before.", within=SAFETY_NET)
        assert all(page.connections == 1 for page in [*pages, late])
        await until_notifications_arrive(newsroom, pages)
    for server in newsroom.servers:
        assert newsroom.problems(server).total() == 1


COMMENT = {"name": "Ana", "email": "ana@example.org"}


def comment(number: int, text: str) -> dict[str, str]:
    """Return the form of one of many readers."""
    return COMMENT | {"email": f"reader-{number}@example.org", "text": text}


@pytest.mark.parametrize("newsroom", [{"DATABASE_LOCK_TIMEOUT": "1"}], indirect=True)
def test_a_locked_article_does_not_take_the_other_pages_down(newsroom: Newsroom) -> None:
    addresses = [f"{server.url}/de/live/{SLUG}/comments/" for server in newsroom.servers]
    texts = [f"Wort & <Antwort> {number} \u0627\u0644" for number in range(60)]
    # Log in before, because hashing the password takes long and the comments do not wait for long.
    journalist = Journalist(newsroom.servers[0].url, "editor", PASSWORD)
    with ThreadPoolExecutor(60) as readers, psycopg.connect(newsroom.database.url) as holder:
        holder.execute("SELECT 1 FROM articles_article WHERE id = %s FOR UPDATE", [newsroom.article])
        sent = [
            readers.submit(ask, addresses[number % 2], COMMENT | {"text": text}) for number, text in enumerate(texts)
        ]
        seen = 0
        while not all(each.done() for each in sent):
            for server in newsroom.servers:
                seen += 1
                for path in (f"/en/live/{SLUG}/?fresh={seen}", "/de/?fresh", "/readyz", "/admin/login/"):
                    answer = ask(f"{server.url}{path}")
                    assert answer.status == 200, (path, answer)
                    assert "age" not in answer.headers
            desk = f"/admin/articles/article/{newsroom.article}/desk/"
            assert journalist._ask("GET", desk) == 200
        assert seen
        for text, each in zip(texts, sent, strict=True):
            answer = each.result()
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-language"] == "de"
            assert filled_form(answer.text)["text"] == text
        holder.rollback()
        again = ask(addresses[0], filled_form(sent[0].result().text))
        assert again.status == 201
        assert holder.execute("SELECT text FROM comments_comment WHERE text LIKE 'Wort & %%'").fetchall() == [
            (texts[0],)
        ]
    for server in newsroom.servers:
        assert newsroom.problems(server).total() == 1


@pytest.mark.long
def test_pages_are_served_while_the_database_is_down(newsroom: Newsroom) -> None:
    first, second = (server.url for server in newsroom.servers)
    page, comments = f"/de/live/{SLUG}/", f"/ar/live/{SLUG}/comments/"
    known = {path: ask(first + path) for path in (page, comments, "/de/")}
    assert all(answer.status == 200 for answer in known.values())
    token = ask(f"{first}/admin/login/").headers["set-cookie"].partition("=")[2].partition(";")[0]
    newsroom.database.stop()
    try:
        for path, before in known.items():
            # A page that was just rendered is fresh for a second.
            eventually(lambda path=path: "age" in ask(first + path).headers)
            answer = ask(first + path)
            assert (answer.status, answer.text) == (200, before.text)
            assert "stale-if-error=" in answer.headers["cache-control"]
            assert answer.headers["cache-status"] == f"liveblog; hit; ttl=-{answer.headers['age']}"
        assert ask(first + page, **{"If-None-Match": known[page].headers["etag"]}).status == 304
        # The page is in the cache that the processes share.
        elsewhere = ask(second + page)
        assert (elsewhere.status, elsewhere.text) == (200, known[page].text)
        assert "age" in elsewhere.headers
        for path, language in ((f"/uk/live/{SLUG}/?key=1&order=oldest", "uk"), ("/ar/live/never-seen/", "ar")):
            answer = ask(first + path)
            assert answer.status == 503
            assert answer.headers["content-language"] == language
            assert f'lang="{language}"' in answer.text
            assert answer.headers["retry-after"]
        # An empty response would mean that nothing has changed.
        assert ask(f"{first}{page}changes?after=1-abcdefgh").status == 503
        fields = {"username": "editor", "password": "secret", "csrfmiddlewaretoken": token}
        sent = ask(f"{first}/admin/login/", fields, Cookie=f"csrftoken={token}")
        assert sent.status == 503
        assert filled_form(sent.text) == {"username": "editor", "csrfmiddlewaretoken": token}
        assert "secret" not in sent.text
        assert ask(f"{first}/readyz").status == 200
        sent = ask(first + comments, COMMENT | {"text": "Wort & <Antwort>"})
        assert sent.status == 503
        assert filled_form(sent.text)["text"] == "Wort & <Antwort>"
        assert ask(first + comments, COMMENT, Accept="application/json").headers["content-type"] == "application/json"
        began = time.monotonic()
        for _ in range(20):
            assert ask(first + page).status == 200
        # No request waits for the database.
        assert time.monotonic() - began < PATIENCE / 2
    finally:
        newsroom.database.start()
    eventually(lambda: "age" not in ask(first + page).headers)
    for server in newsroom.servers:
        assert newsroom.problems(server).total() == 1


async def test_everything_works_behind_pgbouncer_in_transaction_mode(
    own_services: tuple[Any, Any, dict[str, str]], tmp_path: Path
) -> None:
    database, redis, environment = own_services
    own = services()
    with ExitStack() as stack:
        directory = stack.enter_context(own.directory_of_services())
        bouncer = stack.enter_context(own.pgbouncer(directory, database.url))
        environment = environment | {"DATABASE_URL": bouncer.url}
        logs = [tmp_path / f"server-{number}.log" for number in range(2)]
        servers = [Server(log=log, **environment) for log in logs]
        for server in servers:
            await asyncio.to_thread(stack.enter_context, server)
        with psycopg.connect(database.url) as direct:
            ((article,),) = direct.execute("SELECT id FROM articles_article WHERE slug = %s", [SLUG]).fetchall()
        newsroom = Newsroom(database, redis, servers, article)
        pages = [OpenPage(servers, SLUG, LANGUAGES[number % 4]) for number in range(8)]
        async with open_pages(pages):
            await until_notifications_arrive(newsroom, pages)
            comments = f"/de/live/{SLUG}/comments/"
            sent = [
                asyncio.to_thread(ask, servers[number % 2].url + comments, comment(number, f"Wort {number}"))
                for number in range(8)
            ]
            assert {answer.status for answer in await asyncio.gather(*sent)} == {201}
            editor = await asyncio.to_thread(Journalist, servers[0].url, "editor", PASSWORD)
            for path in (
                *(f"articles/article/{article}/desk/", f"articles/article/{article}/desk/entries/"),
                *("articles/translation/", "comments/comment/", "articles/update/", "comments/commenter/"),
            ):
                assert await asyncio.to_thread(editor._ask, "GET", f"/admin/{path}") == 200, path
            for path in ("/readyz", "/sitemap.xml", f"/en/live/{SLUG}/feed.atom", f"/uk/live/{SLUG}/liveblog.json"):
                assert ask(servers[1].url + path).status == 200, path
        with psycopg.connect(bouncer.url.rpartition("/")[0] + "/pgbouncer", autocommit=True) as admin:
            shown = admin.execute("SHOW SERVERS", prepare=False)
            # All clients share a few connections.
            assert 0 < len(shown.fetchall()) <= 4
        for server, log in zip(servers, logs, strict=True):
            # On a busy machine, a job may wait too long for one of the few connections; it tries again.
            text = log.read_text()
            waited = re.findall(r"^django\.db\.utils\.\w+: (?:couldn't get a|no) connection", text, re.MULTILINE)
            assert newsroom.problems(server).total() == len(waited), text


@pytest.mark.one_database
@pytest.mark.django_db(transaction=True)
async def test_a_channel_layer_that_loses_every_message_delays_updates_but_loses_nothing() -> None:
    article = await sync_to_async(factories.article)()
    await sync_to_async(User.objects.create_superuser)("editor", password=PASSWORD)
    command = ["-m", "tests.faulty_server", "drops-every-message", "--port", "PORT"]
    count = 1 if connection.vendor == "sqlite" else 2
    make: Callable[[], Server] = lambda: Server(command, LIVE_POLL_SECONDS="2")  # noqa: E731
    servers = [await sync_to_async(make)() for _ in range(count)]
    try:
        for server in servers:
            await asyncio.to_thread(server.start)
        journalist = await asyncio.to_thread(Journalist, servers[0].url, "editor", PASSWORD)
        pages = [OpenPage(servers, article.slug, language) for language in LANGUAGES]
        async with open_pages(pages):
            for number in range(3):
                text = f"<p>Nobody rang {number}.</p>"
                await asyncio.to_thread(journalist.publish, article.pk, source_language="en", body_en=text)
                await until_all_show(pages, text, within=SAFETY_NET)
            assert all(page.connections == 1 for page in pages)
    finally:
        for server in servers:
            await asyncio.to_thread(server.stop)
