"""Journalists work at the live desk in real Chromium: by keyboard, through crashes and lost connections, together."""

from __future__ import annotations

import os
import re
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Error, Page, Playwright, Route, expect

from articles.models import Article, Snippet, Update
from tests import factories, newsroom, soak
from tests.browser.conftest import MakeReader
from tests.browser.desks import DRAFTS, END_PAUSE, REFUSE_STORAGE, STOP_CLOCK, DeskPage, leave_slowly, log_in
from tests.browser.test_pictures import DROP, file
from tests.server import PATIENCE, Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    return {name: newsroom.user(name, "Journalist", first_name=name.title()) for name in ("ioana", "karim")}


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


@pytest.fixture
def sit_down(server: Server, article: Article, people: dict[str, User], reader: MakeReader) -> Any:
    """Return a function that opens the desk as a user."""

    def sit(name: str = "ioana", language: str = "en", **options: Any) -> DeskPage:
        page = reader(viewport={"width": 1280, "height": 900}, **options).page
        log_in(page.context, people[name], server, language)
        return DeskPage(page, server, article).open()

    return sit


def test_text_and_one_key_combination_publish_an_update(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    german = reader().open(server, article, "de")
    desk = sit_down()
    waited = []
    for number in range(soak.count(3, 30)):
        desk.type(f"Ministers have arrived, number {number}.")
        pressed = time.monotonic()
        desk.press("Control+Enter")
        expect(german.page.get_by_text(f"number {number}.")).to_be_visible()
        waited.append(time.monotonic() - pressed)
        expect(desk.kept).to_contain_text("Saved")
    print(f"from chord to visible: median {statistics.median(waited):.3f} s, worst {max(waited):.3f} s")
    first = Update.objects.order_by("pk").first()
    assert first is not None
    assert first.body_en == "<p>Ministers have arrived, number 0.</p>"
    expect(desk.entry(first)).to_be_visible()


#: Delays the storage of each draft, and records the texts of the status line after the form is sent.
SLOW_DISK = """() => {
  window.stored = 0;
  window.said = [];
  const { addEventListener } = EventTarget.prototype;
  IDBTransaction.prototype.addEventListener = function (kind, act) {
    if (kind === "complete") window.stored += 1;
    addEventListener.call(this, kind, (event) => setTimeout(() => act(event), 500));
  };
  const status = document.querySelector("#composer-place .composer-status");
  new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true });
}"""


def test_a_draft_that_is_stored_late_does_not_say_that_an_update_is_saved(sit_down: Any) -> None:
    desk = sit_down()
    desk.page.evaluate(SLOW_DISK)
    desk.type("Ministers have arrived.")
    desk.page.wait_for_function("() => window.stored > 0")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved:")
    said = desk.page.evaluate("said")
    assert not any("this device" in each for each in said[said.index("Sending…") :])
    assert Update.objects.get().state == "published"


def test_a_crash_of_the_browser_loses_no_text(
    server: Server,
    article: Article,
    people: dict[str, User],
    playwright: Playwright,
    tmp_path: Path,
    browser_type_launch_args: Any,
) -> None:
    def launch() -> Any:
        options = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], "--remote-debugging-port=0"]}
        context = playwright.chromium.launch_persistent_context(tmp_path / "profile", **options)
        context.set_default_timeout(PATIENCE * 1000)
        log_in(context, people["ioana"], server)
        return context

    context = launch()
    desk = DeskPage(context.pages[0], server, article).open()
    desk.type("The minister said that")
    desk.has_kept("The minister said that")
    for pid in _processes_of(tmp_path / "profile"):
        os.kill(pid, signal.SIGKILL)
    with suppress(Error):
        context.close()
    (tmp_path / "profile" / "SingletonLock").unlink(missing_ok=True)

    context = launch()
    desk = DeskPage(context.pages[0], server, article).open()
    expect(desk.kept).to_contain_text("You were writing this at")
    desk.type(" there will be help.")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    context.close()
    assert Update.objects.get().body_en == "<p>The minister said that there will be help.</p>"


def _processes_of(profile: Path) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(profile).encode() in command:
                yield int(entry.name)


def test_an_update_published_offline_is_sent_after_reconnecting(
    sit_down: Any, server: Server, article: Article
) -> None:
    desk = sit_down()
    desk.type("While the line is down.")
    server.kill()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("No connection")
    expect(desk.page.locator("#desk-connection")).to_be_visible()
    # The browser is closed before the server is back: the page itself does not send the update.
    desk.page.goto("about:blank")
    server.start()
    desk.open()
    expect(desk.page.locator("#timeline")).to_contain_text("While the line is down.")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().state == "published"


#: Moves the time of each entry in the browser's storage back by a day.
A_DAY_PASSES = """() => new Promise((done) => {
  indexedDB.open("live-desk").onsuccess = ({ target: { result } }) => {
    const transaction = result.transaction("drafts", "readwrite");
    transaction.oncomplete = done;
    transaction.objectStore("drafts").openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      cursor.update({ ...cursor.value, at: cursor.value.at - 24 * 3600 * 1000 });
      cursor.continue();
    };
  };
})"""


def test_an_update_left_unsent_for_a_day_waits_for_its_author(sit_down: Any, server: Server, article: Article) -> None:
    desk = sit_down()
    desk.type("News of yesterday.")
    server.kill()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("No connection")
    # The browser is closed before there is a connection again, and opened on another day.
    desk.page.goto("about:blank")
    server.start()
    desk.page.goto(f"{server.url}{article.url('en')}")
    desk.page.evaluate(A_DAY_PASSES)
    desk.open()
    expect(desk.kept).to_contain_text("This couldn’t be sent at")
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("News of yesterday.")
    assert not Update.objects.exists()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().state == "published"


def test_an_update_published_while_logged_out_is_kept_until_its_author_sends_it(
    sit_down: Any, server: Server, people: dict[str, User]
) -> None:
    desk = sit_down()
    desk.type("Before the session ended.")
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved on this device")
    log_in(desk.page.context, people["ioana"], server)
    desk.open()
    expect(desk.kept).to_contain_text("You were writing this at")
    assert not Update.objects.exists()


#: Delays the page's retry until the test is over. During a retry, a form ignores input.
TRIES_LATE = """() => {
  const { setTimeout } = window;
  window.setTimeout = (act, wait, ...rest) => setTimeout(act, wait >= 1000 ? wait * 600 : wait, ...rest);
}"""


def test_an_unsent_update_that_is_changed_waits_for_its_author(sit_down: Any, server: Server) -> None:
    desk = sit_down()
    desk.page.evaluate(TRIES_LATE)
    desk.type("While the line is down")
    server.kill()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("No connection")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.type(", and half a sen")
    desk.has_kept("half a sen")
    expect(desk.kept).to_contain_text("Saved on this device")
    server.start()
    desk.open()
    expect(desk.kept).to_contain_text("You were writing this at")
    assert not Update.objects.exists()
    desk.type("tence.")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().body_en == "<p>While the line is down, and half a sentence.</p>"


def test_a_lost_answer_loses_no_text_written_after_it(sit_down: Any, server: Server) -> None:
    desk = sit_down()
    desk.page.evaluate(TRIES_LATE)
    desk.type("Talks have begun")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    desk.page.route("**/desk/updates/", lose_the_answer, times=1)
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("No connection")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.type(" and go on")
    desk.press("Control+Enter")
    expect(desk.composer.locator(".conflict")).to_contain_text("Talks have begun")
    assert Update.objects.get().body_en == "<p>Talks have begun</p>"
    # The text also survives if the browser is closed before the journalist reads the conflict.
    desk.has_kept(" and go on")
    desk.open()
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("Talks have begun and go on")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().body_en == "<p>Talks have begun and go on</p>"
    # The next text is a new update.
    desk.type("Talks are over")
    desk.press("Control+Enter")
    expect(desk.page.locator("#timeline > li")).to_have_count(2)


def test_two_tabs_keep_their_own_drafts(sit_down: Any, server: Server, article: Article) -> None:
    one = sit_down()
    one.type("Written in the first tab.")
    one.has_kept("Written in the first tab.")
    other = DeskPage(one.page.context.new_page(), server, article).open()
    expect(other.composer.locator(".ProseMirror")).to_have_text("")
    other.type("x")
    expect(other.kept).to_contain_text("Saved on this device")
    other.press("Backspace")
    expect(other.kept).to_be_empty()
    other.type("Written in the second tab.")
    other.press("Control+Enter")
    expect(other.kept).to_contain_text("Saved")
    assert Update.objects.get().body_en == "<p>Written in the second tab.</p>"
    one.page.close()
    # The tab that had the draft is closed, so the next one restores it.
    other.open()
    expect(other.composer.locator(".ProseMirror")).to_have_text("Written in the first tab.")


def test_a_draft_stays_in_its_tab_when_that_tab_reloads(sit_down: Any, server: Server, article: Article) -> None:
    one = sit_down()
    one.type("Written in the first tab.")
    one.has_kept("Written in the first tab.")
    other = DeskPage(one.page.context.new_page(), server, article).open()
    one.open()
    expect(one.composer.locator(".ProseMirror")).to_have_text("Written in the first tab.")
    expect(other.composer.locator(".ProseMirror")).to_have_text("")


def test_a_page_that_is_slow_to_close_passes_its_drafts_on(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.type("Ministers have arr")
    desk.edit(update)
    desk.type(" go on")
    desk.has_kept("Talks go on")
    slow = leave_slowly(desk.page, desk.place)
    desk.open()
    expect(desk.composer.locator(".ProseMirror")).to_have_text("")
    slow.evaluate("releaseDrafts()")
    expect(desk.composer.locator(".ProseMirror")).to_have_text("Ministers have arr")
    expect(desk.kept).to_contain_text("You were writing this at")
    expect(desk.editing(update).locator(".ProseMirror")).to_have_text("Talks go on")
    desk.composer.locator(".ProseMirror").click()
    desk.press("End")
    desk.type("ived")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.latest("pk").body_en == "<p>Ministers have arrived</p>"
    # The draft is used up: a reload does not bring it back.
    desk.open()
    expect(desk.editing(update).locator(".ProseMirror")).to_have_text("Talks go on")
    expect(desk.composer.locator(".ProseMirror")).to_have_text("")


def test_a_draft_that_is_released_late_replaces_no_other_text(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.type("First")
    desk.edit(update)
    desk.type(" go on")
    desk.has_kept("Talks go on")
    slow = leave_slowly(desk.page, desk.place)
    desk.open()
    desk.type("Second")
    desk.edit(update)
    desk.type(" are over")
    slow.evaluate("releaseDrafts()")
    # The browser has granted the locks before this one.
    desk.page.evaluate("navigator.locks.request('live-desk', () => {})")
    expect(desk.editing(update).locator(".ProseMirror")).to_have_text("Talks are over")
    desk.press("Control+Enter")
    expect(desk.editing(update)).to_have_count(0)
    expect(desk.composer.locator(".ProseMirror")).to_have_text("Second")
    desk.composer.locator(".ProseMirror").click()
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    # Nothing is lost: the next page shows the older texts.
    desk.open()
    expect(desk.composer.locator(".ProseMirror")).to_have_text("First")
    expect(desk.editing(update).locator(".ProseMirror")).to_have_text("Talks go on")


def test_a_draft_that_is_inherited_leaves_no_deleted_text(sit_down: Any, article: Article) -> None:
    desk = sit_down()
    desk.type("First")
    desk.has_kept("First")
    slow = leave_slowly(desk.page, desk.place)
    desk.open()
    desk.type("x")
    desk.has_kept("<p>x</p>")
    desk.page.evaluate(STOP_CLOCK)
    desk.press("Backspace")
    slow.evaluate("releaseDrafts()")
    expect(desk.composer.locator(".ProseMirror")).to_have_text("First")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    desk.open()
    expect(desk.composer.locator(".ProseMirror")).to_have_text("")


def test_an_edit_that_is_discarded_at_once_is_not_stored_again(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.edit(update)
    desk.type(" go on")
    desk.has_kept("Talks go on")
    desk.page.evaluate(STOP_CLOCK)
    desk.type(" in Geneva")
    desk.editing(update).get_by_role("button", name="Discard").click()
    expect(desk.editing(update)).to_have_count(0)
    desk.page.evaluate(END_PAUSE)
    assert desk.page.evaluate(DRAFTS) == "[]"
    assert desk.edit(update).locator(".ProseMirror").inner_text() == "Talks"


def test_an_edit_that_is_closed_at_once_is_stored(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.edit(update)
    desk.page.evaluate(STOP_CLOCK)
    desk.type(" go on")
    desk.editing(update).get_by_role("button", name="Close").click()
    expect(desk.editing(update)).to_have_count(0)
    expect(desk.edit(update).locator(".ProseMirror")).to_have_text("Talks go on")


def test_the_desk_works_in_a_browser_that_stores_nothing(sit_down: Any, article: Article) -> None:
    desk = sit_down()
    desk.page.add_init_script(REFUSE_STORAGE)
    desk.open()
    desk.composer.get_by_role("button", name="Preview").click()
    desk.page.locator("#note-form textarea").fill("Ministers arrive at nine.")
    desk.page.locator("#note-form").get_by_role("button").click()
    expect(desk.page.get_by_text("Ministers arrive at nine.")).to_be_visible()
    expect(desk.page.locator("#note-form textarea")).to_have_value("")


def correct_an_old_update(sit_down: Any, article: Article) -> tuple[DeskPage, Update]:
    """Begin to correct an update on the second page of a desk. Return the desk and the update."""
    updates = [factories.update(article, body_en=f"<p>Take {number}</p>") for number in range(60)]
    desk = sit_down()
    desk.page.get_by_role("button", name="Older updates").click()
    desk.edit(updates[0])
    desk.type(", corrected")
    desk.has_kept("Take 0, corrected")
    return desk, updates[0]


def test_the_edit_of_an_update_continues_once_the_server_answers(sit_down: Any, article: Article) -> None:
    desk, old = correct_an_old_update(sit_down, article)
    desk.page.route("**/composer/", lambda route: route.abort("connectionrefused"), times=2)
    desk.open()
    expect(desk.editing(old).locator(".ProseMirror")).to_have_text("Take 0, corrected")


def test_an_edit_of_an_old_update_continues_after_a_reload(sit_down: Any, article: Article) -> None:
    desk, old = correct_an_old_update(sit_down, article)
    desk.open()
    expect(desk.editing(old).locator(".ProseMirror")).to_have_text("Take 0, corrected")
    # The restored edit does not take the focus.
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.editing(old).get_by_role("button", name="Save").click()
    expect(desk.editing(old)).to_have_count(0)
    old.refresh_from_db()
    assert old.body_en == "<p>Take 0, corrected</p>"


def test_an_unsent_edit_is_sent_after_a_reload(sit_down: Any, server: Server, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.edit(update)
    desk.type(" go on")
    server.kill()
    desk.press("Control+Enter")
    expect(desk.editing(update).locator(".composer-status")).to_contain_text("No connection")
    # The browser is closed before the server is back: the page itself does not send the edit.
    desk.page.goto("about:blank")
    server.start()
    desk.open()
    expect(desk.entry(update).locator(".view")).to_contain_text("Talks go on")
    expect(desk.editing(update)).to_have_count(0)


def test_a_reload_keeps_the_pictures_of_a_draft(sit_down: Any, article: Article) -> None:
    Snippet.objects.create(name="Thanks", source_language="en", body="<p>Thank you.</p>")
    desk = sit_down()
    desk.composer.evaluate(DROP, [file("one.jpg"), file("two.jpg")])
    expect(desk.composer.locator("[name=pictures]")).to_have_count(2)
    order = desk.composer.locator("[name=pictures]").evaluate_all("all => all.map(one => Number(one.value))")
    for field in desk.composer.get_by_label("Alt text").all():
        field.fill("The hall")
    desk.composer.get_by_label("Credit line").nth(1).fill("A. Ana")
    desk.has_kept("A. Ana")
    desk.open()
    expect(desk.kept).to_contain_text("You were writing this at")
    desk.composer.get_by_label("Credit line").nth(0).fill("Ion")
    desk.composer.get_by_label("Snippets").select_option("Thanks")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    pictures = Update.objects.get().pictures.all()
    assert [picture.pk for picture in pictures] == order
    assert [picture.credit_en for picture in pictures] == ["Ion", "A. Ana"]


def test_a_journalist_who_was_logged_out_continues_after_logging_in(
    sit_down: Any, server: Server, people: dict[str, User], article: Article
) -> None:
    desk = sit_down()
    desk.type("Before the session ended.")
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    desk.press("Control+Enter")
    expect(desk.page.locator("#desk-connection")).to_contain_text("Your session has expired.")
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("Before the session ended.")
    assert not Update.objects.exists()
    # In another tab.
    log_in(desk.page.context, people["ioana"], server)
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    assert Update.objects.get().state == "published"


def test_saving_over_a_newer_version_shows_both_and_loses_neither(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    hers, his = sit_down("ioana"), sit_down("karim")
    hers.edit(update)
    his.edit(update)
    expect(hers.entry(update).locator(".writers")).to_be_empty()
    his.type(" are over")
    expect(hers.entry(update).locator(".writers")).to_have_text("Karim is writing")
    hers.type(" have begun")
    hers.press("Control+Enter")
    expect(hers.editing(update)).to_have_count(0)
    expect(his.entry(update).locator(".view")).to_contain_text("Talks have begun")
    his.press("Control+Enter")
    conflict = his.editing(update).locator(".conflict")
    expect(conflict).to_contain_text("Talks have begun")
    expect(conflict.locator("ins").first).to_be_visible()
    expect(his.editing(update).locator(".ProseMirror")).to_contain_text("Talks are over")
    his.editing(update).locator(".ProseMirror").click()
    his.press("End")
    his.type(", they had begun")
    his.press("Control+Enter")
    expect(his.editing(update)).to_have_count(0)
    update.refresh_from_db()
    assert update.body_en == "<p>Talks are over, they had begun</p>"


def test_keys_act_on_the_form_that_has_the_focus(sit_down: Any, article: Article) -> None:
    first = factories.update(article, body_en="<p>Talks</p>")
    second = factories.update(article, body_en="<p>Dinner</p>")
    desk = sit_down()
    desk.type("Half a sen")
    desk.edit(first)
    desk.type(" go on")
    desk.edit(second)
    desk.type(" is served")
    desk.editing(first).locator(".ProseMirror").click()
    desk.press("Control+Enter")
    expect(desk.editing(first)).to_have_count(0)
    desk.editing(second).locator(".ProseMirror").click()
    desk.press("Control+Enter")
    expect(desk.editing(second)).to_have_count(0)
    assert list(Update.objects.order_by("pk").values_list("body_en", flat=True)) == [
        "<p>Talks go on</p>",
        "<p>Dinner is served</p>",
    ]
    expect(desk.composer.locator(".ProseMirror")).to_have_text("Half a sen")


def test_a_button_that_fails_shows_an_error(sit_down: Any, server: Server, article: Article) -> None:
    update = factories.update(article)
    desk = sit_down()
    server.kill()
    desk.entry(update).get_by_role("button", name="Withdraw").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(desk.entry(update).locator(".errorlist")).to_have_text("The server couldn’t do this. Please try again.")
    desk.page.get_by_role("button", name="Finish coverage").click()
    expect(desk.page.locator("#side-problems")).to_have_text("The server couldn’t do this. Please try again.")
    server.start()
    desk.entry(update).get_by_role("button", name="Withdraw").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(desk.entry(update).locator(".state")).to_have_text("Withdrawn")
    expect(desk.entry(update).locator(".errorlist")).to_be_empty()


def test_a_user_without_the_right_is_told_so_and_not_that_they_are_logged_out(
    sit_down: Any, article: Article, people: dict[str, User]
) -> None:
    update = factories.update(article)
    desk = sit_down()
    people["ioana"].groups.clear()
    desk.entry(update).get_by_role("button", name="Pin").click()
    expect(desk.entry(update).locator(".errorlist")).to_have_text("You don’t have permission to do this.")
    expect(desk.notice).to_have_text("You don’t have permission to do this.")
    desk.page.locator("#composer-place .ProseMirror").click()
    desk.type("May I?")
    desk.press("Control+Enter")
    expect(desk.kept).to_have_text("You don’t have permission to do this.")


def test_each_withdrawal_starts_with_an_empty_reason(sit_down: Any, article: Article) -> None:
    first, second = factories.update(article), factories.update(article)
    desk = sit_down()
    dialog = desk.page.get_by_role("dialog")
    desk.entry(first).get_by_role("button", name="Withdraw").click()
    dialog.get_by_label("Reason").fill("It was not true.")
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Withdraw").click()
    expect(desk.entry(first).locator(".state")).to_have_text("Withdrawn")
    desk.entry(second).get_by_role("button", name="Withdraw").click()
    expect(dialog.get_by_label("Reason")).to_have_value("")
    expect(dialog.get_by_role("checkbox")).to_be_checked()


def test_older_updates_load_without_gaps_when_pins_change(sit_down: Any, article: Article) -> None:
    updates = [factories.update(article, body_en=f"<p>Take {number}</p>") for number in range(60)]
    desk = sit_down()
    other = sit_down("karim")
    other.page.get_by_role("button", name="Older updates").click()
    for update in (updates[0], updates[-1]):
        other.entry(update).get_by_role("button", name="Pin").click()
        expect(other.entry(update)).to_contain_text("Pinned")
    expect(desk.entry(updates[-1])).to_contain_text("Pinned")
    desk.page.get_by_role("button", name="Older updates").click()
    expect(desk.page.locator("#timeline > li")).to_have_count(60)
    shown = desk.page.locator("#timeline > li").evaluate_all("all => all.map(one => one.id)")
    assert shown == [update.element for update in reversed(updates)]
    expect(desk.entry(updates[0])).to_contain_text("Pinned")


#: Records the close code of the last websocket, and makes the desk reconnect sooner than its next poll.
WITH_CLOSE_CODES = """
  Math.random = () => 0.05;
  window.WebSocket = class extends WebSocket {
    constructor(...all) {
      super(...all);
      this.addEventListener("close", ({ code }) => (document.documentElement.dataset.closedWith = code));
    }
  };
"""


def test_a_desk_left_open_after_a_logout_does_not_reconnect(
    sit_down: Any, server: Server, people: dict[str, User]
) -> None:
    desk = sit_down()
    desk.page.add_init_script(WITH_CLOSE_CODES)
    desk.page.reload()
    expect(desk.page.locator("#people")).to_contain_text("Ioana")
    desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    server.kill()
    server.start()
    expect(desk.page.locator("html")).to_have_attribute("data-closed-with", "4003")
    expect(desk.notice).to_contain_text("Your session has expired.")
    sockets: list[Any] = []
    desk.page.on("websocket", lambda socket: sockets.append(socket) if "/ws/desk/" in socket.url else None)
    for _look in range(2):
        with desk.page.expect_request("**/desk/entries/*"):
            pass
        expect(desk.notice).to_contain_text("Your session has expired.")
    assert sockets == []
    # In another tab.
    log_in(desk.page.context, people["ioana"], server)
    expect(desk.notice).to_be_hidden()
    assert len(sockets) == 1


def test_two_users_with_the_same_name_are_shown_as_two(sit_down: Any, people: dict[str, User]) -> None:
    User.objects.update(first_name="Ana")
    desk = sit_down("ioana")
    sit_down("karim")
    expect(desk.page.locator("#people > li")).to_have_count(2)
    expect(desk.page.locator("#people > li").filter(has_text="(you)")).to_have_text("Ana (you)")


def test_the_sidebar_updates_as_soon_as_the_focus_leaves_it(sit_down: Any) -> None:
    desk, other = sit_down("ioana"), sit_down("karim")
    desk.page.locator("#side .pages-of a").first.focus()
    with desk.page.expect_response(lambda response: "entries" in response.url and "Resume coverage" in response.text()):
        other.page.get_by_role("button", name="Finish coverage").click()
        other.page.get_by_role("dialog").get_by_role("button", name="Finish coverage").click()
    expect(desk.page.locator("#side .pages-of a").first).to_be_focused()
    desk.composer.locator(".ProseMirror").click()
    expect(desk.page.get_by_role("button", name="Resume coverage")).to_be_visible()


def test_the_preview_works_after_a_login_in_another_tab(sit_down: Any, server: Server, article: Article) -> None:
    desk = sit_down()
    desk.type("Ministers are here.")
    desk.page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    DeskPage(desk.page.context.new_page(), server, article).open()
    desk.composer.get_by_role("button", name="Preview").click()
    expect(desk.composer.frame_locator("iframe").locator("main")).to_contain_text("Ministers are here.")


def test_a_change_to_an_entry_keeps_what_somebody_is_writing_in_it(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.edit(update)
    desk.type(" go on")
    other = sit_down("karim")
    other.entry(update).get_by_role("button", name="Pin").click()
    expect(desk.entry(update).locator(".view")).to_contain_text("Pinned")
    desk.type(" and on")
    desk.press("Control+Enter")
    expect(desk.entry(update).locator(".view")).to_contain_text("Talks go on and on")


def test_the_desk_shows_who_is_there_and_counts_readers(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    desk = sit_down()
    reader().open(server, article, "ar")
    expect(desk.page.locator("#audience")).to_have_text("1")
    expect(desk.page.locator("#audience-languages")).to_contain_text("Arabic: 1")
    other = sit_down("karim")
    other.type("Ministers are here.")
    expect(desk.page.locator("#people")).to_contain_text("Karim is writing")
    other.press("Control+Enter")
    expect(desk.page.locator("#people")).not_to_contain_text("is writing")


def test_a_journalist_can_work_at_the_desk_by_keyboard_alone(sit_down: Any, article: Article) -> None:
    update = factories.update(article, body_en="<p>Talks</p>")
    desk = sit_down()
    desk.press("Alt+2")
    expect(desk.composer.get_by_label("Attribution")).to_be_visible()
    desk.press("Alt+1")
    expect(desk.composer.get_by_label("Attribution")).to_be_hidden()
    desk.press("Escape")
    desk.press("j")
    expect(desk.entry(update)).to_be_focused()
    desk.press("e")
    expect(desk.editing(update).locator(".ProseMirror")).to_be_focused()
    desk.press("Escape")
    expect(desk.editing(update)).to_have_count(0)
    desk.press("n")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.press("Escape")
    desk.press("/")
    expect(desk.page.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()


def test_a_snippet_starts_an_update(sit_down: Any, article: Article) -> None:
    Snippet.objects.create(
        name="Thanks", source_language="de", kind="quote", headline="Zum Schluss", body="<p>Wir danken.</p>"
    )
    desk = sit_down()
    desk.composer.get_by_label("Snippets").select_option("Thanks")
    expect(desk.composer.locator(".ProseMirror")).to_contain_text("Wir danken.")
    expect(desk.composer.locator(".ProseMirror")).to_be_focused()
    desk.composer.get_by_label("Attribution").fill("Die Redaktion")
    desk.press("Control+Enter")
    expect(desk.kept).to_contain_text("Saved")
    update = Update.objects.get()
    assert (update.source_language, update.kind) == ("de", "quote")
    assert (update.headline_de, update.body_de) == ("Zum Schluss", "<p>Wir danken.</p>")


def test_a_scheduled_update_appears_at_its_time_even_after_a_restart(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    german = reader().open(server, article, "de")
    desk = sit_down()
    desk.type("At the stroke of the hour.")
    desk.composer.get_by_text("Time", exact=True).click()
    desk.composer.get_by_label("Publish at", exact=True).fill("2035-01-02")
    desk.composer.get_by_label("Publish at: time").fill("12:00")
    desk.composer.get_by_role("button", name="Schedule").click()
    expect(desk.kept).to_contain_text("Saved")
    update = Update.objects.get()
    assert update.state == "scheduled"
    server.kill()
    # The update becomes due while the server is down.
    Update._base_manager.filter(pk=update.pk).update(publish_at=timezone.now())
    server.start()
    expect(german.page.get_by_text("At the stroke of the hour.")).to_be_visible()


def test_an_editor_decides_about_scheduled_updates_before_finishing_coverage(
    sit_down: Any, server: Server, article: Article, reader: MakeReader
) -> None:
    german = reader().open(server, article, "de")
    named = factories.update(article, state="scheduled", publish_at=timezone.now() + timedelta(hours=1))
    factories.update(article, state="submitted", headline_en="Still to be released")
    desk = sit_down(bypass_csp=True)
    question = desk.page.get_by_role("dialog")
    desk.page.get_by_role("button", name="Finish coverage").click()
    expect(question).to_contain_text("These updates are still scheduled")
    expect(question).to_contain_text(str(named))
    expect(question).to_contain_text("Still to be released")
    expect(question.get_by_role("radio", name="Keep them as drafts")).to_be_checked()
    assert not violations(desk.page)
    desk.press("Escape")
    expect(question).to_be_hidden()
    article.refresh_from_db()
    assert article.state == "live"
    # A key focuses the question from anywhere. A colleague schedules another update while it is shown.
    desk.press("Control+k")
    desk.page.keyboard.type("finish")
    expect(desk.page.locator("#palette").get_by_role("option")).to_have_text([re.compile("Finish coverage")])
    desk.press("Enter")
    expect(question).to_contain_text(str(named))
    unseen = factories.update(article, state="scheduled", publish_at=timezone.now() + timedelta(hours=2))
    question.get_by_role("button", name="Finish coverage").click()
    expect(question.locator(".errorlist")).to_contain_text("still scheduled")
    expect(question).to_contain_text(str(unseen))
    expect(german.page.locator("#coverage[data-state=live]")).to_have_count(1)
    question.get_by_role("button", name="Finish coverage").click()
    expect(german.page.locator("#coverage[data-state=finished]")).to_have_count(1)
    for update in (named, unseen):
        expect(desk.entry(update).locator(".state-draft")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Resume coverage")).to_be_visible()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(
    ("language", "size"), [("en", {"width": 1280, "height": 900}), ("ar", {"width": 390, "height": 844})]
)
def test_the_desk_has_no_accessibility_faults(sit_down: Any, article: Article, language: str, size: Any) -> None:
    update = factories.update(article, headline_en="Talks", body_en="<p>They have begun.</p>", is_key=True)
    factories.update(article, state="draft", source_language="ar", body_ar="<p>مسودة</p>")
    # The accessibility checker sets styles that the Content-Security-Policy forbids.
    desk = sit_down(language=language, bypass_csp=True)
    desk.page.set_viewport_size(size)
    desk.entry(update).locator('[data-act="edit"]').click()
    expect(desk.editing(update).locator(".ProseMirror")).to_be_focused()
    if pictures := os.environ.get("PICTURES"):
        desk.page.screenshot(path=f"{pictures}/desk-{language}.png", full_page=True)
    found = violations(desk.page)
    assert not found, "\n".join(found)
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
