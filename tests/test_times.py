"""Every time has a day, a year, a 24-hour clock and an offset, so it is clear in every year and country."""

from __future__ import annotations

import datetime
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import formats, timezone, translation

from articles.models import Article
from liveblog.delivery import frames
from liveblog.languages import SHIPPED, locale_of
from liveblog.moments.formats import day_text, distance_text, moment_in_sentence, moment_text
from tests import factories

pytestmark = pytest.mark.django_db

#: A Thursday.
AFTERNOON = datetime.datetime(2022, 12, 1, 14, 5, tzinfo=datetime.UTC)


def written(moment: datetime.datetime, language: str, zone: str) -> str:
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        return moment_text(moment)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "1 Dec 2022, 16:05 GMT+2"),
        ("de", "1. Dez. 2022, 16:05 GMT+2"),
        ("fr", "1 déc. 2022, 16:05 UTC+2"),
        ("es", "1 dic 2022, 16:05 GMT+2"),
        ("pl", "1 gru 2022, 16:05 GMT+2"),
        ("ro", "1 dec. 2022, 16:05 GMT+2"),
        ("uk", "1 груд. 2022 р., 16:05 GMT+2"),
        ("ar", "1 ديسمبر 2022، 16:05 غرينتش\u200e+2"),
    ],
)
def test_every_language_writes_day_year_clock_and_offset(language: str, expected: str) -> None:
    assert written(AFTERNOON, language, "Europe/Bucharest").replace("\u202f", " ") == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "1 Dec 2022, 14:05 GMT"),
        ("Asia/Kolkata", "1 Dec 2022, 19:35 GMT+5:30"),
        ("America/St_Johns", "1 Dec 2022, 10:35 GMT−3:30"),
        ("Pacific/Auckland", "2 Dec 2022, 03:05 GMT+13"),
    ],
)
def test_the_offset_is_that_of_the_zone(zone: str, expected: str) -> None:
    assert written(AFTERNOON, "en", zone) == expected


def test_the_two_times_of_a_repeated_hour_can_be_told_apart() -> None:
    first = datetime.datetime(2026, 11, 1, 5, 30, tzinfo=datetime.UTC)
    assert written(first, "en", "America/New_York") == "1 Nov 2026, 01:30 GMT−4"
    assert written(first + datetime.timedelta(hours=1), "en", "America/New_York") == "1 Nov 2026, 01:30 GMT−5"


@pytest.mark.parametrize(
    ("language", "in_sentence", "day"),
    [
        ("en", "1 December 2022 at 16:05 (GMT+2)", "Thursday, 1 December 2022"),
        ("de", "1. Dezember 2022 um 16:05 Uhr (GMT+2)", "Donnerstag, 1. Dezember 2022"),
        ("pl", "1 grudnia 2022 o godz. 16:05 (GMT+2)", "czwartek, 1 grudnia 2022"),
        ("ar", "1 ديسمبر 2022 في الساعة 16:05 (غرينتش\u200e+2)", "الخميس، 1 ديسمبر 2022"),
    ],
)
def test_sentences_and_headings_write_times_in_full(language: str, in_sentence: str, day: str) -> None:
    with translation.override(language), timezone.override(ZoneInfo("Europe/Bucharest")):
        assert moment_in_sentence(AFTERNOON) == in_sentence
        assert day_text(AFTERNOON) == day


def test_the_locale_of_a_variety_of_a_language_is_found() -> None:
    assert str(locale_of("en")) == "en_GB"
    assert str(locale_of("pt-br")) == "pt_BR"


@pytest.mark.parametrize("language", SHIPPED)
def test_the_newsrooms_pages_use_the_24_hour_clock(language: str) -> None:
    with translation.override(language):
        for name in ("DATETIME_FORMAT", "TIME_FORMAT", "SHORT_DATETIME_FORMAT"):
            assert "14:05" in formats.date_format(AFTERNOON, name)


def test_the_newsrooms_dates_are_british() -> None:
    with translation.override("en"):
        assert formats.localize(AFTERNOON) == "1 Dec 2022, 14:05"
        assert formats.date_format(AFTERNOON, "SHORT_DATE_FORMAT") == "01/12/2022"


def test_the_month_of_a_day_stands_in_the_genitive_in_ukrainian() -> None:
    with translation.override("uk"):
        assert formats.date_format(AFTERNOON, "MONTH_DAY_FORMAT") == "1 грудня"


# Pages ----------------------------------------------------------------------------------------------------------------


def finished(**fields: Any) -> Article:
    start = datetime.datetime(2022, 11, 29, 7, tzinfo=datetime.UTC)
    end = datetime.datetime(2022, 11, 30, 15, tzinfo=datetime.UTC)
    return factories.article(state="finished", coverage_start=start, coverage_end=end, **fields)


def html_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def clocks_in(html: str) -> list[str]:
    return re.findall(r"<time[^>]*>([^<]+)</time>", html)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (datetime.timedelta(seconds=59), "1 min ago"),
        (datetime.timedelta(minutes=3, seconds=59), "3 min ago"),
        (datetime.timedelta(hours=23, minutes=59), "23 hr ago"),
        (datetime.timedelta(days=6, hours=20), "6 days ago"),
        (datetime.timedelta(days=3.7 * 365), "3 years ago"),
    ],
)
def test_the_newsroom_counts_whole_units_of_what_has_passed_as_readers_pages_do(
    passed: datetime.timedelta, expected: str
) -> None:
    with translation.override("en"):
        assert distance_text(timezone.now() - passed) == expected


def test_no_page_has_a_time_without_year_and_offset(client: Client) -> None:
    article = finished()
    at = datetime.datetime(2022, 11, 29, 22, 30, tzinfo=datetime.UTC)
    update = factories.update(article, first_published_at=at, correction_note_en="Not 30: 40.", body_en="<p>x</p>")
    said = factories.comment(article, state="approved")
    comments = f"{article.url('en')}comments/"
    for address in ("/en/", article.url("en"), update.url("en"), comments, f"{comments}{said.pk}/"):
        found = clocks_in(html_of(client, address))
        assert found, address
        for text in found:
            assert re.search(r"\b20\d\d\b.*\b\d\d:\d\d \(?GMT\+[23]\b", text), (address, text)


def test_the_permalink_says_when_the_coverage_ended_and_in_which_zone(client: Client) -> None:
    article = finished()
    update = factories.update(article)
    html = html_of(client, update.url("de"))
    assert "Dieser Liveblog endete am" in html
    assert "30. November 2022 um 17:00 Uhr (GMT+2)" in html
    assert "Zeitzone: Osteuropäische Zeit, Bukarest" in html


def test_the_permalink_of_coverage_that_was_called_off_names_no_end(client: Client) -> None:
    article = factories.article(state="announced", coverage_start=timezone.now() + datetime.timedelta(days=2))
    update = factories.update(article)
    article.state = "finished"
    article.save()
    html = client.get(update.url("en")).content.decode()
    assert "Called off before it started" in html
    assert "Live coverage ended" not in html


def test_the_permalink_of_running_coverage_does_not_say_that_it_ended(client: Client) -> None:
    assert 'class="ended"' not in html_of(client, factories.update(factories.article()).url("en"))


def test_the_list_has_a_heading_for_each_day_of_the_event(client: Client) -> None:
    article = factories.article()
    # The third one is on the day of the second in Bucharest, but on the day of the first in UTC.
    for moment in ("2022-11-29T20:00", "2022-11-30T09:00", "2022-11-29T22:00"):
        factories.update(article, first_published_at=datetime.datetime.fromisoformat(f"{moment}+00:00"))
    html = html_of(client, article.url("en"))
    marks = re.findall(r'<h2 class="day">([^<]+)|id="(update-\d+)"\s+class', html)
    assert [day or "update" for day, _update in marks] == [
        *("Wednesday, 30 November 2022", "update", "update"),
        *("Tuesday, 29 November 2022", "update"),
    ]


def test_pinned_updates_come_before_the_days(client: Client) -> None:
    article = factories.article()
    pinned = factories.update(article, pin=1)
    factories.update(article)
    html = html_of(client, article.url("en"))
    assert html.index(f'id="{pinned.element}"') < html.index('<h2 class="day">')
    assert html.count('<h2 class="day">') == 1


def test_a_pushed_update_names_its_day_in_the_language_and_zone_of_the_page() -> None:
    article = factories.article()
    at = datetime.datetime(2022, 11, 29, 22, 30, tzinfo=datetime.UTC)
    factories.update(article, first_published_at=at)
    article.refresh_from_db()
    text = frames.since(article.pk, factories.state_at(article, 0), article.page_state, "uk").text
    assert '\\"2022-11-30\\"' in text
    assert "середа, 30 листопада 2022" in text
