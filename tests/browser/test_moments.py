"""A journalist and a reader elsewhere meet the night in which New York's clocks go back, in real Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from articles.models import Article, Update
from tests import factories, newsroom
from tests.browser.conftest import MakeReader
from tests.browser.desks import DeskPage, log_in
from tests.forms import change_url
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

NEW_YORK = ZoneInfo("America/New_York")


def first_0130(year: int) -> datetime:
    """Return the first of the two moments of 01:30 on the first Sunday of November; 1 November in 2026."""
    day = datetime(year, 11, 1, 1, 30, tzinfo=NEW_YORK)
    return day + timedelta(days=(6 - day.weekday()) % 7)


def write_in(form: Locator | Page, name: str, moment: datetime, offset: str = "") -> None:
    """Write a time; in the repeated hour, also choose one of the two moments."""
    form.locator(f"input[name={name}]").fill(f"{moment:%Y-%m-%d}")
    form.locator(f"input[name={name}-time]").fill(f"{moment:%H:%M}")
    if offset:
        form.locator(f"select[name={name}-offset]").select_option(offset)


def shows(form: Locator | Page, name: str, moment: datetime, offset: str = "") -> None:
    expect(form.locator(f"input[name={name}]")).to_have_value(f"{moment:%Y-%m-%d}")
    expect(form.locator(f"input[name={name}-time]")).to_have_value(f"{moment:%H:%M}")
    expect(form.locator(f"select[name={name}-offset]")).to_have_value(offset)


@pytest.fixture
def tokyo(reader: MakeReader, server: Server) -> Page:
    page = reader(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Tokyo").page
    log_in(page.context, newsroom.user("emi", "Editor"), server)
    return page


def test_readers_can_tell_the_two_hours_of_the_night_in_new_york_apart(
    server: Server, reader: MakeReader, tokyo: Page
) -> None:
    year = timezone.now().astimezone(NEW_YORK).year
    last, coming = (year, year + 1) if timezone.now() > first_0130(year) + timedelta(hours=2) else (year - 1, year)
    begin = first_0130(last) - timedelta(hours=6)
    article = factories.article(time_zone="America/New_York", coverage_start=begin)
    kyiv = reader(timezone_id="Europe/Kyiv").open(server, article, "en").page
    desk = DeskPage(tokyo, server, article).open()
    composer = desk.composer

    # Reports of the last such night, each with one of the two times.
    for text, offset in (("The first count.", "-04:00"), ("The second count.", "-05:00")):
        composer.get_by_text("Time", exact=True).click()
        composer.locator(".ProseMirror").focus()
        desk.type(text)
        expect(composer.locator("#id_published_at-zone")).to_have_text("Eastern Time, New York")
        write_in(composer, "published_at", first_0130(last), offset)
        composer.get_by_label("Reason for backdating").fill("The wire was down.")
        desk.press("Control+Enter")
        expect(desk.kept).to_contain_text("Saved")
        expect(kyiv.get_by_text(text)).to_be_visible()
        expect(composer.locator("input[name=published_at]")).to_have_value("")
    first, second = Update.objects.order_by("pk")
    assert first.first_published_at == first_0130(last).astimezone(UTC)
    assert second.first_published_at == first.first_published_at + timedelta(hours=1)
    assert kyiv.locator("#updates .update, #updates [data-sort]").first.get_attribute("id") == second.element
    for update, offset in ((first, "GMT−4"), (second, "GMT−5")):
        expect(kyiv.locator(f"#{update.element} time").first).to_contain_text(f"01:30 {offset}")
        expect(desk.entry(update).locator(".moment").first).to_contain_text(f"01:30 {offset} New York")

    # Plan for the next such night. Without a choice, the desk shows an error beside the field.
    composer.locator(".ProseMirror").focus()
    desk.type("The polls have closed.")
    # Without a time, the button asks for one.
    composer.get_by_role("button", name="Schedule").click()
    expect(composer.locator("input[name=publish_at]")).to_be_focused()
    write_in(composer, "publish_at", first_0130(coming))
    composer.get_by_role("button", name="Schedule").click()
    expect(composer.locator('[data-of="publish_at"]')).to_contain_text("go back from 02:00 to 01:00")
    composer.locator("select[name=publish_at-offset]").select_option("-05:00")
    composer.get_by_role("button", name="Schedule").click()
    expect(desk.kept).to_contain_text("Saved")
    planned = Update.objects.get(state="scheduled")
    assert planned.publish_at == first_0130(coming).astimezone(UTC) + timedelta(hours=1)
    form = desk.edit(planned)
    shows(form, "publish_at", first_0130(coming), "-05:00")
    expect(form.locator("[id$=publish_at-zone]")).to_have_text("Eastern Time, New York")


def test_a_draft_keeps_the_choice_between_the_two_times(server: Server, tokyo: Page) -> None:
    article = factories.article(time_zone="America/New_York")
    desk = DeskPage(tokyo, server, article).open()
    desk.type("Kept.")
    desk.composer.get_by_text("Time", exact=True).click()
    write_in(desk.composer, "publish_at", datetime(2035, 11, 4, 1, 30), "-05:00")
    desk.has_kept("publish_at-offset")
    desk.has_kept("-05:00")
    tokyo.reload()
    shows(desk.composer, "publish_at", datetime(2035, 11, 4, 1, 30), "-05:00")


def test_the_times_of_a_new_article_follow_the_chosen_zone(server: Server, tokyo: Page) -> None:
    tokyo.goto(f"{server.url}{reverse('admin:articles_article_add')}")
    tokyo.locator("#id_time_zone + .select2 .select2-selection").click()
    tokyo.keyboard.type("united york")
    tokyo.keyboard.press("Enter")
    expect(tokyo.locator("#id_coverage_start-zone")).to_have_text("Eastern Time, New York")
    write_in(tokyo, "coverage_start", datetime(2035, 11, 4, 1, 30))
    choice = tokyo.locator("select[name=coverage_start-offset]")
    expect(choice).to_be_visible()
    # Hurried input, by an editor whose browser would show a clock with AM and PM.
    tokyo.locator("input[name=coverage_start-time]").fill("900")
    expect(choice).to_be_hidden()
    tokyo.keyboard.press("Tab")
    shows(tokyo, "coverage_start", datetime(2035, 11, 4, 9))
    tokyo.get_by_label("URL slug").fill("election-night")
    tokyo.get_by_role("checkbox", name="English").check()
    tokyo.locator("#id_headline_en").fill("Election night")
    tokyo.get_by_role("button", name="Save", exact=True).click()
    expect(tokyo.locator(".messagelist")).to_contain_text("Election night")
    article = Article.objects.get()
    assert article.coverage_start == datetime(2035, 11, 4, 9, tzinfo=NEW_YORK)
    expect(tokyo.locator("#result_list .moment")).to_contain_text("4 Nov 2035, 09:00 GMT−5 New York")


def test_the_form_offers_the_two_times_without_javascript(server: Server, reader: MakeReader) -> None:
    page = reader(java_script_enabled=False, timezone_id="Asia/Tokyo").page
    log_in(page.context, newsroom.user("emi", "Editor"), server)
    article = factories.article(state="announced", time_zone="America/New_York")
    page.goto(f"{server.url}{change_url(article)}")
    page.get_by_text("Time and place").click()
    write_in(page, "coverage_start", datetime(2035, 11, 4, 1, 30))
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("select[name=coverage_start-offset]").select_option("-05:00")
    page.locator("select[name=time_zone]").select_option("America/Denver")
    page.get_by_role("button", name="Save", exact=True).click()
    # The clocks of Denver have other offsets, so the choice is made again.
    page.locator("select[name=coverage_start-offset]").select_option("-07:00")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/articles/article/")
    article.refresh_from_db()
    assert article.coverage_start == datetime(2035, 11, 4, 8, 30, tzinfo=UTC)
