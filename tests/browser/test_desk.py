"""The live desk in real Chromium: by keyboard alone, through crashes and lost connections, and together."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Error, Page, Playwright, expect

from articles.models import Article, Snippet, Update
from tests import factories, newsroom
from tests.browser.conftest import MakeReader
from tests.browser.desks import DeskPage, log_in
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    newsroom.give_rights()
    return {name: newsroom.person(name, "Journalist", first_name=name.title()) for name in ("ioana", "karim")}


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


@pytest.fixture
def sit_down(server: Server, article: Article, people: dict[str, User], reader: MakeReader) -> Any:
    """Somebody opens the desk."""

    def sit(name: str = "ioana", language: str = "en", **options: Any) -> DeskPage:
        page = reader(viewport={"width": 1280, "height": 900}, **options).page
        log_in(page.context, people[name], server, language)
        return DeskPage(page, server, article).open()

    return sit


def test_text_and_one_chord_are_an_update_on_open_pages(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    german = reader().open(server, article, "de")
    desk = sit_down()
    waited = []
    for number in range(int(os.environ.get("DESK_ROUNDS", "3"))):
        desk.type(f"Ministers have arrived, number {number}.")
        pressed = time.monotonic()
        desk.press("Control+Enter")
        expect(german.page.get_by_text(f"number {number}.")).to_be_visible()
        waited.append(time.monotonic() - pressed)
        expect(desk.kept).to_contain_text("Saved")
    print(f"from chord to visible: median {statistics.median(waited):.3f} s, worst {max(waited):.3f} s")
    first = Update.objects.order_by("pk").first()
    assert first is not None
    assert first.body_en == "<p>Ministers have arrived, number 0.</p>"
    expect(desk.entry(first)).to_be_visible()


def test_a_crash_of_the_browser_loses_nothing_that_was_written(
    server: Server,
    article: Article,
    people: dict[str, User],
    playwright: Playwright,
    tmp_path: Path,
    browser_type_launch_args: Any,
) -> None:
    def launch() -> Any:
        options = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], "--remote-debugging-port=0"]}
        context = playwright.chromium.launch_persistent_context(tmp_path / "profile", **options)
        context.set_default_timeout(10_000)
        log_in(context, people["ioana"], server)
        return context

    context = launch()
    desk = DeskPage(context.pages[0], server, article).open()
    desk.type("The minister said that")
    expect(desk.kept).to_contain_text("Kept on this device")
    for pid in _processes_of(tmp_path / "profile"):
        os.kill(pid, signal.SIGKILL)
    with suppress(Error):
        context.close()
    (tmp_path / "profile" / "SingletonLock").unlink(missing_ok=True)

    context = launch()
    desk = DeskPage(context.pages[0], server, article).open()
    expect(desk.kept).to_contain_text("This is what you were writing at")
    desk.type(" there will be help.")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    context.close()
    assert Update.objects.get().body_en == "<p>The minister said that there will be help.</p>"


def _processes_of(profile: Path) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(profile).encode() in command:
                yield int(entry.name)


def test_what_is_published_without_a_connection_is_sent_once_there_is_one(
    sit_down: Any, server: Server, article: Article
) -> None:
    desk = sit_down()
    desk.type("While the line is down.")
    server.kill()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("No connection")
    expect(desk.page.locator("#desk-connection")).to_be_visible()
    # The browser was closed and opened again meanwhile.
    server.start()
    desk.page.reload()
    expect(desk.page.locator("#timeline")).to_contain_text("While the line is down.")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().state == "published"


def test_who_is_logged_out_meanwhile_goes_on_where_they_were(
    sit_down: Any, server: Server, people: dict[str, User], article: Article
) -> None:
    desk = sit_down()
    desk.type("Before the session ended.")
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    desk.press("Control+Enter")
    expect(desk.page.locator("#desk-connection")).to_contain_text("You are no longer logged in.")
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("Before the session ended.")
    assert not Update.objects.exists()
    # In another tab.
    log_in(desk.page.context, people["ioana"], server)
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().state == "published"


def test_saving_over_a_newer_version_shows_both_and_loses_neither(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    hers, his = sit_down("ioana"), sit_down("karim")
    hers.edit(update)
    his.edit(update)
    expect(hers.entry(update).locator(".writers")).to_be_empty()
    his.type(" are over")
    expect(hers.entry(update).locator(".writers")).to_contain_text("Karim")
    hers.type(" have begun")
    hers.press("Control+Enter")
    expect(hers.editing(update)).to_have_count(0)
    expect(his.entry(update).locator(".view")).to_contain_text("Talks have begun")
    his.press("Control+Enter")
    conflict = his.editing(update).locator(".conflict")
    expect(conflict).to_contain_text("Talks have begun")
    expect(conflict.locator("ins").first).to_be_visible()
    expect(his.editing(update).locator(".ProseMirror")).to_contain_text("Talks are over")
    his.editing(update).locator(".ProseMirror").click()
    his.press("End")
    his.type(", they had begun")
    his.press("Control+Enter")
    expect(his.editing(update)).to_have_count(0)
    update.refresh_from_db()
    assert update.body_en == "<p>Talks are over, they had begun</p>"


def test_an_entry_that_changes_while_somebody_writes_in_it_takes_nothing_away(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.edit(update)
    desk.type(" go on")
    other = sit_down("karim")
    other.entry(update).get_by_role("button", name="Pin").click()
    expect(desk.entry(update).locator(".view")).to_contain_text("Pinned")
    desk.type(" and on")
    desk.press("Control+Enter")
    expect(desk.entry(update).locator(".view")).to_contain_text("Talks go on and on")


def test_those_at_the_desk_and_the_readers_are_shown(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    desk = sit_down()
    reader().open(server, article, "ar")
    expect(desk.page.locator("#audience")).to_have_text("1")
    expect(desk.page.locator("#audience-languages")).to_contain_text("Arabic: 1")
    other = sit_down("karim")
    other.type("Ministers are here.")
    expect(desk.page.locator("#people")).to_contain_text("Karim – is writing")
    other.press("Control+Enter")
    expect(desk.page.locator("#people")).not_to_contain_text("is writing")


def test_the_desk_is_worked_by_keyboard_alone(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.press("Alt+2")
    expect(desk.composer.get_by_label("Attribution")).to_be_visible()
    desk.press("Alt+1")
    expect(desk.composer.get_by_label("Attribution")).to_be_hidden()
    desk.page.locator("#timeline-title").click()
    desk.press("j")
    expect(desk.entry(update)).to_be_focused()
    desk.press("e")
    expect(desk.editing(update).locator(".ProseMirror")).to_be_focused()
    desk.press("Escape")
    expect(desk.editing(update)).to_have_count(0)
    desk.page.locator("#timeline-title").click()
    desk.press("/")
    expect(desk.page.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()


def test_a_ready_piece_begins_an_update(sit_down: Any, article: Article) -> None:
    Snippet.objects.create(
        name="Thanks", source_language="de", kind="quote", headline="Zum Schluss", body="<p>Wir danken.</p>"
    )
    desk = sit_down()
    desk.composer.get_by_label("Ready pieces").select_option("Thanks")
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("Wir danken.")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.composer.get_by_label("Attribution").fill("Die Redaktion")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    update = Update.objects.get()
    assert (update.source_language, update.kind) == ("de", "quote")
    assert (update.headline_de, update.body_de) == ("Zum Schluss", "<p>Wir danken.</p>")


def test_a_scheduled_update_appears_at_its_time_also_after_a_restart(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    german = reader().open(server, article, "de")
    desk = sit_down()
    desk.type("At the stroke of the hour.")
    desk.composer.get_by_text("Time", exact=True).click()
    moment = timezone.now().astimezone(article.zone) + timedelta(minutes=1)
    desk.composer.get_by_label("Publish at").fill(f"{moment:%Y-%m-%dT%H:%M}")
    desk.composer.get_by_role("button", name="Schedule").click()
    expect(desk.kept).to_contain_text("Saved")
    update = Update.objects.get()
    assert update.state == "scheduled"
    server.kill()
    # Its time comes while nobody is there.
    Update.objects.filter(pk=update.pk).update(publish_at=timezone.now())
    server.start()
    expect(german.page.get_by_text("At the stroke of the hour.")).to_be_visible(timeout=40_000)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(
    ("language", "size"), [("en", {"width": 1280, "height": 900}), ("ar", {"width": 390, "height": 844})]
)
def test_a_screen_reader_finds_its_way(sit_down: Any, article: Article, language: str, size: Any) -> None:
    update = factories.update(article, headline_en="Talks", body_en="<p>They have begun.</p>", is_key=True)
    factories.update(article, state="draft", source_language="ar", body_ar="<p>مسودة</p>")
    # What looks for faults sets styles that the policy forbids.
    desk = sit_down(language=language, bypass_csp=True)
    desk.page.set_viewport_size(size)
    desk.entry(update).locator('[data-act="edit"]').click()
    expect(desk.editing(update).locator(".ProseMirror")).to_be_focused()
    if pictures := os.environ.get("PICTURES"):
        desk.page.screenshot(path=f"{pictures}/desk-{language}.png", full_page=True)
    found = violations(desk.page)
    assert not found, "\n".join(found)
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
