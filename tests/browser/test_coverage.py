"""Open pages show the posts of a journalist in the admin, each page in its own language."""

import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from articles.models import Article, Update
from tests import factories, newsroom
from tests.browser.conftest import Fresh, MakeReader, Reader
from tests.browser.desks import REFUSE_STORAGE, log_in
from tests.server import Server, eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def journalist(transactional_db: None) -> User:
    factories.author("Ioana Petrescu")
    return newsroom.user("ioana", "Journalist", first_name="Ioana")


class Desk:
    """A journalist at work in the admin."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server

    def log_in(self, user: User) -> None:
        log_in(self.page.context, user, self.server)

    def begin(self, article: Article) -> None:
        self.page.goto(f"{self.server.url}/admin/")
        self.page.get_by_role("link", name="Coverage", exact=True).first.click()
        self.page.locator("#result_list").get_by_role("link", name=str(article)).click()
        # The link "Write an update" opens the desk; this form is for browsers without JavaScript.
        self.page.goto(f"{self.server.url}/admin/articles/update/add/?article={article.pk}&form=1")

    def write(self, language: str, headline: str, text: str) -> None:
        self.page.get_by_role("tab", name=language).click()
        tab = self.page.get_by_role("tabpanel", name=language)
        tab.get_by_label("Headline").fill(headline)
        editor = tab.locator(".ProseMirror")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def note(self, language: str, text: str) -> None:
        self.page.get_by_role("tab", name=language).click()
        self.page.get_by_role("tabpanel", name=language).get_by_label("Correction note").fill(text)

    def press(self, button: str) -> float:
        """Press a button of the form, and return the time."""
        self.page.get_by_role("button", name=button, exact=True).click()
        return time.monotonic()


def arrives(pressed: float, *texts: tuple[Reader, str]) -> None:
    for reader, text in texts:
        expect(reader.page.get_by_text(text)).to_be_visible()
    print(f"visible {time.monotonic() - pressed:.3f} s after the button was pressed")


def test_open_pages_follow_an_evening_of_coverage(
    transactional_db: None,
    journalist: User,
    reader: MakeReader,
    fresh_on: Callable[[Server], Fresh],
) -> None:
    article = factories.article()
    # Only notifications deliver updates in time; polling would be too late.
    server = Server(LIVE_POLL_SECONDS="60").start()
    try:
        german, arabic = reader().open(server, article, "de"), reader().open(server, article, "ar")
        at_desk = reader(viewport={"width": 1280, "height": 900})
        desk = Desk(at_desk.page, server)
        desk.log_in(journalist)

        desk.begin(article)
        desk.page.get_by_label("Source language").select_option("de")
        desk.write("Deutsch", "Hilfe für den Winter", "Die Minister sagen Hilfe zu.")
        desk.write("العربية", "مساعدات للشتاء", "الوزراء يتعهدون بالمساعدة.")
        pressed = desk.press("Publish")
        arrives(pressed, (german, "Die Minister sagen Hilfe zu."), (arabic, "الوزراء يتعهدون بالمساعدة."))
        update = Update.objects.get()
        assert (update.state, update.source_language) == ("published", "de")
        assert update.body_de == "<p>Die Minister sagen Hilfe zu.</p>"

        desk.page.goto(f"{server.url}/admin/articles/update/{update.pk}/change/?form=1")
        desk.write("Deutsch", "Hilfe für den Winter", "Die Minister sagen Hilfe über den Winter zu.")
        desk.note("Deutsch", "Zuerst fehlte der Zeitraum.")
        desk.note("العربية", "لم تُذكر المدة أولًا.")
        pressed = desk.press("Save")
        arrives(pressed, (german, "Zuerst fehlte der Zeitraum."), (arabic, "لم تُذكر المدة أولًا."))

        desk.page.goto(f"{server.url}/admin/articles/update/add/?article={article.pk}&form=1")
        desk.page.get_by_label("Source language").select_option("de")
        desk.write("Deutsch", "", "Nur auf Deutsch.")
        pressed = desk.press("Publish")
        arrives(pressed, (german, "Nur auf Deutsch."), (arabic, "Nur auf Deutsch."))
        second = Update.objects.get(body_de__contains="Nur")
        untranslated = arabic.page.locator(f"#{second.element}")
        assert untranslated.locator(".text").get_attribute("lang") == "de"
        expect(untranslated.locator(".untranslated")).to_be_visible()

        desk.page.goto(f"{server.url}/admin/articles/update/{second.pk}/change/?form=1")
        desk.write("العربية", "", "الآن بالعربية أيضًا.")
        pressed = desk.press("Save")
        arrives(pressed, (arabic, "الآن بالعربية أيضًا."))
        expect(untranslated.locator(".untranslated")).to_have_count(0)
        expect(german.page.get_by_text("Nur auf Deutsch.")).to_be_visible()

        desk.page.goto(f"{server.url}/admin/articles/update/{second.pk}/change/?form=1")
        desk.press("Withdraw")
        desk.page.get_by_text("Readers will no longer see it.").locator("..").get_by_role(
            "button", name="Withdraw"
        ).click()
        for each in (german, arabic):
            expect(each.page.locator(f"#{second.element}")).to_have_count(0)

        for each in (german, arabic):
            each.page.evaluate("window.neverLoadedAnew = true")
        server.kill()
        factories.update(article, body_en="<p>One.</p>", body_de="<p>Eins.</p>", body_ar="<p>واحد.</p>")
        # Posts of another process send no notification to the server's in-process layer.
        server.environment["LIVE_POLL_SECONDS"] = "0.5"
        server.start()
        factories.update(article, body_en="<p>Two.</p>", body_de="<p>Zwei.</p>", body_ar="<p>اثنان.</p>")
        revision = Article.objects.get().revision
        fresh = fresh_on(server)
        for each, language in ((german, "de"), (arabic, "ar")):
            each.reaches(revision)
            assert each.content() == fresh(article, language)
            assert each.page.evaluate("window.neverLoadedAnew") is True
    finally:
        server.stop()


def test_the_languages_of_a_form_are_tabs_in_a_browser_that_stores_nothing(
    server: Server, journalist: User, reader: MakeReader
) -> None:
    article = factories.article()
    desk = Desk(reader().page, server)
    desk.log_in(journalist)
    desk.page.add_init_script(REFUSE_STORAGE)
    desk.begin(article)
    desk.write("English", "Talks", "They have begun.")
    desk.press("Publish")
    eventually(lambda: Update.objects.filter(body_en="<p>They have begun.</p>").exists())
