"""The spam check keeps spam from moderators; if it fails, no comment is lost or published unchecked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.utils import timezone

from comments import checking, moderation, spam
from comments.models import Comment, Decision, Discussion, Held, Policy, State
from tests import factories
from tests.akismet_server import AkismetServer
from tests.queues import moderator
from tests.server import PATIENCE
from tests.test_comments import WORDS, post
from tests.test_moderation_queue import connected

pytestmark = pytest.mark.django_db

SPAM = WORDS | {"text": "Win big at our casino tonight."}


@pytest.fixture
def akismet(settings: Any) -> Iterator[AkismetServer]:
    with AkismetServer() as server:
        settings.AKISMET_API_KEY, settings.AKISMET_URL = server.key, server.url
        settings.AKISMET_TIMEOUT = float(PATIENCE)
        yield server


def sent(client: Any, fields: dict[str, str] = WORDS, article: Any = None, language: str = "de") -> Comment:
    answer = post(client, f"{(article or factories.article()).url(language)}comments/", fields)
    assert answer.status_code == 201
    return Comment.objects.latest("pk")


def make_due() -> None:
    Comment.objects.filter(spam_due_at__isnull=False).update(spam_due_at=timezone.now())


def state_of(comment: Comment) -> tuple[str, str]:
    comment.refresh_from_db()
    return comment.state, comment.held


def test_the_spam_check_gets_all_data_that_helps(client: Any, akismet: AkismetServer) -> None:
    article = factories.article()
    first = sent(client, article=article)
    assert akismet.requests == []
    checking.run_due()
    moderation.decide(first.pk, State.APPROVED, None, version=0)
    sent(client, WORDS | {"text": "To Ana: yes.", "parent": str(first.pk)}, article, "ar")
    checking.run_due()
    comment, reply = akismet.asked()
    assert comment["comment_author"] == "Ana"
    assert comment["comment_author_email"] == "ana@example.org"
    assert comment["user_ip"] == "127.0.0.1"
    assert comment["blog_lang"] == "en, de, fr, es, pl, ro, uk, ar"
    assert comment["permalink"].endswith(article.url("de"))
    assert comment["honeypot_field_name"] == "website"
    assert (comment["comment_type"], reply["comment_type"]) == ("comment", "reply")
    assert "is_test" not in comment


def test_spam_does_not_reach_a_moderator(client: Any, akismet: AkismetServer) -> None:
    comment = sent(client, SPAM)
    assert not Comment.objects.queued().exists()
    checking.run_due()
    assert state_of(comment)[0] == State.SPAM
    assert not Comment.objects.queued().exists()
    assert Decision.objects.get().actor == "spam"


def test_spam_that_the_service_advises_to_discard_is_deleted(client: Any, akismet: AkismetServer) -> None:
    akismet.discard = True
    sent(client, SPAM)
    checking.run_due()
    assert not Comment.objects.exists()


def test_a_comment_that_is_not_spam_waits_or_appears_as_the_article_says(client: Any, akismet: AkismetServer) -> None:
    careful, open_to_all = sent(client), factories.article()
    Discussion.objects.create(article=open_to_all, policy=Policy.AT_ONCE)
    at_once = sent(client, article=open_to_all)
    assert state_of(at_once) == (State.WAITING, "check")
    checking.run_due()
    assert state_of(careful) == (State.WAITING, "policy")
    assert state_of(at_once) == (State.APPROVED, "")
    assert list(Comment.objects.queued()) == [careful]


@pytest.mark.parametrize(
    "fault", ["500", "429", "hang up", "slow", "trickle", "endless", "nonsense", "empty", "html", "redirect", "key"]
)
def test_comments_wait_while_the_check_fails_and_are_checked_later(
    client: Any, akismet: AkismetServer, settings: Any, fault: str
) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    if fault == "key":
        settings.AKISMET_API_KEY = "another key"
    else:
        akismet.fault = fault
    if fault in ("slow", "trickle", "endless"):
        settings.AKISMET_TIMEOUT = 1.0
    comment, bad = sent(client, article=article), sent(client, SPAM, article)
    checking.run_due()
    assert state_of(comment) == (State.WAITING, "unchecked")
    assert set(Comment.objects.queued()) == {comment, bad}
    assert comment.spam_due_at is not None
    assert comment.spam_due_at > timezone.now()
    akismet.fault, settings.AKISMET_API_KEY, settings.AKISMET_TIMEOUT = None, akismet.key, float(PATIENCE)
    make_due()
    checking.run_due()
    assert state_of(comment)[0] == State.APPROVED
    assert state_of(bad)[0] == State.SPAM


@pytest.mark.django_db(transaction=True)
async def test_the_queue_is_notified_of_comments_left_to_moderators(akismet: AkismetServer) -> None:
    akismet.fault = "500"
    comment = await sync_to_async(sent)(Client())
    greta = await connected(await sync_to_async(moderator)("greta"), "/ws/moderation/")
    await greta.open()
    await greta.until(lambda message: "people" in message)
    await sync_to_async(checking.run_due)()
    await greta.until(lambda message: message.get("changed"))
    assert await sync_to_async(list)(Comment.objects.queued()) == [comment]
    await greta.close()


def test_the_check_does_not_decide_comments_that_readers_reported(client: Any, akismet: AkismetServer) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    address = post(client, f"{article.url('de')}comments/")["Location"]
    checking.run_due()
    comment = Comment.objects.get()
    moderation.report(comment.pk, "abuse", "", "a reader")
    post(client, address, {"text": "I said nothing.", "version": comment.version_name})
    checking.run_due()
    assert state_of(comment) == (State.WAITING, "reported")
    assert comment.spam_verdict == "ham"
    assert comment.open_reports == 1
    assert list(Comment.objects.queued()) == [comment]


def test_moderators_can_decide_while_the_check_is_down(client: Any, akismet: AkismetServer) -> None:
    akismet.fault = "500"
    comment = sent(client, SPAM)
    checking.run_due()
    moderation.decide(comment.pk, State.APPROVED, None, version=0)
    akismet.fault = None
    make_due()
    checking.run_due()
    assert state_of(comment)[0] == State.APPROVED


def test_the_service_learns_its_mistakes(client: Any, akismet: AkismetServer) -> None:
    good, bad, missed = sent(client), sent(client, SPAM), sent(client, WORDS | {"text": "Buy my watches."})
    user = User.objects.create_user("mod")
    checking.run_due()
    moderation.decide(bad.pk, State.APPROVED, user, version=1)
    moderation.decide(missed.pk, State.SPAM, user, version=0)
    moderation.decide(good.pk, State.APPROVED, user, version=0)
    checking.run_due()
    assert akismet.asked("submit-ham") == []
    make_due()
    checking.run_due()
    [ham], [reported] = akismet.asked("submit-ham"), akismet.asked("submit-spam")
    assert (ham["comment_content"], reported["comment_content"]) == (SPAM["text"], "Buy my watches.")
    assert ham["user_ip"] == "127.0.0.1"


def test_a_decision_that_is_undone_at_once_is_not_reported_to_the_service(client: Any, akismet: AkismetServer) -> None:
    comment = sent(client)
    checking.run_due()
    decision = moderation.decide(comment.pk, State.SPAM, None, version=0)
    moderation.undo(decision.pk, None)
    make_due()
    checking.run_due()
    assert akismet.asked("submit-spam") == []


@pytest.mark.parametrize("is_configured", [True, False])
def test_a_comment_whose_check_a_decision_cancelled_is_checked_after_all_or_waits_for_a_moderator(
    client: Any, akismet: AkismetServer, settings: Any, is_configured: bool
) -> None:
    article = factories.article()
    Discussion.objects.create(article=article, policy=Policy.AT_ONCE)
    comment = sent(client, article=article)
    assert state_of(comment) == (State.WAITING, Held.CHECK)
    decision = moderation.decide(comment.pk, State.APPROVED, None, version=0)
    if not is_configured:
        settings.AKISMET_API_KEY = ""
    moderation.undo(decision.pk, None)
    assert state_of(comment) == (State.WAITING, Held.CHECK if is_configured else Held.UNCHECKED)
    checking.run_due()
    assert state_of(comment)[1] != Held.CHECK


def test_another_process_finishes_abandoned_work(client: Any, akismet: AkismetServer) -> None:
    comment = sent(client, SPAM)
    assert checking.queue.claim(5) == [comment]
    assert checking.queue.claim(5) == []
    Comment.objects.update(spam_due_at=F("spam_due_at") - checking.queue.lease - timedelta(seconds=1))
    checking.run_due()
    assert state_of(comment)[0] == State.SPAM


def test_an_edited_comment_is_checked_again_with_the_reason(client: Any, akismet: AkismetServer) -> None:
    answer = post(client, f"{factories.article().url('de')}comments/")
    checking.run_due()
    fields = {"version": Comment.objects.get().version_name, "text": "Now with a casino in it."}
    post(client, answer["Location"], fields)
    checking.run_due()
    assert akismet.asked()[-1]["recheck_reason"] == "edit"
    assert Comment.objects.get().state == State.SPAM


def test_a_late_answer_does_not_change_a_decided_comment(client: Any, akismet: AkismetServer) -> None:
    comment = sent(client)
    taken = checking.queue.claim(5)
    moderation.decide(comment.pk, State.REJECTED, None, version=0)
    akismet.spam = lambda _fields: True
    checking.work(taken[0])
    assert state_of(comment)[0] == State.REJECTED


def test_the_log_has_neither_the_key_nor_the_comment(
    client: Any, akismet: AkismetServer, caplog: pytest.LogCaptureFixture
) -> None:
    akismet.alert = "10005"
    akismet.key = "another key"
    sent(client)
    with caplog.at_level(logging.DEBUG, "comments"):
        checking.run_due()
    written = [record.getMessage() for record in caplog.records if record.name.startswith("comments")]
    assert "The spam check failed (refused)." in written
    assert any("alert 10005" in message for message in written)
    assert "another key" not in str(written)
    assert "a key" not in str(written)
    assert WORDS["text"] not in str(written)


def test_without_a_key_the_service_is_not_called(client: Any, akismet: AkismetServer, settings: Any) -> None:
    settings.AKISMET_API_KEY = ""
    comment = sent(client, SPAM)
    assert checking.run_due() == 0
    assert akismet.requests == []
    assert list(Comment.objects.queued()) == [comment]
    assert not spam.configured()


def test_a_test_request_is_marked_as_a_test(client: Any, akismet: AkismetServer, settings: Any) -> None:
    settings.AKISMET_TEST = True
    sent(client)
    checking.run_due()
    assert akismet.asked()[0]["is_test"] == "true"
