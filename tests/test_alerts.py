"""Users get the alerts that they chose, in their language, by email or on their devices, and can stop them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from werkzeug import Response

from articles.following.models import Follow
from articles.models import Update
from comments.models import Comment
from liveblog.accounts.models import Profile
from liveblog.actors import acting_as
from liveblog.alerts import sending
from liveblog.alerts.models import Alert, AlertChoice
from liveblog.webpush.models import PushSubscription
from tests import factories, newsroom
from tests.mail_server import MailServer
from tests.push_service import PRIVATE_KEY, Browser, PushService

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.VAPID_PRIVATE_KEY = PRIVATE_KEY
    with PushService() as made:
        settings.PUSH_ROUTES = made.routes
        yield made


def person(name: str, *groups: str, language: str = "en", languages: tuple[str, ...] = ()) -> Any:
    found = newsroom.user(name, *groups, email=f"{name}@example.org")
    Profile.objects.create(user=found, language=language, languages=list(languages))
    return found


def choose(user: Any, kind: str, channel: str, minutes: int | None = None) -> None:
    AlertChoice.objects.update_or_create(user=user, kind=kind, defaults={"channel": channel, "minutes": minutes})


def tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_found_at", -1e9)
    sending.find_due()
    while sending.tell_due():
        pass


def waiting_comment(hours: float = 5) -> None:
    comment = factories.comment()
    Comment.objects.filter(pk=comment.pk).update(queued_at=timezone.now() - timedelta(hours=hours))


def device(user: Any, service: PushService) -> Browser:
    browser = service.browser()
    client = Client()
    client.force_login(user)
    data = json.dumps({"subscription": browser.subscription(), "time_zone": "Europe/Bucharest"})
    assert client.post("/accounts/alerts/device/", data, content_type="application/json").status_code == 200
    return browser


def test_moderators_are_told_of_comments_that_wait_each_in_their_language(
    mail: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COMMENTS_DIGEST_HOURS = 4.0
    person("greta", "Moderator", language="de")
    person("amal", "Moderator", language="ar")
    choose(person("silent", "Moderator"), "comments", "none")
    choose(person("patient", "Moderator"), "comments", "email", 24 * 60)
    newsroom.user("without", "Moderator")
    person("olena", "Translator")
    tell(monkeypatch)
    assert mail.messages == []
    waiting_comment()
    tell(monkeypatch)
    tell(monkeypatch)
    told = {to[0]: message for to, message in mail.messages}
    assert sorted(told) == ["amal@example.org", "greta@example.org"]
    assert told["greta@example.org"]["Content-Language"] == "de"
    assert told["amal@example.org"]["Content-Language"] == "ar"
    assert len(mail.messages) == 2
    assert "/admin/comments/comment/" in told["greta@example.org"].get_content()


def test_translators_are_told_of_key_events_in_their_languages_that_wait(
    mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(person("gerda", "Translator", languages=("de",)), "translations", "email", 10)
    choose(person("amal", "Translator", languages=("ar",)), "translations", "email", 60)
    article = factories.article(languages=["en", "de", "ar"])
    update = factories.update(article, headline_en="Talks have begun", body_en="", is_key=True)
    factories.update(article, headline_en="A detail", body_en="")
    Update._base_manager.update(first_published_at=timezone.now() - timedelta(minutes=20))
    tell(monkeypatch)
    [(to, message)] = mail.messages
    assert to == ["gerda@example.org"]
    assert "German: Talks have begun" in message.get_content()
    assert "A detail" not in message.get_content()
    # She gets one alert, and none for texts that somebody has translated meanwhile.
    tell(monkeypatch)
    assert len(mail.messages) == 1
    update.refresh_from_db()
    update.headline_ar = "بدأت المحادثات"
    update.save()
    Update._base_manager.update(first_published_at=timezone.now() - timedelta(hours=2))
    tell(monkeypatch)
    assert len(mail.messages) == 1


@pytest.mark.parametrize(("state", "words"), [("published", "was approved"), ("draft", "was sent back")])
def test_a_writer_is_told_what_became_of_their_update(
    mail: MailServer, monkeypatch: pytest.MonkeyPatch, state: str, words: str
) -> None:
    ana, editor = person("ana", "Journalist"), person("ed", "Editor")
    article = factories.article(needs_release=True)
    with acting_as(ana):
        update = factories.update(article, state="submitted", headline_en="Talks have begun")
    with acting_as(editor):
        update.state = state
        update.save()
    tell(monkeypatch)
    [(to, message)] = mail.messages
    assert to == ["ana@example.org"]
    assert message["Subject"] == f"Your update {words}: Talks have begun"


def test_nobody_is_told_of_what_they_did_themselves(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, article = person("ana", "Journalist"), factories.article(needs_release=True)
    with acting_as(ana):
        update = factories.update(article, state="submitted")
        update.state = "draft"
        update.save()
    tell(monkeypatch)
    assert mail.messages == []
    assert not Alert.objects.exists()


def test_one_press_stops_a_kind_without_a_log_in(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    greta = person("greta", "Moderator", language="de")
    choose(greta, "comments", "email", 60)
    waiting_comment()
    tell(monkeypatch)
    [(_to, message)] = mail.messages
    [address] = re.findall(r"<http://127.0.0.1:8000(.+)>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in message.get_content()
    page = Client().get(address)
    assert page.status_code == 200
    assert 'lang="de"' in page.content.decode()
    assert AlertChoice.objects.get().channel == "email"
    assert Client().post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert AlertChoice.objects.get().channel == "none"
    assert Client().post(f"{address[:-5]}xxxx/").status_code == 404


def test_a_person_is_told_on_their_devices_and_stops_it_there(
    mail: MailServer, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    amal = person("amal", "Moderator", language="ar")
    phone, laptop = device(amal, service), device(amal, service)
    choose(amal, "comments", "push", 60)
    waiting_comment()
    tell(monkeypatch)
    for browser in (phone, laptop):
        [message] = browser.shown
        assert (message["lang"], message["dir"]) == ("ar", "rtl")
        assert message["url"] == "/admin/comments/comment/"
    assert mail.messages == []
    stopped = Client().post(message["leave"], json.dumps(message["leaving"]), content_type="application/json")
    assert stopped.status_code == 200
    assert AlertChoice.objects.get().channel == "none"


def test_a_person_who_no_longer_has_a_device_gets_an_email(
    mail: MailServer, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    amal = person("amal", "Moderator")
    phone = device(amal, service)
    phone.answers = [Response(status=410)]
    choose(amal, "comments", "push", 60)
    waiting_comment()
    tell(monkeypatch)
    assert [to for to, _message in mail.messages] == [["amal@example.org"]]
    assert not PushSubscription.objects.exists()


def test_a_push_service_that_fails_is_asked_again(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    amal = person("amal", "Moderator")
    phone = device(amal, service)
    phone.answers = [Response(status=500)]
    choose(amal, "comments", "push", 60)
    waiting_comment()
    tell(monkeypatch)
    assert phone.shown == []
    Alert.objects.update(due_at=timezone.now())
    tell(monkeypatch)
    assert len(phone.shown) == 1


def test_a_suspended_person_and_one_who_lost_the_role_are_told_nothing(
    mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, other = person("gone", "Moderator"), person("other", "Moderator")
    for each in (gone, other):
        choose(each, "comments", "email", 60)
    waiting_comment()
    monkeypatch.setattr(sending, "_found_at", -1e9)
    sending.find_due()
    assert Alert.objects.count() == 2
    gone.is_active = False
    gone.save()
    other.groups.clear()
    tell(monkeypatch)
    assert mail.messages == []


def test_each_person_chooses_among_what_concerns_their_role() -> None:
    client = Client()
    client.force_login(person("greta", "Moderator"))
    page = client.get("/accounts/alerts/").content.decode()
    assert "comments-channel" in page
    assert "translations-channel" not in page
    sent = {"comments-channel": "push", "comments-minutes": "45", "language": "uk"}
    assert client.post("/accounts/alerts/", sent).status_code == 302
    choice = AlertChoice.objects.get()
    assert (choice.kind, choice.channel, choice.minutes) == ("comments", "push", 45)
    assert Profile.objects.get().language == "uk"
    for wrong in ({"comments-minutes": "0"}, {"comments-channel": "pigeon"}, {"language": "xx"}):
        response = client.post("/accounts/alerts/", sent | wrong)
        assert response.status_code == 422
        assert "errorlist" in response.content.decode()
    assert AlertChoice.objects.get().minutes == 45
    assert Client().get("/accounts/alerts/").status_code == 302


def test_a_device_is_one_persons_and_is_given_up(service: PushService) -> None:
    amal, greta = person("amal", "Moderator"), person("greta", "Moderator")
    phone = device(amal, service)
    client = Client()
    for user, left in ((greta, [amal.pk]), (amal, [])):
        client.force_login(user)
        data = json.dumps({"endpoint": phone.endpoint})
        assert client.post("/accounts/alerts/device/", data, content_type="application/json").status_code == 200
        # Without alerts, nothing is kept of a browser that follows nothing.
        assert list(PushSubscription.objects.values_list("user", flat=True)) == left
    for wrong in ("", "[]", "{}", '{"subscription": {}}', '{"endpoint": "https://127.0.0.1/"}', "x" * 9000):
        assert client.post("/accounts/alerts/device/", wrong, content_type="application/json").status_code == 422


def test_a_browser_that_follows_something_is_kept_when_alerts_are_switched_off(service: PushService) -> None:
    amal = person("amal", "Moderator")
    phone = device(amal, service)
    Follow.objects.create(subscription=PushSubscription.objects.get(), article=factories.article(), language="en")
    client = Client()
    client.force_login(amal)
    data = json.dumps({"endpoint": phone.endpoint})
    assert client.post("/accounts/alerts/device/", data, content_type="application/json").status_code == 200
    assert PushSubscription.objects.get().user is None


def test_the_language_of_the_first_log_in_is_noted() -> None:
    newsroom.user_who_logs_in("oles", "Moderator")
    client = Client(headers={"Accept-Language": "uk"})
    newsroom.log_in(client, "oles")
    assert Profile.objects.get().language == "uk"
