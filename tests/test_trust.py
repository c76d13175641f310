"""No update is lost, doubled or out of order, whatever happens to the servers (see docs/reference/delivery.md).

On SQLite one server runs beside the writers; on PostgreSQL and Redis there are two, and readers move between them.
"""

import asyncio
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from articles.models import Article, Update
from articles.page import live_page
from liveblog.models import Change
from tests import factories, processes, soak
from tests.clients import Journalist, OpenPage, Refused
from tests.server import PATIENCE, ROOT, Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)

LANGUAGES = ("en", "de", "uk", "ar")

WRITERS = soak.count(3, 8)
CHANGES = int(os.environ.get("STORM", soak.count(50, 1_000)))
KILLS = soak.count(2, 20)


@pytest.fixture
def site(transactional_db: None) -> Iterator[list[Server]]:
    """Start all servers of a newsroom."""
    count = 1 if connection.vendor == "sqlite" else 2
    with ExitStack() as stack:
        yield [stack.enter_context(Server(LIVE_POLL_SECONDS="1")) for _ in range(count)]


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


@pytest.fixture
def editor(transactional_db: None) -> User:
    return User.objects.create_superuser("editor", password="a long password")


@asynccontextmanager
async def open_pages(pages: list[OpenPage]) -> Any:
    """Keep pages open during the block, and raise their errors."""
    tasks = [asyncio.create_task(page.stay_open()) for page in pages]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def assert_as_on_a_fresh_page(pages: list[OpenPage], server: Server, article: Article) -> None:
    fresh = {language: await OpenPage.fresh(server, article.slug, language) for language in LANGUAGES}
    for language, page in fresh.items():
        # After another process has saved, a cached page may be a second old; browsers then catch up.
        while page.revision < max(page.revision for page in pages):
            await asyncio.sleep(0.1)
            page = fresh[language] = await OpenPage.fresh(server, article.slug, language)
    for page in pages:
        language = page.path.split("/")[1]
        assert page.revision == fresh[language].revision
        assert page.shown() == fresh[language].shown()


# Many writers ---------------------------------------------------------------------------------------------------------


def start_writers(article: Article, until: int, server: Server) -> list[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.storm", str(article.pk), str(until)]
    return [processes.start([*command, str(seed)], cwd=ROOT, env=server.environment) for seed in range(WRITERS)]


@pytest.mark.long
async def test_a_storm_of_changes_by_many_writers_reaches_every_reader(site: list[Server], article: Article) -> None:
    writers = start_writers(article, CHANGES, site[0])
    stayers = [OpenPage(site, article.slug, LANGUAGES[number % 4]) for number in range(8)]
    comers: list[OpenPage] = []
    enough = asyncio.Event()

    async def come_and_go() -> None:
        while True:
            pages = [OpenPage(site, article.slug, language) for language in LANGUAGES]
            async with open_pages(pages):
                await asyncio.sleep(random.uniform(0.2, 3))
            # A reader closes the laptop and opens it again.
            await asyncio.sleep(random.uniform(0, 1))
            async with open_pages(pages):
                await asyncio.sleep(random.uniform(0.2, 3))
            comers.extend(pages)
            if len(comers) >= 8:
                enough.set()

    try:
        async with open_pages(stayers):
            coming = [asyncio.create_task(come_and_go()) for _ in range(2)]
            for writer in writers:
                assert await asyncio.to_thread(writer.wait) == 0
            # The last edit may have changed several elements.
            last = await sync_to_async(_revision)(article)
            for page in stayers:
                await page.reaches(last)
            # A short storm may end before enough readers have returned.
            async with asyncio.timeout(PATIENCE):
                await enough.wait()
            for task in coming:
                assert not task.done(), task.exception()
                task.cancel()
    finally:
        for writer in writers:
            processes.end(writer)
    async with open_pages(comers[-8:]):
        for page in comers[-8:]:
            await page.reaches(last)
    logged = await sync_to_async(factories.log_of)(article)
    assert [revision for revision, _element in logged] == list(range(1, last + 1))
    assert sum(page.reloads for page in stayers) == 0
    await assert_as_on_a_fresh_page([*stayers, *comers[-8:]], site[-1], article)


# Servers that die -----------------------------------------------------------------------------------------------------


@pytest.mark.long
async def test_a_server_killed_again_and_again_loses_nothing(article: Article, editor: User, tmp_path: Path) -> None:
    count = 1 if connection.vendor == "sqlite" else 2
    trigger = tmp_path / "die"
    command = ["-m", "tests.faulty_server", "dies-before-notifying", "--port", "PORT"]
    make = sync_to_async(lambda: Server(command, LIVE_POLL_SECONDS="1", TRIGGER=str(trigger)))
    site = [await make() for _ in range(count)]
    for server in site:
        await asyncio.to_thread(server.start)
    accepted: list[str] = []
    done = False

    def work(number: int) -> None:
        journalists: dict[str, Journalist] = {}
        written = 0
        while not done:
            written += 1
            text = f"Journalist {number} writes {written}."
            url = random.choice(site).url
            with suppress(OSError, HTTPException):
                try:
                    if url not in journalists:
                        journalists[url] = Journalist(url, "editor", "a long password")
                    journalists[url].publish(article.pk, source_language="en", body_en=f"<p>{text}</p>")
                    accepted.append(text)
                except Refused:
                    # The first log-in stores a stronger hash of the password, which ends other sessions.
                    journalists.pop(url, None)
            time.sleep(0.05)

    pages = [OpenPage(site, article.slug, LANGUAGES[number % 4]) for number in range(8)]
    try:
        async with open_pages(pages):
            working = [asyncio.create_task(asyncio.to_thread(work, number)) for number in range(2)]
            for kill in range(KILLS):
                victim = random.choice(site)
                if kill % 2:
                    # The server that makes the next commit dies before it notifies anybody.
                    await asyncio.to_thread(trigger.touch)
                    victim = await _first_dead(site)
                else:
                    await _one_more_accepted(accepted)
                    await asyncio.sleep(random.uniform(0, 0.4))
                    await asyncio.to_thread(victim.kill)
                before = await sync_to_async(_revision)(article)
                await asyncio.to_thread(victim.start)
                for page in pages:
                    await page.reaches(before)
            done = True
            await asyncio.gather(*working)
            stored = [update async for update in Update.objects.order_by("-first_published_at", "-pk")]
            bodies = "".join(update.body_en for update in stored)
            assert [text for text in accepted if text not in bodies] == []
            for page in pages:
                await page.reaches(await sync_to_async(_revision)(article))
        for page in pages:
            # A page that had to reload shows the newest updates.
            shown = stored[: live_page.PAGE_SIZE] if page.reloads else stored
            assert [update.element for update in shown if update.element not in page.updates] == []
    finally:
        done = True
        for server in site:
            await asyncio.to_thread(server.stop)


async def _one_more_accepted(accepted: list[str]) -> None:
    """Wait until the servers accept one more update."""
    before = len(accepted)
    async with asyncio.timeout(PATIENCE):
        while len(accepted) == before:
            await asyncio.sleep(0.01)


async def _first_dead(site: list[Server]) -> Server:
    async with asyncio.timeout(PATIENCE):
        while True:
            for server in site:
                if server.process is not None and server.process.poll() is not None:
                    return server
            await asyncio.sleep(0.01)


def _revision(article: Article) -> int:
    return Article.objects.values_list("revision", flat=True).get(pk=article.pk)


@pytest.mark.one_database
async def test_a_deploy_under_load_loses_nothing_and_sends_readers_away_one_by_one(article: Article) -> None:
    post = sync_to_async(factories.update)
    window = 2.0
    command = ["manage.py", "runlive", "--port", "PORT", "--processes", "2"]
    with await sync_to_async(lambda: Server(command, LIVE_DRAIN_SECONDS=str(window)))() as server:
        pages = [OpenPage([server], article.slug, LANGUAGES[number % 4]) for number in range(80)]
        left: list[float] = []

        class Noting(dict):
            def __setitem__(self, code: Any, count: int) -> None:
                left.append(time.monotonic())
                super().__setitem__(code, count)

            def __missing__(self, code: Any) -> int:
                return 0

        for page in pages:
            page.codes = Noting()  # type: ignore[assignment]
        async with open_pages(pages):
            await _all_connected(pages)
            before = workers(server)
            server.hang_up()
            number = 0
            # The server replaces its two processes, one after the other.
            async with asyncio.timeout(PATIENCE):
                while before & workers(server):
                    await post(article, body_en=f"<p>Take {number}</p>")
                    number += 1
                    await asyncio.sleep(0.2)
            for page in pages:
                await page.reaches(number)
            moments = sorted(left)
            assert {code for page in pages for code in page.codes} == {1012}
        for page in pages:
            assert len(page.updates) == number
            assert page.reloads == 0
        # At most a third of the readers leave in any tenth of the window.
        most = max(sum(start <= moment < start + window / 10 for moment in moments) for start in moments)
        assert most < len(moments) / 3


async def _all_connected(pages: list[OpenPage]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not all(page.connections for page in pages):
            await asyncio.sleep(0.05)


# The log is pruned ----------------------------------------------------------------------------------------------------


def workers(server: Server) -> set[int]:
    """Return the ids of the worker processes."""
    assert server.process is not None
    supervisor = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return {pid for pid in map(int, supervisor.read_text().split()) if _serves(pid)}


def _sockets(pid: int) -> int:
    """Return the number of sockets that a process has open."""
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # The descriptor may be closed at any moment.
        with suppress(OSError):
            count += descriptor.readlink().name.startswith("socket:")
    return count


def _serves(pid: int) -> bool:
    # The process may end at any moment.
    with suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


@pytest.mark.one_database
async def test_a_process_that_dies_is_replaced_and_its_readers_lose_nothing(article: Article, tmp_path: Path) -> None:
    command, log = ["manage.py", "runlive", "--port", "PORT", "--processes", "2"], tmp_path / "log"
    with await sync_to_async(lambda: Server(command, log=log))() as server:
        await asyncio.to_thread(eventually, lambda: log.read_text().count(" serves after ") == 2)
        pages = [OpenPage([server], article.slug, LANGUAGES[number % 4]) for number in range(40)]
        async with open_pages(pages):
            await sync_to_async(factories.update)(article)
            await asyncio.gather(*(page.reaches(1) for page in pages))
            before = workers(server)
            assert len(before) == 2
            # The worker with the most readers: connections may be distributed unevenly.
            victim = max(before, key=_sockets)
            os.kill(victim, signal.SIGKILL)
            await sync_to_async(factories.update)(article)
            await asyncio.gather(*(page.reaches(2) for page in pages))
            async with asyncio.timeout(PATIENCE):
                while len(workers(server) - {victim}) < 2:
                    await asyncio.sleep(0.05)
        assert sum(page.connections for page in pages) > len(pages)
        await assert_as_on_a_fresh_page(pages, server, article)


async def test_a_page_older_than_the_pruned_log_reloads(site: list[Server], article: Article) -> None:
    for _ in range(6):
        await sync_to_async(factories.update)(article)
    behind, ahead = (OpenPage(site, article.slug, "en") for _ in range(2))
    behind.state, ahead.state = [await sync_to_async(factories.state_at)(article, number) for number in (2, 4)]
    await Change.objects.filter(article=article, revision__lte=3).aupdate(at="2020-01-01T00:00:00Z")
    await sync_to_async(call_command)("prune_changes", days=30, stdout=io.StringIO())
    assert [revision for revision, _element in await sync_to_async(factories.log_of)(article)] == [4, 5, 6]
    async with open_pages([behind, ahead]):
        await ahead.reaches(6)
        await behind.reaches(6)
    assert (behind.reloads, ahead.reloads) == (1, 0)
    assert len(behind.updates) == 6
    assert len(ahead.updates) == 2
