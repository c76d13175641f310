"""From home to the first published word by keyboard, while colleagues' pages update by themselves."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from articles.models import Article, Update
from tests import factories, newsroom
from tests.browser.conftest import MakeReader
from tests.browser.desks import log_in
from tests.browser.test_quality import DESKTOP, PHONE, accessible
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.long
def test_three_actions_lead_from_home_to_the_first_word_and_colleagues_see_it(
    server: Server, reader: MakeReader
) -> None:
    factories.article(languages=["en", "uk", "ar"], headline_en="An earlier story", state="finished")
    editor, journalist = reader(viewport=DESKTOP).page, reader(viewport=DESKTOP).page
    log_in(editor.context, newsroom.user("ioana", "Editor", first_name="Ioana"), server)
    log_in(journalist.context, newsroom.user("jonas", "Journalist", first_name="Jonas"), server)
    editor.goto(f"{server.url}/admin/")
    expect(editor.locator("#here")).to_contain_text("Ioana (you)")
    journalist.goto(f"{server.url}/admin/articles/topic/", wait_until="networkidle")
    # One: from any page to the input line.
    journalist.keyboard.press("c")
    expect(journalist.locator("#id_headline")).to_be_focused()
    # Two: the input line.
    journalist.keyboard.type("Шторм закрив порти Одеси")
    expect(journalist.locator("#plan")).to_contain_text("shtorm-zakryv-porty-odesy")
    journalist.keyboard.press("Enter")
    expect(journalist.locator("#composer-place .ProseMirror")).to_be_focused()
    # Three: the first words.
    journalist.keyboard.type("Пороми стоять.")
    expect(editor.locator("[data-who]")).to_contain_text("Jonas is writing")
    journalist.keyboard.press("Control+Enter")
    expect(journalist.locator("#timeline .entry")).to_contain_text("Пороми стоять.")
    [update] = Update.objects.all()
    assert (update.source_language, update.article.slug) == ("uk", "shtorm-zakryv-porty-odesy")
    # Home has shown the coverage and its first words by itself.
    card = editor.locator(".coverage")
    expect(card).to_contain_text("Пороми стоять.")
    expect(card.locator("[data-readers]")).to_contain_text("0 readers")
    reader().open(server, update.article, "uk")
    expect(card.locator("[data-readers]")).to_contain_text("1 reader")
    _change_the_headline_in_the_drawer(journalist, update.article)
    _go_by_the_palette(journalist)


def _change_the_headline_in_the_drawer(page: Page, article: Article) -> None:
    page.keyboard.press("Alt+,")
    form = page.frame_locator("#coverage-drawer iframe")
    headline = form.locator("#id_headline_uk")
    headline.fill("Шторм слабшає")
    # By then, the page's scripts have run and handle the key.
    frame = page.locator("#coverage-drawer iframe").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_load_state()
    page.keyboard.press("Escape")
    expect(page.locator("#coverage-drawer")).to_be_hidden()
    # The input is still there.
    page.keyboard.press("Alt+,")
    expect(headline).to_have_value("Шторм слабшає")
    headline.press("Control+s")
    expect(page.locator("#content h1 bdi")).to_have_text("Шторм слабшає")
    article.refresh_from_db()
    assert article.headline_uk == "Шторм слабшає"
    expect(form.locator(".messagelist")).to_be_visible()
    form.locator("#id_headline_uk").press("Escape")
    expect(page.locator("#coverage-drawer")).to_be_hidden()


def _go_by_the_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette.get_by_role("option").first).to_contain_text("Шторм слабшає")
    # At once: each response of the server, even to the first letters, selects the first option again.
    page.keyboard.insert_text("cover")
    expected = ["Start coverage", "Finish coverage", "Coverage"]
    expect(palette.get_by_role("option")).to_have_text([re.compile(words) for words in expected])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/admin/articles/article/$"))
    expect(page.locator("#result_list")).to_contain_text("An earlier story")
    # Single-key shortcuts can be switched off.
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("Control+k")
    expect(palette).to_be_visible()
    assert page.url.endswith("/admin/articles/article/")


def test_names_and_headlines_keep_their_direction_on_arabic_home(server: Server, reader: MakeReader) -> None:
    article = factories.article(headline_en="Ports (all of them) are closed", headline_ar="")
    page = reader(viewport=DESKTOP).page
    log_in(page.context, newsroom.user("root", is_superuser=True), server, "ar")
    # In a replacement of a text, "$&" would be a pattern.
    ann = {"person": 1, "name": "Ann (BBC) $&", "at": "update-1", "me": False, "place": str(article.pk)}
    page.route_web_socket("**/ws/newsroom/", lambda socket: socket.send(json.dumps({"people": [ann]})))
    page.goto(f"{server.url}/admin/")
    expect(page.locator("[data-who] bdi")).to_have_text("Ann (BBC) $&")
    headline = page.locator("#here small bdi")
    expect(headline).to_have_text("Ports (all of them) are closed")
    expect(headline).to_have_attribute("lang", "en")
    expect(headline).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize(("language", "scheme", "size"), [("en", "dark", PHONE), ("ar", "light", DESKTOP)])
def test_axe_finds_no_fault_around_the_desks(
    server: Server, reader: MakeReader, language: str, scheme: str, size: dict[str, int]
) -> None:
    article = factories.article()
    factories.update(article, is_key=True, headline_en="Ports are closed")
    factories.article(state="announced", coverage_start="2035-01-31T09:00Z", headline_en="Grid operators report")
    factories.comment(article)
    page = reader(color_scheme=scheme, viewport=size, bypass_csp=True).page
    log_in(page.context, newsroom.user("root", is_superuser=True), server, language)
    page.goto(f"{server.url}/admin/")
    expect(page.locator("#here li")).to_have_count(1)
    # Some plural forms of Arabic are words without a number.
    nobody = {"en": "0 readers", "ar": "لا قرّاء"}[language]
    expect(page.locator(f"[data-article='{article.pk}'] [data-readers]")).to_have_text(nobody)
    accessible(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    accessible(page)
    for address in (
        *("start/", "go/?q=ports", "articles/article/", "articles/update/", "articles/author/", "auth/user/"),
        *(f"articles/article/{article.pk}/drawer/", "articles/snippet/add/"),
    ):
        page.goto(f"{server.url}/admin/{address}")
        # A module creates and labels the editors.
        page.wait_for_load_state("networkidle")
        expect(page.locator(".ProseMirror:not([aria-label], [aria-labelledby])")).to_have_count(0)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
