"""After a failover of PostgreSQL or Redis, the newsroom continues on the new primary."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from articles.models import Article
from liveblog import keys
from tests.clients import Journalist, OpenPage
from tests.server import ROOT, Server, eventually
from tests.test_outages import SAFETY_NET, Newsroom, services, until_all_show, until_notifications_arrive
from tests.test_trust import LANGUAGES, assert_as_on_a_fresh_page, open_pages

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite and the in-process layer are in this process."),
]

SLUG = "nato-bucharest-2022"

#: Seconds within which all pages are correct, once the new primary accepts posts.
RIGHT = 5.0


@pytest.fixture
def own() -> Iterator[tuple[Any, ExitStack, Path]]:
    module = services()
    with ExitStack() as stack:
        yield module, stack, stack.enter_context(module.directory_of_services())


def newsroom_at(stack: ExitStack, directory: Path, database: Any, redis: Any, **addresses: str) -> Newsroom:
    """Start two servers with the demo's coverage."""
    environment = {"DATABASE_URL": database.url, "REDIS_URL": redis.url, "MEDIA_ROOT": str(directory / "media")}
    environment |= {"LIVE_POLL_SECONDS": "2", **addresses}
    for command in ("migrate", "load_demo"):
        arguments = [sys.executable, "manage.py", command]
        subprocess.run(arguments, cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(database.url) as direct:
        ((article,),) = direct.execute("SELECT id FROM articles_article WHERE slug = %s", [SLUG]).fetchall()
    servers = [stack.enter_context(Server(**environment)) for _ in range(2)]
    return Newsroom(database, redis, servers, article, Journalist(servers[0].url, "journalist", "demo"))


def until_replicated(database: Any, replica: Any) -> None:
    with psycopg.connect(database.url) as primary, psycopg.connect(replica.url, autocommit=True) as standby:
        written = primary.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
        eventually(lambda: standby.execute("SELECT pg_last_wal_replay_lsn() >= %s", written).fetchone() == (True,))


@pytest.mark.parametrize("lost", [0, 3], ids=["without loss", "with loss"])
async def test_the_newsroom_goes_on_at_the_promoted_replica_of_postgresql(
    own: tuple[Any, ExitStack, Path], lost: int
) -> None:
    module, stack, directory = own
    database = stack.enter_context(module.postgres(directory))
    redis = stack.enter_context(module.redis(directory))
    replica = stack.enter_context(module.replica(directory, database.url))
    standby = replica.url.rpartition("@")[2].partition("/")[0]
    # The address lists the standby first. It does not accept writes, so servers must not stay connected to it.
    address = database.url.replace("@", f"@{standby},")
    newsroom = await asyncio.to_thread(newsroom_at, stack, directory, database, redis, DATABASE_URL=address)
    pages = [OpenPage(newsroom.servers, SLUG, LANGUAGES[number % 4]) for number in range(8)]
    async with open_pages(pages):
        await until_notifications_arrive(newsroom, pages)
        await asyncio.to_thread(until_replicated, database, replica)
        kept = set(pages[0].updates)
        await asyncio.to_thread(replica.stop)
        for number in range(lost):
            await asyncio.to_thread(newsroom.post, f"A ghost, {number}.")
        if lost:
            await until_all_show(pages, f"A ghost, {lost - 1}.", within=SAFETY_NET)
        ghosts = set(pages[0].updates) - kept
        assert len(ghosts) == lost
        await asyncio.to_thread(database.stop)
        await asyncio.to_thread(replica.start)
        await asyncio.to_thread(module.promote, directory)
        # Post at once, so that the posts get the revisions of the lost updates.
        for number in range(3):
            await asyncio.to_thread(newsroom.post, f"The replica took over, {number}.")
        await until_all_show(pages, "The replica took over, 2.", within=RIGHT)
        async with asyncio.timeout(RIGHT):
            while any("A ghost" in str(page.shown()) for page in pages):
                await asyncio.sleep(0.02)
        for server in newsroom.servers:
            await assert_as_on_a_fresh_page(pages, server, Article(slug=SLUG))
        new = set(pages[0].updates) - kept
        assert len(new) == 3
        assert kept <= set(pages[0].updates)
        # A bookmark of a lost update does not lead to another update.
        assert min(map(key_of, new)) > keys.LOST_KEYS > max(map(key_of, kept | ghosts))


def key_of(element: str) -> int:
    return int(element.removeprefix("update-"))


async def test_notifications_arrive_by_the_redis_that_sentinel_makes_the_master(
    own: tuple[Any, ExitStack, Path],
) -> None:
    module, stack, directory = own
    database = stack.enter_context(module.postgres(directory))
    redis, second = (stack.enter_context(module.redis(directory)) for _ in range(2))
    sentinel = stack.enter_context(module.sentinel(directory, redis.url, second.url))
    newsroom = await asyncio.to_thread(newsroom_at, stack, directory, database, redis, REDIS_URL=sentinel.url)
    pages = [OpenPage(newsroom.servers, SLUG, LANGUAGES[number % 4]) for number in range(8)]
    async with open_pages(pages):
        await until_notifications_arrive(newsroom, pages)
        await asyncio.to_thread(redis.stop)
        await until_notifications_arrive(newsroom, pages)
        assert all(page.connections == 1 for page in pages)
