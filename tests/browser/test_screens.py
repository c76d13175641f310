"""Every screen of the newsroom is accessible, fits and logs no errors, in both directions, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page

from articles.models import Article, Translation
from tests import factories, newsroom, soak
from tests.browser.conftest import MakeReader
from tests.browser.desks import log_in
from tests.browser.test_quality import DESKTOP, PHONE, accessible
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

#: The screens that differ most; `make soak` visits the others.
FEW = ("settings/translation/", "settings/setup/", "invite/", "liveblog/entry/", "tables/")
LISTS = ("article", "update", "author", "topic", "snippet", "glossaryterm", "translation")
MORE = (
    *(f"settings/{name}/" for name in ("look", "coverage", "comments", "spam", "mail", "retention", "server")),
    *("settings/connections/", "roles/", "start/", "go/", "auth/user/", "liveblog/webhook/", "liveblog/token/"),
    *("liveblog/webhook/add/", "liveblog/token/add/", "articles/import/add/", "password_change/", ""),
    *("comments/comment/", "comments/ban/", "comments/listedword/", "comments/discussion/"),
    *(f"articles/{name}/" for name in LISTS),
)
ACCOUNT = ("", "sessions/", "alerts/", "app/activate/")

_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def screens(article: Article) -> Iterator[str]:
    """Yield the paths of the screens: a few, or all with large counts."""
    yield from (f"/admin/{path}" for path in FEW)
    if not soak.SOAK:
        return
    yield from (f"/admin/{path}" for path in MORE)
    yield from (f"/accounts/{path}" for path in ACCOUNT)
    yield f"/admin/articles/article/{article.pk}/desk/"
    yield f"/admin/articles/article/{article.pk}/change/"
    yield f"/admin/articles/translation/{Translation.objects.latest('pk').pk}/change/"


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [
        ("ar", "dark", PHONE),
        soak.only("en", "light", DESKTOP),
        soak.only("en", "dark", DESKTOP),
        soak.only("ar", "light", DESKTOP),
        soak.only("en", "light", PHONE),
    ],
)
def test_every_screen_is_accessible_fits_and_says_nothing_in_the_console(
    server: Server, reader: MakeReader, language: str, scheme: str, size: dict[str, int]
) -> None:
    article = factories.article()
    factories.update(article, is_key=True)
    factories.comment(article)
    page = reader(color_scheme=scheme, viewport=size, bypass_csp=True).page
    log_in(page.context, newsroom.user("root", is_superuser=True), server, language)
    said = _console_messages(page)
    for path in screens(article):
        page.goto(f"{server.url}{path}")
        assert page.evaluate(_OVERFLOW) <= 0, path
        accessible(page)
        assert said == [], path


def _console_messages(page: Page) -> list[str]:
    """Return a list that collects the page's console messages."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # The browser of these tests has no service workers.
        if message.type in ("error", "warning") and "blocked by Playwright" not in message.text:
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
