"""The server runs the background jobs of comments itself, beside its requests."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from comments.models import Comment, Discussion, EmailJob, Policy, State
from tests import factories
from tests.akismet_server import AkismetServer
from tests.mail_server import MailServer
from tests.server import PATIENCE, Server, eventually
from tests.test_comments import WORDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def akismet() -> Iterator[AkismetServer]:
    with AkismetServer() as server:
        yield server


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def server(akismet: AkismetServer, mail: MailServer) -> Iterator[Server]:
    with Server(
        AKISMET_API_KEY=akismet.key,
        AKISMET_URL=akismet.url,
        EMAIL_URL=f"smtp://127.0.0.1:{mail.port}",
        DEFAULT_FROM_EMAIL="comments@live.example",
    ) as running:
        yield running


def test_the_server_checks_a_comment_publishes_it_and_emails_its_author(
    server: Server, akismet: AkismetServer, mail: MailServer
) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)

    def send(**fields: str) -> Comment:
        body = urlencode(WORDS | {"notify": "on", "proof": factories.proof(WORDS["email"])} | fields).encode()
        with urllib.request.urlopen(f"{server.url}{article.url('de')}comments/", body) as answer:
            assert "/comments/mine/#" in answer.headers["Location"]
        return Comment.objects.latest("pk")

    good, bad = send(), send(text="A casino for all.", email="eve@example.org")
    eventually(lambda: Comment.objects.filter(state=State.APPROVED, pk=good.pk))
    eventually(lambda: Comment.objects.filter(state=State.SPAM, pk=bad.pk))
    with urllib.request.urlopen(f"{server.url}{article.url('ar')}?fresh") as page:
        html = page.read().decode()
    assert WORDS["text"] in html
    assert "casino" not in html
    assert mail.messages == []
    EmailJob.objects.update(due_at=timezone.now())
    eventually(lambda: mail.messages)
    [(to, message)] = mail.messages
    assert to == [WORDS["email"]]
    assert message["From"] == "comments@live.example"
    eventually(lambda: EmailJob.objects.exclude(sent_at=None))


@pytest.mark.one_database
def test_a_mail_server_that_hangs_does_not_delay_comments(akismet: AkismetServer) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    for number in range(5):
        EmailJob.objects.create(key=f"email-{number}", kind="approved", due_at=timezone.now())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        # A busy machine may need longer for a comment than a mail server usually gets.
        mail = f"smtp://127.0.0.1:{silent.getsockname()[1]}?timeout={2 * PATIENCE}"
        running = Server(AKISMET_API_KEY=akismet.key, AKISMET_URL=akismet.url, EMAIL_URL=mail)
        with running as server, silent.accept()[0]:
            body = urlencode(WORDS).encode()
            urllib.request.urlopen(f"{server.url}{article.url('de')}comments/", body).close()
            eventually(lambda: Comment.objects.filter(state=State.APPROVED))
            assert not EmailJob.objects.filter(attempts__gt=0).exists()
