"""Coverage prints as an article, and keeps its marks in forced colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import MakeReader
from tests.browser.test_quality import DESKTOP
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

#: Controls and navigation.
NOT_ON_PAPER = (
    *(".site-foot", ".sections", ".languages", ".view", ".share", ".share-page", ".follow", ".comments", ".dock"),
    *(".new-updates", ".pages", ".around", ".permalink .action", ".listening"),
)


def prints(page: Page) -> None:
    page.emulate_media(media="print")
    shown = [name for name in NOT_ON_PAPER if any(one.is_visible() for one in page.locator(name).all())]
    assert shown == []
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_live_page_and_an_update_print_their_words_and_no_controls(
    server: Server, reader: MakeReader, language: str
) -> None:
    article = factories.article()
    body = {f"body_{language}": '<p>It <a href="https://example.org/report">says</a> so.</p>'}
    update = factories.update(article, source_language=language, is_key=True, **body)
    for number in range(6):
        headline = {f"headline_{language}": f"{number}: a headline that is long enough for more than one line of a row"}
        factories.update(article, source_language=language, is_key=True, **headline)
    page = reader(viewport={"width": 700, "height": 900}, color_scheme="dark").open(server, article, language).page
    prints(page)
    expect(page.locator("h1")).to_be_visible()
    # Paper does not scroll.
    moments = page.locator("#moments")
    assert moments.evaluate("one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")
    link = page.locator(f"#{update.element} .text a")
    expect(link).to_be_visible()
    assert "https://example.org/report" in link.evaluate("one => getComputedStyle(one, '::after').content")
    # Dark text on a light ground, whatever the colours of the screen.
    assert page.evaluate("getComputedStyle(document.querySelector('#updates .text')).color") == "rgb(20, 23, 28)"
    page.goto(f"{server.url}{update.url(language)}")
    prints(page)
    expect(page.locator(".update .text")).to_be_visible()


def test_forced_colours_leave_no_mark_and_no_pressed_button_without_an_outline(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    factories.update(article, is_key=True, is_breaking=True)
    page = reader(viewport=DESKTOP, forced_colors="active").open(server, article, "en").page
    for name in (".live-badge", ".update .badge"):
        style = page.locator(name).first.evaluate(
            "one => [getComputedStyle(one).borderStyle, getComputedStyle(one).outlineStyle]"
        )
        assert "solid" in style, name
    page.locator("#sound").click()
    before, after = page.locator("#sound").evaluate(
        """one => { const color = getComputedStyle(one).color; one.setAttribute("aria-pressed", "false");
          return [color, getComputedStyle(one).color]; }"""
    )
    assert before != after
