"""Emails reach readers who asked for them, and moderators of an old queue; none is lost or sent twice."""

from __future__ import annotations

import socket
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from comments import confirmation, emails, moderation
from comments.models import Comment, EmailAddress, EmailJob, State
from liveblog.delivery import log
from tests import factories
from tests.mail_server import MailServer
from tests.server import PATIENCE

pytestmark = pytest.mark.django_db


def asked(article: Any = None, **fields: Any) -> Comment:
    """Create a comment whose author asked for emails."""
    own = {"email": "ana@example.org", "confirmed": True, "notify": True, "page_language": "de"}
    return factories.comment(article, **own | fields)


def approve(comment: Comment) -> Any:
    comment.refresh_from_db()
    return moderation.decide(comment.pk, State.APPROVED, None, version=comment.version)


def make_due() -> None:
    EmailJob.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def deliver() -> None:
    make_due()
    while emails.run_due():
        pass


def text_of(message: EmailMessage) -> str:
    return message.get_content()


def test_an_author_gets_an_email_when_their_comment_appears(mail: MailServer) -> None:
    comment = asked(page_language="ar")
    approve(comment)
    deliver()
    [(to, message)] = mail.messages
    assert to == ["ana@example.org"]
    assert message["Content-Language"] == "ar"
    assert "الوزراء يجتمعون في بوخارست" in message["Subject"]
    assert f"{comment.article.url('ar')}comments/{comment.pk}/" in text_of(message)


def test_an_author_who_did_not_ask_gets_no_email(mail: MailServer) -> None:
    approve(asked(notify=False))
    approve(asked(email=""))
    deliver()
    assert mail.messages == []


def test_an_author_gets_an_email_about_answers_by_others(mail: MailServer) -> None:
    comment = asked(state="approved")
    own = factories.comment(
        comment.article, parent=comment, email="Ana@example.org", confirmed=True, text="Another thing."
    )
    other = factories.comment(comment.article, parent=comment, name="Олена", email="o@example.org", text="Так, саме.")
    approve(own)
    approve(other)
    deliver()
    [(to, message)] = mail.messages
    assert to == ["ana@example.org"]
    assert "Олена" in message["Subject"]
    assert "Так, саме." in text_of(message)
    assert f"comments/{other.pk}/" in text_of(message)


def test_one_click_unsubscribes(mail: MailServer, client: Any) -> None:
    comment = asked()
    approve(comment)
    deliver()
    message = mail.messages[0][1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip().strip("<>")
    # The header must not be folded or encoded: mail providers do not decode it.
    assert f"<{address}>".encode() in mail.sources[0]
    # People get the secret in the fragment.
    assert "/de/comments/unsubscribe/#" in text_of(message)
    path = urlsplit(address).path
    # Mail scanners open every address.
    assert client.get(path).status_code == 200
    comment.refresh_from_db()
    assert comment.notify
    # The mail provider posts from its own site, without our cookie or origin.
    answer = client.post(path, {"List-Unsubscribe": "One-Click"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    comment.refresh_from_db()
    assert not comment.notify
    approve(factories.comment(comment.article, parent=comment))
    deliver()
    assert len(mail.messages) == 1


def test_unsubscribing_waits_for_a_decision_that_has_read_the_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = factories.comment(email="ana@host.example", notify=True)
    address, lock = EmailAddress.of(comment.email), log.lock

    def decided_first(*articles: int) -> None:
        monkeypatch.setattr(log, "lock", lock)
        lock(*articles)
        read.save()
        decided.append(read)

    read, decided = Comment.objects.get(pk=comment.pk), []
    monkeypatch.setattr(log, "lock", decided_first)
    confirmation.silence(address)
    assert decided
    comment.refresh_from_db()
    assert not comment.notify


def test_nobody_can_unsubscribe_somebody_else(client: Any) -> None:
    comment = asked()
    assert client.post("/de/comments/unsubscribe/1:forged/").status_code == 404
    comment.refresh_from_db()
    assert comment.notify


def test_a_decision_that_is_undone_at_once_sends_no_email(mail: MailServer) -> None:
    comment = asked()
    decision = approve(comment)
    assert emails.run_due() == 0
    moderation.undo(decision.pk, None)
    deliver()
    assert mail.messages == []
    approve(comment)
    deliver()
    assert len(mail.messages) == 1


def test_emails_wait_while_the_mail_server_is_down(mail: MailServer) -> None:
    mail.stop()
    approve(asked())
    deliver()
    job = EmailJob.objects.get()
    assert job.failure
    assert job.due_at is not None
    assert job.due_at > timezone.now()
    mail.start()
    mail.refusing = True
    deliver()
    assert mail.messages == []
    mail.refusing = False
    deliver()
    assert len(mail.messages) == 1
    deliver()
    assert len(mail.messages) == 1


def test_a_run_waits_only_once_for_a_mail_server_that_hangs(mail: MailServer, settings: Any) -> None:
    for _ in range(4):
        approve(asked())
    make_due()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = silent.getsockname()[1], 0.3
        assert emails.run_due() == 4
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert {job.attempts for job in EmailJob.objects.all()} == {1}
    settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = mail.port, PATIENCE
    deliver()
    assert len(mail.messages) == 4


def test_emails_share_a_connection_and_survive_its_loss(mail: MailServer) -> None:
    for _ in range(3):
        approve(asked())
    deliver()
    assert len(mail.messages) == 3
    assert mail.connections == 1
    for _ in range(3):
        approve(asked())
    mail.hanging_up = True
    make_due()
    assert emails.run_due() == 3
    mail.hanging_up = False
    deliver()
    assert len(mail.messages) == 6


@pytest.mark.parametrize("first", ["nobody@example.org", "ana@example.org"])
def test_a_refused_address_does_not_hold_back_other_emails(mail: MailServer, first: str) -> None:
    mail.unknown = {"nobody@example.org"}
    for comment in (asked(email="nobody@example.org"), asked(email="ana@example.org")):
        approve(comment)
    make_due()
    EmailJob.objects.filter(comment__email=first).update(due_at=timezone.now() - timedelta(minutes=1))
    assert emails.run_due() == 2
    assert [to for to, _message in mail.messages] == [["ana@example.org"]]
    # The server may know the address later.
    [waiting] = EmailJob.objects.filter(due_at__isnull=False)
    assert waiting.comment is not None
    assert (waiting.comment.email, waiting.attempts) == ("nobody@example.org", 1)


def test_only_one_process_sends_an_email(mail: MailServer) -> None:
    approve(asked())
    make_due()
    assert len(emails.queue.claim(5)) == 1
    assert emails.queue.claim(5) == []


def test_a_commenters_name_cannot_inject_email_headers(mail: MailServer) -> None:
    comment = asked(state="approved")
    approve(factories.comment(comment.article, parent=comment, name="Eve\nBcc: all@example.org"))
    deliver()
    [(to, message)] = mail.messages
    assert to == ["ana@example.org"]
    assert message["Bcc"] is None


def test_without_a_mail_server_the_form_offers_no_emails(client: Any) -> None:
    article = factories.article()
    assert 'name="notify"' not in client.get(f"{article.url('de')}comments/").content.decode()
    approve(asked(article))
    assert not EmailJob.objects.exists()
