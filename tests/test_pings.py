"""The hub and search engines are notified of publications, corrections and withdrawals, whatever they respond."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from articles.feeds import pings
from articles.models import Ping
from tests import factories
from tests.clients import get
from tests.server import Server, eventually

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"


class Services:
    """A WebSub hub and an IndexNow endpoint that record their requests, and respond as the test wants."""

    def __init__(self, server: HTTPServer) -> None:
        self.topics: list[str] = []
        self.submitted: list[dict[str, Any]] = []
        self.answers: list[Response] = []
        self.hub, self.indexnow = server.url_for("/hub"), server.url_for("/indexnow")
        server.expect_request("/hub", method="POST").respond_with_handler(self._publish)
        server.expect_request("/indexnow", method="POST").respond_with_handler(self._submit)

    def _publish(self, request: Request) -> Response:
        form = parse_qs(request.get_data(as_text=True))
        assert form["hub.mode"] == ["publish"]
        return self._answer(lambda: self.topics.append(form["hub.url"][0].removeprefix(SITE)))

    def _submit(self, request: Request) -> Response:
        return self._answer(lambda: self.submitted.append(json.loads(request.get_data())))

    def _answer(self, note: Any) -> Response:
        answer = self.answers.pop(0) if self.answers else Response(status=202)
        if answer.status_code < 300:
            note()
        return answer

    @property
    def addresses(self) -> list[str]:
        return [address.removeprefix(SITE) for document in self.submitted for address in document["urlList"]]

    def forget(self) -> None:
        self.topics.clear()
        self.submitted.clear()


@pytest.fixture
def services(httpserver: HTTPServer, settings: Any) -> Iterator[Services]:
    made = Services(httpserver)
    settings.WEBSUB_HUB, settings.INDEXNOW_URL = made.hub, made.indexnow
    settings.INDEXNOW_KEY = "0123456789abcdef"
    return made


def send(*, again: bool = False) -> int:
    """Send all pings now; with `again`, also those that have failed."""
    waiting = Ping.objects.all() if again else Ping.objects.filter(attempts=0)
    waiting.update(due_at=timezone.now())
    return pings.send_due()


def feeds(slug: str, language: str, *, key: bool = False) -> set[str]:
    queries = ("", "?key=1") if key else ("",)
    paths = (f"/{language}/", f"/{language}/live/{slug}/")
    return {f"{path}{name}{query}" for path in paths for name in ("feed.atom", "feed.json") for query in queries}


def test_services_are_notified_of_publications_corrections_and_withdrawals(services: Services) -> None:
    article = factories.article(slug="summit", languages=["en", "de"])
    send()
    assert set(services.topics) == {path for code in ("en", "de") for path in feeds("summit", code) if "/live/" in path}
    assert set(services.addresses) == {"/en/live/summit/", "/de/live/summit/"}
    services.forget()
    update = factories.update(article)

    def withdraw() -> None:
        update.withdraw(leaves_mark=False, reason="")
        update.save()

    def correct() -> None:
        update.body_en = "<p>Fourteen came.</p>"
        update.save()

    for change in (lambda: None, correct, withdraw):
        change()
        send()
        assert set(services.topics) == feeds("summit", "en") | feeds("summit", "de")
        pages = {f"/{code}/live/summit/{page}" for code in ("en", "de") for page in ("", f"update/{update.pk}/")}
        assert set(services.addresses) == pages
        assert services.submitted[0] | {"urlList": []} == {
            "host": "127.0.0.1:8000",
            "key": "0123456789abcdef",
            "keyLocation": f"{SITE}/0123456789abcdef.txt",
            "urlList": [],
        }
        assert not Ping.objects.exists()
        services.forget()


def test_key_events_are_told_to_those_who_follow_key_events_alone(services: Services) -> None:
    article = factories.article(slug="summit", languages=["en"])
    factories.update(article, is_key=True)
    send()
    assert set(services.topics) == feeds("summit", "en", key=True)


def test_a_deleted_update_is_told(services: Services) -> None:
    article = factories.article(slug="summit", languages=["en"])
    update = factories.update(article)
    send()
    services.forget()
    address = update.url("en")
    update.delete()
    send()
    assert address in services.addresses
    services.forget()
    article.delete()
    send()
    assert services.addresses == ["/en/live/summit/"]


def test_services_are_not_notified_of_changes_that_readers_do_not_see(services: Services) -> None:
    article = factories.article()
    send()
    draft = factories.update(article, state="draft")
    draft.body_en = "<p>Another draft</p>"
    draft.save()
    update = factories.update(article)
    send()
    services.forget()
    update.pin = 1
    update.save()
    assert not Ping.objects.exists()


def test_a_change_that_is_rolled_back_is_told_to_nobody(services: Services) -> None:
    article = factories.article()
    send()
    with transaction.atomic():
        factories.update(article)
        transaction.set_rollback(True)
    assert not Ping.objects.exists()


def test_many_changes_of_a_page_are_one_notice(services: Services) -> None:
    article = factories.article(slug="summit", languages=["en"])
    updates = [factories.update(article) for _ in range(3)]
    send()
    assert sorted(services.topics) == sorted(feeds("summit", "en"))
    assert sorted(services.addresses) == ["/en/live/summit/", *sorted(update.url("en") for update in updates)]


@pytest.mark.parametrize("configured", ["WEBSUB_HUB", "INDEXNOW_KEY"])
def test_only_services_of_the_settings_are_told(services: Services, settings: Any, configured: str) -> None:
    setattr(settings, configured, "")
    factories.update(factories.article())
    send()
    told = (bool(services.topics), bool(services.submitted))
    assert told == (configured != "WEBSUB_HUB", configured != "INDEXNOW_KEY")


def test_a_site_for_tests_submits_nothing(services: Services, settings: Any) -> None:
    settings.INDEXING = False
    factories.update(factories.article())
    send()
    assert services.submitted == []


# Faults ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub_alone(services: Services, settings: Any) -> Services:
    settings.INDEXNOW_KEY = ""
    return services


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_fails_is_told_again(hub_alone: Services, status: int) -> None:
    factories.update(factories.article(slug="summit", languages=["en"]))
    hub_alone.answers = [Response(status=status, headers={"Retry-After": "600"}) for _ in range(2)]
    send()
    assert len(hub_alone.topics) == 2
    assert Ping.objects.count() == 2
    for row in Ping.objects.all():
        assert row.attempts == 1
        assert row.due_at > timezone.now() + datetime.timedelta(seconds=590 if status != 500 else 2)
    send(again=True)
    assert set(hub_alone.topics) == feeds("summit", "en")
    assert not Ping.objects.exists()


def test_a_hub_that_refuses_is_not_asked_again(hub_alone: Services) -> None:
    factories.update(factories.article(languages=["en"]))
    hub_alone.answers = [Response(status=400) for _ in range(4)]
    send()
    assert hub_alone.answers == []
    assert not Ping.objects.exists()


def test_a_hub_that_is_away_keeps_nobody_waiting_and_loses_nothing(
    hub_alone: Services, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    factories.update(factories.article(languages=["en"]))
    send()
    assert set(Ping.objects.values_list("failure", flat=True)) == {"unreachable"}
    settings.WEBSUB_HUB = hub_alone.hub
    send(again=True)
    assert len(hub_alone.topics) == 4


def test_a_hub_that_is_overloaded_is_not_asked_for_all_that_waits(hub_alone: Services) -> None:
    factories.update(factories.article(slug="summit"))
    count = Ping.objects.values("address").distinct().count()
    assert count > 2 * pings._MAX_FAILURES
    hub_alone.answers = [Response(status=503) for _ in range(pings._MAX_FAILURES + 1)]
    send()
    assert len(hub_alone.answers) == 1
    assert Ping.objects.filter(attempts=1).count() == count
    hub_alone.answers.clear()
    send(again=True)
    assert len(set(hub_alone.topics)) == count


def test_indexnow_does_not_wait_for_a_hub(services: Services) -> None:
    factories.update(factories.article())
    Ping.objects.update(due_at=timezone.now())
    assert pings.due() == [Ping.Service.WEBSUB, Ping.Service.INDEXNOW]
    assert pings.due(frozenset([Ping.Service.WEBSUB])) == [Ping.Service.INDEXNOW]
    pings.send_due_to(Ping.Service.INDEXNOW)
    assert services.submitted
    assert services.topics == []


def test_the_pings_for_an_unreachable_service_are_limited(hub_alone: Services, settings: Any) -> None:
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    article = factories.article(languages=["en"])
    for _ in range(4):
        factories.update(article)
        send(again=True)
    assert Ping.objects.count() == 4


def test_a_hub_is_given_up_after_a_day(hub_alone: Services, settings: Any) -> None:
    settings.WEBSUB_HUB = "http://127.0.0.1:9/"
    factories.article(languages=["en"])
    assert Ping.objects.update(attempts=pings.queues[Ping.Service.WEBSUB].max_attempts - 1)
    send(again=True)
    assert not Ping.objects.exists()


def test_indexnow_is_asked_again_for_all_that_it_did_not_take(services: Services, settings: Any) -> None:
    settings.WEBSUB_HUB = ""
    factories.update(factories.article(languages=["en"]))
    services.answers = [Response(status=429)]
    send()
    assert services.submitted == []
    send(again=True)
    assert len(services.addresses) == 2
    factories.update(factories.article(languages=["en"]))
    services.answers = [Response(status=403)]
    send()
    assert not Ping.objects.exists()


# The server -----------------------------------------------------------------------------------------------------------


def test_feeds_name_the_hub(client: Client, services: Services) -> None:
    article = factories.article(slug="summit")
    factories.update(article)
    response = client.get("/en/live/summit/feed.atom")
    own = f"{SITE}/en/live/summit/feed.atom"
    assert response["Link"] == f'<{services.hub}>; rel="hub", <{own}>; rel="self"'
    assert f'<link href="{services.hub}" rel="hub"/>' in response.content.decode()
    items = json.loads(client.get("/en/live/summit/feed.json").content)
    assert items["hubs"] == [{"type": "WebSub", "url": services.hub}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_a_running_server_tells_the_hub_which_then_gets_the_new_entry(services: Services) -> None:
    article = factories.article(slug="summit", languages=["en"])
    server = Server(WEBSUB_HUB=services.hub, PUBLISHER_NAME="The Danube Post").start()
    try:
        factories.update(article, headline_en="Talks have begun")
        Ping.objects.update(due_at=timezone.now())
        eventually(lambda: len(set(services.topics)) == 4)
        assert "Talks have begun" in get(f"{server.url}/en/live/summit/feed.atom")
    finally:
        server.stop()
