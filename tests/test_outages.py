"""During an outage pages keep working, or work again as soon as it ends; the log reports each outage once."""

import asyncio
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.client import HTTPException
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection

from tests import databases, factories
from tests.clients import Journalist, OpenPage, Refused
from tests.server import PATIENCE, ROOT, Server, database_url
from tests.test_trust import LANGUAGES, open_pages

#: Seconds. The safety net polls every two; delivery takes longer on a busy machine.
SAFETY_NET = 15.0

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
    """Two servers with a PostgreSQL and a Redis of their own."""

    database: Any
    redis: Any
    servers: list[Server]
    #: The primary key of the article with SLUG.
    article: int
    journalist: Journalist | None = None

    def post(self, text: str) -> None:
        """Publish, and press the button again until the server accepts it."""
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
            dump = subprocess.run(["pg_dump", f"--dbname={database_url()}"], check=True, capture_output=True).stdout
            databases.empty(connection)
        subprocess.run(["psql", "--quiet", database.url], input=dump, check=True, stdout=subprocess.DEVNULL)
        environment = {
            "DATABASE_URL": database.url,
            "REDIS_URL": redis.url,
            "LIVE_POLL_SECONDS": "2",
            "MEDIA_ROOT": str(tmp_path_factory.mktemp("media")),
        }
        yield database, redis, environment


@pytest.fixture
def newsroom(own_services: tuple[Any, Any, dict[str, str]], tmp_path: Path) -> Iterator[Newsroom]:
    database, redis, environment = own_services
    with ExitStack() as stack:
        servers = [Server(log=tmp_path / f"server-{number}.log", **environment) for number in range(2)]
        with psycopg.connect(database.url) as direct:
            ((article,),) = direct.execute("SELECT id FROM articles_article WHERE slug = %s", [SLUG]).fetchall()
        yield Newsroom(database, redis, [stack.enter_context(server) for server in servers], article)


async def until_all_show(pages: list[OpenPage], text: str, within: float) -> None:
    async with asyncio.timeout(within):
        while not all(any(text in html for _sort, html in page.updates.values()) for page in pages):
            await asyncio.sleep(0.02)


async def until_notifications_arrive(newsroom: Newsroom, pages: list[OpenPage]) -> None:
    """Post until a post reaches all pages sooner than the safety net would deliver it."""
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
        # A reader who connects meanwhile is accepted, and waits.
        late = OpenPage(newsroom.servers, SLUG, "de")
        late.state = pages[0].state
        async with open_pages([late]):
            await asyncio.sleep(5)
            assert late.connections == 1
            await asyncio.to_thread(newsroom.database.start)
            await posting
            await until_all_show([*pages, late], "After.", within=SAFETY_NET)
            await until_all_show(pages, "Before.", within=SAFETY_NET)
        assert all(page.connections == 1 for page in [*pages, late])
        await until_notifications_arrive(newsroom, pages)
    for server in newsroom.servers:
        problems = newsroom.problems(server)
        ours = Counter({text: count for text, count in problems.items() if not text.startswith("django.request")})
        assert ours.total() >= 1
        assert max(ours.values()) == 1
        # Each part of the server that notices the outage logs it once.
        assert ours.total() <= 10, ours


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
