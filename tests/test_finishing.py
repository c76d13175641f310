"""Finished coverage publishes nothing unless a user has decided so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.models import Article, CoverageEvent, Update
from articles.publishing.finishing import Decision, Fate
from articles.publishing.schedule import publish_due
from liveblog.actors import acting_as
from tests import factories, newsroom
from tests.desks import DeskClient
from tests.forms import change_url, errors_of, member_of, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> DeskClient:
    return DeskClient(member_of("Journalist"), factories.article())


def later(article: Article, state: str = "scheduled", **fields: Any) -> Update:
    return factories.update(article, state=state, publish_at=timezone.now() + timedelta(hours=1), **fields)


def question(desk: DeskClient) -> str:
    return desk.client.get(desk.address("finish")).content.decode()


def state_of(item: Article | Update) -> str:
    item.refresh_from_db()
    return item.state


def test_the_question_names_scheduled_updates_and_those_that_wait_for_release(desk: DeskClient) -> None:
    later(desk.article, headline_en="Figures at nine")
    later(desk.article, "submitted", source_language="ar", headline_ar="بيان مشترك")
    factories.update(desk.article, headline_en="Seen by readers")
    asked = question(desk)
    assert "Figures at nine" in asked
    assert '<bdi lang="ar" dir="rtl">' in " ".join(asked.split()).replace(" >", ">")
    assert "بيان مشترك" in asked
    assert "Seen by readers" not in asked
    assert asked.count('name="named"') == 1


def test_without_scheduled_updates_there_is_no_question(desk: DeskClient) -> None:
    assert 'name="fate"' not in question(desk)
    desk.cover("finish")
    assert state_of(desk.article) == "finished"


def test_coverage_is_not_finished_without_a_decision(desk: DeskClient) -> None:
    update = later(desk.article)
    for answer in ({}, {"fate": "publish"}, {"fate": "anything", "named": [update.pk]}):
        assert "finishing" in desk.cover("finish", **answer)["errors"]
        assert desk.last.status_code == 409
        assert (state_of(desk.article), state_of(update)) == ("live", "scheduled")


@pytest.mark.parametrize(("fate", "state"), [("drafts", "draft"), ("publish", "scheduled"), ("discard", "withdrawn")])
def test_the_decision_is_carried_out_and_recorded_under_the_users_name(desk: DeskClient, fate: str, state: str) -> None:
    update, submitted = later(desk.article), later(desk.article, "submitted")
    desk.cover("finish", fate=fate, named=[update.pk])
    assert desk.last.status_code == 200
    assert (state_of(desk.article), state_of(update), state_of(submitted)) == ("finished", state, "submitted")
    if state != "scheduled":
        assert update.publish_at is None
        assert update.versions.latest("number").user == User.objects.get(username="journalist")
    else:
        factories.make_due(update)
    assert publish_due() == (state == "scheduled")


def test_the_question_is_repeated_for_updates_scheduled_after_it(desk: DeskClient) -> None:
    named, unseen = later(desk.article), later(desk.article)
    desk.cover("finish", fate="discard", named=[named.pk])
    assert desk.last.status_code == 409
    assert (state_of(desk.article), state_of(named), state_of(unseen)) == ("live", "scheduled", "scheduled")
    desk.cover("finish", fate="discard", named=[named.pk, unseen.pk])
    assert (state_of(named), state_of(unseen)) == ("withdrawn", "withdrawn")


def test_a_scheduled_poll_is_not_published_in_finished_coverage(desk: DeskClient) -> None:
    words = {"headline_en": "Who wins?", "body_en": "<ul><li>Yes</li><li>No</li></ul>"}
    poll = later(desk.article, kind="poll", **words)
    desk.cover("finish", fate="publish", named=[poll.pk])
    assert (state_of(desk.article), state_of(poll)) == ("finished", "draft")


def test_the_form_asks_before_it_finishes_coverage() -> None:
    article = factories.article()
    client = member_of("Editor")
    assert b'name="finishing"' not in client.get(change_url(article)).content
    update = later(article, headline_en="Figures at nine")
    waiting = later(article, "submitted", headline_en="Statement")
    assert "Figures at nine" in client.get(change_url(article)).content.decode()
    data = opened(client, article) | {"state": "finished"}
    answer = client.post(change_url(article), data)
    errors = errors_of(answer)
    assert [(name, len(messages)) for name, messages in errors.items()] == [("finishing", 1)]
    assert (state_of(article), state_of(update)) == ("live", "scheduled")
    # Another update is scheduled while the form is open, so the decision only covers one of the two.
    second = later(article)
    data |= {"finishing": "drafts", "finishing_named": str(update.pk)}
    answer = client.post(change_url(article), data)
    assert "finishing" in errors_of(answer)
    data["finishing_named"] = answer.context["adminform"].form["finishing_named"].value()
    answer = client.post(change_url(article), data, follow=True)
    assert (state_of(article), state_of(update), state_of(second)) == ("finished", "draft", "draft")
    # An update that waits for release does not change, and the form names it.
    assert state_of(waiting) == "submitted"
    assert "Statement" in "".join(map(str, answer.context["messages"]))


def test_no_code_finishes_coverage_for_a_user_without_a_decision() -> None:
    article = factories.article()
    user = newsroom.user("ann", "Journalist")
    update = later(article)
    article.state = Article.State.FINISHED
    with acting_as(user), pytest.raises(ValidationError) as caught:
        article.save()
    assert list(caught.value.message_dict) == ["finishing"]
    article.finishing = Decision(Fate.DRAFTS, frozenset({update.pk}))
    with acting_as(user):
        article.full_clean(exclude=["headline"])
        article.save()
    assert state_of(update) == "draft"


def test_nothing_is_published_after_the_system_has_finished_coverage() -> None:
    article = factories.article()
    update = later(article)
    article.state = Article.State.FINISHED
    article.save()
    assert state_of(update) == "draft"


def test_starts_and_ends_of_coverage_are_recorded_with_their_user(desk: DeskClient) -> None:
    for action in ("finish", "reopen", "keep", "finish"):
        desk.cover(action)
    events = list(CoverageEvent.objects.order_by("pk").values_list("kind", "user__username"))
    own = [(kind, "journalist") for kind in ("finished", "resumed", "kept", "finished")]
    assert events == [("started", None), *own]
    side = desk.entries()["side"]
    assert "Resumed" in side
    history = member_of("Editor").get(f"/admin/articles/article/{desk.article.pk}/history/").content.decode()
    assert "Resumed" in history
    assert "journalist" in history
