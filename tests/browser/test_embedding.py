"""Coverage on a page of another site can be read and followed there, and neither site affects the other."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug import Request, Response

from articles.models import Article, Translation
from tests import factories
from tests.browser.conftest import MakeReader, as_new
from tests.browser.test_translation import shot
from tests.providers import Provider
from tests.server import Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)

#: The greatest compressed size in bytes of the scripts and the style sheet.
BYTES_MAX = 15_000

HOSTILE = """
  html { font-size: 31px; line-height: 4; letter-spacing: 9px; text-transform: uppercase; color: red; direction: ltr; }
  * { font-family: cursive !important; color: red !important; text-align: right !important; }
  article, section, header, h2, h3, p, a, button, .update, .text { display: none !important; position: absolute; }
  #updates, #coverage { visibility: hidden !important; }
  live-blog { display: block !important; block-size: 500px; }
  footer { display: block; }
"""
LOOK = """element => {
  const { color, fontSize, fontFamily, direction, letterSpacing } = getComputedStyle(element);
  return [color, fontSize, fontFamily, direction, letterSpacing];
}"""
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class OtherSite(Provider):
    """A site that embeds our coverage: bodies of pages by path."""

    pages: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    style: str = ""

    def answer(self, request: Request) -> Response:
        if request.path == "/style.css":
            return Response(self.style, content_type="text/css")
        body = self.pages.get(request.path)
        if body is None:
            return Response("", status=204)
        html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Partner</title>{body}'
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        return Response(html, content_type="text/html", headers=headers)


@pytest.fixture(scope="module")
def lasting_site() -> Iterator[OtherSite]:
    with OtherSite() as running:
        yield running


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server], lasting_site: OtherSite) -> Iterator[Server]:
    with make_server(EMBED_ORIGINS=lasting_site.url) as running:
        yield running


@pytest.fixture
def site(lasting_site: OtherSite) -> OtherSite:
    as_new(lasting_site)
    return lasting_site


def embed(server: Server, article: Article, language: str = "en", attributes: str = "") -> str:
    return f'<live-blog src="{server.url}{article.url(language)}" {attributes}></live-blog>'


def script(server: Server) -> str:
    return f'<script type="module" src="{server.url}/embed.js"></script>'


def texts(page: Page, number: int = 0) -> list[str]:
    """Return the ids of the updates in an element, from top to bottom."""
    return (
        page.locator("live-blog")
        .nth(number)
        .locator("#updates article:visible")
        .evaluate_all("found => found.map(one => one.id)")
    )


def test_two_live_blogs_live_on_a_page_that_forbids_nearly_everything(
    server: Server, reader: MakeReader, site: OtherSite
) -> None:
    one, two = factories.article(), factories.article()
    old = [factories.update(one, headline_en=f"Report {number}", is_key=number == 3) for number in range(24)]
    factories.update(two, body_ar="<p>بدأت المحادثات.</p>", body_en="<p>Talks have begun.</p>")
    site.style = HOSTILE
    site.policy = (
        f"default-src 'none'; script-src {server.url}; style-src 'self'; img-src {server.url}; base-uri 'none'; "
        f"connect-src {server.url} {server.socket_url}; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types live-blog"
    )
    site.pages["/"] = (
        f'<link rel="stylesheet" href="/style.css">{script(server)}{embed(server, one)}'
        f"{embed(server, two, 'ar')}<footer>The end</footer>"
    )
    visitor = reader(viewport={"width": 900, "height": 1400})
    page, asked = visitor.page, []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(SHIFTS)
    page.goto(site.url)
    english, arabic = page.locator("live-blog").nth(0), page.locator("live-blog").nth(1)
    expect(english.locator("#updates article")).to_have_count(20)
    expect(arabic.get_by_text("بدأت المحادثات.")).to_be_visible()
    for embedded, direction in ((english, "ltr"), (arabic, "rtl")):
        color, size, family, runs, spacing = embedded.locator("article").first.evaluate(LOOK)
        assert (color, size, runs, spacing) == ("rgb(20, 23, 28)", "16px", direction, "normal")
        assert "cursive" not in family
    # New updates, corrections and withdrawals each reach their place.
    new = factories.update(one, headline_en="Peace", kind="text")
    expect(english.locator(f"#{new.element}")).to_be_visible()
    assert english.locator("#updates article").first.get_attribute("id") == new.element
    link = english.locator(f"#{new.element} .when a:visible")
    assert link.get_attribute("href") == f"{server.url}{new.url('en')}"
    new.headline_en = "Peace at last"
    new.save()
    expect(english.get_by_role("heading", name="Peace at last")).to_be_visible()
    old[-1].withdraw(leaves_mark=False, reason="")
    old[-1].save()
    expect(english.locator(f"#{old[-1].element}")).to_have_count(0)
    last = factories.update(two, body_ar="<p>انتهت المحادثات.</p>", body_en="<p>They have ended.</p>")
    expect(arabic.locator(f"#{last.element}")).to_be_visible()
    assert last.element not in texts(page)
    # Further down, the text before the reader does not move.
    english.locator(".live-blog").evaluate("box => box.scrollTo(0, 900)")
    seen = english.locator(f"#{old[12].element}").bounding_box()
    waiting = factories.update(one, headline_en="One more")
    button = english.get_by_role("button", name="1 new update")
    expect(button).to_be_visible()
    assert english.locator(f"#{old[12].element}").bounding_box() == seen
    button.click()
    expect(english.locator(f"#{waiting.element}")).to_be_visible()
    one.state = Article.State.FINISHED
    one.save()
    expect(english.locator(".state")).to_contain_text("Finished")
    assert page.evaluate("shifted") == 0
    # A page may arrive so long after the visitor's click that the browser counts it as a shift.
    english.get_by_role("link", name="Older updates").click()
    expect(english.locator(f"#{old[0].element}")).to_be_attached()
    expect(english.locator(".more")).to_have_count(0)
    # No traces in the visitor's browser.
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert {re.sub(r"(\w+://[^/]+).*", r"\1", url) for url in asked} <= {site.url, server.url, server.socket_url}
    shot(page, "embed-two")


def test_the_first_load_is_small(server: Server) -> None:
    def fetched(path: str) -> bytes:
        request = urllib.request.Request(f"{server.url}{path}", headers={"Accept-Encoding": "br"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return answer.read()

    article = factories.article()
    with urllib.request.urlopen(f"{server.url}/embed.js") as answer:
        modules = re.findall(r'import "(.+?)";', answer.read().decode())
    sizes = {path: len(fetched(path)) for path in ("/embed.js", *modules)}
    # /embed.js imports all modules itself, so that browsers discover none later.
    imported = {name for path in modules for name in re.findall(rb'from "[./]*([\w/-]+)', uncompressed(server, path))}
    assert {name.rpartition(b"/")[2].decode() for name in imported} <= {
        path.rpartition("/")[2].partition(".")[0] for path in modules
    }
    with urllib.request.urlopen(
        urllib.request.Request(f"{server.url}/embed/en/{article.slug}/fragment.html", headers={"Accept-Encoding": "br"})
    ) as answer:
        sizes["fragment without updates"] = len(answer.read())
    assert sum(sizes.values()) <= BYTES_MAX, sizes


def uncompressed(server: Server, path: str) -> bytes:
    with urllib.request.urlopen(f"{server.url}{path}") as answer:
        return answer.read()


def test_an_address_of_the_page_around_leads_to_an_update(server: Server, reader: MakeReader, site: OtherSite) -> None:
    article, other = factories.article(), factories.article()
    updates = [factories.update(article, headline_en=f"Report {number}") for number in range(30)]
    factories.update(other)
    site.pages["/"] = f"<style>live-blog {{ display: block; block-size: 640px }}</style>{script(server)}"
    site.pages["/"] += embed(server, other) + embed(server, article)
    page = reader().page
    # An update on the other page of the list.
    page.goto(f"{site.url}/#{updates[2].element}")
    shown = page.locator("live-blog").nth(1)
    expect(shown.locator(f"#{updates[2].element}")).to_be_in_viewport()
    shown.get_by_role("link", name="Newest updates").click()
    expect(shown.locator(f"#{updates[-1].element}")).to_be_attached()
    page.evaluate(f"location.hash = '{updates[-15].element}'")
    expect(shown.locator(f"#{updates[-15].element}")).to_be_in_viewport()
    # New updates still come in.
    new = factories.update(article)
    expect(shown.locator(f"#{new.element}")).to_be_attached()


#: Delays all responses whose address contains `window.late` until `release` is called. Like other wrappers of fetch on
#: pages of the world, it does not pass on that a request was aborted.
LATE = """
  const { fetch } = window;
  let waiting = [];
  window.late = "";
  window.fetch = async (address) => {
    const response = await fetch(address);
    if (late && String(address).includes(late)) await new Promise((resolve) => waiting.push(resolve));
    return response;
  };
  window.isLate = () => waiting.length > 0;
  window.release = async () => {
    for (const go of waiting.splice(0)) go();
    await new Promise((resolve) => setTimeout(resolve, 200));
  };
"""


def test_a_late_response_replaces_nothing_that_was_asked_for_after_it(
    server: Server, reader: MakeReader, site: OtherSite
) -> None:
    slow, quick = factories.article(), factories.article()
    old = [factories.update(slow, headline_en=f"Report {number}") for number in range(45)]
    update = factories.update(quick, headline_en="Talks")
    site.pages["/"] = script(server)
    page = reader().page
    page.add_init_script(LATE)
    page.goto(site.url)
    page.wait_for_function("Boolean(customElements.get('live-blog'))")

    def switch(article: Article) -> None:
        src = f"{server.url}{article.url('en')}"
        page.locator("live-blog").evaluate("(one, src) => one.setAttribute('src', src)", src)

    @contextmanager
    def responding_late(part: str) -> Iterator[None]:
        """Hold the response to a request back that the block causes. `part`: of its URL."""
        page.evaluate("part => { window.late = part; }", part)
        yield
        page.wait_for_function("isLate()")
        page.evaluate("window.late = ''")

    def late_response_changes_nothing() -> None:
        switch(quick)
        expect(page.get_by_role("heading", name="Talks")).to_be_visible()
        page.evaluate("release()")
        assert texts(page) == [update.element]

    # The response with the first coverage comes after the one with the coverage that the element names now.
    with responding_late("fragment.html"):
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", embed(server, slow))
    late_response_changes_nothing()
    # The first response comes after the one with the update that the reader wants to see.
    with responding_late("fragment.html"):
        switch(slow)
    page.locator("live-blog").evaluate(f"one => one.show('{old[2].element}')")
    assert old[2].element in texts(page)
    page.evaluate("release()")
    assert old[2].element in texts(page)
    # Older updates of one coverage do not get into another, nor does their failure lead the reader away.
    page.locator("live-blog").get_by_role("link", name="Newest updates").click()
    expect(page.locator(f"#{old[-1].element}")).to_be_attached()
    for fails in (False, True):
        switch(slow)
        expect(page.locator(f"#{old[-1].element}")).to_be_attached()
        if fails:
            page.route("**/fragment.html?before=*", lambda route: route.fulfill(status=204))
        with responding_late("before="):
            page.locator("live-blog").get_by_role("link", name="Older updates").click()
        late_response_changes_nothing()


def test_a_fragment_in_the_page_is_read_without_scripts_and_followed_with_them(
    server: Server, reader: MakeReader, site: OtherSite
) -> None:
    article = factories.article()
    update = factories.update(article, headline_en="Peace", kind="poll", body_en="<ul><li>Yes</li><li>No</li></ul>")
    with urllib.request.urlopen(f"{server.url}/embed/en/{article.slug}/fragment.html") as answer:
        fragment = answer.read().decode()
    site.pages["/"] = f"<main><h1>Partner</h1>{fragment}</main>{script(server)}"
    silent = reader(java_script_enabled=False).page
    silent.goto(site.url)
    expect(silent.get_by_role("heading", name="Peace")).to_be_visible()
    vote = silent.get_by_role("link", name="Vote")
    assert vote.get_attribute("href") == f"{server.url}{update.url('en')}"
    page = reader().page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(SHIFTS)
    page.goto(site.url)
    new = factories.update(article, headline_en="And on")
    expect(page.get_by_role("heading", name="And on")).to_be_visible()
    assert page.locator(f"#{new.element} h2").get_attribute("aria-level") == "3"
    assert not any("fragment.html" in url for url in asked)
    assert page.evaluate("shifted") == 0
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_a_teaser_has_the_newest_three(server: Server, reader: MakeReader, site: OtherSite) -> None:
    article = factories.article()
    updates = [factories.update(article, headline_en=f"Report {number}") for number in range(5)]
    updates[0].pin = 1
    updates[0].save()
    site.pages["/"] = f"{script(server)}{embed(server, article, 'en', 'teaser')}"
    page = reader().page
    page.goto(site.url)
    expect(page.locator("#updates article")).to_have_count(3)
    assert texts(page) == [one.element for one in updates[:1:-1]]
    updates.append(factories.update(article, headline_en="Report 5"))
    expect(page.get_by_role("heading", name="Report 5")).to_be_visible()
    assert texts(page) == [one.element for one in updates[:2:-1]]
    updates[-1].withdraw(leaves_mark=False, reason="")
    updates[-1].save()
    eventually(lambda: texts(page) == [one.element for one in updates[4:1:-1]])
    # The second reload within a minute bypasses the caches, as a cache may have answered the first.
    with page.expect_response(lambda response: "fragment.html" in response.url) as reloaded:
        updates[4].withdraw(leaves_mark=False, reason="")
        updates[4].save()
    assert {"fresh", "teaser"} <= set(parse_qs(urlsplit(reloaded.value.url).query))
    assert reloaded.value.ok
    eventually(lambda: texts(page) == [one.element for one in updates[3:0:-1]])
    points = "".join(f"<li>Point {number}</li>" for number in range(3))
    factories.update(article, kind="facts", headline_en="In short", body_en=f"<ul>{points}</ul>")
    expect(page.get_by_text("In short")).to_be_visible()
    # A theme that differs from the page around is readable on it.
    ground = "element => getComputedStyle(element).backgroundColor"
    assert page.locator(".live-blog").evaluate(ground) == "rgba(0, 0, 0, 0)"
    page.locator("live-blog").evaluate("element => element.setAttribute('theme', 'dark')")
    assert page.locator(".live-blog").evaluate(ground) == "rgb(18, 18, 18)"


def test_a_teaser_says_which_texts_are_drafts_or_not_translated(
    server: Server, reader: MakeReader, site: OtherSite
) -> None:
    article = factories.article(languages=["en", "ar"])
    drafted = factories.update(article, headline_en="Report", headline_ar="تقرير", body_en="")
    Translation._base_manager.filter(update=drafted, language="ar").update(state="machine")
    factories.update(article, headline_en="Report", body_en="")
    site.pages["/"] = f"{script(server)}{embed(server, article, 'ar', 'teaser')}"
    page = reader().page
    page.goto(site.url)
    notes = page.locator("#updates article .translation-note .mark")
    expect(notes).to_have_count(2)
    for note in notes.all():
        expect(note).to_be_visible()


def test_an_iframe_is_as_high_as_its_content(server: Server, reader: MakeReader, site: OtherSite) -> None:
    article = factories.article()
    updates = [factories.update(article, headline_en=f"Report {number}") for number in range(12)]
    frame = f'<iframe src="{server.url}/embed/ar/{article.slug}/" width="600" height="300" title="Live"></iframe>'
    site.pages["/"] = f"{frame}<p>Below</p>{script(server)}"
    page = reader(viewport={"width": 700, "height": 900}).page
    page.goto(f"{site.url}/#{updates[1].element}")
    inside = page.frame_locator("iframe")
    expect(inside.locator(f"#{updates[0].element}")).to_be_visible()
    height = "document.querySelector('iframe').offsetHeight"
    page.wait_for_function(f"{height} > 600")
    expect(inside.locator(f"#{updates[1].element}")).to_be_in_viewport()
    before = page.evaluate(height)
    new = factories.update(article, headline_en="One more")
    expect(inside.locator(f"#{new.element}")).to_be_attached()
    page.wait_for_function(f"{height} > {before}")
    assert inside.locator("html").get_attribute("dir") == "rtl"
    shot(page, "embed-iframe")


#: As WordPress listens to the frames of unknown sites: to a height from 200 to 1,000 pixels, with the secret.
LISTENING = """
  addEventListener("message", ({ data, source }) => {
    if (data.secret !== "abc" || data.message !== "height") return;
    const frame = document.querySelector("iframe[data-secret=abc]");
    document.querySelector("blockquote[data-secret=abc]").hidden = true;
    frame.removeAttribute("style");
    frame.height = Math.min(1000, Math.max(200, data.value));
  });
"""
READY = "document.querySelector('iframe').contentWindow.postMessage({ message: 'ready', secret: 'abc' }, '*')"


def as_wordpress(html: str) -> str:
    """Return the answer of our endpoint as WordPress publishes that of an unknown site."""
    found = re.fullmatch(r"<blockquote[^>]*>(.*?)</blockquote><iframe src=(\S+) width=(\S+) height=(\S+) .*", html)
    assert found is not None
    link, source, width, height = found.groups()
    source = source.rstrip('"') + '#?secret=abc"'
    return (
        f'<blockquote data-secret="abc">{link}</blockquote><iframe data-secret="abc" sandbox="allow-scripts" '
        f'style="position: absolute; clip: rect(1px, 1px, 1px, 1px)" frameborder="0" '
        f"src={source} width={width} height={height}></iframe>"
    )


def test_wordpress_shows_a_pasted_address_at_its_height(server: Server, reader: MakeReader, site: OtherSite) -> None:
    # A sandboxed frame has no origin that could be named.
    short, long = (factories.article(headline_en=name, embedding="only", embed_origins="*") for name in "AB")
    updates = [factories.update(long, headline_en=f"Report {number}") for number in range(30)]
    page = reader(viewport={"width": 600, "height": 900}).page
    frame, inside = page.locator("iframe"), page.frame_locator("iframe")
    # It begins to listen either before the frame has loaded, or after it, and then says so.
    early, late = f"<script>{LISTENING}</script>", f"<script>addEventListener('load', () => {{ {LISTENING}{READY} }})"
    for item, before, after in ((short, early, ""), (long, "", f"{late}</script>"), (updates[15], early, "")):
        with urllib.request.urlopen(f"{server.url}/oembed?{urlencode({'url': server.url + item.url('en')})}") as answer:
            site.pages["/"] = f"{before}{as_wordpress(json.load(answer)['html'])}{after}"
        page.goto(site.url)
        expect(page.locator("blockquote")).to_be_hidden()
        expect(frame).to_have_attribute("height", "200" if item is short else "1000")
        assert frame.evaluate("frame => frame.offsetWidth") == page.evaluate("document.body.clientWidth")
        if item is long:
            new = factories.update(long, headline_en="One more")
            expect(inside.locator(f"#{new.element}")).to_be_attached()
    expect(inside.locator(f"#{updates[15].element}")).to_be_in_viewport()
    assert inside.locator(f"#{updates[15].element}").evaluate("one => one.getBoundingClientRect().top") < 5
    assert page.evaluate("scrollY") == 0
    # With the script in the page around, this frame keeps its height, too.
    source = f"{server.url}/embed/en/{long.slug}/?at={updates[15].pk}"
    site.pages["/"] = f'{script(server)}<iframe src="{source}" height="400"></iframe>'
    page.goto(site.url)
    expect(inside.locator(f"#{updates[15].element}")).to_be_in_viewport()
    assert frame.evaluate("frame => frame.offsetHeight") < 410


def test_the_element_opens_at_the_update_that_it_names(server: Server, reader: MakeReader, site: OtherSite) -> None:
    article = factories.article()
    updates = [factories.update(article, headline_en=f"Report {number}") for number in range(20)]
    named = f'<live-blog src="{server.url}{updates[13].url("en")}"></live-blog>'
    site.pages["/"] = f"<div style='block-size: 2000px'>Above</div>{script(server)}{named}"
    page = reader(viewport={"width": 700, "height": 900}).page
    page.goto(site.url)
    update = page.locator(f"#{updates[13].element}")
    expect(update).to_be_attached()
    above = "one => one.getBoundingClientRect().top - one.closest('.live-blog').getBoundingClientRect().top"
    eventually(lambda: abs(update.evaluate(above)) < 5)
    # The reader has just opened the page, and reads its beginning.
    assert page.evaluate("scrollY") == 0
