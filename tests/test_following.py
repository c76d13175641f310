"""Readers who follow something get one notification of each story, in their language; others get none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from werkzeug import Response

from articles import changes
from articles.choices import NotificationLimit
from articles.desk import actions
from articles.following import deliveries, editions, outlook, stories
from articles.following.models import Delivery, Edition, Follow, Story
from articles.models import Article, Topic, Update
from articles.publishing import syndication
from liveblog.actors import Machine, acting_as
from liveblog.errors import ProviderError
from liveblog.http import MAX_EXCHANGES
from liveblog.languages import column
from liveblog.webpush import apart, circuit_breakers, sending
from liveblog.webpush.apart import Sender
from liveblog.webpush.endpoints import Endpoint
from liveblog.webpush.models import PushSubscription, quiet_ends
from tests import factories, newsroom, soak
from tests.actors import TEST
from tests.clients import get
from tests.push_service import PRIVATE_KEY, Browser, PushService
from tests.server import PATIENCE, Server, eventually

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.VAPID_PRIVATE_KEY = PRIVATE_KEY
    with PushService() as made:
        settings.PUSH_ROUTES = made.routes
        sending.circuit_breakers.clear()
        yield made


def ask(action: str, browser: Browser | None = None, language: str = "en", **data: Any) -> Any:
    """Send a request as the scripts of a page do, and return the response."""
    if browser is not None and "subscription" not in data:
        data["endpoint"] = browser.endpoint
    return Client().post(f"/{language}/follow/{action}", json.dumps(data), content_type="application/json")


def follow(service: PushService, subject: Any, level: str = "all", language: str = "en", **data: Any) -> Browser:
    browser = data.pop("browser", None) or service.browser()
    kind = type(subject).__name__.lower()
    named = {"kind": kind, "id": subject.pk, "level": level, "subscription": browser.subscription()}
    response = ask("", language=language, **named, **data)
    assert response.status_code == 200, response.content
    return browser


def work() -> None:
    """Make all waiting editions due, and send all messages."""
    Edition.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    while editions.run_due() + deliveries.send_due():
        pass


def late() -> None:
    """Let the deadline for texts pass."""
    Edition.objects.update(deadline=timezone.now())
    work()


def retry() -> None:
    Delivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    work()


# Messages and their readers -------------------------------------------------------------------------------------------


def test_a_follower_is_told_of_an_update_and_nobody_else_is(service: PushService) -> None:
    article, other = factories.article(slug="summit"), factories.article()
    reader, stranger = follow(service, article), follow(service, other)
    update = factories.update(article, headline_en="Talks have begun", body_en="<p>All came.</p>")
    work()
    [message] = reader.shown
    assert message["title"] == "Talks have begun"
    assert message["body"] == "All came."
    assert message["url"] == f"/en/live/summit/?at={update.pk}#update-{update.pk}"
    assert (message["lang"], message["dir"], message["silent"]) == ("en", "ltr", False)
    assert reader.headers[0]["Topic"] == f"update-{update.pk}"
    assert stranger.shown == []


def test_each_level_notifies_of_the_updates_that_the_reader_chose(service: PushService) -> None:
    article = factories.article()
    readers = {level: follow(service, article, level) for level in ("all", "key", "breaking")}
    factories.update(article, headline_en="A detail")
    factories.update(article, headline_en="A turn", is_key=True)
    factories.update(article, headline_en="An alarm", is_breaking=True)
    work()
    assert sorted(readers["all"].titles) == ["A detail", "A turn", "Breaking: An alarm"]
    assert sorted(readers["key"].titles) == ["A turn", "Breaking: An alarm"]
    assert readers["breaking"].titles == ["Breaking: An alarm"]
    assert readers["breaking"].headers[0]["Urgency"] == "high"


def test_an_update_that_becomes_a_key_event_is_told_to_those_who_did_not_have_it(service: PushService) -> None:
    article = factories.article()
    everything, key = follow(service, article), follow(service, article, "key")
    update = factories.update(article, headline_en="A vote")
    work()
    update.is_key = True
    update.save()
    work()
    assert (everything.titles, key.titles) == (["A vote"], ["A vote"])


def test_topics_and_authors_are_followed_over_all_coverage(service: PushService) -> None:
    topic = Topic.objects.create(name="Trade", slug="trade")
    author = factories.author("Ioana Petrescu")
    on_topic, on_author = follow(service, topic), follow(service, author)
    article = factories.article()
    with changes.edit(article):
        article.topics.add(topic)
        article.save()
    factories.update(article, headline_en="By nobody in particular")
    factories.update(factories.article(), headline_en="By Ioana", authors=(author,))
    work()
    assert on_topic.titles == ["By nobody in particular"]
    assert on_author.titles == ["By Ioana"]


def test_a_reader_who_follows_a_coverage_and_its_topic_is_told_once(service: PushService) -> None:
    topic = Topic.objects.create(name="Trade", slug="trade")
    article = factories.article()
    with changes.edit(article):
        article.topics.add(topic)
        article.save()
    reader = follow(service, topic)
    follow(service, article, browser=reader)
    factories.update(article, headline_en="Once")
    work()
    assert reader.titles == ["Once"]


def test_copies_of_an_update_are_one_story(service: PushService) -> None:
    first, second = factories.article(), factories.article()
    reader, other = follow(service, first), follow(service, second)
    follow(service, second, browser=reader)
    update = factories.update(first, headline_en="In both")
    work()
    syndication.copy_to(update, [second], TEST)
    work()
    assert (reader.titles, other.titles) == (["In both"], ["In both"])
    update.refresh_from_db()
    update.withdraw(leaves_mark=False, reason="")
    update.save()
    work()
    # The copy is still there.
    assert reader.titles == ["In both"]
    copy = Update.objects.get(article=second)
    copy.withdraw(leaves_mark=False, reason="")
    copy.save()
    work()
    for each in (reader, other):
        [shown] = each.tray.values()
        assert "ithdrawn" in shown["title"]


@pytest.mark.parametrize("way", ["deleted", "article deleted"])
@pytest.mark.parametrize("last", ["withdrawn", "deleted", "article deleted"])
def test_a_notification_stays_as_long_as_there_is_a_copy(service: PushService, way: str, last: str) -> None:
    first, second = factories.article(), factories.article(slug="second")
    reader = follow(service, second)
    update = factories.update(first, headline_en="In both")
    [copy] = syndication.copy_to(update, [second], TEST)
    work()
    if way == "deleted":
        update.delete()
    else:
        first.delete()
    work()
    assert reader.titles == ["In both"]
    copy = Update.objects.get(pk=copy.pk)
    copy.headline_en, copy.correction_note_en = "Still there", "A note."
    copy.save()
    work()
    assert reader.titles == ["In both", "Correction: Still there"]
    assert reader.shown[-1]["url"].startswith("/en/live/second/")
    if last == "withdrawn":
        copy.withdraw(leaves_mark=False, reason="")
        copy.save()
    elif last == "deleted":
        copy.delete()
    else:
        second.delete()
    work()
    [shown] = reader.tray.values()
    assert "ithdrawn" in shown["title"]


@pytest.mark.parametrize("way", ["draft", "earlier time", "silent", "none", "key events only"])
def test_updates_that_are_no_news_notify_nobody(service: PushService, way: str) -> None:
    limits = {"none": NotificationLimit.NONE, "key events only": NotificationLimit.KEY}
    article = factories.article(notifications=limits.get(way, NotificationLimit.ALL))
    reader = follow(service, article)
    fields: dict[str, Any] = {
        "draft": {"state": "draft"},
        "earlier time": {"earlier_time": timezone.now() - timedelta(hours=5)},
        "silent": {"is_silent": True},
    }.get(way, {})
    with acting_as(Machine("Import")):
        factories.update(article, **fields)
    work()
    assert reader.shown == []
    assert not Story.objects.exists()


def test_a_site_without_a_key_offers_nothing_and_queues_nothing(service: PushService, settings: Any) -> None:
    article = factories.article(slug="summit")
    follow(service, article)
    assert "data-follow" in Client().get("/en/live/summit/").content.decode()
    settings.VAPID_PRIVATE_KEY = ""
    factories.update(article)
    assert not Story.objects.exists()
    assert "data-follow" not in Client().get("/en/live/summit/").content.decode()
    response = ask("", kind="article", id=article.pk, level="all", subscription=service.browser().subscription())
    assert response.status_code == 422


# Languages ------------------------------------------------------------------------------------------------------------


def translate(update: Update, language: str, text: str) -> None:
    setattr(update, column("headline", language), text)
    update.save()


def test_readers_get_the_text_in_their_language_as_soon_as_there_is_one(service: PushService) -> None:
    article = factories.article(languages=["en", "ar"])
    english, arabic = follow(service, article), follow(service, article, language="ar")
    update = factories.update(article, headline_en="Talks have begun", body_en="")
    work()
    assert (english.titles, arabic.titles) == (["Talks have begun"], [])
    translate(update, "ar", "بدأت المحادثات")
    work()
    [message] = arabic.shown
    assert (message["title"], message["lang"], message["dir"]) == ("بدأت المحادثات", "ar", "rtl")
    assert message["url"].startswith("/ar/live/")
    assert len(english.shown) == 1


def test_when_no_text_comes_readers_get_the_original_and_are_told_so(service: PushService) -> None:
    article = factories.article(languages=["en", "de"], policies={"de": "original"})
    reader = follow(service, article, language="de")
    factories.update(article, headline_en="Talks have begun", body_en="")
    work()
    assert reader.shown == []
    late()
    [message] = reader.shown
    assert (message["title"], message["lang"]) == ("Talks have begun", "en")
    assert "Englisch" in message["body"]


def test_where_readers_get_reviewed_texts_alone_they_are_told_of_nothing_else(service: PushService) -> None:
    article = factories.article(languages=["en", "de"], policies={"de": "reviewed"})
    reader = follow(service, article, language="de")
    update = factories.update(article, headline_en="Talks have begun", body_en="")
    late()
    assert reader.shown == []
    translate(update, "de", "Die Gespräche beginnen")
    work()
    # The text came too late to be news.
    assert reader.shown == []
    second = factories.update(article, headline_en="A break", body_en="")
    translate(second, "de", "Eine Pause")
    work()
    assert reader.titles == ["Eine Pause"]


# Corrections and withdrawals ------------------------------------------------------------------------------------------


def notified(service: PushService, **fields: Any) -> tuple[Browser, Update]:
    article = factories.article()
    reader = follow(service, article)
    update = factories.update(article, **{"headline_en": "Thirteen came"} | fields)
    work()
    assert reader.titles == ["Thirteen came"]
    return reader, update


def test_a_correction_takes_the_place_of_the_notification_without_a_sound(service: PushService) -> None:
    reader, update = notified(service)
    newcomer = follow(service, update.article)
    update.headline_en, update.correction_note_en = "Fourteen came", "We said thirteen."
    update.save()
    work()
    first, second = reader.shown
    assert second["title"] == "Correction: Fourteen came"
    assert "We said thirteen." in second["body"]
    assert second["silent"]
    assert (second["tag"], second["version"]) == (first["tag"], first["version"] + 1)
    assert len(reader.tray) == 1
    assert newcomer.shown == []


def test_a_typo_is_not_told_again(service: PushService) -> None:
    reader, update = notified(service)
    update.headline_en = "Thirteen came."
    update.save()
    work()
    assert len(reader.shown) == 1


@pytest.mark.parametrize("way", ["withdrawn", "with a mark", "deleted", "article deleted"])
def test_a_withdrawal_takes_the_notification_back(service: PushService, way: str) -> None:
    reader, update = notified(service)
    if way == "deleted":
        update.delete()
    elif way == "article deleted":
        update.article.delete()
    else:
        update.withdraw(leaves_mark=way == "with a mark", reason="It was another room.")
        update.save()
    work()
    [shown] = reader.tray.values()
    assert "Thirteen" not in json.dumps(shown)
    assert "ithdrawn" in shown["title"]
    assert shown["silent"]
    assert ("another room" in shown["body"]) == (way == "with a mark")
    work()
    assert len(reader.shown) == 2


@pytest.mark.parametrize("hours", [0, 5])
def test_an_update_that_is_published_again_replaces_the_notice_of_its_withdrawal(
    service: PushService, hours: int
) -> None:
    reader, update = notified(service)
    update.withdraw(leaves_mark=True, reason="")
    update.save()
    work()
    newcomer = follow(service, update.article)
    update.state, update.headline_en = Update.State.PUBLISHED, "Fourteen came"
    if hours:
        update.first_published_at -= timedelta(hours=hours)
    update.save()
    work()
    [shown] = reader.tray.values()
    assert "Fourteen came" in shown["title"]
    assert len(reader.shown) == 3
    # For a reader who has not had the update, it may be news.
    assert len(newcomer.shown) == (0 if hours else 1)
    update.withdraw(leaves_mark=True, reason="")
    update.save()
    work()
    [shown] = reader.tray.values()
    assert "ithdrawn" in shown["title"]


def test_a_reader_who_has_not_got_an_update_is_not_told_of_its_withdrawal(service: PushService) -> None:
    article = factories.article()
    reader = follow(service, article)
    update = factories.update(article)
    update.withdraw(leaves_mark=True, reason="")
    update.save()
    work()
    assert reader.shown == []


def test_a_correction_while_it_is_being_sent_reaches_everybody(service: PushService) -> None:
    reader = follow(service, factories.article())
    factories.update(Article.objects.get(), headline_en="Thirteen came")
    Edition.objects.update(due_at=timezone.now())
    editions.run_due()
    row = Edition.objects.get(language="en")
    batch = deliveries.queue.claim(10)
    # Another process creates the next message while this one sends the first.
    Edition.objects.filter(pk=row.pk).update(version=2, message=(row.message or {}) | {"title": "Fourteen came"})
    deliveries._finish(row, batch)
    work()
    assert reader.titles == ["Fourteen came"]


@pytest.mark.parametrize(("step", "call"), [("announce", 1), ("_gather", 1), ("_gather", 2), ("_finish", 1)])
def test_a_correction_while_the_readers_are_collected_reaches_everybody(
    service: PushService, monkeypatch: pytest.MonkeyPatch, step: str, call: int
) -> None:
    article = factories.article(languages=["en"])
    readers = [follow(service, article) for _ in range(3)]
    update = factories.update(article, headline_en="Thirteen came")

    def correct() -> None:
        update.headline_en, update.correction_note_en = "Fourteen came", "We said thirteen."
        update.save()

    monkeypatch.setattr(editions, "CHUNK_SIZE", 1)
    before(monkeypatch, step, call, correct)
    work()
    assert [reader.titles[-1] for reader in readers] == ["Correction: Fourteen came"] * 3


def before(monkeypatch: pytest.MonkeyPatch, step: str, call: int, action: Callable[[], None]) -> None:
    """Do something before a certain call of a step of `articles.following.editions`."""
    original, calls = getattr(editions, step), count(1)

    def interrupted(*args: Any) -> Any:
        if next(calls) == call:
            action()
        return original(*args)

    monkeypatch.setattr(editions, step, interrupted)


def test_an_update_is_published_again_while_its_withdrawal_is_announced(
    service: PushService, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUSH_DELAY_SECONDS = 60
    reader, update = notified(service)
    update.withdraw(leaves_mark=True, reason="")
    update.save()

    def publish() -> None:
        update.state, update.headline_en = Update.State.PUBLISHED, "Fourteen came"
        with acting_as(newsroom.user("ana", "Journalist")):
            update.save()

    before(monkeypatch, "_finish", 1, publish)
    work()
    # The new notification can still be stopped.
    assert "Fourteen came" not in reader.titles
    assert Edition.objects.filter(due_at__gt=timezone.now()).exists()
    work()
    assert reader.titles[-1] == "Fourteen came"


# Stopping and leaving -------------------------------------------------------------------------------------------------


def test_the_notifications_of_an_update_can_be_stopped_for_a_while(service: PushService, settings: Any) -> None:
    settings.PUSH_DELAY_SECONDS = 60
    article = factories.article()
    reader = follow(service, article)
    with acting_as(newsroom.user("ana", "Journalist")):
        update = factories.update(article)
    assert editions.run_due() == 0
    story = stories.story_of(update)
    assert story is not None
    assert stories.stop(story)
    work()
    assert reader.shown == []
    update.correction_note_en = "A note."
    update.save()
    work()
    assert reader.shown == []


def test_an_editor_stops_any_notification_and_a_journalist_only_their_own(service: PushService, settings: Any) -> None:
    settings.PUSH_DELAY_SECONDS = 60
    article = factories.article()
    follow(service, article)
    author, colleague = newsroom.user("ana", "Journalist"), newsroom.user("ben", "Journalist")
    editor = newsroom.user("eva", "Editor")
    with acting_as(author):
        first, second = factories.update(article), factories.update(article)
    permitted = {
        user.username: outlook.of_updates([first], user)[first.pk].may_stop for user in (author, colleague, editor)
    }
    assert permitted == {"ana": True, "ben": False, "eva": True}
    with pytest.raises(PermissionDenied):
        actions.act(article.pk, first.pk, "stop-notification", colleague, QueryDict())
    for update, user in ((first, author), (second, editor)):
        actions.act(article.pk, update.pk, "stop-notification", user, QueryDict())
    assert set(Story.objects.values_list("stopped", flat=True)) == {True}


def test_an_update_made_silent_in_time_is_not_told(service: PushService) -> None:
    article = factories.article()
    reader = follow(service, article)
    update = factories.update(article)
    update.is_silent = True
    update.save()
    work()
    assert reader.shown == []


def test_an_editor_who_switches_the_notifications_of_a_coverage_off_stops_those_that_wait(service: PushService) -> None:
    article = factories.article()
    reader = follow(service, article)
    factories.update(article)
    article.notifications = NotificationLimit.NONE
    article.save()
    work()
    assert reader.shown == []


def test_one_tap_on_a_notification_ends_the_follows_that_caused_it(service: PushService) -> None:
    topic = Topic.objects.create(name="Trade", slug="trade")
    article, other = factories.article(), factories.article()
    with changes.edit(article):
        article.topics.add(topic)
        article.save()
    reader = follow(service, article)
    follow(service, topic, browser=reader)
    follow(service, other, browser=reader)
    factories.update(article)
    work()
    [message] = reader.shown
    assert message["leave"] == "/en/follow/leave/"
    left = ask("leave/", reader, **message["leaving"]).json()
    assert [one["id"] for one in left["follows"]] == [other.pk]


def test_nothing_is_kept_of_a_browser_that_follows_nothing(service: PushService) -> None:
    article = factories.article()
    reader = follow(service, article)
    assert ask("state/", reader).json()["follows"][0]["name"] == "Ministers meet in Bucharest"
    assert ask("leave/", reader, kind="article", id=article.pk).json() == {"follows": [], "quiet": None}
    assert not PushSubscription.objects.exists()
    follow(service, article, browser=reader)
    follow(service, factories.article(), browser=reader)
    ask("leave/", reader, everything=True)
    assert not PushSubscription.objects.exists()
    assert not Follow.objects.exists()


def test_a_browser_changes_its_level_and_its_endpoint(service: PushService) -> None:
    article = factories.article()
    reader, later = follow(service, article), service.browser()
    follow(service, article, "key", browser=reader)
    assert [row.level for row in Follow.objects.all()] == ["key"]
    ask("renew/", endpoint=reader.endpoint, subscription=later.subscription())
    factories.update(article, is_key=True)
    work()
    assert (len(reader.shown), len(later.shown)) == (0, 1)


# Quiet hours ----------------------------------------------------------------------------------------------------------


def test_in_quiet_hours_nothing_comes_and_after_them_the_latest(service: PushService) -> None:
    article, other = factories.article(), factories.article()
    reader = follow(service, article, time_zone="Europe/Bucharest")
    follow(service, other, browser=reader)
    now = timezone.now().astimezone(UTC)
    hours = {"from": f"{now - timedelta(hours=1):%H:%M}", "until": f"{now + timedelta(hours=2):%H:%M}"}
    answer = ask("quiet-hours/", reader, **hours, time_zone="UTC")
    assert answer.json()["quiet"] == hours
    for number in range(3):
        factories.update(article, headline_en=f"Number {number}")
        work()
    factories.update(other, headline_en="Elsewhere")
    work()
    assert reader.shown == []
    assert all(now + timedelta(hours=1) < row.due_at for row in Delivery.objects.all())
    retry()
    assert sorted(reader.titles) == ["Elsewhere", "Number 2"]


@given(
    begin=st.times(),
    end=st.times(),
    zone=st.sampled_from(["UTC", "Europe/Bucharest", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_quiet_hours_end_within_a_day_and_at_their_end(begin: time, end: time, zone: str, now: datetime) -> None:
    found = quiet_ends(begin, end, zone, now)
    if found is None:
        return
    # A clock that is put forward or back may move the end by an hour or two.
    assert now - timedelta(hours=2) <= found <= now + timedelta(hours=26)
    again = quiet_ends(begin, end, zone, found + timedelta(hours=3)) if found > now else None
    assert again is None or again > found


@pytest.mark.parametrize(
    ("clock", "until"),
    [("21:59", None), ("22:00", "07:00"), ("23:59", "07:00"), ("03:00", "07:00"), ("07:00", None), ("12:00", None)],
)
def test_quiet_hours_go_over_midnight(clock: str, until: str | None) -> None:
    now = datetime.fromisoformat(f"2026-11-26T{clock}+00:00")
    found = quiet_ends(time(22), time(7), "UTC", now)
    assert (found and f"{found:%H:%M}") == until


@pytest.mark.parametrize(
    "hours", [("25:00", "07:00"), ("22:00", "22:00"), ("x", "07:00"), (7, "07:00"), ("22:00+01:00", "7")]
)
def test_hours_that_no_clock_shows_are_refused_and_change_nothing(service: PushService, hours: Any) -> None:
    reader = follow(service, factories.article())
    ask("quiet-hours/", reader, **{"from": "21:00", "until": "06:00"})
    response = ask("quiet-hours/", reader, **{"from": hours[0], "until": hours[1]})
    assert response.status_code == 422
    assert response.json()["message"]
    assert ask("state/", reader).json()["quiet"] == {"from": "21:00", "until": "06:00"}


# Faults of push services ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_ended_is_deleted(service: PushService, status: int) -> None:
    article = factories.article()
    reader, other = follow(service, article), follow(service, article)
    reader.answers = [Response(status=status)]
    factories.update(article)
    work()
    assert len(other.shown) == 1
    assert list(PushSubscription.objects.values_list("endpoint", flat=True)) == [other.endpoint]


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, "600", 600),
        (429, "a date", 900),
        (429, "never", 5),
        (429, "99999999999999999999", 5),
        (500, "600", 5),
        (503, "120", 120),
    ],
)
def test_a_push_service_that_fails_gets_the_message_later(
    service: PushService, status: int, retry_after: str, seconds: int
) -> None:
    article = factories.article()
    reader, other = follow(service, article), follow(service, article)
    if retry_after == "a date":
        retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=900), usegmt=True)
    reader.answers = [Response(status=status, headers={"Retry-After": retry_after})]
    factories.update(article)
    Edition.objects.update(due_at=timezone.now())
    editions.run_due()
    deliveries.send_due()
    assert (len(reader.shown), len(other.shown)) == (0, 1)
    [row] = Delivery.objects.filter(due_at__isnull=False)
    wait = (row.due_at - timezone.now()).total_seconds()
    assert seconds * 0.9 - 1 < wait < seconds + 30
    retry()
    assert (len(reader.shown), len(other.shown)) == (1, 1)


def test_a_push_service_that_has_no_time_at_all_is_left_alone(service: PushService) -> None:
    article = factories.article()
    readers = [follow(service, article) for _ in range(circuit_breakers.MAX_FAILURES + 5)]
    for reader in readers:
        reader.answers = [Response(status=429, headers={"Retry-After": "60"})] * 3
    factories.update(article)
    work()
    asked = service.asked
    retry()
    assert service.asked == asked
    sending.circuit_breakers.clear()
    for reader in readers:
        reader.answers.clear()
    retry()
    assert all(len(reader.shown) == 1 for reader in readers)


@pytest.mark.django_db(transaction=True)
def test_a_push_service_that_hangs_keeps_no_other_waiting(
    service: PushService, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    article, awaited = factories.article(), Event()
    sender = Sender()
    with PushService(host="https://dead.example.com") as dead:
        dead.fault = lambda _request: Response(status=503 if awaited.wait(PATIENCE) else 201)
        settings.PUSH_ROUTES = dead.routes | service.routes
        monkeypatch.setenv("PUSH_ROUTES", ",".join(f"{host}={url}" for host, url in settings.PUSH_ROUTES.items()))
        monkeypatch.setenv("VAPID_PRIVATE_KEY", PRIVATE_KEY)
        # Messages for the dead service fill more than one batch, and come first.
        monkeypatch.setattr(deliveries, "BATCH_SIZE", 2 * MAX_EXCHANGES)
        unlucky = [follow(dead, article) for _ in range(3 * MAX_EXCHANGES)]
        readers = [follow(service, article) for _ in range(5)]
        factories.update(article)
        Edition.objects.update(due_at=timezone.now())
        editions.run_due()
        lanes = deliveries.lanes(sender.send_all)
        lanes.start_due()
        eventually(lambda: all(reader.shown for reader in readers) and dead.asked >= MAX_EXCHANGES)
        awaited.set()
        waiting = Delivery.objects.filter(version=0)
        soon = timedelta(seconds=60)
        skipped = waiting.filter(attempts=0)
        eventually(lambda: skipped.filter(due_at__lt=timezone.now() + soon).count() == len(unlucky) - dead.asked)
        lanes.stop()
        sender.end()
        lanes.wait()
        # The dead service gets a pause, and messages that were not sent to it do not count as attempted.
        assert dead.asked < circuit_breakers.MAX_FAILURES + MAX_EXCHANGES
        assert waiting.filter(attempts=1).count() == dead.asked
        assert waiting.filter(attempts=0).count() == len(unlucky) - dead.asked
        dead.fault = None
        retry()
        assert all(len(reader.shown) == 1 for reader in [*unlucky, *readers])


def test_a_service_that_recovers_is_asked_again_and_one_that_does_not_ever_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(circuit_breakers.time, "monotonic", lambda: clock[0])
    found = circuit_breakers.CircuitBreakers()
    pauses = []
    for _ in range(8):
        for _ in range(circuit_breakers.MAX_FAILURES + 5):
            found.note("a", ProviderError("timeout"))
        pauses.append(found.seconds_open("a"))
        clock[0] += pauses[-1]
    assert pauses == [20, 40, 80, 160, 300, 300, 300, 300]
    found.note("a", ProviderError("gone"))
    found.note("a", ProviderError("timeout"))
    assert found.seconds_open("a") == found.seconds_open("b") == 0


def test_a_sender_that_was_ended_starts_no_other_process(service: PushService) -> None:
    sender = Sender()
    sender.end()
    reader = follow(service, factories.article())
    endpoint = PushSubscription.objects.get().as_endpoint
    with pytest.raises(ConnectionError):
        sender.send_all([sending.Message(endpoint, sending.Content(b"{}"))])
    assert not reader.shown


def test_a_message_that_cannot_be_encrypted_stops_no_other(service: PushService, caplog: Any) -> None:
    article = factories.article()
    unlucky, reader = follow(service, article), follow(service, article)
    # A point that is not on the curve.
    PushSubscription.objects.filter(endpoint=unlucky.endpoint).update(public_key="BA" + "A" * 85)
    factories.update(article)
    work()
    assert (len(unlucky.shown), len(reader.shown)) == (0, 1)
    [failed] = Delivery.objects.filter(due_at__isnull=False)
    assert failed.failure == "nonsense"
    assert "(ValueError)" in caplog.text
    assert unlucky.endpoint not in caplog.text


def messages(number: int) -> list[sending.Message]:
    endpoint = Endpoint("https://push.example.com/send/x", "key", "secret")
    return [sending.Message(endpoint, sending.Content(b"{}"))] * number


def test_each_batch_is_answered_even_if_it_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def send_all(_messages: Sequence[sending.Message]) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(sending, "send_all", send_all)
    answers = BytesIO()
    apart.serve(BytesIO(json.dumps([7, apart._written(messages(2))]).encode() + b"\n"), answers)
    assert json.loads(answers.getvalue()) == [7, [["nonsense", None]] * 2]


def test_batches_fail_if_the_process_that_sends_them_writes_no_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nread line\necho Hello\nread line\n")
    program.chmod(0o700)
    monkeypatch.setattr(apart.sys, "executable", str(program))
    sender, failed = Sender(), Event()

    def send() -> None:
        with pytest.raises(ConnectionError):
            sender.send_all(messages(1))
        failed.set()

    for _ in range(2):
        Thread(target=send, daemon=True).start()
        assert failed.wait(PATIENCE)
        failed.clear()
    sender.end()


def test_a_circuit_breaker_stays_open_when_the_last_messages_under_way_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(circuit_breakers.time, "monotonic", lambda: clock[0])
    found = circuit_breakers.CircuitBreakers()
    for _ in range(circuit_breakers.MAX_FAILURES):
        found.note("a", ProviderError("timeout"))
    for _ in range(MAX_EXCHANGES):
        clock[0] += sending.TIMEOUT_SECONDS / MAX_EXCHANGES
        assert found.seconds_open("a")
        found.note("a", ProviderError("timeout"))
    assert found.seconds_open("a")


def test_a_subscription_that_is_always_refused_is_finally_deleted(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MAX_REFUSALS", 3)
    article = factories.article()
    reader = follow(service, article)
    reader.answers = [Response(status=403)] * deliveries.MAX_REFUSALS
    for number in range(deliveries.MAX_REFUSALS):
        assert PushSubscription.objects.exists()
        factories.update(article, headline_en=f"Number {number}")
        work()
    assert not PushSubscription.objects.exists()


def test_a_process_that_dies_while_it_sends_leaves_nothing_out(service: PushService) -> None:
    article = factories.article()
    reader = follow(service, article)
    factories.update(article)
    Edition.objects.update(due_at=timezone.now())
    editions.run_due()
    assert len(deliveries.queue.claim(10)) == 1
    # The message was not sent. Another process sends it after the lease.
    assert deliveries.send_due() == 0
    retry()
    assert len(reader.shown) == 1


def test_an_endpoint_whose_service_is_not_named_any_more_is_sent_nothing(service: PushService, settings: Any) -> None:
    article = factories.article()
    follow(service, article)
    settings.PUSH_ROUTES = {}
    factories.update(article)
    work()
    assert service.asked == 0
    assert Delivery.objects.get().failure == "forbidden"


def test_old_stories_are_cleared(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    notified(service)
    Story.objects.update(created_at=timezone.now() - timedelta(days=deliveries.KEPT_DAYS + 1))
    clear(monkeypatch)
    assert not Story.objects.exists()
    assert not Delivery.objects.exists()
    assert Follow.objects.exists()
    assert Article.objects.exists()


def clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "_cleared_at", -1e9)
    deliveries.clear()


@pytest.mark.parametrize("way", ["topic", "account"])
def test_nothing_is_kept_of_a_browser_whose_last_subject_or_user_is_deleted(
    service: PushService, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    user, topic = newsroom.user("ana", "Journalist"), Topic.objects.create(name="Trade", slug="trade")
    reader = follow(service, topic)
    follow(service, factories.article())
    stored = PushSubscription.objects.filter(endpoint=reader.endpoint)
    if way == "account":
        stored.update(user=user)
        Follow.objects.filter(topic=topic).delete()
    clear(monkeypatch)
    assert stored.exists()
    (topic if way == "topic" else user).delete()
    clear(monkeypatch)
    # It may have been stored just now, for something that it is about to follow.
    assert stored.exists()
    PushSubscription.objects.update(created_at=timezone.now() - timedelta(hours=2))
    clear(monkeypatch)
    assert not stored.exists()
    assert PushSubscription.objects.count() == 1


def test_a_browser_that_follows_nothing_any_more_is_still_told_of_the_withdrawal(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, update = notified(service)
    PushSubscription.objects.update(created_at=timezone.now() - timedelta(hours=2))
    update.article.delete()
    clear(monkeypatch)
    editions.run_due()
    clear(monkeypatch)
    work()
    assert "ithdrawn" in reader.titles[-1]
    clear(monkeypatch)
    assert not PushSubscription.objects.exists()


# Requests of strangers ------------------------------------------------------------------------------------------------


def _keys(**changes_: str) -> dict[str, str]:
    return Browser("").subscription()["keys"] | changes_


STRANGE_SUBSCRIPTIONS: list[Any] = [
    None,
    [],
    {"endpoint": "https://push.example.com/send/x"},
    {"endpoint": "http://push.example.com/send/x", "keys": _keys()},
    {"endpoint": "https://127.0.0.1/send/x", "keys": _keys()},
    {"endpoint": "https://[::1]/send/x", "keys": _keys()},
    {"endpoint": "https://169.254.169.254/latest/", "keys": _keys()},
    {"endpoint": "https://localhost/", "keys": _keys()},
    {"endpoint": "https://push.example.com:8443/", "keys": _keys()},
    {"endpoint": "https://fcm.googleapis.com@127.0.0.1/", "keys": _keys()},
    {"endpoint": "https://fcm.googleapis.com.evil.example/", "keys": _keys()},
    {"endpoint": "https://evil.example/", "keys": _keys()},
    {"endpoint": "https://push.example.com/" + "x" * 1000, "keys": _keys()},
    {"endpoint": "https://push.example.com/\n", "keys": _keys()},
    {"endpoint": 7, "keys": _keys()},
    {"endpoint": "https://push.example.com/x", "keys": _keys(auth="short")},
    {"endpoint": "https://push.example.com/x", "keys": _keys(auth="ü" * 22)},
    {"endpoint": "https://push.example.com/x", "keys": _keys(p256dh="BA" + "A" * 85)},
    {"endpoint": "https://push.example.com/x", "keys": _keys(p256dh="A" * 10_000)},
    {"endpoint": "https://push.example.com/x", "keys": {"p256dh": 1, "auth": None}},
]


def test_a_subscription_that_no_browser_makes_is_refused(service: PushService) -> None:
    article = factories.article()
    for subscription in STRANGE_SUBSCRIPTIONS:
        response = ask("", kind="article", id=article.pk, level="all", subscription=subscription)
        assert response.status_code == 422, subscription
        assert response.json()["message"]
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "article", "id": 10**30},
        {"kind": "article", "id": -1},
        {"kind": "article", "id": "1"},
        {"kind": "article", "id": True, "level": "none"},
        {"kind": "user", "id": 1},
        {"kind": ["article"], "id": 1},
        {"level": "everything"},
        {"level": {}},
        {"time_zone": "../../etc/passwd", "kind": "topic", "id": 1},
    ],
)
def test_only_subjects_that_a_page_offers_can_be_followed(service: PushService, data: dict[str, Any]) -> None:
    article = factories.article()
    named = {"kind": "article", "id": article.pk, "level": "all", "subscription": service.browser().subscription()}
    assert ask("", **named | data).status_code == 422
    assert not PushSubscription.objects.exists()


def test_an_unreadable_request_is_refused(service: PushService) -> None:
    for action in ("", "leave/", "state/", "quiet-hours/", "renew/"):
        for body in ("", "[]", "{", '{"kind": "\\u0000"}', "[" * 8000, " " * 9000, "\xff"):
            response = Client().post(f"/en/follow/{action}", body.encode("latin-1"), content_type="application/json")
            assert response.status_code == 422, (action, body[:10])


def test_another_site_can_follow_for_nobody(service: PushService) -> None:
    article = factories.article()
    data = {"kind": "article", "id": article.pk, "level": "all", "subscription": service.browser().subscription()}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        response = Client().post("/en/follow/", json.dumps(data), content_type="application/json", headers=headers)
        assert response.status_code == 403
    assert not PushSubscription.objects.exists()


def test_a_coverage_is_followed_in_a_language_in_which_it_appears(service: PushService) -> None:
    article = factories.article(languages=["en"])
    named = {"kind": "article", "id": article.pk, "level": "all", "subscription": service.browser().subscription()}
    assert ask("", language="de", **named).status_code == 422


def test_one_network_cannot_ask_without_end(service: PushService, one_stretch: None) -> None:
    reader = service.browser()
    statuses = [ask("state/", reader).status_code for _ in range(125)]
    assert statuses[:120] == [200] * 120
    assert statuses[-1] == 429


def test_a_browser_follows_a_bounded_number_of_things(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.following.views.MAX_FOLLOWS", 2)
    reader = service.browser()
    articles = [factories.article() for _ in range(3)]
    for each in articles[:2]:
        follow(service, each, browser=reader)
    follow(service, articles[0], "key", browser=reader)
    named = {"kind": "article", "id": articles[2].pk, "level": "all", "subscription": reader.subscription()}
    assert ask("", **named).status_code == 422


def test_the_page_of_followed_subjects_is_the_same_for_all() -> None:
    response = Client().get("/ar/following/")
    assert response.status_code == 200
    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert 'dir="rtl"' in response.content.decode()


def test_the_service_worker_is_at_the_root_and_loads_scripts_of_the_site() -> None:
    response = Client().get("/service-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert "service-worker/push" in response.content.decode()


# Many followers -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_all_of_many_followers_are_told_once_while_readers_are_served(service: PushService) -> None:
    number = soak.count(120, 100_000)
    article = factories.article(slug="summit")
    browsers = [service.browser() for _ in range(number)]
    subscriptions = PushSubscription.objects.bulk_create(
        (
            PushSubscription(endpoint=one.endpoint, public_key=keys["p256dh"], secret=keys["auth"])
            for one in browsers
            for keys in [one.subscription()["keys"]]
        ),
        batch_size=1000,
    )
    Follow.objects.bulk_create(
        (Follow(subscription=one, article=article, language="en") for one in subscriptions), batch_size=1000
    )
    browsers[0].answers = [Response(status=429, headers={"Retry-After": "1"})]
    browsers[1].answers = [Response(status=500)]
    browsers[2].answers = [Response(status=410)]
    routes = ",".join(f"{host}={url}" for host, url in service.routes.items())
    with Server(VAPID_PRIVATE_KEY=PRIVATE_KEY, PUSH_ROUTES=routes) as server:
        factories.update(article, headline_en="Talks have begun")
        waits = []

        def all_told() -> bool:
            began = monotonic()
            get(f"{server.url}/en/live/summit/")
            waits.append(monotonic() - began)
            # Make retries due now. For messages under way, `due_at` is the end of a lease.
            soon = timezone.now() + timedelta(minutes=1)
            Delivery.objects.filter(attempts__gt=0, due_at__lt=soon).update(due_at=timezone.now())
            return sum(bool(one.shown) for one in browsers) == number - 1

        eventually(all_told, within=PATIENCE + number / 50)
    assert all(one.titles == ["Talks have begun"] for one in browsers if one is not browsers[2])
    assert PushSubscription.objects.count() == number - 1
    assert Story.objects.get().told == number - 1
    # Sending has its own process, so it never delays a page.
    assert sorted(waits)[len(waits) // 2] < 10
