"""Embeds load nothing from other sites before a click, and a click loses no state of the page."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from articles import changes
from articles.embeds import services
from articles.models import Article, Embed, Translation, Update
from tests import factories, soak
from tests.browser.conftest import Fresh, MakeReader, Reader, as_new
from tests.browser.test_coverage import Desk
from tests.embed_servers import EmbedServer
from tests.server import PATIENCE, Server

pytestmark = pytest.mark.django_db(transaction=True)

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
PLAYER = """<!doctype html><title>Player</title><p id=count>0</p><script>
  setInterval(() => (document.getElementById("count").textContent = Number(count.textContent) + 1), 50);
  parent.postMessage({ height: 333 }, "*");
</script>"""


@pytest.fixture(scope="module")
def lasting_providers() -> Iterator[EmbedServer]:
    with EmbedServer() as running:
        yield running


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server], lasting_providers: EmbedServer) -> Iterator[Server]:
    routes = ",".join(f"{place}={elsewhere}" for place, elsewhere in lasting_providers.routes.items())
    with make_server(EMBED_ROUTES=routes, EMBED_TIMEOUT=str(PATIENCE)) as running:
        yield running


@pytest.fixture(autouse=True)
def providers(lasting_providers: EmbedServer) -> EmbedServer:
    as_new(lasting_providers)
    return lasting_providers


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


def posted(article: Article, url: str = VIDEO, **fields: Any) -> Update:
    update = Update(article=article, kind=Update.Kind.EMBED, state=Update.State.PUBLISHED, **fields)
    with changes.edit(update):
        update.save()
        services.attach(update, url)
    return update


def outside(page: Page, server: Server) -> list[str]:
    """Return the page's requests to other servers, each of which gets a player as response."""
    asked: list[str] = []
    own = urlsplit(server.url).netloc

    def answer(route: Route) -> None:
        if urlsplit(route.request.url).netloc in (own, ""):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.fulfill(body=PLAYER, content_type="text/html")

    page.route("**/*", answer)
    return asked


def shot(page: Page, name: str) -> None:
    if directory := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True)


def test_a_page_asks_no_other_site_until_a_reader_clicks(
    server: Server, reader: MakeReader, article: Article, fresh: Fresh
) -> None:
    german = reader(viewport={"width": 1100, "height": 900})
    asked = outside(german.page, server)
    german.open(server, article, "de")
    update = posted(article)
    # First a link, then the preview appears: the server requests it from the provider, the browser does not.
    preview = german.page.locator(f"#{update.element} .embed-preview")
    expect(preview.locator("img")).to_be_visible()
    expect(preview).to_contain_text("Ministers arrive")
    assert preview.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    assert asked == []
    assert german.content() == fresh(article, "de")
    shot(german.page, "embed-preview-de")
    preview.click()
    frame = german.page.locator(f"#{update.element} iframe")
    expect(german.page.frame_locator("iframe").locator("#count")).not_to_have_text("0")
    assert asked == ["https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"]
    assert frame.get_attribute("title") == "YouTube: Ministers arrive"
    assert "allow-top-navigation" not in (frame.get_attribute("sandbox") or "allow-top-navigation")
    box = frame.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.02)
    assert frame.evaluate("frame => document.activeElement === frame")
    expect(german.page.locator(f"#{update.element} .embed-source")).to_be_visible()
    shot(german.page, "embed-open-de")


def opened(page: Reader, update: Update) -> Callable[[], int]:
    page.page.locator(f"#{update.element} .embed-preview").click()
    count = page.page.frame_locator(f"#{update.element} iframe").locator("#count")
    expect(count).not_to_have_text("0")
    return lambda: int(count.text_content() or 0)


def test_an_open_embed_keeps_playing_while_its_update_is_corrected(
    server: Server, reader: MakeReader, article: Article
) -> None:
    update = posted(article, body_en="<p>Teh video.</p>")
    page = reader()
    asked = outside(page.page, server)
    page.open(server, article, "en")
    count = opened(page, update)
    page.page.frame_locator("iframe").locator("#count").evaluate("count => { count.textContent = 100000; }")
    update.refresh_from_db()
    update.body_en, update.headline_en, update.is_key = "<p>The video.</p>", "Arrival", True
    update.save()
    element = page.page.locator(f"#{update.element}")
    expect(element.locator("h2")).to_have_text("Arrival")
    expect(element.locator(".text")).to_have_text("The video.")
    expect(element).to_contain_class("key")
    assert element.locator("h2, .text, .embed").evaluate_all("found => found.map(one => one.tagName)") == [
        *("H2", "DIV", "FIGURE")
    ]
    assert count() >= 100_000
    assert len(asked) == 1


def test_a_correction_around_an_open_embed_keeps_the_readers_choice_and_focus(
    server: Server, reader: MakeReader, article: Article
) -> None:
    choices = "<ul><li>Helsinki</li><li>Stockholm</li></ul>"
    words = {"headline_en": "Who joins first?", "headline_de": "Wer zuerst?", "body_de": choices}
    update = factories.update(article, kind="poll", body_en=choices, **words)
    with changes.edit(update):
        services.attach(update, VIDEO)
    # Readers can then open the original.
    Translation._base_manager.filter(update=update, language="de").update(state="machine")
    page = reader()
    outside(page.page, server)
    page.open(server, article, "de")
    opened(page, update)
    element = page.page.locator(f"#{update.element}")
    element.locator("summary").click()
    element.get_by_label("Stockholm").check()
    element.locator("summary").focus()
    update.refresh_from_db()
    update.is_key = True
    update.save()
    expect(element).to_contain_class("key")
    expect(element.locator("iframe")).to_be_visible()
    expect(element.locator("details")).to_have_attribute("open", "")
    expect(element.get_by_label("Stockholm")).to_be_checked()
    expect(element.locator("summary")).to_be_focused()


def test_an_update_around_an_open_embed_stays_new_until_it_is_read(
    server: Server, reader: MakeReader, article: Article
) -> None:
    for _ in range(12):
        factories.update(article, body_en=f"<p>{'The ministers said this. ' * 20}</p>")
    visitor = reader(viewport={"width": 390, "height": 800})
    page = visitor.page
    outside(page, server)
    visitor.open(server, article, "en")
    headline = page.title()
    page.evaluate("scrollTo(0, 2000)")
    update = posted(article)
    expect(page).to_have_title(f"(1) {headline}")
    # The update waits above, out of view.
    page.locator(f"#{update.element} .embed-preview").evaluate("preview => preview.click()")
    update.refresh_from_db()
    update.headline_en = "Arrival"
    update.save()
    expect(page.locator(f"#{update.element} h2")).to_have_text("Arrival")
    expect(page.locator(f"#{update.element} iframe")).to_have_count(1)
    expect(page).to_have_title(f"(1) {headline}")
    page.locator("#new-updates").click()
    expect(page).to_have_title(headline)


def test_a_new_embed_replaces_an_open_one(server: Server, reader: MakeReader, article: Article) -> None:
    update = posted(article)
    page = reader()
    outside(page.page, server)
    page.open(server, article, "en")
    opened(page, update)
    update.refresh_from_db()
    with changes.edit(update):
        services.attach(update, "https://vimeo.com/76979871")
    expect(page.page.locator(f"#{update.element} .embed-preview")).to_contain_text("Vimeo")
    expect(page.page.locator("iframe")).to_have_count(0)


def test_a_post_gets_the_height_that_it_reports(server: Server, reader: MakeReader, article: Article) -> None:
    posted(article, "https://mastodon.social/@Gargron/109371234567890")
    page = reader()
    outside(page.page, server)
    page.open(server, article, "en")
    page.page.locator(".embed-preview").click()
    page.page.wait_for_function("() => document.querySelector('iframe')?.getBoundingClientRect().height === 333")


def test_without_javascript_the_preview_is_a_link(server: Server, reader: MakeReader, article: Article) -> None:
    update = posted(article)
    reader().open(server, article, "uk").page.locator(".embed-preview").wait_for()
    page = reader(java_script_enabled=False).open(server, article, "uk").page
    preview = page.locator(f"#{update.element} .embed-preview")
    expect(preview).to_be_visible()
    assert preview.get_attribute("href") == VIDEO
    expect(page.locator(".embed-source")).to_be_hidden()


def test_a_click_with_a_modifier_key_opens_the_providers_page(
    server: Server, reader: MakeReader, article: Article
) -> None:
    posted(article)
    page = reader()
    outside(page.page, server)
    page.open(server, article, "en")
    with page.page.context.expect_page():
        page.page.locator(".embed-preview").click(modifiers=["ControlOrMeta"])
    expect(page.page.locator("iframe")).to_have_count(0)


def test_the_policy_blocks_frames_from_unlisted_hosts(server: Server, reader: MakeReader, article: Article) -> None:
    """The policy is the last defence: here, an attacker has injected another frame into the page."""
    posted(article)
    page = reader()
    asked = outside(page.page, server)
    page.open(server, article, "en")
    figure = page.page.locator(".embed[data-player]")
    figure.evaluate("figure => { figure.dataset.player = 'https://tracker.example/'; }")
    with page.page.expect_console_message(lambda message: "tracker.example" in message.text):
        figure.locator(".embed-preview").click()
    expect(page.page.locator("iframe")).to_have_count(1)
    page.page.wait_for_timeout(300)
    assert asked == []
    page.complaints.clear()


@pytest.mark.parametrize(("language", "width"), [("ar", 1100), ("ar", 360), soak.only("de", 360)])
def test_a_preview_fits_and_reads_in_its_direction(
    server: Server, reader: MakeReader, article: Article, providers: EmbedServer, language: str, width: int
) -> None:
    providers.says = {"title": "Delegations of all thirty allies arrive " * 4, "width": 720, "height": 1280}
    posted(article)
    posted(article, "https://open.spotify.com/episode/4uLU6hMCjMI75M1A2tKUQC")
    posted(article, "https://www.instagram.com/p/CAbc_12-X/")
    posted(article, "https://example.com/a-long-address/" + "of-nobody/" * 20)
    page = reader(viewport={"width": width, "height": 800})
    outside(page.page, server)
    page.open(server, article, language)
    expect(page.page.locator(".embed-preview")).to_have_count(3)
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    title = page.page.locator(".embed-title").first
    assert title.evaluate("title => getComputedStyle(title).direction") == "ltr"
    shot(page.page, f"embeds-{language}-{width}")
    page.page.locator(".embed-preview").first.click()
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# The form of the newsroom ---------------------------------------------------------------------------------------------


@pytest.fixture
def form(server: Server, reader: MakeReader, article: Article) -> Reader:
    """Open the form of a new update as an editor."""
    editor = User.objects.create_superuser("editor")
    made = reader(viewport={"width": 1280, "height": 900}, locale="en")
    desk = Desk(made.page, server)
    desk.log_in(editor)
    made.page.goto(f"{server.url}/admin/articles/update/add/?article={article.pk}&form=1")
    made.page.locator(".ProseMirror").first.wait_for()
    return made


def paste(page: Page, text: str) -> None:
    page.locator("fieldset:not([hidden] *) .ProseMirror").first.evaluate(
        """(editor, text) => {
          editor.focus();
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def test_an_address_pasted_alone_becomes_the_embed(form: Reader, server: Server) -> None:
    paste(form.page, "https://youtu.be/dQw4w9WgXcQ?si=abc")
    shown = form.page.locator(".embed-shown .embed-preview")
    expect(shown).to_contain_text("Ministers arrive")
    expect(form.page.locator("#id_embed_url")).to_have_value(VIDEO)
    assert form.page.locator(".ProseMirror").first.text_content() == ""
    shot(form.page, "embed-form")
    form.page.get_by_role("button", name="Publish").click()
    form.page.wait_for_url("**/update/?article__id__exact=*")
    update = Update.objects.get()
    assert (update.kind, update.state, update.embed.url) == ("embed", "published", VIDEO)


def test_an_address_without_a_provider_stays_text(form: Reader) -> None:
    paste(form.page, "https://example.com/article")
    expect(form.page.locator(".ProseMirror").first).to_contain_text("https://example.com/article")
    expect(form.page.locator("#id_embed_url")).to_have_value("")


def test_the_form_explains_a_missing_preview_and_drops_a_removed_address(form: Reader, providers: EmbedServer) -> None:
    providers.fault = "down"
    # The server may still have cached the preview of other tests' video.
    form.page.locator("#id_embed_url").fill("https://www.youtube.com/watch?v=9bZkp7q19f0")
    expect(form.page.locator(".embed-status")).to_contain_text("YouTube isn’t responding")
    form.page.locator("#id_embed_url").fill("nonsense")
    expect(form.page.locator(".embed-status")).to_contain_text("That isn’t a web address")
    form.page.get_by_role("button", name="Remove the embed").click()
    expect(form.page.locator("#id_embed_url")).to_have_value("")
    expect(form.page.locator(".embed-status")).to_be_empty()
    assert Embed.objects.count() == 0
