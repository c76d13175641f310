"""Open pages follow coverage from its announcement to its end, and then disconnect from the server."""

import datetime
import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.models import Article
from tests import factories
from tests.browser.conftest import Fresh, MakeReader
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

#: Milliseconds; longer than a page stays connected after the coverage has ended.
LEFT = 15_000


def finish(article: Article) -> None:
    article.refresh_from_db()
    article.state = Article.State.FINISHED
    article.save()


def reopen(article: Article) -> None:
    article.refresh_from_db()
    article.state = Article.State.LIVE
    article.save()


def sockets_of(page: Page) -> list[Any]:
    found: list[Any] = []
    page.on("websocket", lambda socket: found.append(socket))
    return found


def stop_the_clock(page: Page) -> None:
    """Freeze the page's clock until the test advances it: a busy machine may need longer than the page waits."""
    now = timezone.now()
    page.clock.install(time=now)
    # The clock runs until it is paused, which may take long on a busy machine.
    page.clock.pause_at(now + datetime.timedelta(minutes=10))


# Announced ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "long_before", "just_before"),
    [
        ("en", ["2 days", "3 hours", "4 minutes"], ["1 minute", "5 seconds"]),
        ("de", ["2 Tage", "3 Stunden", "4 Minuten"], ["1 Minute", "5 Sekunden"]),
        ("uk", ["2 дні", "3 години", "4 хвилини"], ["1 хвилина", "5 секунд"]),
        ("ar", ["يومان", "3 ساعات", "4 دقائق"], ["دقيقة", "5 ثوان"]),
    ],
)
def test_a_page_counts_down_to_announced_coverage_in_the_readers_language(
    server: Server, reader: MakeReader, language: str, long_before: list[str], just_before: list[str]
) -> None:
    start = datetime.datetime(2031, 5, 4, 20, 0, tzinfo=datetime.UTC)
    article = factories.article(state="announced", coverage_start=start)
    page = reader()
    page.page.clock.install(time=start - datetime.timedelta(days=2, hours=3, minutes=4))
    page.page.clock.pause_at(start - datetime.timedelta(days=2, hours=3, minutes=3, seconds=10))
    page.open(server, article, language)
    left = page.page.locator(".countdown .left")
    for part in long_before:
        expect(left).to_contain_text(part)
    page.page.clock.pause_at(start - datetime.timedelta(seconds=66))
    page.page.clock.run_for(1000)
    for part in just_before:
        expect(left).to_contain_text(part)
    countdown = page.page.get_by_role("timer")
    assert countdown.get_attribute("aria-live") is None
    page.page.clock.run_for(66_000)
    expect(page.page.locator(".countdown .soon")).to_be_visible()
    expect(left).to_be_hidden()


def test_an_announced_page_becomes_live_by_itself(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = factories.article(state="announced", coverage_start=timezone.now() + datetime.timedelta(hours=1))
    page = reader().open(server, article, "de")
    expect(page.page.get_by_role("timer")).to_be_visible()
    reopen(article)
    page.reaches(1)
    expect(page.page.locator(".live-badge")).to_be_visible()
    expect(page.page.get_by_role("timer")).to_have_count(0)
    assert page.content() == fresh(article, "de")


def test_a_page_without_scripts_shows_the_time_of_the_start(server: Server, reader: MakeReader) -> None:
    article = factories.article(state="announced", coverage_start=timezone.now() + datetime.timedelta(hours=1))
    page = reader(java_script_enabled=False).open(server, article, "de").page
    expect(page.locator(".coverage .state time")).to_be_visible()
    expect(page.locator(".countdown")).to_be_hidden()


# Finished -------------------------------------------------------------------------------------------------------------


def test_open_pages_announce_the_end_of_coverage_and_disconnect(
    server: Server, reader: MakeReader, fresh: Fresh
) -> None:
    article = factories.article()
    factories.update(article)
    page = reader()
    stop_the_clock(page.page)
    sockets = sockets_of(page.page)
    page.open(server, article, "de")
    page.reaches(1)
    finish(article)
    page.reaches(2)
    expect(page.page.locator(".coverage .badge")).to_have_text("Beendet")
    expect(page.page.locator(".coverage .state")).to_contain_text("Ende")
    # Updates that come together with the end still arrive.
    late = factories.update(article)
    page.reaches(3)
    assert late.element in page.updates()
    [socket] = sockets
    with socket.expect_event("close"):
        page.page.clock.run_for(LEFT)
    page.page.clock.run_for(60_000)
    assert len(sockets) == 1
    expect(page.page.locator("#connection")).to_be_hidden()
    assert page.content() == fresh(article, "de")


def test_a_finished_page_opens_no_connection_and_polls_once(server: Server, reader: MakeReader) -> None:
    article = factories.article(state="finished")
    page = reader()
    sockets = sockets_of(page.page)
    asked: list[str] = []
    page.page.on("request", lambda request: "/changes" in request.url and asked.append(request.url))
    with page.page.expect_response(re.compile("/changes")):
        page.open(server, article, "uk")
    page.page.wait_for_timeout(500)
    assert len(asked) == 1
    assert sockets == []


def test_an_old_copy_of_a_finished_page_catches_up(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = factories.article(state="finished")
    update = factories.update(article, body_en="<p>One.</p>")
    copy = reader().page.request.get(f"{server.url}{article.url('en')}").body()
    update.body_en = "<p>One, corrected.</p>"
    update.save()
    page = reader()
    page.page.route(re.compile("/live/[^/]+/$"), lambda route: route.fulfill(body=copy, content_type="text/html"))
    page.open(server, article, "en")
    page.reaches(2)
    expect(page.page.locator(f"#{update.element}")).to_contain_text("One, corrected.")
    assert page.content() == fresh(article, "en")


def test_an_old_copy_of_a_reopened_page_connects(server: Server, reader: MakeReader) -> None:
    article = factories.article(state="finished")
    copy = reader().page.request.get(f"{server.url}{article.url('en')}").body()
    reopen(article)
    page = reader()
    page.page.route(re.compile("/live/[^/]+/$"), lambda route: route.fulfill(body=copy, content_type="text/html"))
    with page.page.expect_websocket():
        page.open(server, article, "en")
    factories.update(article)
    page.reaches(2)


def test_a_reader_who_returns_to_a_reopened_page_follows_again(server: Server, reader: MakeReader) -> None:
    article = factories.article(state="finished")
    page = reader()
    page.page.clock.install()
    with page.page.expect_response(re.compile("/changes")):
        page.open(server, article, "ar")
    reopen(article)
    factories.update(article)
    # A cached response may be a second old.
    page.page.wait_for_timeout(1100)
    with page.page.expect_websocket():
        page.page.clock.fast_forward("03:00:00")
    page.reaches(2)
    factories.update(article)
    page.reaches(3)


def test_pages_keep_their_connection_if_coverage_reopens_at_once(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader()
    stop_the_clock(page.page)
    sockets = sockets_of(page.page)
    page.open(server, article, "en")
    finish(article)
    page.reaches(1)
    reopen(article)
    page.reaches(2)
    page.page.clock.run_for(LEFT)
    factories.update(article)
    page.reaches(3)
    assert len(sockets) == 1
