"""Readers comment in their language and see their waiting comment; everybody sees it once it is approved."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from articles.models import Article
from comments import moderation
from comments.models import Comment, Discussion, Policy, State
from tests import factories
from tests.browser.conftest import MakeReader
from tests.server import Server


def unfold(page: Page) -> None:
    """Open the form, which is collapsed beside the updates."""
    if page.locator("#comments-form details:not([open])").count():
        page.locator("#comments-form summary").click()


def write(page: Page, text: str, name: str = "ليلى", email: str = "layla@example.org") -> None:
    unfold(page)
    page.locator("#comment-name").fill(name)
    page.locator("#comment-email").fill(email)
    page.locator("#comment-text").fill(text)


def send(page: Page) -> None:
    page.locator("[data-comment-form] button").click()


def approve(comment: Comment) -> None:
    moderation.decide(comment.pk, State.APPROVED, None, version=comment.version)


def reject(comment: Comment) -> None:
    moderation.decide(comment.pk, State.REJECTED, None, version=comment.version)
    comment.refresh_from_db()


def test_only_its_author_sees_a_waiting_comment_and_everybody_an_approved_one(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    author = reader().open(server, article, "ar")
    others = [reader().open(server, article, language) for language in ("de", "uk", "ar")]
    listing = reader()
    listing.page.goto(f"{server.url}{article.url('en')}comments/")
    text = "شكرًا جزيلًا على هذه التغطية المباشرة من بوخارست."
    write(author.page, text)
    send(author.page)
    own = author.page.locator("[data-mine] [data-own]")
    expect(own).to_contain_text(text)
    expect(own).to_have_attribute("data-state", "waiting")
    expect(own).to_be_focused()
    assert [other.page.get_by_text(text).count() for other in others] == [0, 0, 0]
    comment = Comment.objects.get()
    assert (comment.state, comment.language) == (State.WAITING, "ar")
    approve(comment)
    for page in [other.page for other in others] + [author.page, listing.page]:
        shown = page.locator(f"#comments #{comment.element} .comment-text")
        expect(shown).to_have_text(text)
        expect(page.locator("#comments-count")).to_have_attribute("data-count", "1")
    german = others[0].page.locator(f"#{comment.element} .comment-text")
    expect(german).to_have_attribute("dir", "rtl")
    expect(german).to_have_attribute("lang", "ar")
    expect(own).to_be_hidden()
    expect(author.page.locator(f"#{comment.element} .comment")).to_be_focused()
    # All readers have the same copy, but only the author can change the comment.
    expect(author.page.locator(f"#{comment.element} [data-change]")).to_be_visible()
    expect(listing.page.locator("[data-change]")).to_have_count(0)
    moderation.decide(comment.pk, State.REJECTED, None, version=1)
    expect(author.page.locator(f"#{comment.element}")).to_have_count(0)
    expect(own).to_be_visible()
    expect(own).to_have_attribute("data-state", "rejected")


def test_authors_can_change_comments_that_appeared_at_once(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    page = reader().open(server, article, "en").page
    write(page, "I shall think about it for years to come.", name="Ana")
    page.evaluate("performance.now = () => 1e6")
    send(page)
    change = page.locator("#comments [data-change]")
    expect(change).to_be_visible()
    # A pushed frame replaces the element.
    factories.comment(article, parent=Comment.objects.get(), state="approved", text="So shall I.")
    expect(page.locator("#comments")).to_contain_text("So shall I.")
    page.reload()
    change.click()
    page.locator("#comment-text").fill("I have thought about it.")
    page.locator("form .buttons button").first.click()
    expect(page.locator("[data-own]")).to_contain_text("I have thought")


def test_a_half_written_comment_survives_a_change_of_the_rules(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    first = factories.comment(article, name="Олена", state="approved")
    page = reader().open(server, article, "en").page
    page.locator(f"[data-reply='{first.pk}']").click()
    write(page, "I was going to say", name="Ana")
    text = page.locator("#comment-text")
    text.evaluate("field => { field.focus(); field.setSelectionRange(2, 2); }")
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    expect(page.get_by_text("Comments appear immediately.")).to_be_visible()
    expect(text).to_be_focused()
    page.keyboard.type("really ")
    for _ in range(2):
        expect(text).to_have_value("I really was going to say")
        expect(page.locator("#comment-name")).to_have_value("Ana")
        expect(page.locator("#comment-email")).to_have_value("layla@example.org")
        expect(page.locator("[data-replying-to]")).to_have_text("Олена")
        page.reload()


def test_a_reader_of_one_language_sees_no_answers_in_others(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    first = factories.comment(article, language="uk", state="approved")
    factories.comment(article, parent=first, language="de", text="Ganz genau.", state="approved")
    page = reader().page
    page.goto(f"{server.url}{article.url('uk')}comments/?only=1")
    expect(page.get_by_text("Ganz genau.")).to_be_hidden()
    factories.comment(article, parent=first, language="de", text="So ist es.", state="approved")
    factories.comment(article, parent=first, language="uk", text="Так і є.", state="approved")
    expect(page.get_by_text("Так і є.")).to_be_visible()
    expect(page.get_by_text("So ist es.")).to_be_hidden()


def test_errors_appear_beside_their_fields_and_nothing_typed_is_lost(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader().open(server, article, "de").page
    unfold(page)
    page.locator("#comment-email").fill("keine Adresse")
    page.locator("#comment-text").fill("Ein langer Gedanke.")
    with page.expect_response("**/comments/") as answer:
        send(page)
    assert answer.value.status == 422
    for name in ("name", "email"):
        field = page.locator(f"#comment-{name}")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#comment-{name}_error")).not_to_be_empty()
        expect(field).to_have_attribute("aria-describedby", re.compile(f"comment-{name}_error"))
    expect(page.locator("#comment-name")).to_be_focused()
    page.reload()
    expect(page.locator("#comment-text")).to_have_value("Ein langer Gedanke.")
    expect(page.locator("#comment-email")).to_have_value("keine Adresse")


def test_a_comment_that_could_not_be_sent_stays_in_the_form(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader().open(server, article, "en").page
    write(page, "Nobody hears me.", name="Ana")
    page.context.set_offline(True)
    # The browser's network process may go offline before or after the page.
    expect(page.locator("#connection")).to_be_visible()
    send(page)
    expect(page.locator("[data-problem]")).to_be_visible()
    expect(page.locator("#comment-text")).to_have_value("Nobody hears me.")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    send(page)
    expect(page.locator("[data-own]")).to_contain_text("Nobody hears me.")
    expect(page.locator("#comment-text")).to_have_value("")
    assert Comment.objects.count() == 1


def test_an_answer_appears_under_the_comment_that_it_answers(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    first = factories.comment(article, name="Олена", state="approved")
    other = reader().open(server, article, "de").page
    page = reader().open(server, article, "en").page
    page.locator(f"[data-reply='{first.pk}']").click()
    expect(page.locator("[data-replying-to]")).to_have_text("Олена")
    expect(page.locator("#comment-text")).to_be_focused()
    write(page, "I think so too, and have thought so for years.", name="Ana")
    # The comment filter holds comments that are sent faster than people type.
    page.evaluate("performance.now = () => 1e6")
    send(page)
    for each in (other, page):
        answer = each.locator(f"#{first.element} .answers .comment")
        expect(answer).to_contain_text("for years")
        expect(each.locator("#comments-count")).to_have_attribute("data-count", "2")


def test_a_returning_reader_sees_their_own_comment(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader().open(server, article, "en").page
    write(page, "I shall be back.", name="Ana")
    send(page)
    expect(page.locator("[data-own]")).to_be_visible()
    page.reload()
    expect(page.locator("[data-own]")).to_contain_text("I shall be back.")
    page.locator("[data-own] .comment-actions a").click()
    page.locator("#comment-text").fill("I shall be back soon.")
    page.locator("form .buttons button").first.click()
    expect(page.locator("[data-own]")).to_contain_text("back soon")
    page.locator("button[name=delete]").click()
    page.wait_for_url("**/comments/#comments")
    assert not Comment.objects.exists()


def test_a_reader_without_javascript_can_send_change_and_delete_a_comment(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader(java_script_enabled=False).open(server, article, "de").page
    unfold(page)
    send(page)
    expect(page.locator("#comment-name_error")).to_be_visible()
    write(page, "Ein Satz ohne Skript, und auch der kommt an.", name="Ana")
    send(page)
    expect(page.locator("[data-own]")).to_contain_text("ohne Skript")
    approve(Comment.objects.get())
    address = page.locator(".main-column > .help a").get_attribute("href") or ""
    assert "/comments/mine/#" in address
    page.goto(server.url + address)
    page.get_by_role("textbox").fill(address.partition("#")[2])
    page.get_by_role("button").click()
    expect(page.locator("[data-own]")).to_have_attribute("data-state", "approved")


def test_comments_keep_the_order_that_the_reader_chose(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    first, second = [factories.comment(article, state="approved") for _ in range(2)]
    factories.comment(article, parent=first, state="approved")
    pages = {order: reader() for order in ("newest", "oldest", "answers")}
    for order, each in pages.items():
        each.page.goto(f"{server.url}{article.url('en')}comments/?order={order}")
    third = factories.comment(article, state="approved")
    expected = {"newest": [third, second, first], "oldest": [first, second, third], "answers": [first, second]}
    revision = Article.objects.get().revision
    for order, each in pages.items():
        each.reaches(revision)
        found = each.page.eval_on_selector_all("#comments > *", "all => all.map(one => one.id)")
        assert found == [comment.element for comment in expected[order]]


def test_the_page_of_a_conversation_follows_it(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    first = factories.comment(article, state="approved", text="How long will it take?")
    earlier = [factories.comment(article, parent=first, state="approved", text=f"Answer {n}.") for n in range(7)]
    page = reader().page
    page.goto(f"{server.url}{article.url('en')}comments/{first.pk}/")
    new = factories.comment(article, parent=first, state="approved", text="Until midnight.")
    answers = page.locator("#comments .answers > .comment .comment-text")
    expect(answers.last).to_have_text("Until midnight.")
    expect(answers).to_have_count(8)
    moderation.decide(earlier[0].pk, State.REJECTED, None, version=earlier[0].version)
    expect(answers).to_have_count(7)
    moderation.feature(new.pk, True)
    moderation.decide(first.pk, State.REJECTED, None, version=first.version)
    expect(page.get_by_text("How long will it take?")).to_be_hidden()


def test_the_page_of_a_conversation_tries_again_until_it_has_a_change(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    first = factories.comment(article, state="approved", text="Comment 0.")
    answers = [factories.comment(article, parent=first, state="approved", text=f"Answer {n}.") for n in range(3)]
    visitor = reader()
    page = visitor.page
    # Do not wait between the attempts.
    page.add_init_script("Math.random = () => 0")
    address = f"{server.url}{article.url('en')}comments/{first.pk}/"
    page.goto(address)
    old = page.request.get(address).text()
    faults: list[Callable[[Route], None]] = [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=503, body="Busy"),
        lambda route: route.fulfill(content_type="text/html", body=old),
    ]
    page.route(address, lambda route: faults.pop(0)(route) if faults else route.continue_())
    texts = page.locator("#comments .comment-text")
    reject(answers[1])
    expect(texts).to_have_text(["Comment 0.", "Answer 0.", "Answer 2."])
    assert not faults
    assert [complaint for complaint in visitor.complaints if "503" not in complaint] == []
    visitor.complaints.clear()
    # An answer comes back to its place, and so does the first comment.
    approve(answers[1])
    expect(texts).to_have_text(["Comment 0.", "Answer 0.", "Answer 1.", "Answer 2."])
    reject(first)
    expect(page.locator("#comments .removed")).to_be_visible()
    approve(first)
    expect(texts).to_have_text(["Comment 0.", "Answer 0.", "Answer 1.", "Answer 2."])
    expect(page.locator("#comments .removed")).to_have_count(0)


def test_the_choice_of_the_editors_is_read_once(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    chosen = factories.comment(article, language="uk", state="approved", text="Нарешті.")
    page = reader(viewport={"width": 820, "height": 1180}).open(server, article, "en").page
    expect(page.get_by_text("Нарешті.")).to_have_count(1)
    expect(page.locator("#comments .comment-language")).to_have_text("Ukrainian")
    moderation.feature(chosen.pk, True)
    expect(page.locator("#comments-featured")).to_contain_text("Нарешті.")
    expect(page.locator("#comments").get_by_text("Нарешті.")).to_be_hidden()
    # On a tablet, the comments are below the updates, with a link at the top.
    page.locator(".share-page .talk").click()
    expect(page.locator("#comments-title")).to_be_in_viewport()
