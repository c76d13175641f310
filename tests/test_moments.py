"""The newsroom enters and reads all moments in the time zone of the article."""

import datetime
import re
from datetime import UTC, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from js_asset import Script

from articles.models import Article, Update
from articles.templatetags.live import clock
from comments import moderation
from comments.models import Ban, Decision, Discussion
from comments.queue.forms import RulesForm
from liveblog.admin_input import KnownSelectMultiple
from liveblog.moments import local_time, zones
from liveblog.moments.admin import MomentsAdmin
from liveblog.moments.fields import MomentFormField, MomentFormMixin, MomentInput, Written, ZoneSelect
from liveblog.moments.formats import element
from tests import factories, soak
from tests.desks import DeskClient
from tests.forms import change_url, errors_of, member_of, opened
from tests.queues import QUEUE, QueueClient, moderator

NEW_YORK = ZoneInfo("America/New_York")

#: Zones with whole, half and quarter hours, on both sides of the date line; with clock changes at midnight, of half an
#: hour, backwards in winter and of a whole day, and without clock changes.
ZONES = [
    *("UTC", "Europe/Bucharest", "Europe/London", "Europe/Dublin", "Europe/Kyiv", "Atlantic/Azores"),
    *("America/New_York", "America/St_Johns", "America/Santiago", "America/Havana", "America/Phoenix"),
    *("Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham"),
]


@cache
def clock_changes(zone: str) -> list[datetime.datetime]:
    """Return the moments, rounded to the hour, at which the offset of a zone changes in some years."""
    found, moment = [], datetime.datetime(2010, 1, 1, tzinfo=UTC)
    while moment.year < 2030:
        later = moment + timedelta(days=1)
        if moment.astimezone(ZoneInfo(zone)).utcoffset() != later.astimezone(ZoneInfo(zone)).utcoffset():
            found.append(later)
        moment = later
    return found


@st.composite
def moments_of_zones(draw: st.DrawFn) -> tuple[str, datetime.datetime]:
    """Draw a zone and a moment, most of them within a day of a clock change."""
    zone = draw(st.sampled_from(ZONES))
    anywhere = st.datetimes(datetime.datetime(1901, 1, 1), datetime.datetime(2198, 12, 31), timezones=st.just(UTC))
    changes = clock_changes(zone)
    near = st.builds(
        lambda change, back: change - timedelta(seconds=back), st.sampled_from(changes), st.integers(0, 90_000)
    )
    return zone, draw(near if changes and draw(st.integers(0, 3)) else anywhere)


def field_of(zone: str, shown: datetime.datetime | None = None) -> MomentFormField:
    field = MomentFormField(required=False)
    field.bind(ZoneInfo(zone), shown)
    return field


def sent(field: MomentFormField, value: Any) -> Written | None:
    """Return the value that a browser sends if the user changed nothing."""
    data = controls("at", field.widget.render("at", value, {}))
    return field.widget.value_from_datadict(data, {}, "at")  # type: ignore[no-any-return]


def controls(name: str, html: str) -> dict[str, str]:
    """Return the values of the controls of a moment by name."""
    offset = re.search(rf'name="{name}-offset".*?(?:value="([^"]*)" selected|</select>)', html, re.DOTALL)
    return {
        **dict(re.findall(rf'name="({name}|{name}-time)" value="([^"]*)"', html)),
        f"{name}-offset": (offset and offset[1]) or "",
    }


def typed(local: str, offset: str = "") -> Written:
    """Return the input of a user for a local time in ISO 8601."""
    day, _, time = local.partition("T")
    return Written(day, time, offset)


# Round trips ----------------------------------------------------------------------------------------------------------


@given(moments_of_zones())
def test_a_moment_survives_its_form_in_every_zone(case: tuple[str, datetime.datetime]) -> None:
    zone, moment = case
    field = field_of(zone)
    back = field.clean(sent(field, moment))
    # The controls have no seconds, so the field keeps those of the stored moment.
    assert timedelta() <= moment - back < timedelta(minutes=1)
    kept = field_of(zone, moment)
    assert kept.clean(sent(kept, moment)) == moment
    assert not kept.has_changed(moment, sent(kept, moment))


@given(moments_of_zones())
def test_a_moment_reads_the_same_for_the_newsroom_and_for_readers(case: tuple[str, datetime.datetime]) -> None:
    zone, moment = case
    moment = moment.replace(microsecond=0)
    for html in (element(moment, ZoneInfo(zone)), in_zone(zone, moment)):
        machine, text = re.findall(r'<time datetime="([^"]*)">([^<]*)</time>', html)[0]
        assert datetime.datetime.fromisoformat(machine) == moment
        assert f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" in text


def in_zone(zone: str, moment: datetime.datetime) -> str:
    with timezone.override(ZoneInfo(zone)), translation.override("en"):
        return clock(moment)


@given(st.sampled_from(ZONES), st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2100, 1, 1)))
def test_the_moments_at_a_local_time_are_correct_and_in_order(zone: str, local: datetime.datetime) -> None:
    found = local_time.moments(local, ZoneInfo(zone))
    assert [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for moment in found] == [local] * len(found)
    assert len({moment.astimezone(UTC) for moment in found}) == len(found) <= 2
    assert [moment.astimezone(UTC) for moment in found] == sorted(moment.astimezone(UTC) for moment in found)


@pytest.mark.django_db
@hypothesis(max_examples=soak.count(15, 300))
@given(moments_of_zones())
def test_a_moment_survives_form_database_and_page(case: tuple[str, datetime.datetime]) -> None:
    zone, moment = case
    state = "finished" if moment < timezone.now() else "announced"
    article = factories.article(state=state, time_zone=zone, coverage_start=moment)
    rules = Discussion(article=article, policy="closed", closes_at=moment)
    rules.save()
    stored = Discussion.of(article.pk)
    form = RulesForm(instance=stored)
    written = sent(form.fields["closes_at"], form["closes_at"].value())  # type: ignore[arg-type]
    assert written is not None
    data = {"policy": "closed", "closes_at": written.day, "closes_at-time": written.time}
    data["closes_at-offset"] = written.offset
    form = RulesForm(data, instance=stored)
    assert form.is_valid(), form.errors
    form.save()
    assert Discussion.of(article.pk).closes_at == moment
    page = Client().get(article.url("en")).content.decode()
    shown = re.search(r'"coverageStartTime": ?"([^"]*)"', page)
    assert shown
    assert shown[1] == moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


# The repeated and the skipped hour ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "local", "offsets"),
    [
        ("America/New_York", "2026-11-01T01:30", ["-04:00", "-05:00"]),
        ("Europe/Bucharest", "2026-10-25T03:00", ["+03:00", "+02:00"]),
        ("Australia/Lord_Howe", "2026-04-05T01:45", ["+11:00", "+10:30"]),
        ("Africa/Cairo", "2026-10-29T23:30", ["+03:00", "+02:00"]),
        ("Europe/Dublin", "2026-10-25T01:59", ["+01:00", "+00:00"]),
    ],
)
def test_a_repeated_hour_offers_its_two_moments(zone: str, local: str, offsets: list[str]) -> None:
    field = field_of(zone)
    with pytest.raises(forms.ValidationError) as caught:
        field.clean(typed(local))
    assert caught.value.code == "repeated"
    assert zones.city(zone) in caught.value.messages[0]
    html = field.widget.render("at", typed(local), {})
    assert re.findall(r'<option value="([^"]+)"', html) == offsets
    assert "selected" not in html
    assert re.search(r"<select[^>]*>", html)[0].find("hidden") == -1  # type: ignore[index]
    found = [field.clean(typed(local, offset)) for offset in offsets]
    assert [f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" for moment in found] == [local, local]
    assert found[0] < found[1]
    # The form shows a stored moment unchanged.
    assert sent(field, found[1]) == typed(local, offsets[1])
    with pytest.raises(forms.ValidationError):
        field.clean(typed(local, "+09:00"))


@pytest.mark.parametrize(
    ("zone", "local", "before", "after"),
    [
        ("America/New_York", "2026-03-08T02:30", "02:00", "03:00"),
        ("Europe/Bucharest", "2026-03-29T03:59", "03:00", "04:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "02:00", "02:30"),
        ("Africa/Cairo", "2026-04-24T00:00", "00:00", "01:00"),
        ("Pacific/Apia", "2011-12-30T12:00", "30 Dec 2011, 00:00 GMT−10", "31 Dec 2011, 00:00 GMT+14"),
    ],
)
def test_the_error_for_a_skipped_time_names_the_clock_change(zone: str, local: str, before: str, after: str) -> None:
    with translation.override("en"), pytest.raises(forms.ValidationError) as caught:
        field_of(zone).clean(typed(local, "+02:00"))
    assert f"from {before} to {after}" in caught.value.messages[0]
    assert zones.city(zone) in caught.value.messages[0]


def test_the_hours_around_a_clock_change_need_no_choice() -> None:
    field = field_of("America/New_York")
    for local, utc in (("2026-11-01T00:59", "04:59"), ("2026-11-01T02:00", "07:00"), ("2026-03-08T03:00", "07:00")):
        # A choice left over from another time has no effect.
        assert f"{field.clean(typed(local, '-04:00')):%H:%M}" == utc
        assert "hidden" in field.widget.render("at", typed(local), {})


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_errors_are_in_the_users_language(language: str) -> None:
    with translation.override(language):
        for local in ("2026-11-01T01:30", "2026-03-08T02:30", "9999-12-31T23:59"):
            with pytest.raises(forms.ValidationError) as caught:
                field_of("America/New_York").clean(typed(local))
            assert not re.search(r"%\(|None|tzinfo|datetime", caught.value.messages[0])


# Ways to type a time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "time"),
    [
        *(("9:05", "09:05"), ("0905", "09:05"), ("905", "09:05"), ("16.52", "16:52"), ("16h52", "16:52")),
        *((" 9 ", "09:00"), ("16h", "16:00"), ("16 : 52", "16:52"), ("٩:٠٥", "09:05"), ("۱۶٫۵۲", "16:52")),
        *(("00:00", "00:00"), ("23:59", "23:59"), ("16\uff1a52", "16:52")),
    ],
)
def test_a_time_is_taken_as_people_type_it(text: str, time: str) -> None:
    field = field_of("Asia/Kathmandu")
    assert field.clean(Written("2026-07-01", text)) == field.clean(Written(f"2026-07-01T{time}"))


@pytest.mark.parametrize("text", ["24:00", "9:60", "9:5", "4:52 pm", "soon", "-9:05", "99", "12345", "9:05:", "²:05"])
def test_an_invalid_time_of_the_24_hour_clock_is_refused_with_an_example(text: str) -> None:
    with translation.override("en"), pytest.raises(forms.ValidationError) as caught:
        field_of("Asia/Kathmandu").clean(Written("2026-07-01", text))
    assert "24-hour format" in caught.value.messages[0]
    # The input is still in the form, so the user can correct it.
    assert controls("at", MomentInput().render("at", Written("2026-07-01", text), {}))["at-time"] == text


def test_a_day_alone_or_a_time_alone_asks_for_the_other(article: Article, editor: Client) -> None:
    desk = DeskClient(editor, article)
    for fields, problem in (
        ({"publish_at": "2035-01-31"}, "Enter the time too, such as 16:52."),
        ({"publish_at-time": "16:52"}, "Enter the date too."),
    ):
        assert desk.write("draft", body="<p>Text.</p>", **fields)["errors"] == {"publish_at": [problem]}
    assert not Update.objects.exists()


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_controls_of_a_moment_have_names_and_no_clock_of_the_browser(language: str) -> None:
    field = MomentFormField(label="Publish at")
    field.bind(NEW_YORK)
    with translation.override(language):
        html = field.widget.render("at", datetime.datetime(2035, 1, 31, 21, 5, tzinfo=UTC), {"id": "id_at"})
    assert re.findall(r'type="(\w+)"', html) == ["date", "text"]
    assert controls("at", html) == {"at": "2035-01-31", "at-time": "16:05", "at-offset": ""}
    assert re.search(r'aria-label="[^"]*Publish at', html)
    assert html.count('aria-describedby="id_at-zone"') == 2


# Extremes -------------------------------------------------------------------------------------------------------------

EXTREMES = [
    *("9999-12-31T23:59", "0001-01-01T00:00", "0000-01-01T00:00", "1899-12-31T23:59", "2200-01-01T00:00"),
    *("10000-01-01T00:00", "275760-09-13T00:00", "-0001-01-01T00:00"),
    *("9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00"),
]
NONSENSE = [
    *("2026-02-30T10:00", "2026-13-01T10:00", "2026-11-01T25:00", "2026-11-01T01:30+99:00"),
    *("soon", "\x00", "٢٠٢٦-١١-٠١", "9" * 5000),
]


@pytest.mark.parametrize("zone", ["Europe/Bucharest", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((text, "Enter a year from 1900 to 2199.") for text in EXTREMES),
        *((text, "Enter a valid date/time.") for text in NONSENSE),
    ],
)
def test_an_extreme_value_is_refused(zone: str, text: str, problem: str) -> None:
    with translation.override("en"), pytest.raises(forms.ValidationError) as caught:
        field_of(zone).clean(Written(text))
    assert caught.value.messages == [problem]


@pytest.fixture
def article(db: None) -> Article:
    return factories.article(time_zone="America/New_York")


@pytest.fixture
def editor(db: None) -> Client:
    return member_of("Editor", "Moderator")


@pytest.mark.parametrize("text", ["9999-12-31T23:59", "0001-01-01T00:00"])
def test_no_form_fails_over_an_extreme_value(article: Article, editor: Client, text: str) -> None:
    desk = DeskClient(editor, article)
    poll = {"kind": "poll", "headline": "Which?", "body": "<ul><li>One</li><li>Two</li></ul>"}
    for action, fields in (
        ("schedule", {"publish_at": text}),
        ("publish", {"published_at": text, "backdating_reason": "Late."}),
        ("publish", poll | {"closes_at": text}),
    ):
        (field,) = {"publish_at", "published_at", "closes_at"} & fields.keys()
        assert list(desk.write(action, **{"body": "<p>Text.</p>"} | fields)["errors"]) == [field]
    update = factories.update(article, state="draft")
    form = opened(editor, update)
    assert "publish_at" in errors_of(editor.post(change_url(update), form | {"publish_at": text}))
    form = opened(editor, article)
    for name in ("coverage_start", "coverage_end"):
        assert name in errors_of(editor.post(change_url(article), form | {name: text}))
    answer = editor.post(f"{QUEUE}rules/{article.pk}/", {"policy": "trusted", "closes_at": text})
    assert answer.status_code == 422
    ban = Ban.objects.create(email_hash="x", until=timezone.now())
    assert "until" in errors_of(editor.post(change_url(ban), {"until": text}))
    assert desk.client.get(desk.address("entries"), {"before": f"0-{text[:10]}T00:00:00+14:00-1"}).status_code == 200
    assert Update.objects.exclude(pk=update.pk).count() == 0


# Forms ----------------------------------------------------------------------------------------------------------------


def new_article(client: Client, **fields: Any) -> Any:
    address = reverse("admin:articles_article_add")
    given = {
        "slug": "election-night",
        "state": "announced",
        "source_language": "en",
        "languages": ["en"],
        "headline_en": "Election night",
        "time_zone": "America/New_York",
        "embedding": "site",
        "notifications": "all",
    }
    return client.post(address, given | fields)


def test_the_start_of_a_new_article_is_in_the_zone_chosen_in_its_form(editor: Client) -> None:
    assert new_article(editor, coverage_start="2035-01-31T09:00", coverage_end="2035-02-01T01:00").status_code == 302
    article = Article.objects.get()
    assert article.coverage_start == datetime.datetime(2035, 1, 31, 14, tzinfo=UTC)
    page = Client().get(article.url("en")).content.decode()
    assert "2035-01-31T09:00:00-05:00" in page
    assert "2035-02-01T01:00:00-05:00" in page
    html = editor.get(change_url(article)).content.decode()
    start, end = (controls(name, html) for name in ("coverage_start", "coverage_end"))
    assert (start["coverage_start"], start["coverage_start-time"]) == ("2035-01-31", "09:00")
    assert (end["coverage_end"], end["coverage_end-time"]) == ("2035-02-01", "01:00")
    assert html.count("Eastern Time, New York") >= 2


def test_the_article_form_resolves_repeated_hours_in_the_chosen_zone(editor: Client) -> None:
    written = {"coverage_start": "2035-11-04", "coverage_start-time": "1.30"}
    answer = new_article(editor, **written)
    assert "New York" in errors_of(answer)["coverage_start"][0]
    assert re.findall(r'<option value="(-[^"]*)"', answer.content.decode()) == ["-04:00", "-05:00"]
    assert new_article(editor, **written, **{"coverage_start-offset": "-05:00"}).status_code == 302
    assert Article.objects.get().coverage_start == datetime.datetime(2035, 11, 4, 6, 30, tzinfo=UTC)


def test_correcting_the_zone_of_an_article_keeps_the_local_times(editor: Client) -> None:
    start = datetime.datetime(2035, 1, 31, 9, tzinfo=ZoneInfo("Europe/Bucharest"))
    article = factories.article(state="announced", coverage_start=start)
    form = opened(editor, article) | {"time_zone": "America/New_York", "coverage_start": "2035-01-31T09:00"}
    assert editor.post(change_url(article), form).status_code == 302
    article.refresh_from_db()
    assert article.coverage_start == start.replace(tzinfo=NEW_YORK)


def test_the_list_of_zones_can_be_searched_by_city(editor: Client) -> None:
    assert "time_zone" in errors_of(new_article(editor, time_zone="Europe/Bukarest"))
    assert "time_zone" in errors_of(new_article(editor, time_zone="../../etc/passwd"))
    html = editor.get(reverse("admin:articles_article_add")).content.decode()
    select = html[html.index('<select name="time_zone"') :]
    assert '<optgroup label="Ukraine">' in select
    searches = [("en", "kyiv"), ("de", "kiew"), ("uk", "київ"), ("ro", "bucuresti"), ("ar", "york")]
    for language, words in [*searches, ("en", "cote d'ivoire")]:
        with translation.override(language):
            assert any(zones.folded(words) in zones.search_terms(name) for name in zones.offered())
    with translation.override("uk"):
        assert zones.city("Europe/Kyiv") == "Київ"
    # The list always includes the zone of the article.
    article = factories.article(time_zone="US/Eastern")
    assert '<option value="US/Eastern"' in editor.get(change_url(article)).content.decode()
    form = opened(editor, article)
    assert editor.post(change_url(article), form).status_code == 302


def test_all_zones_that_forms_offer_exist_and_have_names() -> None:
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for name in zones.offered():
                assert zones.is_zone(name)
                assert zones.city(name)
                assert zones.title(name)


def test_an_update_scheduled_at_the_desk_has_the_same_time_in_the_admin_form(article: Article, editor: Client) -> None:
    desk = DeskClient(editor, article)
    desk.write("schedule", body="<p>At three.</p>", publish_at="2035-01-31T15:00")
    update = Update.objects.get()
    html = editor.get(change_url(update)).content.decode()
    assert typed("2035-01-31T15:00", "-05:00")[:2] == tuple(controls("publish_at", html).values())[:2]
    assert "Eastern Time, New York" in html
    form = opened(editor, update) | {"publish_at": "2035-01-31T16:00"}
    assert editor.post(change_url(update), form).status_code == 302
    update.refresh_from_db()
    assert update.publish_at == datetime.datetime(2035, 1, 31, 16, tzinfo=NEW_YORK)
    html = editor.get(desk.address("composer", update.pk)).content.decode()
    assert typed("2035-01-31T16:00", "-05:00")[:2] == tuple(controls("publish_at", html).values())[:2]
    assert "Eastern Time, New York" in html
    entries = str(desk.entries())
    assert "16:00 GMT−5" in entries
    assert "New York" in entries


def test_a_new_update_is_scheduled_in_the_zone_of_its_article(article: Article, editor: Client) -> None:
    address = reverse("admin:articles_update_add")
    form = {
        "article": article.pk,
        "source_language": "en",
        "body_en": "<p>Later.</p>",
        "publish_at": "2035-01-31T15:00",
    }
    assert "in the article’s time zone" in editor.get(f"{address}?form=1").content.decode()
    assert "Eastern Time, New York" in editor.get(f"{address}?article={article.pk}&form=1").content.decode()
    assert "article" in errors_of(editor.post(address, form | {"article": "12345"}))
    assert editor.post(address, form | {"_save": "1"}).status_code == 302
    assert Update.objects.get().publish_at == datetime.datetime(2035, 1, 31, 15, tzinfo=NEW_YORK)


def test_the_desk_can_schedule_and_backdate_in_the_repeated_hour(article: Article, editor: Client) -> None:
    desk = DeskClient(editor, article)
    written = {"body": "<p>Twice.</p>", "publish_at": "2035-11-04T01:30"}
    assert desk.write("schedule", **written)["errors"].keys() == {"publish_at"}
    for offset in ("-04:00", "-05:00"):
        desk.write("schedule", **written, **{"publish_at-offset": offset})
    planned = [update.publish_at for update in Update.objects.order_by("publish_at")]
    assert planned == [datetime.datetime(2035, 11, 4, hour, 30, tzinfo=UTC) for hour in (5, 6)]
    # The composer sends the values that it shows.
    for update in Update.objects.all():
        desk.rewrite(update, desk.opened(update), "schedule", headline="Again")
    assert [update.publish_at for update in Update.objects.order_by("publish_at")] == planned


def test_saving_an_unchanged_form_keeps_the_seconds(editor: Client) -> None:
    exact = datetime.datetime(2035, 1, 31, 9, 15, 42, 123_456, tzinfo=UTC)
    article = factories.article(state="announced", coverage_start=exact, time_zone="Asia/Kathmandu")
    update = factories.update(article, state="scheduled", publish_at=exact)
    for item in (article, update):
        html = editor.get(change_url(item)).content.decode()
        form = opened(editor, item)
        for name in ("coverage_start", "publish_at"):
            if name in form:
                form |= controls(name, html)
        assert editor.post(change_url(item), form).status_code == 302
    article.refresh_from_db()
    update.refresh_from_db()
    assert article.coverage_start == update.publish_at == exact


# Pages of the newsroom ------------------------------------------------------------------------------------------------


def test_lists_histories_and_versions_name_the_zone_of_the_article(article: Article, editor: Client) -> None:
    update = factories.update(article)
    update.headline_en = "Corrected"
    update.save()
    editor.post(change_url(article), opened(editor, article) | {"slug": "renamed"})
    Discussion.objects.create(article=article, closes_at=timezone.now() + timedelta(days=1))
    for address in (
        reverse("admin:articles_article_changelist"),
        reverse("admin:articles_update_changelist"),
        reverse("admin:comments_discussion_changelist"),
        reverse("admin:articles_article_history", args=[article.pk]),
        reverse("admin:articles_update_versions", args=[update.pk]),
    ):
        html = editor.get(address).content.decode()
        assert re.search(r'<span class="moment"><time datetime="[^"]*-0[45]:00">', html), address
        assert ">New York</span>" in html, address


def test_lists_can_be_filtered_by_the_days_of_the_article(editor: Client) -> None:
    evening = datetime.datetime(2026, 11, 1, 3, 30, tzinfo=UTC)
    factories.article(time_zone="America/New_York", coverage_start=evening, slug="over-there")
    factories.article(time_zone="Asia/Tokyo", coverage_start=evening, slug="far-east")
    address = reverse("admin:articles_article_changelist")
    for day, slug in ((31, "over-there"), (1, "far-east")):
        month = 10 if day == 31 else 11
        query = {"start_day__year": 2026, "start_day__month": month, "start_day__day": day}
        found = editor.get(address, query).context["cl"].queryset
        assert [article.slug for article in found] == [slug]


def test_the_log_of_decisions_is_grouped_by_the_days_of_the_article(article: Article) -> None:
    comment = factories.comment(article)
    moderation.decide(comment.pk, "approved", None, version=comment.version)
    line = Decision.objects.get()
    assert line.day == line.at.astimezone(NEW_YORK).date()
    article = Article.objects.get(pk=article.pk)
    article.time_zone = "Pacific/Kiritimati"
    article.save()
    line.refresh_from_db()
    assert line.day == line.at.astimezone(article.zone).date()


def test_the_queue_shows_times_in_the_zone_of_each_comments_article(article: Article) -> None:
    greta = QueueClient(moderator("greta"))
    here, there = factories.comment(factories.article(time_zone="Asia/Tokyo")), factories.comment(article)
    assert ">Tokyo</span>" in greta.card(here)
    assert ">New York</span>" in greta.card(there)
    assert "Eastern Time, New York" in greta.entries(article=article.pk)["rules"]


# Everywhere -----------------------------------------------------------------------------------------------------------


def admins() -> list[admin.ModelAdmin]:
    return list(admin.site._registry.values())


def test_every_form_uses_the_same_field_for_moments(db: None) -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    made: set[type[forms.BaseForm]] = {each.get_form(request) for each in admins() if has_form(each)}
    found = {form for form in [*subclasses(forms.BaseForm), *made] if form.__module__.startswith(OWN) or form in made}
    assert len(found) > 15
    for form in found:
        fields = form.base_fields.values() if hasattr(form, "base_fields") else ()
        other = [each for each in fields if isinstance(each, (forms.DateTimeField, forms.SplitDateTimeField))]
        assert all(isinstance(each, MomentFormField) for each in other), form
        assert not other or issubclass(form, MomentFormMixin), form


def has_form(each: admin.ModelAdmin) -> bool:
    """Return whether an admin has Django's page for one object."""
    names = {pattern.name for pattern in each.get_urls()}
    own_page = type(each).change_view is not admin.ModelAdmin.change_view
    return f"{each.opts.app_label}_{each.opts.model_name}_change" in names and not own_page


OWN = ("articles", "comments", "liveblog")


def subclasses(of: type) -> set[type]:
    return {of}.union(*map(subclasses, of.__subclasses__()))


def test_every_admin_with_moments_shows_them_in_a_zone_that_it_names() -> None:
    for each in admins():
        names = {field.name for field in each.model._meta.fields if isinstance(field, models.DateTimeField)}
        shown = names & {*map(str, each.list_display), *map(str, each.readonly_fields)}
        assert not shown or isinstance(each, MomentsAdmin), each
        hierarchy = each.date_hierarchy
        assert hierarchy is None or type(each.model._meta.get_field(hierarchy)) is models.DateField, each


@pytest.mark.parametrize("debug", [False, True])
def test_the_list_of_zones_shares_the_files_and_words_of_the_admins_search_fields(debug: bool) -> None:
    field: Any = Article._meta.get_field("authors")
    with translation.override("uk"), override_settings(DEBUG=debug):
        own: Any = ZoneSelect().media
        search: Any = KnownSelectMultiple(field, admin.site)
        files = {path for path in own._js if path != Script("liveblog/zones.js", type="module")}
        assert files <= set(search.media._js)
        # The library's texts would differ from the interface.
        assert not any("i18n" in str(path) for path in search.media._js)
        for widget in (search, ZoneSelect()):
            attributes = widget.build_attrs({})
            assert "Триває пошук…" in attributes["data-words"]
            assert "lang" not in attributes


def test_no_newsroom_template_formats_a_moment_without_naming_its_zone() -> None:
    for path in (settings.BASE_DIR / "templates/admin").rglob("*.html"):
        assert not re.search(r"\|(clock|date|time|day|timesince)\b", path.read_text()), path
    for path in (path for app in OWN for path in (settings.BASE_DIR / app).rglob("*admin.py")):
        assert not re.search(r"\b(clock|moment_text|localtime)\(", path.read_text()), path
