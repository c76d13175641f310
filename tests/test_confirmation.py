"""An email address has no effect until its owner has confirmed it, even if others enter it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments import emails, moderation, privacy
from comments.models import Ban, Comment, Discussion, EmailAddress, EmailJob, Policy, State
from tests import factories
from tests.mail_server import MailServer
from tests.test_comments import WORDS, last, own_page, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_stretch")]

OWNER = "ana@example.org"


@pytest.fixture
def article() -> Article:
    made = factories.article()
    Discussion.objects.create(article=made, policy=Policy.TRUSTED)
    return made


def send(client: Client, article: Article, language: str = "en", **fields: str) -> Any:
    return post(client, f"{article.url(language)}comments/", WORDS | fields)


def deliver() -> None:
    EmailJob.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    while emails.run_due():
        pass


def link_in(mail: MailServer, address: str = WORDS["email"]) -> tuple[str, str]:
    """Return the path and the secret of the link in the last email to an address."""
    letters = [message for recipients, message in mail.messages if address in recipients]
    found = re.search(r"(/[a-z]{2}/comments/confirm/)#(\S+)", letters[-1].get_content())
    assert found
    return found[1], found[2]


def confirm(client: Client, mail: MailServer, *own: Comment, others: tuple[Comment, ...] = ()) -> str:
    """Confirm these comments on the page behind the link, and return the proof that the browser keeps."""
    path, secret = link_in(mail)
    shown = client.post(path, {"secret": secret}, headers={"sec-fetch-site": "same-origin"}).content.decode()
    for each in (*own, *others):
        assert f'name="own" value="{each.pk}"' in shown
    data = {"secret": secret, "confirm": "1", "own": [each.pk for each in own]}
    data["shown"] = [each.pk for each in (*own, *others)]
    done = client.post(path, data, headers={"sec-fetch-site": "same-origin"}).content.decode()
    found = re.search(r'data-proof="([^"]+)"', done)
    assert found
    return found[1]


def trusted(email: str = OWNER) -> None:
    """Have moderators approve enough confirmed comments of an author."""
    for _ in range(3):
        comment = factories.comment(email=email, confirmed=True)
        moderation.decide(comment.pk, State.APPROVED, None, version=0)


# Comments in another person's name ------------------------------------------------------------------------------------


def test_an_address_that_somebody_types_does_not_publish_unread(client: Client, article: Article) -> None:
    trusted()
    send(client, article)
    assert (last().state, last().confirmed) == (State.WAITING, False)
    for proof in ("1:forged", factories.proof("eve@example.org")):
        send(client, article, text=f"With {proof}", proof=proof)
        assert (last().state, last().confirmed) == (State.WAITING, False)
    send(client, article, text="I am Ana.", proof=factories.proof(OWNER))
    assert (last().state, last().confirmed) == (State.APPROVED, True)


def test_comments_of_others_do_not_count_against_the_owner_of_an_address(client: Client, article: Article) -> None:
    trusted()
    send(client, article, text="Spam in the name of Ana.")
    moderation.decide(last().pk, State.SPAM, None, version=0)
    with pytest.raises(ValueError, match="Nothing"):
        moderation.ban(Comment.objects.latest("pk"), None, until=timezone.now() + timedelta(days=1), email=True)
    assert moderation.record_of(OWNER) == {"approved": 3}
    send(client, article, text="I am Ana.", proof=factories.proof(OWNER))
    assert last().state == State.APPROVED
    assert not Ban.objects.exists()


def test_nobody_can_lock_the_owner_of_an_address_out(client: Client, article: Article, settings: Any) -> None:
    settings.COMMENTS_PER_EMAIL = 2
    for number in range(6):
        assert send(client, article, text=f"Flood {number}").status_code == 201
    proof = factories.proof(OWNER)
    sent = [send(client, article, text=f"I am Ana, {number}.", proof=proof).status_code for number in range(3)]
    assert sent == [201, 201, 429]


# The letter -----------------------------------------------------------------------------------------------------------


def test_a_letter_asks_for_a_confirmation_in_nobodys_words(client: Client, article: Article, mail: MailServer) -> None:
    send(client, article, "ar", name="Buy pills", text="at https://pills.example now", notify="on")
    deliver()
    [(to, message)] = mail.messages
    assert to == [OWNER]
    assert message["Content-Language"] == "ar"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for word in ("pills", "Buy", str(article)):
        assert word not in mail.sources[0].decode() + message.get_content()
    assert "/ar/comments/confirm/#" in message.get_content()


def test_an_address_gets_at_most_one_letter_a_day(client: Client, article: Article, mail: MailServer) -> None:
    other = factories.article()
    for number in range(3):
        send(client, article, text=f"Number {number}")
        send(client, other, text=f"There {number}", email=f" {OWNER.upper()} ", notify="on")
    deliver()
    assert len(mail.messages) == 1
    EmailAddress.objects.update(asked_at=timezone.now() - timedelta(days=1))
    send(client, article, text="On the next day")
    deliver()
    assert len(mail.messages) == 2


def test_nobody_can_send_letters_to_a_list_of_people(client: Client, article: Article, mail: MailServer) -> None:
    for number in range(14):
        send(client, article, text=f"Number {number}", email=f"victim-{number}@example.org")
    deliver()
    assert len(mail.messages) == 10


def test_no_letter_is_sent_where_it_would_change_nothing(client: Client, mail: MailServer) -> None:
    send(client, factories.article())
    send(client, factories.article(), text="I am Ana.", notify="on", proof=factories.proof(OWNER))
    deliver()
    assert mail.messages == []


def test_a_comment_that_is_gone_uses_up_no_letter(client: Client, article: Article, mail: MailServer) -> None:
    send(client, article)
    moderation.decide(last().pk, State.SPAM, None, version=0)
    deliver()
    assert mail.messages == []
    send(client, article, text="I am Ana.")
    deliver()
    assert len(mail.messages) == 1


def test_an_owner_who_wants_no_letters_is_never_asked_again(client: Client, article: Article, mail: MailServer) -> None:
    send(client, article)
    deliver()
    path = mail.messages[0][1]["List-Unsubscribe"].strip("<>").split("127.0.0.1:8000")[-1]
    assert client.post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 200
    EmailAddress.objects.update(asked_at=None)
    send(client, article, text="Once more")
    deliver()
    assert len(mail.messages) == 1


# Confirming -----------------------------------------------------------------------------------------------------------


def test_a_confirmed_comment_counts_and_so_do_the_next(client: Client, article: Article, mail: MailServer) -> None:
    trusted()
    answer = send(client, article)
    assert "hasn’t been confirmed yet" in answer.content.decode()
    comment = last()
    deliver()
    proof = confirm(client, mail, comment)
    comment.refresh_from_db()
    assert (comment.state, comment.confirmed) == (State.APPROVED, True)
    send(client, article, text="And one more.", proof=proof)
    assert last().state == State.APPROVED
    assert "hasn’t been confirmed yet" not in own_page(client, answer["Location"])


def test_the_owner_of_an_address_can_disown_comments_of_others(
    client: Client, article: Article, mail: MailServer
) -> None:
    trusted()
    send(client, article, text="I am Ana.")
    own = last()
    send(client, article, text="I am not.", notify="on")
    others = last()
    deliver()
    confirm(client, mail, own, others=(others,))
    others.refresh_from_db()
    assert (others.state, others.confirmed, others.email, others.email_hash) == (State.WAITING, False, "", "")
    assert list(privacy.comments_of(OWNER).filter(text="I am not.")) == []


def test_a_confirmation_publishes_nothing_that_must_be_read(client: Client, article: Article, mail: MailServer) -> None:
    trusted()
    send(client, article, text="https://a.example https://b.example https://c.example")
    comment = last()
    deliver()
    confirm(client, mail, comment)
    comment.refresh_from_db()
    assert (comment.state, comment.held) == (State.WAITING, "links")


def test_opening_the_link_confirms_nothing(client: Client, article: Article, mail: MailServer) -> None:
    send(client, article)
    deliver()
    path, secret = link_in(mail)
    page = client.get(path)
    assert 'name="secret"' in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    client.post(path, {"secret": secret}, headers={"sec-fetch-site": "same-origin"})
    assert EmailAddress.objects.get().confirmed_at is None
    data = {"secret": secret, "confirm": "1"}
    assert client.post(path, data, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert EmailAddress.objects.get().confirmed_at is None


@pytest.mark.parametrize("secret", ["", "1", "1:2:3", "\0", "é" * 300])
def test_a_made_up_link_is_refused(client: Client, secret: str) -> None:
    data = {"secret": secret, "confirm": "1", "own": ["1", "x", "9" * 30]}
    answer = client.post("/en/comments/confirm/", data, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 422
    assert "no longer valid" in answer.content.decode()


def test_a_link_confirms_no_comments_of_other_addresses(client: Client, article: Article, mail: MailServer) -> None:
    send(client, article, email="bogdan@example.org")
    other = last()
    send(client, article)
    deliver()
    path, secret = link_in(mail)
    data = {"secret": secret, "confirm": "1", "own": [other.pk, last().pk], "shown": [other.pk]}
    client.post(path, data, headers={"sec-fetch-site": "same-origin"})
    other.refresh_from_db()
    assert (other.confirmed, other.email) == (False, "bogdan@example.org")
    assert last().confirmed


# Notifications and data -----------------------------------------------------------------------------------------------


def test_an_address_that_is_not_confirmed_gets_no_words_of_others(client: Client, mail: MailServer) -> None:
    article = factories.article()
    comment = factories.comment(article, email=OWNER, notify=True, state="approved")
    answer = factories.comment(article, parent=comment, text="Buy pills.")
    for each in (answer, factories.comment(article, email=OWNER, notify=True)):
        moderation.decide(each.pk, State.APPROVED, None, version=0)
    deliver()
    assert mail.messages == []


def test_typing_an_address_does_not_suppress_the_letters_to_its_owner(mail: MailServer) -> None:
    comment = factories.comment(email=OWNER, confirmed=True, notify=True, state="approved")
    answer = factories.comment(comment.article, parent=comment, email=OWNER)
    moderation.decide(answer.pk, State.APPROVED, None, version=0)
    deliver()
    assert len(mail.messages) == 1


def test_the_export_contains_no_traces_of_who_typed_the_address() -> None:
    factories.comment(email=OWNER, address="192.0.2.7", user_agent="Browser")
    factories.comment(email=OWNER, address="192.0.2.8", user_agent="Browser", confirmed=True)
    typed, own = privacy.export(OWNER)["comments"]  # type: ignore[misc]
    assert (typed["confirmed"], typed["address"], typed["browser"]) == (False, None, "")
    assert (own["confirmed"], own["address"], own["browser"]) == (True, "192.0.2.8", "Browser")


def test_an_address_is_forgotten_with_its_last_comment() -> None:
    comment = factories.comment(email=OWNER)
    privacy.forget_addresses()
    assert EmailAddress.objects.exists()
    comment.delete()
    privacy.forget_addresses()
    assert not EmailAddress.objects.exists()
