"""Readers follow a coverage with two clicks, see its notifications, and stop them with one.

This Chromium has no push service, so the test creates its subscription. The server sends to a local push service, and
the test passes the decrypted messages to Chromium's service worker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from articles import changes
from articles.following.models import Follow
from articles.models import Article, Topic
from liveblog.webpush.models import PushSubscription
from tests import factories
from tests.browser.conftest import MakeReader
from tests.push_service import PRIVATE_KEY, Browser, PushService
from tests.server import Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def push_service() -> Iterator[PushService]:
    with PushService() as made:
        yield made


@pytest.fixture(scope="module")
def lasting_server(push_service: PushService, make_server: Callable[..., Server]) -> Iterator[Server]:
    routes = ",".join(f"{host}={url}" for host, url in push_service.routes.items())
    with make_server(VAPID_PRIVATE_KEY=PRIVATE_KEY, PUSH_ROUTES=routes, PUSH_DELAY_SECONDS="0") as server:
        yield server


@pytest.fixture(autouse=True)
def configured(settings: Any) -> None:
    """Let edits in this process queue notifications, as in the server."""
    settings.VAPID_PRIVATE_KEY, settings.PUSH_DELAY_SECONDS = PRIVATE_KEY, 0


#: A fake subscription instead of one from a push service, and a record of the permission request.
_SUBSCRIPTION = """(data) => {
  window.questions = 0;
  const ask = Notification.requestPermission.bind(Notification);
  Notification.requestPermission = () => { window.questions += 1; return ask(); };
  const made = (options) => ({ ...data, options, toJSON: () => data, unsubscribe: async () => true });
  PushManager.prototype.subscribe = async (options) => {
    const text = options.applicationServerKey.replaceAll("-", "+").replaceAll("_", "/");
    const key = Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
    sessionStorage.subscribed = "1";
    return made({ ...options, applicationServerKey: key });
  };
  PushManager.prototype.getSubscription = async () => sessionStorage.subscribed ? made({}) : null;
}"""


def subscribable(context: BrowserContext, browser: Browser) -> None:
    context.add_init_script(f"({_SUBSCRIPTION})({json.dumps(browser.subscription())})")


class Tray:
    """The notifications of one origin in Chromium."""

    def __init__(self, page: Page, server: Server) -> None:
        self._page, self._origin = page, server.url
        self._cdp = page.context.new_cdp_session(page)
        self._registrations: list[str] = []
        self._cdp.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._cdp.send("ServiceWorker.enable")
        [self._worker] = page.context.service_workers
        self._worker.evaluate(_TRAY)

    def _note(self, event: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in event["registrations"] if not one["isDeleted"]]

    def deliver(self, message: dict[str, Any]) -> None:
        while not self._registrations:
            self._page.wait_for_timeout(50)
        self._cdp.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._origin, "registrationId": self._registrations[-1], "data": json.dumps(message)},
        )

    def shows(self, *titles: str) -> list[dict[str, Any]]:
        """Wait until these are the notifications, and return them."""
        eventually(lambda: [one["title"] for one in self.shown()] == list(titles))
        return self.shown()

    def press_stop(self, endpoint: str) -> None:
        self._worker.evaluate(_STOP, endpoint)

    def shown(self) -> list[dict[str, Any]]:
        return self._worker.evaluate("() => [...self.tray.values()]")


#: The headless shell cannot show notifications, so the worker keeps them in a map by tag, as browsers do.
_TRAY = """() => {
  self.tray = new Map();
  self.registration.showNotification = async (title, options) => { self.tray.set(options.tag, { title, ...options }); };
  self.registration.getNotifications = async ({ tag }) => [...self.tray.values()].filter((one) => one.tag === tag);
}"""

#: Dispatches the event of a click on the notification's button.
_STOP = """async (endpoint) => {
  const [shown] = self.tray.values();
  self.registration.pushManager.getSubscription = async () => ({ endpoint });
  const notification = { ...shown, close: () => self.tray.delete(shown.tag) };
  const pressed = Object.assign(new ExtendableEvent("notificationclick"), { notification, action: "stop" });
  pressed.waitUntil = () => {};
  self.dispatchEvent(pressed);
}"""


def test_a_reader_follows_is_notified_and_stops(
    server: Server, reader: MakeReader, push_service: PushService, transactional_db: None
) -> None:
    article = factories.article(slug="followed")
    phone = push_service.browser()
    person = reader(permissions=["notifications"], service_workers="allow")
    page = person.page
    subscribable(page.context, phone)
    person.open(server, article, "en")
    button = page.get_by_role("button", name="Follow", exact=True)
    expect(button).to_be_visible()
    assert page.evaluate("window.questions") == 0
    button.click()
    page.get_by_role("button", name="Key events", exact=True).click()
    expect(page.locator(".follow-panel [role=status]")).to_have_text("You will be notified.")
    expect(page.get_by_role("button", name="Following", exact=True)).to_be_visible()
    assert page.evaluate("window.questions") == 1
    assert [(row.level, row.language) for row in Follow.objects.all()] == [("key", "en")]

    tray = Tray(page, server)
    update = factories.update(article, headline_en="Thirteen came", body_en="<p>So we hear.</p>", is_key=True)
    eventually(lambda: phone.titles == ["Thirteen came"])
    tray.deliver(phone.shown[0])
    [shown] = tray.shows("Thirteen came")
    assert (shown["body"], shown["lang"], shown["tag"]) == ("So we hear.", "en", f"update-{update.pk}")
    update.headline_en, update.correction_note_en = "Fourteen came", "We said thirteen."
    update.save()
    eventually(lambda: len(phone.shown) == 2)
    tray.deliver(phone.shown[1])
    [shown] = tray.shows("Correction: Fourteen came")
    assert shown["silent"]
    # A push service that reverses the order changes nothing.
    tray.deliver(phone.shown[0])
    update.withdraw(leaves_mark=False, reason="")
    update.save()
    eventually(lambda: len(phone.shown) == 3)
    tray.deliver(phone.shown[2])
    tray.shows("Withdrawn: an update in “Ministers meet in Bucharest”")

    tray.press_stop(phone.endpoint)
    eventually(lambda: not PushSubscription.objects.exists())
    page.reload()
    page.get_by_role("button", name="Following", exact=True).click()
    # The page corrects its stored state when it opens.
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    assert person.complaints == []


def test_readers_see_all_that_they_follow_and_their_quiet_hours(
    server: Server, reader: MakeReader, push_service: PushService, transactional_db: None
) -> None:
    first, second = factories.article(), factories.article(headline_ar="قمة ثانية")
    phone = push_service.browser()
    person = reader(permissions=["notifications"], service_workers="allow")
    page = person.page
    subscribable(page.context, phone)
    for article in (first, second):
        person.open(server, article, "ar")
        page.locator(".follow-button").click()
        page.locator("[data-level=all]").click()
        expect(page.locator(".follow.followed")).to_be_visible()
    page.locator(".follow-panel a").click()
    entries = page.locator("#following li")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("قمة ثانية")
    expect(entries.first.locator("button bdi")).to_have_text("قمة ثانية")
    expect(entries.first.locator("button bdi")).to_have_attribute("lang", "ar")
    expect(entries.first.locator("button bdi")).to_have_attribute("dir", "rtl")
    page.locator("input[name=from]").fill("22:00")
    page.locator("input[name=until]").fill("07:00")
    page.locator("#following form button").click()
    eventually(lambda: [str(row.quiet_from) for row in PushSubscription.objects.all()] == ["22:00:00"])
    entries.first.get_by_role("button").click()
    expect(entries).to_have_count(1)
    assert [row.article_id for row in Follow.objects.all()] == [first.pk]
    page.locator("[data-everything]").click()
    expect(page.locator("#following .none")).to_be_visible()
    assert not PushSubscription.objects.exists()
    assert person.complaints == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_panel_opens_beside_its_button_and_on_the_screen(
    server: Server, reader: MakeReader, transactional_db: None, language: str
) -> None:
    author, topic = (
        factories.author(name_ar="يوانا"),
        Topic.objects.create(slug="energy", name_en="Energy", name_ar="الطاقة"),
    )
    article = factories.article()
    factories.update(article, authors=(author,))
    with changes.edit(article):
        article.topics.add(topic)
    page = reader(viewport={"width": 390, "height": 800}).page
    for address in (article.url(language), author.url(language), topic.url(language)):
        page.goto(f"{server.url}{address}")
        page.locator(".follow-button").click()
        button, panel = (page.locator(name).bounding_box() for name in (".follow-button", ".follow-panel"))
        assert button
        assert panel
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= 390
        ends = [(box["x"], box["x"] + box["width"]) for box in (button, panel)]
        assert any(abs(one - other) < 1 for one, other in zip(*ends, strict=True)), address


def test_a_reader_whose_browser_denies_permission_sees_an_explanation(
    server: Server, reader: MakeReader, push_service: PushService, transactional_db: None
) -> None:
    person = reader()
    page = person.page
    subscribable(page.context, push_service.browser())
    page.context.add_init_script("Notification.requestPermission = async () => 'denied'")
    person.open(server, factories.article(), "en")
    page.get_by_role("button", name="Follow", exact=True).click()
    page.get_by_role("button", name="Breaking news").click()
    expect(page.get_by_text("Your browser blocks notifications.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_focused()
    assert not PushSubscription.objects.exists()
    assert Article.objects.count() == 1
