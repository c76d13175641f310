"""A newsroom's own wording, from the settings to the readers' page, in every process of the site."""

from __future__ import annotations

import urllib.request

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from liveblog.wording import current
from tests import factories, newsroom
from tests.browser.conftest import MakeReader
from tests.browser.desks import log_in
from tests.browser.test_quality import DESKTOP, accessible
from tests.server import Server, eventually
from tests.test_wording import decided

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_editor_finds_a_word_replaces_it_and_every_process_shows_it(server: Server, reader: MakeReader) -> None:
    article = factories.article(languages=["en", "ar"])
    page = reader(viewport=DESKTOP).page
    log_in(page.context, newsroom.user("ioana", "Editor", first_name="Ioana"), server)
    page.goto(f"{server.url}/admin/settings/words/")
    accessible(page)
    page.get_by_label("Text as it is shown, or in English").fill("كل التحديثات")
    page.locator("#words-to").select_option("ar")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator(".words-list a").first.click()
    expect(page.locator(".words-screens")).to_contain_text("Live page")
    field = page.get_by_label("Your words")
    assert (field.get_attribute("lang"), field.get_attribute("dir")) == ("ar", "rtl")
    field.fill("<b>الكل</b>")
    page.keyboard.press("Enter")
    expect(page.locator(".errorlist")).to_have_text("Remove the markup: this text has none.")
    accessible(page)
    page.get_by_label("Your words").fill("الشريط كله")
    page.keyboard.press("Enter")
    expect(page.locator(".words-history li")).to_contain_text("الشريط كله")
    # This process is not the server.
    current.look()
    with translation.override("ar"):
        assert gettext("All updates") == "الشريط كله"
    page.locator(".words-screens a", has_text="Live page").click()
    expect(page.locator("nav.filters a").first).to_have_text("الشريط كله")

    def english() -> str:
        with urllib.request.urlopen(f"{server.url}{article.url('en')}", timeout=20) as answer:
            return answer.read().decode()

    assert ">All updates</a" in english()
    decided("en", "All updates", "The whole ticker")
    eventually(lambda: ">The whole ticker</a" in english())
