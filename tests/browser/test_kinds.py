"""Readers see the tables and quotes that journalists create in the editor."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from liveblog.languages import column
from tests import factories
from tests.browser.conftest import MakeReader
from tests.browser.test_coverage import Desk
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_table_made_in_the_editor_keeps_its_headings(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    readers = reader(viewport={"width": 360, "height": 740}).open(server, article, "en")
    desk = Desk(reader(viewport={"width": 1200, "height": 1000}).page, server)
    desk.log_in(User.objects.create_superuser("ioana"))
    desk.page.goto(f"{server.url}/admin/articles/update/add/?article={article.pk}&form=1")
    desk.write("English", "Votes", "As counted:")
    desk.page.get_by_role("tabpanel", name="English").get_by_role("button", name="Insert table").click()
    dialog = desk.page.locator("dialog[open]")
    for name, number in (("Rows", "2"), ("Columns", "2")):
        dialog.get_by_label(name, exact=True).fill(number)
    expect(dialog.get_by_label("The first row names the columns")).to_be_checked()
    dialog.get_by_role("button", name="Insert table").click()
    cells = desk.page.get_by_role("tabpanel", name="English").locator(".ProseMirror :is(th, td)")
    for number, text in enumerate(["Country", "Votes", "Poland", "1,027"]):
        cells.nth(number).click()
        # The editor reads the new selection in the next frame; a person cannot type before it.
        desk.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        desk.page.keyboard.type(text)
    desk.press("Publish")
    region = readers.page.get_by_role("region", name="Votes")
    expect(region.get_by_role("columnheader")).to_have_text(["Country", "Votes"])
    expect(region.get_by_role("cell")).to_have_text(["Poland", "1,027"])
    assert readers.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


#: The quotation marks of each language: opening and closing.
MARKS = {"en": "“”", "de": "„“", "fr": "«»", "es": "«»", "pl": "„”", "ro": "„”", "uk": "«»", "ar": "«»"}


@pytest.mark.parametrize("page_language", ["ar", "en"])
def test_a_quote_has_the_marks_of_its_own_language_on_pages_of_every_language(
    server: Server, reader: MakeReader, page_language: str
) -> None:
    article = factories.article(languages=list(MARKS))
    quotes = {}
    for language in MARKS:
        texts = {
            "source_language": language,
            column("body", language): "<p>A.</p><p>B.</p>",
            column("attribution", language): "C",
        }
        quotes[language] = factories.update(article, kind="quote", **texts)
    page = reader().open(server, article, page_language).page
    for language, marks in MARKS.items():
        shown = page.locator(f"#{quotes[language].element} blockquote").evaluate(
            """quote => {
                const style = getComputedStyle(quote.firstElementChild);
                const [opening, closing] = style.quotes.match(/"[^"]*"/g);
                const before = getComputedStyle(quote.firstElementChild, "::before").content;
                const after = getComputedStyle(quote.lastElementChild, "::after").content;
                return [before, after, opening[1], closing.at(-2), quote.closest("[lang]").lang];
            }"""
        )
        assert shown == ["open-quote", "close-quote", *marks, language]
