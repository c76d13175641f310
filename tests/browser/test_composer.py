"""Journalists use the composer by keyboard and by touch, in both directions of writing, with and without a network."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Error, Page, expect

from articles.desk.timeline import SOON
from articles.models import Article, DeskNote, Update
from tests import factories, newsroom
from tests.browser.conftest import MakeReader
from tests.browser.desks import DRAFTS, IS_KEPT, STOP_CLOCK, DeskPage, leave_slowly, log_in
from tests.browser.test_desk import violations
from tests.server import Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


@pytest.fixture
def ioana(transactional_db: None) -> User:
    return newsroom.user("ioana", "Journalist", first_name="Ioana")


@pytest.fixture
def sit_down(server: Server, article: Article, ioana: User, reader: MakeReader) -> Any:
    def sit(user: User = ioana, language: str = "en", **options: Any) -> DeskPage:
        page = reader(**{"viewport": {"width": 1440, "height": 900}, "bypass_csp": True} | options).page
        log_in(page.context, user, server, language)
        return DeskPage(page, server, article).open()

    return sit


def in_toolbar(page: Page, keys: str) -> str | None:
    page.keyboard.press(keys)
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_the_editor_speaks_the_language_of_the_page_and_is_one_stop_of_the_tab_key(sit_down: Any) -> None:
    desk = sit_down(language="ar", color_scheme="dark")
    page = desk.page
    desk.composer.get_by_label("العنوان").focus()
    desk.press("Tab")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.press("Tab")
    toolbar = desk.composer.get_by_role("toolbar")
    expect(toolbar).to_have_attribute("dir", "rtl")
    expect(toolbar.get_by_role("button").first).to_be_focused()
    # The next one is to the left.
    assert in_toolbar(page, "ArrowLeft") == "عريض"
    assert in_toolbar(page, "End") != "عريض"
    assert in_toolbar(page, "Home") == "عنوان فرعي"
    desk.press("Tab")
    assert not toolbar.evaluate("toolbar => toolbar.contains(document.activeElement)")
    desk.composer.locator(".ProseMirror").click()
    # Where no words are selected, the key opens the command palette as everywhere else.
    desk.press("Control+k")
    expect(page.locator("#palette [role=combobox]")).to_be_focused()
    desk.press("Escape")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    toolbar.locator("[aria-keyshortcuts='Control+K']").click()
    dialog = page.get_by_role("dialog", name="إدراج رابط")
    expect(dialog.get_by_label("عنوان الرابط")).to_be_focused()
    assert dialog.evaluate("dialog => getComputedStyle(dialog).direction") == "rtl"
    assert not violations(page)
    desk.type("not an address")
    desk.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("https://example.org")
    dialog.get_by_label("عنوان الرابط").fill("example.org/map")
    dialog.get_by_label("نص الرابط").fill("الخريطة")
    desk.press("Enter")
    expect(desk.composer.locator('.ProseMirror a[href="https://example.org/map"]')).to_have_text("الخريطة")
    toolbar.get_by_role("button", name="إدراج جدول").click()
    assert not violations(page)
    page.get_by_role("dialog", name="إدراج جدول").get_by_role("button", name="إدراج جدول").click()
    expect(desk.composer.locator(".ProseMirror th").first).to_have_text("خلية عنوان")
    expect(toolbar.get_by_role("button", name="حذف الجدول")).to_be_visible()
    assert not violations(page)
    toolbar.get_by_role("button", name="حذف الجدول").click()
    desk.press("Control+a")
    desk.press("Control+k")
    change = page.get_by_role("dialog", name="تعديل الرابط")
    expect(change.get_by_label("عنوان الرابط")).to_have_value("https://example.org/map")
    desk.press("Escape")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.press("Control+Enter")
    expect(page.locator("#timeline > li")).to_have_count(1)
    # A link differs from the text around it by more than its colour.
    link = page.locator("#timeline .entry-text a")
    assert "underline" in link.evaluate("link => getComputedStyle(link).textDecorationLine")


def test_a_poll_is_a_question_with_choices_that_are_not_lost_when_the_kind_changes(sit_down: Any) -> None:
    desk = sit_down()
    desk.press("Alt+7")
    desk.composer.get_by_label("Question").fill("Who joins first?")
    choices = desk.composer.get_by_role("group", name="Choices")
    choices.get_by_label("Choice 1").fill("Helsinki")
    desk.press("Enter")
    desk.type("Stockholm")
    desk.press("Enter")
    desk.type("Neither")
    choices.get_by_label("Choice 3").fill("Both")
    choices.get_by_role("button", name="Remove choice").nth(1).click()
    expect(choices.get_by_label(re.compile(r"Choice \d"))).to_have_count(2)
    desk.press("Alt+1")
    expect(desk.composer.locator(".ProseMirror li")).to_have_text(["Helsinki", "Both"])
    desk.press("Alt+7")
    expect(choices.get_by_label("Choice 2")).to_have_value("Both")
    desk.has_kept("Both")
    desk.open()
    expect(desk.composer.get_by_label("Choice 2")).to_have_value("Both")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().body_en == "<ul><li>Helsinki</li><li>Both</li></ul>"


def test_publishing_is_undone_before_readers_see_it_and_the_schedule_of_an_update_is_kept(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    readers = reader().open(server, article, "en").page
    desk = sit_down()
    desk.composer.get_by_label("Time to undo").select_option("30")
    desk.composer.locator(".ProseMirror").click()
    desk.type("Too early.")
    desk.press("Control+Enter")
    expect(desk.page.locator(".countdown")).to_contain_text(re.compile(r"in \d+ s"))
    update = Update.objects.get()
    # A busy machine must not be too late to undo it.
    Update._base_manager.filter(pk=update.pk).update(publish_at=timezone.now() + SOON)
    # The choice is kept, and the text is in the form again.
    desk.page.locator("#timeline-title").click()
    desk.press("z")
    expect(desk.editing(update).locator(".ProseMirror")).to_be_focused()
    expect(desk.editing(update).get_by_label("Time to undo")).to_have_value("30")
    desk.editing(update).get_by_role("button", name="Schedule").click()
    expect(desk.editing(update).locator("[name=publish_at]")).to_be_focused()
    desk.editing(update).locator("[name=publish_at]").fill("2035-01-02")
    desk.editing(update).locator("[name=publish_at-time]").fill("12:00")
    desk.press("Control+Enter")
    expect(desk.entry(update).locator(".state-scheduled")).to_be_visible()
    # The timeline may show it before the form has its answer.
    expect(desk.editing(update)).to_have_count(0)
    form = desk.edit(update)
    desk.type(" And longer.")
    desk.press("Control+Enter")
    expect(form).to_have_count(0)
    update.refresh_from_db()
    assert (update.state, update.body_en) == ("scheduled", "<p>Too early. And longer.</p>")
    desk.edit(update).get_by_label("Time to undo").select_option("")
    desk.editing(update).get_by_role("button", name="Publish now").click()
    expect(readers.get_by_text("And longer.")).to_be_visible()


def test_an_editor_is_told_at_once_what_awaits_approval_and_sends_it_back_with_a_note(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    Article._base_manager.filter(pk=article.pk).update(needs_release=True)
    editor = reader(viewport={"width": 1280, "height": 900}, bypass_csp=True).page
    log_in(editor.context, newsroom.user("nadim", "Editor", first_name="Nadim"), server)
    editor.goto(f"{server.url}/admin/")
    expect(editor.locator("#approvals")).to_be_hidden()
    desk = sit_down()
    desk.type("Is this so?")
    desk.composer.get_by_text("Note to colleagues").first.click()
    desk.composer.get_by_label("Note to colleagues").fill("Second source is Reuters.")
    desk.press("Control+Enter")
    editor.locator("#approvals summary").get_by_text("Awaiting approval: 1").click()
    assert not violations(editor)
    editor.locator("#approvals a").click()
    update = Update.objects.get()
    entry = editor.locator(f"#{update.element}")
    expect(entry).to_contain_text("Second source is Reuters.")
    # The desk has started once its editor is there.
    expect(editor.locator("#composer-place .ProseMirror")).to_be_focused()
    entry.get_by_role("button", name="Send back").click()
    dialog = editor.get_by_role("dialog")
    dialog.get_by_label("Note to the author").fill("Call them.")
    assert not violations(editor)
    dialog.get_by_role("button", name="Send back").click()
    expect(desk.entry(update).locator(".state-draft")).to_be_visible()
    expect(desk.entry(update)).to_contain_text("Call them.")
    expect(editor.locator("#approvals")).to_be_hidden()
    desk.page.get_by_label("A note to everyone at this desk").fill("I am on it.")
    desk.page.get_by_role("button", name="Send note").click()
    expect(editor.locator("#side")).to_contain_text("I am on it.")
    assert DeskNote.objects.count() == 3


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_phone_shows_the_text_first_and_the_button_above_the_keyboard(sit_down: Any, language: str) -> None:
    desk = sit_down(language=language, **PHONE)
    page = desk.page
    assert page.locator("#header").bounding_box()["height"] < 60
    # The height that a keyboard leaves.
    page.set_viewport_size({"width": 390, "height": 508})
    button, text = (desk.composer.locator(one).bounding_box() for one in ("[data-chord]", ".ProseMirror"))
    assert text["y"] < 330
    assert button["y"] + button["height"] <= 508
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not violations(page)
    for chooser, capture in (("camera", "environment"), ("gallery", None)):
        with page.expect_file_chooser() as chosen:
            desk.composer.locator(f'[data-do="{chooser}"]').tap()
        assert chosen.value.element.get_attribute("capture") == capture
    desk.composer.locator(".ProseMirror").tap()
    desk.type("By touch.")
    desk.composer.locator("[data-chord]").tap()
    expect(page.locator("#timeline > li")).to_have_count(1)
    page.locator("button.face").tap()
    expect(page.locator("#logout-form button")).to_be_visible()
    assert not violations(page)


def test_a_desk_opens_without_a_network_and_sends_what_was_typed_there_later(
    sit_down: Any, server: Server, article: Article, ioana: User
) -> None:
    desk = sit_down(service_workers="allow")
    page = desk.page
    page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    # The service worker caches responses from the next visit on.
    desk.open()
    server.kill()
    # As the icon of the installed app does.
    page.goto(f"{server.url}/admin/resume/")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.type("On the train.")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("No connection")
    server.start()
    expect(page.locator("#timeline")).to_contain_text("On the train.")
    assert Update.objects.get().state == "published"
    page.locator("button.me").click()
    page.locator("#logout-form button").click()
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()
    eventually(lambda: "newsroom-pages" not in page.evaluate("caches.keys()"))


#: Delays opening the browser's storage on the first page of a tab until somebody has begun to write.
SLOW_STORAGE = """if (location.protocol === "http:" && !sessionStorage.slow) {
  sessionStorage.slow = "1";
  const { addEventListener } = EventTarget.prototype;
  IDBOpenDBRequest.prototype.addEventListener = function (kind, act) {
    addEventListener.call(this, kind, kind === "success" ? (event) => setTimeout(() => act(event), 1000) : act);
  };
}"""


def test_a_translation_outlives_a_reload_and_a_network_that_fails(
    server: Server, article: Article, reader: MakeReader
) -> None:
    update = factories.update(article, headline_en="Talks", body_en="<p>They have begun.</p>")
    row = update.translations.get(language="de")
    page = reader(**PHONE).page
    page.add_init_script(SLOW_STORAGE)
    log_in(page.context, newsroom.user("lena", "Translator"), server)
    address = f"{server.url}{reverse('admin:articles_translation_change', args=[row.pk])}"
    page.goto(address)
    page.locator(".written textarea").first.fill("Gespräche")
    page.locator(".written .ProseMirror").tap()
    page.keyboard.type("Sie haben begonnen.")
    page.evaluate(IS_KEPT, "Sie haben begonnen.")
    button = page.get_by_role("button", name="Approve and go to next")
    expect(button).to_be_in_viewport()
    server.kill()
    with suppress(Error):
        button.tap()
    server.start()
    page.goto(address)
    expect(page.locator("#kept-draft")).to_contain_text("You were writing this at")
    expect(page.locator(".written .ProseMirror")).to_have_text("Sie haben begonnen.")
    page.get_by_role("button", name="Approve and go to next").tap()
    page.wait_for_url(lambda url: url != address)
    # An earlier request must not overwrite the next version.
    page.goto(address)
    expect(page.locator("#kept-draft")).to_be_hidden()
    update.refresh_from_db()
    assert update.body_de == "<p>Sie haben begonnen.</p>"


def test_a_translation_is_continued_although_the_page_before_is_slow_to_close(
    server: Server, article: Article, reader: MakeReader
) -> None:
    update = factories.update(article, headline_en="Talks", body_en="<p>They have begun.</p>")
    row = update.translations.get(language="de")
    page = reader().page
    log_in(page.context, newsroom.user("lena", "Translator"), server)
    address = f"{server.url}{reverse('admin:articles_translation_change', args=[row.pk])}"
    page.goto(address)
    page.locator(".written .ProseMirror").click()
    page.keyboard.type("Sie haben begonnen.")
    page.evaluate(IS_KEPT, "Sie haben begonnen.")
    slow = leave_slowly(page, server)
    page.goto(address)
    expect(page.locator(".written .ProseMirror")).to_have_text("")
    # The form gives up waiting for the draft, and starts one of its own. A text that is deleted again does not stay.
    held = "async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith('live-desk')).length"
    eventually(lambda: page.evaluate(held) > 1)
    page.locator(".written .ProseMirror").click()
    page.keyboard.type("x")
    page.evaluate(IS_KEPT, "<p>x</p>")
    page.evaluate(STOP_CLOCK)
    page.keyboard.press("Backspace")
    slow.evaluate("releaseDrafts()")
    expect(page.locator("#kept-draft")).to_contain_text("You were writing this at")
    expect(page.locator(".written .ProseMirror")).to_have_text("Sie haben begonnen.")
    assert "<p>x</p>" not in page.evaluate(DRAFTS)
