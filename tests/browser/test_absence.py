"""A page that lost its connection catches up within five seconds of its return, whatever the cause."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from playwright.sync_api import WebSocket, expect

from articles.models import Article
from tests import factories
from tests.browser.conftest import Fresh, MakeReader, Reader
from tests.proxy import Proxy
from tests.server import PATIENCE, Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)

#: Seconds, fewer than between two heartbeats. The promise is five, but a busy machine may need more.
BACK = PATIENCE


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server]) -> Iterator[Server]:
    with make_server(LIVE_HEARTBEAT_SECONDS="600") as server:
        yield server


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


def away(page: Reader, article: Article, changes: int = 1) -> int:
    """Publish updates while the page is offline, and return the revision."""
    before = page.revision
    for _ in range(changes):
        factories.update(article)
    page.page.wait_for_timeout(500)
    assert page.revision == before
    return before + changes


def test_a_page_catches_up_after_a_laptop_slept_for_hours(
    server: Server, reader: MakeReader, article: Article, fresh: Fresh
) -> None:
    with Proxy(server.port) as proxy:
        page = reader()
        page.page.clock.install()
        page.open(proxy, article, "uk")
        factories.update(article)
        page.reaches(1)
        # The network silently drops idle connections.
        proxy.lose_websockets()
        revision = away(page, article)
        page.page.clock.fast_forward("08:00:00")
        page.reaches(revision, within=BACK)
        # The page follows again.
        factories.update(article)
        page.reaches(revision + 1, within=BACK)
        assert page.content() == fresh(article, "uk")


def test_a_page_catches_up_after_a_sleep_longer_than_the_log(
    reader: MakeReader, article: Article, fresh_on: Fresh
) -> None:
    with Server(LIVE_MAX_BACKLOG="5", LIVE_HEARTBEAT_SECONDS="600") as server, Proxy(server.port) as proxy:
        page = reader()
        page.page.clock.install()
        page.open(proxy, article, "ar")
        factories.update(article)
        page.reaches(1)
        proxy.lose_websockets()
        revision = away(page, article, changes=8)
        page.page.clock.fast_forward("08:00:00")
        page.reaches(revision, within=BACK)
        assert page.content() == fresh_on(server)(article, "ar")


def test_a_frozen_tab_catches_up(server: Server, reader: MakeReader, article: Article, fresh: Fresh) -> None:
    page = reader().open(server, article, "de")
    factories.update(article)
    page.reaches(1)
    browser = page.page.context.new_cdp_session(page.page)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    factories.update(article)
    time.sleep(1)
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    page.reaches(2, within=BACK)
    assert page.content() == fresh(article, "de")


def test_a_background_tab_follows(server: Server, reader: MakeReader, article: Article) -> None:
    page = reader().open(server, article, "en")
    in_front = page.page.context.new_page()
    in_front.bring_to_front()
    factories.update(article)
    page.reaches(1, within=BACK)


def test_a_page_catches_up_after_the_network_was_lost(
    server: Server, reader: MakeReader, article: Article, fresh: Fresh
) -> None:
    page = reader().open(server, article, "ar")
    factories.update(article)
    page.reaches(1)
    page.page.context.set_offline(True)
    # The page has noticed that it is offline.
    expect(page.page.locator("#connection")).to_be_visible()
    revision = away(page, article)
    page.page.context.set_offline(False)
    page.reaches(revision, within=BACK)
    assert page.content() == fresh(article, "ar")


def test_an_open_page_shows_no_ghost_after_a_failover_that_loses_the_last_update(
    server: Server, reader: MakeReader, article: Article, fresh: Fresh
) -> None:
    page = reader().open(server, article, "ar")
    kept = factories.update(article)
    ghost = factories.update(article, body_en="<p>A ghost.</p>")
    page.reaches(2)
    with transaction.atomic():
        factories.lose_changes(article, 1)
        new = factories.update(article, body_en="<p>What is true.</p>")
    expect(page.page.locator(f"#{new.element}")).to_be_visible(timeout=BACK * 1000)
    # The page has reloaded, with the newest update first.
    page.page.wait_for_load_state()
    assert page.updates() == [new.element, kept.element]
    assert ghost.element not in page.updates()
    assert page.content() == fresh(article, "ar")


def test_a_page_replaces_a_connection_that_died_silently(reader: MakeReader, article: Article) -> None:
    with Server(LIVE_HEARTBEAT_SECONDS="1") as server, Proxy(server.port) as proxy:
        page = reader().open(proxy, article, "en")
        factories.update(article)
        page.reaches(1)
        with page.page.expect_websocket():
            proxy.lose_websockets()
            factories.update(article)
            page.reaches(2, within=BACK)


def test_a_page_follows_behind_a_proxy_that_cuts_connections_between_heartbeats(
    server: Server, reader: MakeReader, article: Article, fresh: Fresh
) -> None:
    with Proxy(server.port, cut_idle=0.5) as proxy:
        page = reader().open(proxy, article, "de")
        for revision in range(1, 6):
            page.page.wait_for_timeout(700)
            factories.update(article)
            page.reaches(revision, within=BACK)
        assert proxy.handshakes > 1
        expect(page.page.locator("#connection")).to_be_hidden()
        assert page.content() == fresh(article, "de")


def test_heartbeats_keep_a_proxy_from_cutting_an_idle_connection(reader: MakeReader, article: Article) -> None:
    cut_idle = 2.5
    lives: list[list[float]] = []

    def note(socket: WebSocket) -> None:
        heard: list[float] = []
        lives.append(heard)
        socket.on("framereceived", lambda _frame: heard.append(time.monotonic()))

    with Server(LIVE_HEARTBEAT_SECONDS="1") as server, Proxy(server.port, cut_idle=cut_idle) as proxy:
        page = reader()
        page.page.on("websocket", note)
        page.open(proxy, article, "en")
        # On a busy machine, a heartbeat may be late. Without heartbeats, no connection would live this long.
        deadline = time.monotonic() + PATIENCE
        while not any(heard and heard[-1] - heard[0] > cut_idle for heard in lives):
            assert time.monotonic() < deadline, "All connections were cut."
            page.page.wait_for_timeout(100)
        factories.update(article)
        page.reaches(1, within=BACK)


@pytest.mark.parametrize("websockets", ["refuse", "swallow"])
def test_a_page_follows_behind_a_proxy_that_blocks_websockets(
    server: Server, reader: MakeReader, article: Article, fresh: Fresh, websockets: str
) -> None:
    with Proxy(server.port, websockets=websockets) as proxy:
        page = reader().open(proxy, article, "uk")
        factories.update(article)
        # The page must first find out that websockets are blocked.
        page.reaches(1)
        for revision in range(2, 5):
            factories.update(article)
            page.reaches(revision, within=BACK)
        expect(page.page.locator("#connection")).to_be_hidden()
        assert page.content() == fresh(article, "uk")
        # Readers on another network can still use websockets.
        proxy.websockets = "pass"
        before = proxy.handshakes
        page.page.context.set_offline(True)
        page.page.context.set_offline(False)
        factories.update(article)
        page.reaches(5, within=BACK)
        # A plain request may have been faster.
        eventually(lambda: proxy.handshakes > before)
