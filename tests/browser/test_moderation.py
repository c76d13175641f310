"""Moderators work at the queue in real Chromium: by keyboard, together, each in their own language."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from articles.models import Article
from comments import moderation, submission
from comments.models import Comment, Decision, Note, State
from comments.queue.selection import PAGE_SIZE
from liveblog.actors import acting_as
from tests import factories, newsroom, soak
from tests.actors import TEST
from tests.browser.conftest import MakeReader, as_new
from tests.browser.desks import REFUSE_STORAGE, log_in
from tests.browser.test_comments import send, write
from tests.queues import QUEUE
from tests.server import PATIENCE, Server, eventually
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")

AUTHOR = submission.Sender("192.0.2.1", "")
UKRAINIAN = "Чи правда, що міністри вже поїхали?"
GERMAN = "Stimmt es, dass die Minister schon abgereist sind?"


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    found = {name: newsroom.user(name, "Moderator", first_name=name.title()) for name in ("greta", "karim")}
    return found | {"edda": newsroom.user("edda", "Editor", first_name="Edda")}


@pytest.fixture(scope="module")
def lasting_provider() -> Iterator[TranslationServer]:
    with TranslationServer() as running:
        yield running


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server], lasting_provider: TranslationServer) -> Iterator[Server]:
    with make_server(DEEPL_API_KEY="a key", DEEPL_URL=lasting_provider.url) as running:
        yield running


@pytest.fixture(autouse=True)
def provider(lasting_provider: TranslationServer) -> TranslationServer:
    as_new(lasting_provider)
    lasting_provider.answers["de", UKRAINIAN] = GERMAN
    return lasting_provider


@pytest.fixture
def article(transactional_db: None) -> Article:
    return factories.article()


@pytest.fixture
def sit_down(server: Server, people: dict[str, User], reader: MakeReader) -> Callable[..., Page]:
    """Return a function that opens the queue as a moderator."""

    def sit(name: str = "greta", language: str = "en", query: str = "", **options: Any) -> Page:
        page = reader(**{"viewport": {"width": 1280, "height": 900}} | options).page
        log_in(page.context, people[name], server, language)
        page.goto(f"{server.url}{QUEUE}{query}")
        expect(page.locator("#people li")).not_to_have_count(0)
        return page

    return sit


def card(page: Page, comment: Comment) -> Locator:
    return page.locator(f"#comment-{comment.pk}")


def shot(page: Page, name: str) -> None:
    """Save a screenshot if the environment names a directory for screenshots."""
    if directory := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True)


def faults(page: Page) -> str:
    result = Axe().run(page)
    return result.generate_report() if result.violations_count else ""


def now(comment: Comment) -> str:
    return Comment.objects.get(pk=comment.pk).state


def held(page: Page, address: str) -> list[Route]:
    """Return the list to which the next request for this address is added, which is not sent."""
    routes: list[Route] = []
    page.route(address, lambda route: routes.append(route), times=1)
    return routes


def first_of(page: Page, found: list[T]) -> T:
    """Wait until a route has added something to a list, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not found:
        assert time.monotonic() < deadline, "Nothing is sent."
        # Routes are called while the driver works.
        page.wait_for_timeout(20)
    return found[0]


def test_one_key_approves_a_comment_which_appears_on_open_pages(
    sit_down: Callable[..., Page], server: Server, article: Article, reader: MakeReader
) -> None:
    page = sit_down(language="de")
    expect(page.locator("#queue-empty")).to_be_visible()
    arabic = reader().open(server, article, "ar").page
    write(arabic, "شكرا لكم على هذه التغطية المباشرة من بوخارست.")
    send(arabic)
    text = page.locator(".card .text")
    expect(text).to_have_attribute("lang", "ar")
    expect(text).to_have_attribute("dir", "rtl")
    english = reader().open(server, article, "en").page
    page.keyboard.press("j")
    expect(page.locator(".card")).to_be_focused()
    page.keyboard.press("a")
    for open_page in (arabic, english):
        expect(open_page.locator("#comments").get_by_text("التغطية المباشرة")).to_be_visible()
    assert Decision.objects.get().user.username == "greta"


def test_moderators_work_by_keyboard_alone_and_skip_each_others_claims(
    sit_down: Callable[..., Page], article: Article
) -> None:
    first, second, third, fourth, fifth = (factories.comment(article, text=f"Number {n}.") for n in range(1, 6))
    greta = sit_down("greta", "de")
    expect(card(greta, first)).to_be_focused()
    # A comment is claimed a moment after it has the focus.
    eventually(lambda: Comment.objects.filter(pk=first.pk, claimed_by__isnull=False).exists())
    karim = sit_down("karim")
    expect(card(karim, first).locator(".claimed-by")).to_contain_text("Greta")
    # Keys skip comments that a colleague has claimed.
    expect(card(karim, second)).to_be_focused()
    expect(card(greta, second).locator(".claimed-by")).to_contain_text("Karim")

    greta.keyboard.press("a")
    expect(card(greta, first)).to_contain_text("Greta")
    expect(card(greta, third)).to_be_focused()
    expect(card(karim, first).locator(".log")).to_contain_text("Greta")
    expect(card(karim, third).locator(".claimed-by")).to_contain_text("Greta")

    greta.keyboard.press("r")
    expect(greta.locator("#refuse")).to_be_visible()
    greta.keyboard.press("2")
    expect(card(greta, fourth)).to_be_focused()
    assert (now(third), Decision.objects.first().reason) == (State.REJECTED, "off-topic")
    greta.keyboard.press("s")
    expect(card(greta, fifth)).to_be_focused()
    assert now(fourth) == State.SPAM

    greta.keyboard.press("u")
    expect(card(greta, fourth)).to_be_focused()
    expect(card(greta, fourth).locator(".log li")).to_have_count(2)
    assert now(fourth) == State.WAITING
    greta.keyboard.press("u")
    expect(card(greta, third)).to_be_focused()
    assert now(third) == State.WAITING

    # Decide three unclaimed comments at once.
    for key in ("x", "j", "x", "j", "x"):
        greta.keyboard.press(key)
    expect(greta.locator("#bulk-count")).to_contain_text("3")
    greta.keyboard.press("s")
    expect(greta.locator("#bulk")).to_be_hidden()
    assert {now(each) for each in (third, fourth, fifth)} == {State.SPAM}
    greta.keyboard.press("u")
    # Each comment is decided by itself, so the cards disappear one after the other.
    for each in (third, fourth, fifth):
        expect(card(greta, each)).to_have_class("entry card card-waiting")
    assert {now(each) for each in (third, fourth, fifth)} == {State.WAITING}

    karim.keyboard.press("n")
    karim.keyboard.type("I have asked the editor.")
    karim.keyboard.press("Tab")
    karim.keyboard.press("Enter")
    expect(card(greta, second).locator(".notes")).to_contain_text("I have asked the editor.")
    expect(card(karim, second)).to_be_focused()


def test_a_comment_decided_meanwhile_is_not_decided_again(
    sit_down: Callable[..., Page], article: Article, people: dict[str, User]
) -> None:
    comment, following = factories.comment(article), factories.comment(article)
    page = sit_down()
    expect(card(page, comment)).to_be_focused()

    def be_faster(route: Route) -> None:
        with acting_as(TEST):
            moderation.decide(comment.pk, State.REJECTED, people["karim"], version=0, reason="insult")
        route.continue_()

    # While a decision is on its way to the server, another process makes another decision.
    page.route("**/decide/*", be_faster, times=1)
    page.keyboard.press("a")
    expect(card(page, comment).locator(".errorlist")).to_contain_text("Already decided by Karim: Rejected")
    expect(card(page, comment).locator(".log")).to_contain_text("Abusive or hateful")
    expect(card(page, comment)).to_be_focused()
    page.keyboard.press("j")
    expect(card(page, following)).to_be_focused()
    assert now(comment) == State.REJECTED


def test_a_decision_is_about_the_text_that_was_read_before_the_dialog(
    sit_down: Callable[..., Page], article: Article
) -> None:
    comment = factories.comment(article, text="A kind word.")
    page = sit_down()
    expect(card(page, comment)).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator("#refuse")).to_be_visible()
    with acting_as(TEST):
        submission.edit(comment, "Another word.", AUTHOR, version=0)
    # The queue is notified of the note.
    page.evaluate(NOTE_BESIDE_THE_PAGE, f"{QUEUE}{comment.pk}/note/")
    expect(card(page, comment).locator(".text")).to_have_text("Another word.")
    page.keyboard.press("1")
    expect(card(page, comment).locator(".errorlist")).to_contain_text("read it again")
    assert now(comment) == State.WAITING


#: Sends a note as another page of the same moderator would.
NOTE_BESIDE_THE_PAGE = """async (url) => {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.cookie.match(/csrftoken=([^;]*)/)[1]);
  body.set("text", "Look at it.");
  await fetch(url, { method: "POST", body });
}"""


def write_note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    expect(page.locator("#note-dialog")).to_be_visible()
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#note-dialog")).to_be_hidden()


def test_notes_wait_for_the_action_under_way(sit_down: Callable[..., Page], article: Article) -> None:
    comment = factories.comment(article)
    page = sit_down()
    expect(card(page, comment)).to_be_focused()
    routes = held(page, "**/note/*")
    write_note(page, "The first.")
    first = first_of(page, routes)
    write_note(page, "The second.")
    first.continue_()
    expect(card(page, comment).locator(".notes li")).to_have_count(2)
    assert list(Note.objects.order_by("pk").values_list("text", flat=True)) == ["The first.", "The second."]


def test_words_that_were_not_saved_are_in_the_dialog_again(sit_down: Callable[..., Page], article: Article) -> None:
    comment, other = factories.comment(article), factories.comment(article)
    page = sit_down()
    expect(card(page, comment)).to_be_focused()
    problem = card(page, comment).locator(".errorlist")
    note, words = page.locator("#note-dialog textarea"), page.locator("#refuse [type=text]")
    page.route("**/note/*", lambda route: route.abort(), times=1)
    write_note(page, "Known from the demo.")
    expect(problem).to_contain_text("try again")
    card(page, other).focus()
    page.keyboard.press("n")
    expect(note).to_have_value("")
    page.keyboard.press("Escape")
    card(page, comment).focus()
    page.keyboard.press("n")
    expect(note).to_have_value("Known from the demo.")
    page.locator("#note-dialog .default").click()
    expect(card(page, comment).locator(".notes")).to_contain_text("Known from the demo.")
    expect(problem).to_be_empty()

    page.route("**/decide/*", lambda route: route.abort(), times=1)
    page.keyboard.press("r")
    page.keyboard.press("6")
    words.fill("It was on Monday.")
    words.press("Enter")
    expect(problem).to_contain_text("try again")
    page.keyboard.press("r")
    expect(words).to_have_value("It was on Monday.")
    expect(page.locator("#refuse [type=radio]").last).to_be_checked()
    words.press("Enter")
    expect(card(page, comment).locator(".log")).to_contain_text("It was on Monday.")
    assert now(comment) == State.REJECTED


def test_more_cards_come_for_the_present_filter_and_a_failure_is_reported(
    sit_down: Callable[..., Page], article: Article
) -> None:
    comments = [factories.comment(article, text=f"Number {number}.") for number in range(PAGE_SIZE + 1)]
    page = sit_down()
    cards, more = page.locator(".card"), page.locator("#more")
    expect(cards).to_have_count(PAGE_SIZE)
    page.route("**/entries/*after=*", lambda route: route.abort(), times=1)
    more.click()
    expect(cards.last.locator(".errorlist")).to_contain_text("try again")
    routes = held(page, "**/entries/*after=*")
    more.click()
    request = first_of(page, routes)
    expect(cards.last.locator(".errorlist")).to_be_empty()
    page.keyboard.press("/")
    page.keyboard.type(comments[0].text)
    expect(cards).to_have_count(1)
    with page.expect_response("**/entries/*after=*") as response:
        request.continue_()
    response.value.finished()
    # By the next response, the page has handled this one.
    with page.expect_response("**/entries/*"):
        page.keyboard.press("Enter")
    expect(cards).to_have_count(1)
    page.locator("#queue-filter [name=q]").fill("")
    expect(cards).to_have_count(PAGE_SIZE)
    more.click()
    expect(card(page, comments[-1])).to_be_focused()


def test_the_name_of_a_colleague_with_a_claim_keeps_its_direction(
    sit_down: Callable[..., Page], article: Article, people: dict[str, User]
) -> None:
    # In a replacement of a text, "$&" would be a pattern.
    name = people["karim"].first_name = "Karim (BBC) $&"
    people["karim"].save()
    comment = factories.comment(article)
    moderation.claim(comment.pk, people["karim"])
    page = sit_down(language="ar")
    expect(card(page, comment).locator(".claimed-by bdi")).to_have_text(name)
    card(page, comment).focus()
    expect(card(page, comment).locator(".errorlist bdi")).to_have_text(name)


def test_a_foreign_comment_is_translated_without_asking(
    sit_down: Callable[..., Page], article: Article, provider: TranslationServer
) -> None:
    comment = factories.comment(article, language="uk", name="Оксана", text=UKRAINIAN)
    page = sit_down(language="de")
    expect(card(page, comment).locator(".translation")).to_contain_text(GERMAN)
    expect(card(page, comment)).to_be_focused()


def test_the_queue_works_in_a_browser_that_stores_nothing(sit_down: Callable[..., Page], article: Article) -> None:
    comment = factories.comment(article)
    page = sit_down()
    page.add_init_script(REFUSE_STORAGE)
    page.reload()
    expect(page.locator("#people li")).not_to_have_count(0)
    box = page.locator("#translate-ahead")
    expect(box).to_be_checked()
    box.evaluate("box => box.click()")
    page.keyboard.press("a")
    eventually(lambda: now(comment) == "approved")


def test_typing_in_a_field_decides_nothing(sit_down: Callable[..., Page], article: Article) -> None:
    comment = factories.comment(article, text="A sad story.")
    page = sit_down()
    expect(card(page, comment)).to_be_focused()
    page.keyboard.press("/")
    with page.expect_response(lambda answer: "sad" in (answer.request.post_data or "")):
        page.keyboard.type("sad")
    assert "sad" not in page.url
    expect(card(page, comment)).to_be_visible()
    page.get_by_label("Single-key shortcuts").uncheck()
    card(page, comment).focus()
    page.keyboard.press("a")
    page.keyboard.press("s")
    # The same keys work on the keyboard layout of another alphabet.
    page.get_by_label("Single-key shortcuts").check()
    card(page, comment).focus()
    assert now(comment) == State.WAITING
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ش', code: 'KeyA', bubbles: true}))"
    )
    expect(card(page, comment).locator(".log")).to_be_visible()
    assert now(comment) == State.APPROVED


def test_an_editor_features_a_comment_and_turns_it_into_an_update(
    sit_down: Callable[..., Page], server: Server, article: Article, reader: MakeReader
) -> None:
    comment = factories.comment(article, name="Ana", text="I was there.")
    english = reader().open(server, article, "en").page
    page = sit_down("edda")
    expect(card(page, comment)).to_be_focused()
    answers: list[tuple[Route, APIResponse]] = []
    page.route("**/decide/*", lambda route: answers.append((route, route.fetch())), times=1)
    page.keyboard.press("a")
    route, answer = first_of(page, answers)
    # The server notifies all moderators before the response to the decision arrives, and the page then requests the
    # changes.
    for _look in range(2):
        with page.expect_response("**/entries/*"):
            pass
    expect(card(page, comment).locator(".log")).to_be_hidden()
    route.fulfill(response=answer)
    # So a moderator who sees the decision can already press the next key.
    expect(card(page, comment).locator(".log")).to_be_visible()
    page.keyboard.press("f")
    expect(card(page, comment).locator(".badge")).to_contain_text("Editors’ choice")
    page.keyboard.press("p")
    expect(card(page, comment).get_by_role("link", name="Update made from it")).to_be_visible()
    expect(english.locator("#updates")).to_contain_text("I was there.")
    expect(english.locator("#updates")).to_contain_text("Ana")


def test_moderators_change_the_rules_of_an_article_in_the_queue(
    sit_down: Callable[..., Page], article: Article
) -> None:
    page = sit_down(query=f"?article={article.pk}")
    page.get_by_label("comments appear").select_option("at-once")
    page.locator("#rules button").click()
    expect(page.locator("#rules [role=status]")).to_have_text("Saved")
    article.refresh_from_db()
    assert article.discussion.policy == "at-once"


@pytest.fixture
def full(article: Article, people: dict[str, User]) -> list[Comment]:
    """Fill the queue with comments that show all parts of a card."""
    greeting = "شكرا لكم على هذه التغطية المباشرة من بوخارست، لقد كانت مفيدة جدا لنا جميعا في هذه الأيام."
    parent = factories.comment(article, name="Bogdan", text="Are they still talking?", state="approved")
    made = [
        factories.comment(
            article, name="Оксана", language="uk", text=UKRAINIAN, email="o@example.org", address="192.0.2.8"
        ),
        factories.comment(article, name="ليلى", language="ar", text=greeting, parent=parent, held="links"),
        factories.comment(article, name="Jörg", language="de", text="Kauft meine Bücher!\n\nwww.example.org/buch"),
        factories.comment(article, name="Ana", text="W" * 300, email="ana@example.org", address="192.0.2.7"),
        factories.comment(article, name="Ana", text="I was there.", email="ana@example.org", state="approved"),
    ]
    moderation.report(made[4].pk, "abuse", "He was not.", "somebody")
    moderation.note(made[3].pk, people["karim"], "Known from the demo.")
    line = moderation.decide(made[3].pk, State.REJECTED, people["karim"], version=0, reason="false: Since when?")
    moderation.undo(line.pk, people["karim"])
    return made


@pytest.mark.parametrize("language", ["en", "ar", soak.only("de")])
def test_the_queue_has_no_accessibility_faults(
    sit_down: Callable[..., Page], full: list[Comment], article: Article, language: str
) -> None:
    # The accessibility checker sets styles that the Content-Security-Policy forbids.
    page = sit_down("edda", language, query=f"?article={article.pk}", bypass_csp=True)
    moderation.claim(full[1].pk, User.objects.get(username="karim"))
    page.reload()
    expect(card(page, full[0])).to_be_focused()
    # This moderator has no open page whose websocket could report the claim.
    expect(card(page, full[1]).locator(".claimed-by")).to_contain_text("Karim")
    if language == "de":
        expect(card(page, full[0]).locator(".translation")).to_contain_text(GERMAN)
    page.keyboard.press("x")
    assert faults(page) == ""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, f"queue-{language}")
    for key, dialog in (("r", "refuse"), ("n", "note-dialog"), ("b", "ban-dialog")):
        page.keyboard.press("Escape")
        card(page, full[0]).focus()
        page.keyboard.press(key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        assert faults(page) == ""
        shot(page, f"queue-{language}-{dialog}")
        page.keyboard.press("Escape")
    page.set_viewport_size({"width": 380, "height": 800})
    shot(page, f"queue-{language}-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == ""
