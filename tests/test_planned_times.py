"""Planned times must be in the future: every form refuses past times, with one error beside the field."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from articles.models import Article, Update
from comments.models import Ban
from liveblog.actors import acting_as
from tests import factories
from tests.actors import TEST
from tests.desks import DeskClient
from tests.forms import change_url, errors_of, member_of, opened

pytestmark = pytest.mark.django_db

CHOICES = "<ul><li>Yes</li><li>No</li></ul>"


def hours(count: float) -> Any:
    return timezone.now() + timedelta(hours=count)


def text_of(moment: Any, article: Article) -> str:
    return f"{moment.astimezone(article.zone):%Y-%m-%dT%H:%M}"


def in_form(name: str, day: str) -> dict[str, str]:
    """Return the fields of a form for ten o'clock on a day."""
    return {name: f"{day}T10:00"}


def refused(item: Article | Update, **fields: Any) -> dict[str, list[str]]:
    """Return the errors of a save. Fail unless validation gives the same errors."""
    for name, value in fields.items():
        setattr(item, name, value)
    with pytest.raises(ValidationError) as checked:
        item.full_clean(exclude=["headline"])
    with pytest.raises(ValidationError) as saved:
        item.save()
    assert saved.value.message_dict == checked.value.message_dict
    return saved.value.message_dict


@pytest.fixture
def desk() -> DeskClient:
    # UTC has no repeated hour.
    return DeskClient(member_of("Journalist"), factories.article(time_zone="UTC"))


# Updates --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("needs_release", [False, True])
@pytest.mark.parametrize("ago", [1 / 60, 24, 24 * 400])
def test_the_desk_refuses_to_schedule_for_the_past(desk: DeskClient, ago: float, needs_release: bool) -> None:
    Article._base_manager.update(needs_release=needs_release)
    answer = desk.write("schedule", body="<p>Embargo.</p>", publish_at=text_of(hours(-ago), desk.article))
    assert desk.last.status_code == 422
    assert list(answer["errors"]) == ["publish_at"]
    assert len(answer["errors"]["publish_at"]) == 1
    assert not Update.objects.exists()


def test_a_wrong_time_gets_one_error(desk: DeskClient) -> None:
    for publish_at in ("", "31 of June"):
        answer = desk.write("schedule", body="<p>Embargo.</p>", publish_at=publish_at)
        assert [len(messages) for messages in answer["errors"].values()] == [1]


def test_a_draft_can_keep_a_past_time_but_cannot_be_scheduled_for_it(desk: DeskClient) -> None:
    desk.write("draft", body="<p>Embargo.</p>", publish_at=text_of(hours(-2), desk.article))
    draft = Update.objects.get()
    assert draft.state == "draft"
    assert "publish_at" in desk.rewrite(draft, desk.opened(draft), "schedule")["errors"]
    assert desk.rewrite(draft, desk.opened(draft), "publish")["state"] == "published"


def test_publishing_is_refused_if_a_later_time_is_set(desk: DeskClient) -> None:
    later = text_of(hours(3), desk.article)
    answer = desk.write("publish", body="<p>Embargo.</p>", publish_at=later)
    assert list(answer["errors"]) == ["publish_at"]
    assert not Update.objects.exists()
    # A preview publishes nothing.
    data = {"source_language": "en", "kind": "text", "body": "<p>Embargo.</p>", "publish_at": later, "reader": "en"}
    assert "<p>Embargo.</p>" in desk.client.post(desk.address("preview_new"), data).content.decode()


def test_the_form_refuses_the_past_as_the_desk_does() -> None:
    article = factories.article()
    client = member_of("Editor")
    form = {"article": article.pk, "source_language": "en", "body_en": "<p>Embargo.</p>"}
    past = in_form("publish_at", "2020-01-01")
    errors = errors_of(client.post("/admin/articles/update/add/", {**form, **past, "_continue": "1"}))
    assert list(errors) == ["publish_at"]
    assert len(errors["publish_at"]) == 1
    later = in_form("publish_at", "2035-01-01")
    assert list(errors_of(client.post("/admin/articles/update/add/", {**form, **later, "_publish": "1"}))) == [
        "publish_at"
    ]
    assert not Update.objects.exists()


@pytest.mark.parametrize("state", ["scheduled", "submitted"])
def test_neither_users_nor_code_can_schedule_for_the_past(state: str) -> None:
    update = factories.update(factories.article(), state="draft")
    assert list(refused(update, state=state, publish_at=hours(-1))) == ["publish_at"]
    planned = factories.update(update.article, state=state, publish_at=hours(1))
    assert list(refused(planned, publish_at=hours(-1))) == ["publish_at"]


def test_an_update_scheduled_in_time_can_be_edited_once_it_is_due() -> None:
    update = factories.scheduled(factories.article())
    assert update.publish_at is not None
    # Forms send whole minutes.
    update.publish_at = update.publish_at.replace(second=0, microsecond=0)
    update.is_key = True
    update.full_clean()
    update.save()


# Polls ----------------------------------------------------------------------------------------------------------------


def poll(article: Article, **fields: Any) -> Update:
    return Update(
        article=article,
        kind="poll",
        source_language="en",
        headline_en="Who wins?",
        body_en=CHOICES,
        **{"state": "published"} | fields,
    )


def errors_in(update: Update) -> list[str]:
    """Return the fields with errors if a user saves the update."""
    user, _created = User.objects.get_or_create(username="ann")
    try:
        with acting_as(user):
            update.full_clean()
    except ValidationError as error:
        return list(error.message_dict)
    return []


@pytest.mark.parametrize("state", ["published", "scheduled", "submitted"])
def test_a_poll_cannot_be_closed_when_it_opens(state: str) -> None:
    article = factories.article()
    plan = {} if state == "published" else {"publish_at": hours(2)}
    assert errors_in(poll(article, state=state, closes_at=hours(-1), **plan)) == ["closes_at"]
    assert errors_in(poll(article, state=state, closes_at=hours(3), **plan)) == []
    assert errors_in(poll(article, state="draft", closes_at=hours(-1))) == []


def test_a_poll_must_close_after_it_opens() -> None:
    article = factories.article()
    opens = hours(2)
    for closes in (hours(1), opens):
        assert errors_in(poll(article, state="scheduled", publish_at=opens, closes_at=closes)) == ["closes_at"]


def test_a_poll_cannot_open_after_the_coverage_has_finished() -> None:
    article = factories.article(state="finished")
    assert errors_in(poll(article)) == ["kind"]
    assert errors_in(poll(article, state="scheduled", publish_at=hours(2))) == ["kind"]
    # A copy of a poll published elsewhere in time is not a new poll.
    factories.update(article, kind="poll", headline_en="Who wins?", body_en=CHOICES, closes_at=hours(-3))


def test_a_closed_poll_can_be_corrected_but_not_closed_in_the_past() -> None:
    article = factories.article()
    update = factories.update(article, kind="poll", headline_en="Who wins?", body_en=CHOICES, closes_at=hours(1))
    closed = hours(-1)
    Update._base_manager.filter(pk=update.pk).update(closes_at=closed)
    update.refresh_from_db()
    update.headline_en, update.closes_at = "Who won?", closed.replace(second=0, microsecond=0)
    assert errors_in(update) == []
    update.closes_at = hours(-2)
    assert errors_in(update) == ["closes_at"]


def test_the_desk_shows_the_error_beside_the_field_of_the_poll(desk: DeskClient) -> None:
    fields = {"kind": "poll", "headline": "Who wins?", "body": CHOICES}
    answer = desk.write("publish", **fields, closes_at=text_of(hours(-3), desk.article))
    assert list(answer["errors"]) == ["closes_at"]


# Coverage -------------------------------------------------------------------------------------------------------------


def test_announced_coverage_cannot_start_long_ago() -> None:
    with pytest.raises(ValidationError) as caught:
        factories.article(state="announced", coverage_start=hours(-24))
    assert list(caught.value.message_dict) == ["coverage_start"]
    factories.article(state="announced", coverage_start=hours(-0.5))
    article = factories.article(coverage_start=hours(-24))
    assert list(refused(article, state="announced")) == ["coverage_start"]


def test_coverage_that_starts_late_can_still_be_edited() -> None:
    article = factories.article(state="announced", coverage_start=hours(2))
    Article._base_manager.filter(pk=article.pk).update(coverage_start=hours(-24))
    article.refresh_from_db()
    article.dateline_en = "Bucharest"
    article.full_clean(exclude=["headline"])
    article.save()


def test_live_coverage_must_have_started() -> None:
    article = factories.article()
    assert list(refused(article, coverage_start=hours(2))) == ["coverage_start"]
    early = factories.article(state="announced", coverage_start=hours(24))
    early.state = Article.State.LIVE
    early.save()
    assert early.coverage_start <= timezone.now()


def test_open_coverage_cannot_end_before_its_start_or_in_the_past() -> None:
    article = factories.article(coverage_start=hours(-5))
    assert list(refused(article, coverage_end=hours(-6))) == ["coverage_end"]
    assert list(refused(article, coverage_end=hours(-1))) == ["coverage_end"]
    article.coverage_end = hours(5)
    article.save()


def test_finished_coverage_cannot_end_in_the_future() -> None:
    article = factories.article(coverage_start=hours(-5), state="finished")
    assert list(refused(article, coverage_end=hours(1))) == ["coverage_end"]


def test_the_form_of_an_article_shows_one_error_beside_its_field() -> None:
    article = factories.article(coverage_start=hours(-5))
    client = member_of("Editor")
    data = opened(client, article) | in_form("coverage_end", "2020-01-01")
    errors = errors_of(client.post(change_url(article), data))
    assert [(name, len(messages)) for name, messages in errors.items()] == [("coverage_end", 1)]


def test_cancelled_coverage_does_not_end_in_the_future(client: Any) -> None:
    article = factories.article(state="announced", coverage_start=hours(24))
    with acting_as(TEST):
        article.state = Article.State.FINISHED
        article.save()
    page = client.get(article.url("en")).content.decode()
    assert "Called off before it started" in page
    assert "Ended:" not in page


# Comments -------------------------------------------------------------------------------------------------------------


def test_a_ban_cannot_end_in_the_past() -> None:
    ban = Ban.objects.create(address="192.0.2.7", until=hours(5))
    client = member_of("Moderator")
    form = in_form("until", "2020-01-01") | {"reason": "Insults"}
    assert list(errors_of(client.post(change_url(ban), form))) == ["until"]
    # The reason for an expired ban can still be changed.
    Ban.objects.update(until=hours(-5))
    ban.refresh_from_db()
    ban.reason = "Insults"
    ban.full_clean()
