"""Three journalists cover an evening for readers in three languages, and many things go wrong."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from articles.models import Article, Update
from tests import factories, newsroom, soak
from tests.browser.conftest import CONTENT, Fresh, MakeReader
from tests.browser.desks import DeskPage, log_in
from tests.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), *soak.marks(pytest.mark.embedded)]

LANGUAGES = ("en", "de", "ar")


def photo(path: Path) -> Path:
    data = io.BytesIO()
    Image.new("RGB", (640, 360), "navy").save(data, "JPEG")
    path.write_bytes(data.getvalue())
    return path


def publish(desk: DeskPage, text: str, kind: int = 1, **fields: str) -> None:
    """Write an update by keyboard, and wait until it is saved."""
    desk.composer.get_by_label("Headline").click()
    desk.press(f"Alt+{kind}")
    for label, value in fields.items():
        field = desk.composer.locator("input:not([type=radio]), textarea")
        field.and_(desk.composer.get_by_label(label.replace("_", " ").capitalize())).first.fill(value)
    if kind == 7:
        desk.composer.get_by_label("Choice 1").click()
    elif text:
        desk.composer.locator(".ProseMirror").click()
    if kind == 5:
        # This starts a list.
        desk.type("- ")
    for number, line in enumerate(text.split("\n")):
        if number:
            desk.press("Enter")
        desk.type(line)
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")


@pytest.mark.long
def test_open_pages_follow_an_evening_at_three_desks(
    transactional_db: None,
    reader: MakeReader,
    fresh_on: Callable[[Server], Fresh],
    tmp_path: Path,
) -> None:
    people = {name: newsroom.user(name, "Journalist", first_name=name.title()) for name in ("ioana", "karim", "oksana")}
    article = factories.article(state="announced", coverage_start=timezone.now() + timedelta(hours=1))
    server = Server(LIVE_POLL_SECONDS="1").start()
    try:
        pages = {language: reader().open(server, article, language).page for language in LANGUAGES}
        for page in pages.values():
            expect(page.locator(".countdown")).to_be_visible()
        ioana, karim, oksana = (sit_down(reader().page, server, article, people[name]) for name in people)

        # The coverage starts, and no reader has to reload the page.
        ioana.page.get_by_role("button", name="Start coverage").click()
        for page in pages.values():
            expect(page.locator("#coverage.live")).to_be_visible()

        write_the_evening(ioana, karim, oksana, photo(tmp_path / "hall.jpg"))
        first, second = list(Update.objects.order_by("pk")[:2])
        arrived(pages, Update.objects.count())

        correct(ioana, first)
        for page in pages.values():
            expect(page.locator(f"#{first.element} .correction")).to_be_visible()
        edit_at_once(karim, oksana, second)
        karim.entry(first).get_by_role("button", name="Withdraw").click()
        karim.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
        for page in pages.values():
            expect(page.locator(f"#{first.element}.withdrawn")).to_be_visible()

        # The server is down while a journalist publishes.
        server.kill()
        oksana.composer.locator(".ProseMirror").click()
        oksana.type("While the server was away.")
        oksana.press("Control+Enter")
        expect(oksana.kept).to_contain_text("No connection")
        server.start()
        for page in pages.values():
            expect(page.get_by_text("While the server was away.")).to_be_visible()

        ioana.page.get_by_role("button", name="Finish coverage").click()
        ioana.page.get_by_role("dialog").get_by_role("button", name="Finish coverage").click()
        for page in pages.values():
            expect(page.locator("#coverage.finished")).to_be_visible()

        fresh = fresh_on(server)
        article.refresh_from_db()
        for language, page in pages.items():
            page.wait_for_function(
                "revision => Number(document.querySelector('main').dataset.revision) >= revision", arg=article.revision
            )
            assert page.evaluate(CONTENT)["updates"] == fresh(article, language)["updates"]
    finally:
        server.stop()


def sit_down(page: Page, server: Server, article: Article, user: User) -> DeskPage:
    page.set_viewport_size({"width": 1280, "height": 900})
    log_in(page.context, user, server)
    return DeskPage(page, server, article).open()


def write_the_evening(ioana: DeskPage, karim: DeskPage, oksana: DeskPage, hall: Path) -> None:
    """Publish updates of all kinds, in turn."""
    publish(ioana, "The ministers have arrived.")
    publish(karim, "We stand together.", 2, attribution="The secretary general")
    publish(oksana, "Help for the winter\nA path to membership\nNo date", 5, headline="What it is about")
    publish(ioana, "Yes\nNo\nLater", 7, headline="Should they join?")
    karim.composer.locator(".ProseMirror").click()
    karim.composer.locator('input[type="file"]:not(.camera)').set_input_files(hall)
    expect(karim.composer.locator(".picture-item:not(.uploading) img")).to_be_visible()
    karim.composer.get_by_label("Alt text").fill("The hall")
    publish(karim, "The hall fills.", 3, credit_line="Photo: AP")
    publish(oksana, "The speech in full.", 4, embed="https://news.example.org/speech")
    put_a_table(ioana, [["Country", "Votes"], ["Sweden", "28"], ["Finland", "28"]])
    publish(ioana, "", 6, headline="Who has ratified")
    for number in range(soak.count(3, 22)):
        publish((ioana, karim, oksana)[number % 3], f"Update number {number} of the evening.")


def put_a_table(desk: DeskPage, rows: list[list[str]]) -> None:
    """Paste a table from a spreadsheet."""
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    editor = desk.composer.locator(".ProseMirror")
    editor.click()
    editor.evaluate(
        """(element, html) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", html);
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        f"<table>{cells}</table>",
    )
    expect(editor.locator("table")).to_be_visible()


def arrived(pages: dict[str, Page], count: int) -> None:
    for page in pages.values():
        # Key facts are in the head of the page.
        expect(page.locator("#updates article, #in-short > article")).to_have_count(count)


def correct(desk: DeskPage, update: Update) -> None:
    form = desk.edit(update)
    desk.type(" All of them.")
    form.get_by_label("Correction note").fill("One had been missing.")
    desk.press("Control+Enter")
    expect(form).to_have_count(0)


def edit_at_once(one: DeskPage, other: DeskPage, update: Update) -> None:
    """Have two journalists edit one update, and the second one merge both texts."""
    one.edit(update)
    other.edit(update)
    one.type(" Always.")
    one.press("Control+Enter")
    expect(one.editing(update)).to_have_count(0)
    other.type(" For ever.")
    other.press("Control+Enter")
    expect(other.editing(update).locator(".conflict")).to_contain_text("Always.")
    other.editing(update).locator(".ProseMirror").click()
    other.press("Control+End")
    other.type(" Always.")
    other.press("Control+Enter")
    expect(other.editing(update)).to_have_count(0)
