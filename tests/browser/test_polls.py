"""Readers vote on the page, or by form without scripts, and every open page shows the new numbers."""

import re

import pytest
from playwright.sync_api import expect

from articles.models import Update, Vote
from articles.polls import voting
from tests import factories
from tests.browser.conftest import Fresh, MakeReader
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poll(transactional_db: None) -> Update:
    return factories.update(
        factories.article(),
        kind="poll",
        headline_en="Who joins first?",
        body_en="<ul><li>Finland</li><li>Sweden</li></ul>",
        headline_de="Wer tritt zuerst bei?",
        body_de="<ul><li>Finnland</li><li>Schweden</li></ul>",
    )


def not_of_mistakes(complaints: list[str]) -> list[str]:
    """Return the complaints, without those about responses to readers' mistakes."""
    return [complaint for complaint in complaints if "422" not in complaint]


def test_a_vote_stays_on_the_page_and_changes_everybodys_numbers(
    server: Server, reader: MakeReader, fresh: Fresh, poll: Update
) -> None:
    voter = reader().open(server, poll.article, "en")
    other = reader().open(server, poll.article, "de")
    voter.runs("polls")
    voter.page.get_by_role("radio", name="Sweden").check()
    voter.page.get_by_role("button", name="Vote").click()
    expect(voter.page.locator(".poll .form-status")).to_have_text("Your vote has been counted.")
    assert voter.page.url.endswith(poll.article.url("en"))
    for page in (voter, other):
        page.reaches(2)
        expect(page.page.locator(".results li").nth(1)).to_contain_text(re.compile(r"100\s?%"))
    assert other.content() == fresh(poll.article, "de")
    # The browser remembers the reader's choice; the page is the same for everybody.
    voter.page.reload()
    voter.runs("polls")
    expect(voter.page.get_by_role("radio", name="Sweden")).to_be_checked()
    voter.page.get_by_role("radio", name="Finland").check()
    voter.page.get_by_role("button", name="Vote").click()
    voter.reaches(3)
    assert list(Vote.objects.values_list("choice", flat=True)) == [0]


def test_pushed_updates_keep_the_readers_choice_and_focus(server: Server, reader: MakeReader, poll: Update) -> None:
    page = reader().open(server, poll.article, "en")
    choice = page.page.get_by_role("radio", name="Sweden")
    choice.check()
    choice.focus()
    voting.cast(poll, "somebody", 0)
    page.reaches(2)
    poll.body_en = "<ul><li>Finland</li><li>Sweden, perhaps</li></ul>"
    poll.save()
    page.reaches(3)
    corrected = page.page.get_by_role("radio", name="Sweden, perhaps")
    expect(corrected).to_be_checked()
    expect(corrected).to_be_focused()


def test_a_vote_without_scripts_leads_to_the_poll(server: Server, reader: MakeReader, poll: Update) -> None:
    made = reader(java_script_enabled=False)
    page = made.open(server, poll.article, "en").page
    said = page.locator(".main-column > .form-status")
    page.get_by_role("button", name="Vote").click()
    expect(said).to_have_text("Choose an answer first.")
    page.get_by_role("radio", name="Finland").check()
    page.get_by_role("button", name="Vote").click()
    expect(said).to_have_text("Your vote has been counted.")
    assert page.url.endswith(f"{poll.url('en')}?voted=1")
    page.get_by_role("radio", name="Sweden").check()
    page.get_by_role("button", name="Vote").click()
    expect(said).to_have_text("Your vote has been counted.")
    assert list(Vote.objects.values_list("choice", flat=True)) == [1]
    made.complaints = not_of_mistakes(made.complaints)


def test_a_reader_is_told_if_no_answer_is_chosen_or_the_vote_cannot_be_sent(
    server: Server, reader: MakeReader, poll: Update
) -> None:
    made = reader()
    page = made.open(server, poll.article, "en").page
    made.runs("polls")
    button, said = page.get_by_role("button", name="Vote"), page.locator(".poll .form-status")
    button.click()
    expect(said).to_have_text("Choose an answer first.")
    page.get_by_role("radio", name="Finland").check()
    page.route("**/vote/**", lambda route: route.abort())
    button.click()
    expect(said).to_have_text("Your vote couldn’t be sent. Please try again.")
    page.unroute("**/vote/**")
    button.click()
    expect(said).to_have_text("Your vote has been counted.")
    made.complaints = not_of_mistakes(made.complaints)


def test_requests_for_pages_carry_no_cookie_of_a_vote(server: Server, reader: MakeReader, poll: Update) -> None:
    made = reader().open(server, poll.article, "en")
    made.runs("polls")
    page = made.page
    page.get_by_role("radio", name="Finland").check()
    page.get_by_role("button", name="Vote").click()
    expect(page.locator(".poll .form-status")).to_have_text("Your vote has been counted.")
    with page.expect_request("**/live/**") as request:
        page.reload()
    assert "cookie" not in request.value.all_headers()
    assert [cookie["path"] for cookie in page.context.cookies()] == ["/vote/"]
