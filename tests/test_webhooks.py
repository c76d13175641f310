"""Other systems get every change that readers see, by the Standard Webhooks specification, even after failures."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError
from werkzeug import Request, Response

from articles import changes
from articles.models import Article, Update
from articles.rest.webhooks import EVENTS
from comments.models import Comment
from liveblog import jobs
from liveblog.rekeying import rekey
from liveblog.webhooks import emails, events, sending, signing
from liveblog.webhooks.forms import WebhookForm
from liveblog.webhooks.models import Delivery, Webhook
from tests import factories, newsroom
from tests.mail_server import MailServer
from tests.providers import Provider
from tests.server import PATIENCE, eventually

pytestmark = pytest.mark.django_db

ADDRESS = "https://cms.example.org/hook"
HOOKS = "/admin/liveblog/webhook/"


class Receiver:
    """Another system that verifies and records messages, and responds as the test wants."""

    def __init__(self, server: HTTPServer) -> None:
        self.messages: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.answers: list[Response] = []
        self.secret = signing.new_secret()
        self.host = server.url_for("").rstrip("/")
        server.expect_request("/hook", method="POST").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        answer = self.answers.pop(0) if self.answers else Response(status=204)
        Verifier(self.secret).verify(request.get_data(), dict(request.headers))
        self.ids.append(request.headers["webhook-id"])
        if answer.status_code < 300:
            self.messages.append(json.loads(request.get_data()))
        return answer

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]


@pytest.fixture
def receiver(httpserver: HTTPServer, settings: Any) -> Iterator[Receiver]:
    made = Receiver(httpserver)
    settings.WEBHOOK_ROUTES = {"https://cms.example.org": made.host}
    return made


class HangingServer(Provider):
    """A server that accepts requests, and responds to none before it closes."""

    asked = 0

    def __init__(self) -> None:
        self.__post_init__()

    def answer(self, request: Request) -> Response:
        self.asked += 1
        self.closing.wait(PATIENCE)
        return Response(status=204)


@pytest.fixture
def editor() -> User:
    return newsroom.user("eva", "Editor", email="eva@example.org")


def webhook(receiver: Receiver, *names: str, **fields: Any) -> Webhook:
    values = {"name": "CMS", "address": ADDRESS, "events": list(names or EVENTS), "secret": receiver.secret}
    return Webhook.objects.create(**values | fields)


def send(*, waits: bool = False) -> int:
    """Send all messages now, one after the other."""
    done = 0
    while sent := (_make_due() if waits else None) or sending.send_due():
        done += sent
        waits = False
    return done


def _make_due() -> None:
    Delivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def test_each_change_of_an_update_is_reported_with_all_that_readers_get(receiver: Receiver) -> None:
    article = factories.article(slug="summit", languages=["en", "de"])
    webhook(receiver)
    update = factories.update(article, state="draft", body_en="<p>Fourteen came.</p>")

    def correct() -> None:
        update.body_en = "<p>Fifteen came.</p>"
        update.save()

    def publish() -> None:
        update.state = Update.State.PUBLISHED
        update.save()

    def withdraw() -> None:
        update.withdraw(leaves_mark=False, reason="")
        update.save()

    for turn in (lambda: None, publish, correct, withdraw):
        turn()
        send()
    assert receiver.types == ["update.published", "update.changed", "update.withdrawn"]
    published, changed, withdrawn = (message["data"] for message in receiver.messages)
    assert published["article"]["slug"] == "summit"
    assert (published["id"], published["languages"]) == (update.pk, ["de", "en"])
    assert published["update"]["text"] == "Fourteen came."
    assert changed["update"]["text"] == "Fifteen came."
    assert withdrawn["update"] is None
    assert all(datetime.datetime.fromisoformat(message["timestamp"]) for message in receiver.messages)


def test_a_translation_tells_the_languages_in_which_something_is_new(receiver: Receiver) -> None:
    article = factories.article(slug="summit", languages=["en", "de"])
    update = factories.update(article)
    webhook(receiver)
    update.body_de = "<p>Es geht los.</p>"
    update.save()
    send()
    assert [(message["type"], message["data"]["languages"]) for message in receiver.messages] == [
        ("update.changed", ["de"])
    ]


def test_changes_of_state_of_a_coverage_are_reported(receiver: Receiver) -> None:
    article = factories.article(slug="summit", state="announced")
    webhook(receiver)

    def become(**values: Any) -> Callable[[], None]:
        def turn() -> None:
            for name, value in values.items():
                setattr(article, name, value)
            article.save()

        return turn

    turns = (become(state="live"), become(headline_en="Ministers meet again"), become(state="finished"), article.delete)
    for turn in turns:
        turn()
        send()
    assert receiver.types == ["coverage.started", "coverage.changed", "coverage.finished", "coverage.deleted"]


def test_a_comment_is_told_when_readers_see_it_and_when_they_no_longer_do(receiver: Receiver) -> None:
    article = factories.article(slug="summit")
    webhook(receiver, "comment.approved", "comment.removed")
    comment = factories.comment(article, text="Thank you.", email="ana@example.org")
    comment.state = Comment.State.APPROVED
    comment.save()
    comment.delete()
    send()
    assert receiver.types == ["comment.approved", "comment.removed"]
    assert receiver.messages[0]["data"]["text"] == "Thank you."
    assert "ana@example.org" not in json.dumps(receiver.messages)


def test_a_comment_that_waits_for_a_moderator_is_told_once_and_without_its_words(receiver: Receiver) -> None:
    article = factories.article(slug="summit")
    webhook(receiver, "comment.waiting")
    comment = factories.comment(article, text="Thank you.", state="waiting", held="check")
    send()
    # The spam check may approve it by itself.
    assert receiver.types == []
    comment.held = "unchecked"
    comment.save()
    comment.save()
    send()
    assert receiver.types == ["comment.waiting"]
    [message] = receiver.messages
    assert (message["data"]["id"], message["data"]["held"]) == (comment.pk, "unchecked")
    assert "Thank you." not in json.dumps(receiver.messages)
    comment.state = Comment.State.APPROVED
    comment.save()
    comment.state = Comment.State.WAITING
    comment.save()
    send()
    assert receiver.types == ["comment.waiting"] * 2


def test_a_webhook_is_told_of_its_events_and_articles_only(receiver: Receiver) -> None:
    own, other = factories.article(slug="summit"), factories.article(slug="flood")
    made = webhook(receiver, "update.published", "update.withdrawn")
    made.limit_to([own])
    update = factories.update(own)
    factories.update(other)
    update.body_en = "<p>Fifteen came.</p>"
    update.save()
    send()
    assert receiver.types == ["update.published"]
    own.delete()
    factories.update(other)
    assert send() == 0, "It is not told of all articles because its own one is gone."


def test_a_change_that_is_rolled_back_sends_no_message(receiver: Receiver) -> None:
    article = factories.article()
    webhook(receiver)
    with pytest.raises(RuntimeError), transaction.atomic():
        factories.update(article)
        raise RuntimeError
    assert not Delivery.objects.exists()


def test_a_message_that_is_not_taken_is_sent_again_under_its_id(receiver: Receiver) -> None:
    article = factories.article()
    made = webhook(receiver)
    receiver.answers = [
        Response(status=500),
        Response(status=503, headers={"Retry-After": "4000"}),
        Response(status=302, headers={"Location": "/elsewhere"}),
    ]
    factories.update(article)
    send()
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.failure, delivery.status) == (1, "unreachable", 500)
    assert delivery.due_at is not None
    assert delivery.due_at > timezone.now()
    assert send() == 0
    send(waits=True)
    delivery.refresh_from_db()
    assert delivery.due_at - timezone.now() > datetime.timedelta(seconds=3900)
    made.refresh_from_db()
    assert made.failing_since is not None
    send(waits=True)
    send(waits=True)
    delivery.refresh_from_db()
    made.refresh_from_db()
    assert (receiver.types, len(set(receiver.ids)), len(receiver.ids)) == (["update.published"], 1, 4)
    assert (delivery.due_at, delivery.status, len(delivery.tries)) == (None, 204, 4)
    assert (made.failing_since, made.succeeded_at is not None) == (None, True)


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_delays_no_other(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_TIMEOUT_SECONDS", 2.0 * PATIENCE)
    article = factories.article()
    webhook(receiver)
    threads = jobs.Lanes(sending.due, sending.send_to, 9, sending.logger)
    with HangingServer() as hanging:
        slow = [webhook(receiver, name=f"Slow {n}", address=f"https://slow{n}.example.org/hook") for n in range(6)]
        settings.WEBHOOK_ROUTES |= {f"https://slow{n}.example.org": hanging.url for n in range(6)}
        for number in range(3):
            factories.update(article)
            threads.start_due()
            eventually(lambda told=number + 1: len(receiver.messages) == told)
            # Only one message of a webhook is under way at a time, even across processes.
            eventually(lambda: hanging.asked == len(slow))
            assert [sending.send_to(each.pk) for each in slow] == [0] * len(slow)
        threads.stop()
        hanging.closing.set()
        threads.wait()
    assert hanging.asked == len(slow)
    assert all(each.deliveries.filter(due_at__isnull=False).count() == 2 for each in slow)


@pytest.mark.parametrize(
    ("fields", "answer", "reason"),
    [
        ({"failing_since": timezone.now() - datetime.timedelta(days=6)}, 500, "failing"),
        ({}, 410, "gone"),
    ],
)
def test_a_webhook_that_has_failed_for_days_is_switched_off_with_an_email(
    receiver: Receiver, editor: User, mail: MailServer, fields: dict[str, Any], answer: int, reason: str
) -> None:
    article = factories.article()
    made = webhook(receiver, owner=editor, **fields)
    for _number in range(2):
        factories.update(article)
    receiver.answers = [Response(status=answer)]
    sending.send_due()
    made.refresh_from_db()
    assert (made.is_on, made.off_reason) == (False, reason)
    assert not Delivery.objects.filter(due_at__isnull=False).exists()
    factories.update(article)
    assert Delivery.objects.count() == 2, "Nothing is queued for a webhook that is off."
    assert emails.send_due() == 1
    assert emails.send_due() == 0
    [(recipients, message)] = mail.messages
    assert recipients == ["eva@example.org"]
    assert "CMS" in message["Subject"]
    assert f"/admin/liveblog/webhook/{made.pk}/change/" in message.get_content()
    made.switch_on()
    assert sending.send_again(Delivery.objects.select_related("webhook").first())
    assert send() == 1


@pytest.mark.parametrize(
    "address",
    [
        *("http://cms.example.org/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/"),
        *("https://cms.example.org:8443/", "https://user@cms.example.org/", "https://metadata/", "https://0x7f.1/"),
    ],
)
def test_no_request_goes_to_an_address_that_is_not_public(receiver: Receiver, editor: User, address: str) -> None:
    client = Client()
    client.force_login(editor)
    page = client.post(
        "/admin/liveblog/webhook/add/", {"name": "x", "address": address, "events": ["update.published"]}
    )
    assert list(page.context["adminform"].form.errors) == ["address"]
    # An address that was stored without the form.
    webhook(receiver, address=address)
    factories.update(factories.article())
    sending.send_due()
    delivery = Delivery.objects.get()
    assert (delivery.failure, delivery.due_at, receiver.ids) == ("forbidden", None, [])


def test_a_name_that_leads_to_a_private_address_is_not_asked(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_ROUTES = {}
    webhook(receiver, address="https://localhost.localdomain/hook")
    factories.update(factories.article())
    sending.send_due()
    assert Delivery.objects.get().failure in ("forbidden", "unreachable")
    assert not receiver.ids


def test_secrets_are_encrypted_and_the_former_one_signs_for_a_day(receiver: Receiver, settings: Any) -> None:
    made = webhook(receiver)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT secret FROM {Webhook._meta.db_table}")
        assert receiver.secret not in str(cursor.fetchall())
    made.renew_secret()
    made.save()
    events.send_test(made)
    send()
    assert receiver.types == ["test"], "The receiver still knows the former secret alone."
    Webhook.objects.update(old_secret_until=timezone.now())
    made.refresh_from_db()
    [present] = made.secrets
    headers = signing.headers("msg_1", int(timezone.now().timestamp()), "{}", made.secrets)
    assert Verifier(present).verify("{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Verifier(receiver.secret).verify("{}", headers)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    rekey()
    settings.SECRET_KEY_FALLBACKS = []
    assert Webhook.objects.get().secret == present


def test_old_deliveries_are_deleted(receiver: Receiver) -> None:
    made = webhook(receiver)
    events.send_test(made)
    Delivery.objects.update(created_at=timezone.now() - sending.KEPT_FOR - datetime.timedelta(hours=1))
    events.send_test(made)
    assert sending.clear_old() == 1
    assert Delivery.objects.count() == 1


def test_a_webhook_with_too_many_messages_is_switched_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MAX_WAITING", 1)
    made = webhook(receiver)
    for _number in range(2):
        factories.update(factories.article())
    receiver.answers = [Response(status=500)]
    sending.send_due()
    made.refresh_from_db()
    assert made.off_reason == "full"


def test_without_webhooks_an_edit_takes_one_query_more(django_assert_num_queries: Any) -> None:
    article = factories.article()
    update = factories.update(article, state="draft")
    update.body_en = "<p>Not yet.</p>"
    with changes.edit(update):
        update.save()
    with django_assert_num_queries(1):
        events.emit("update.published", article.pk, dict)


# The screens ----------------------------------------------------------------------------------------------------------


def test_an_editor_makes_tries_changes_and_deletes_a_webhook(receiver: Receiver, editor: User) -> None:
    article = factories.article(slug="summit")
    client = Client()
    client.force_login(editor)
    sent = {"name": "CMS", "address": ADDRESS, "events": ["update.published"], "articles": [article.pk], "is_on": "on"}
    page = client.post(f"{HOOKS}add/", sent)
    made = Webhook.objects.get()
    assert made.secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert (made.owner, made.every_article, list(made.articles.all())) == (editor, False, [article])
    receiver.secret = made.secret
    address = f"{HOOKS}{made.pk}/change/"
    there = client.post(address, {"_test": "1"})
    send()
    shown = client.get(there["Location"]).content.decode()
    assert ("204" in shown, '"type": "test"' in shown.replace("&quot;", '"')) == (True, True)
    assert made.secret not in client.get(address).content.decode()
    assert client.post(there["Location"]).status_code == 302
    send()
    assert receiver.types == ["test", "test"]
    renewed = client.post(address, {"_renew": "1"}).content.decode()
    made.refresh_from_db()
    assert made.secret in renewed
    client.post(address, sent | {"is_on": "", "articles": []})
    made.refresh_from_db()
    assert (made.is_on, made.off_reason, made.every_article) == (False, "person", True)
    client.post(address, {"_test": "1"})
    action = {"action": "send_again", "_selected_action": list(Delivery.objects.values_list("pk", flat=True))}
    told = client.post("/admin/liveblog/delivery/", action, follow=True).content.decode()
    assert "switched off" in told
    client.post(address, sent)
    made.refresh_from_db()
    assert made.is_on
    client.post(f"{HOOKS}{made.pk}/delete/", {"post": "yes"})
    assert not Webhook.objects.exists()


def test_a_change_keeps_what_a_process_has_noted_meanwhile(
    receiver: Receiver, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = webhook(receiver)
    now = timezone.now()
    noted = {
        **dict.fromkeys(("taken_until", "succeeded_at", "failing_since", "email_due_at", "off_since"), now),
        "email_attempts": 3,
        "off_reason": "failing",
    }
    clean = WebhookForm.clean

    def note(form: WebhookForm) -> dict[str, Any]:
        Webhook.objects.filter(pk=made.pk).update(**noted)
        return clean(form)

    monkeypatch.setattr(WebhookForm, "clean", note)
    client = Client()
    client.force_login(editor)
    sent = {"name": "Other CMS", "address": f"{ADDRESS}/2", "events": ["update.changed"], "is_on": "on"}
    assert client.post(f"{HOOKS}{made.pk}/change/", sent).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.address, made.events) == ("Other CMS", f"{ADDRESS}/2", ["update.changed"])
    assert {name: getattr(made, name) for name in noted} == noted


def test_a_webhook_whose_articles_are_gone_gets_all_only_if_an_editor_chooses_so(
    receiver: Receiver, editor: User
) -> None:
    made, article = webhook(receiver), factories.article()
    made.limit_to([article])
    client = Client()
    client.force_login(editor)
    address = f"{HOOKS}{made.pk}/change/"
    assert "all" not in client.get(address).context["adminform"].form.fields
    article.delete()
    form = client.get(address).context["adminform"].form
    assert (form["all"].label, form["articles"].help_text) == ("All", "")
    sent = {"name": "Other CMS", "address": ADDRESS, "events": ["update.published"], "is_on": "on"}
    client.post(address, sent)
    made.refresh_from_db()
    assert (made.name, made.every_article) == ("Other CMS", False)
    client.post(address, sent | {"all": "on"})
    made.refresh_from_db()
    assert made.every_article
    assert 'name="all"' not in client.get(address).content.decode()


def test_only_editors_see_and_change_webhooks(receiver: Receiver) -> None:
    made = webhook(receiver)
    events.send_test(made)
    for role in ("Journalist", "Translator", "Moderator"):
        client = Client()
        client.force_login(newsroom.user(role, role))
        addresses = (HOOKS, f"{HOOKS}{made.pk}/change/", "/admin/liveblog/delivery/")
        assert [client.get(address).status_code for address in addresses] == [403, 403, 403]
        assert client.post(f"{HOOKS}{made.pk}/change/", {"_renew": "1"}).status_code == 403
    assert Article.objects.count() == 0
