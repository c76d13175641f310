"""A visited page opens without a connection, shows the age of its content, and does not look live."""

import datetime

import pytest
from playwright.sync_api import Page, expect

from articles.models import Update
from tests import factories
from tests.browser.conftest import MakeReader
from tests.proxy import Proxy
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

#: Waits until the browser has a copy of the page, at least at a revision, and of its files; or no copy.
AWAIT_COPY = """async ([least, wanted]) => {
  const has = async () => {
    const page = await caches.match(location.href.replace(/#.*/, ""), { ignoreVary: true });
    if (!page || Number(/data-revision="([0-9]+)"/.exec(await page.text())?.[1] ?? 0) < least) return false;
    const files = (await (await caches.open("files")).keys()).map(({ url }) => url);
    return ["/page.", "/times."].every((name) => files.some((url) => url.includes(name)));
  };
  const end = performance.now() + 60_000;
  while ((await has()) !== wanted) {
    if (performance.now() > end) throw new Error(wanted ? "There is no copy." : "There is a copy.");
    await new Promise((done) => setTimeout(done, 50));
  }
}"""


def kept(page: Page, revision: int = 0, *, wanted: bool = True) -> None:
    page.evaluate(AWAIT_COPY, [revision, wanted])


def hidden(page: Page) -> None:
    """Hide the page, as if the reader looked at another tab."""
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
          delete document.hidden;
        }"""
    )


def test_a_page_that_was_open_opens_without_a_connection_and_catches_up(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    old = factories.update(article, body_en="<p>The ministers have arrived.</p>")
    with Proxy(server.port) as proxy:
        page = (visitor := reader(service_workers="allow").open(proxy, article, "ar")).page
        kept(page, visitor.revision)
        read = factories.update(article, body_en="<p>They have sat down.</p>")
        expect(page.locator(f"#{read.element}")).to_be_visible()
        # The copy contains the updates that arrived after loading.
        hidden(page)
        kept(page, visitor.revision)
        proxy.down = True

        page.reload()
        notice = page.locator(".saved-copy")
        expect(notice).to_be_visible()
        for update in (old, read):
            expect(page.locator(f"#{update.element}")).to_be_visible()
        said = notice.locator("time")
        saved_at = datetime.datetime.fromisoformat(said.get_attribute("datetime") or "")
        assert abs(datetime.datetime.now(datetime.UTC) - saved_at) < datetime.timedelta(minutes=5)
        assert "GMT" in said.inner_text() or "غرينتش" in said.inner_text()
        # Nothing of it looks live.
        badge = page.locator(".live-badge").first
        assert badge.evaluate("badge => getComputedStyle(badge).backgroundColor") == "rgba(0, 0, 0, 0)"

        new = factories.update(article, body_en="<p>They agree.</p>")
        proxy.down = False
        expect(page.locator(f"#{new.element}")).to_be_visible()
        expect(notice).to_be_hidden()


def test_a_page_that_was_taken_away_leaves_no_copy(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    update = factories.update(article)
    visitor = reader(service_workers="allow")
    page = visitor.page
    page.goto(f"{server.url}{update.url('en')}")
    kept(page)
    update.state = Update.State.WITHDRAWN
    update.save()
    # Another process may serve its cached page for a moment.
    while (response := page.reload()) and response.ok:
        page.wait_for_timeout(200)
    kept(page, wanted=False)
    # The browser shows that the page is gone.
    visitor.complaints.clear()


def test_pages_of_the_newsroom_are_not_copied(server: Server, reader: MakeReader) -> None:
    page = reader(service_workers="allow").open(server, factories.article(), "en").page
    kept(page)
    page.goto(f"{server.url}/admin/login/")
    page.goto(f"{server.url}/en/")
    kept(page)
    pages = page.evaluate("async () => (await (await caches.open('pages')).keys()).map(({ url }) => url)")
    assert not [url for url in pages if "/admin/" in url]
