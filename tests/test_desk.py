"""The live desk: what is written there is there once, nobody's work is lost, and each sees what the others do."""

import datetime
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Update, Vote
from articles.translations import drafting, states
from tests import factories, forms
from tests.desks import DeskClient, body
from tests.forms import member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return factories.article()


@pytest.fixture
def desk(article: Article) -> DeskClient:
    return DeskClient(member_of("Journalist"), article)


def colleague(article: Article, name: str = "oksana") -> DeskClient:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.set(User.objects.get(username="journalist").groups.all())
    client = Client()
    client.force_login(user)
    return DeskClient(client, article)


# Writing --------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_published_in_the_language_that_it_is_written_in(desk: DeskClient) -> None:
    desk.write(source_language="uk", body="<p>Перемовини почалися.</p>")
    update = Update.objects.get()
    assert (update.state, update.body_uk, update.body_en) == ("published", "<p>Перемовини почалися.</p>", "")
    assert update.written_by.username == "journalist"
    assert factories.log_of(desk.article) == [(1, update.element)]


def test_the_same_update_sent_twice_is_one(desk: DeskClient) -> None:
    key = str(uuid.uuid4())
    first = desk.write(body="<p>Once.</p>", key=key)
    assert desk.write(body="<p>Once.</p>", key=key) == first
    assert Update.objects.count() == 1


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(desk: DeskClient) -> None:
    errors = desk.write(source_language="de", body="<script>alert(1)</script>")["errors"]
    assert desk.last.status_code == 422
    assert list(errors) == ["body"]
    assert not Update.objects.exists()


def test_the_composer_begins_in_the_language_that_its_person_wrote_last(desk: DeskClient) -> None:
    desk.write(source_language="ar", body="<p>بدأت المحادثات.</p>")
    form = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).context["composer"]
    assert '<option value="ar" selected>' in form
    assert 'lang="ar" dir="rtl"' in form


def test_a_draft_is_no_update_until_it_is_published(desk: DeskClient) -> None:
    desk.write("draft", headline="Not yet")
    draft = Update.objects.get()
    assert draft.state == "draft"
    assert factories.log_of(desk.article) == []
    desk.rewrite(draft, desk.opened(draft), "publish")
    draft.refresh_from_db()
    assert draft.state == "published"


def test_a_scheduled_update_needs_a_time_which_is_in_the_time_zone_of_the_event(desk: DeskClient) -> None:
    assert "publish_at" in desk.write("schedule", body="<p>Later.</p>")["errors"]
    desk.write("schedule", body="<p>Later.</p>", publish_at="2030-01-02T12:00")
    planned = Update.objects.get()
    assert planned.state == "scheduled"
    assert planned.publish_at == datetime.datetime(2030, 1, 2, 10, tzinfo=datetime.UTC)


def test_an_earlier_time_needs_a_reason_and_is_never_still_to_come(desk: DeskClient) -> None:
    earlier = timezone.localtime(timezone.now() - datetime.timedelta(hours=2), desk.article.zone)
    assert "backdating_reason" in desk.write(body="<p>Late.</p>", published_at=f"{earlier:%Y-%m-%dT%H:%M}")["errors"]
    later = f"{earlier + datetime.timedelta(days=1):%Y-%m-%dT%H:%M}"
    answer = desk.write(body="<p>Late.</p>", published_at=later, backdating_reason="The wire was down.")
    assert "published_at" in answer["errors"]
    assert not Update.objects.exists()
    desk.write(body="<p>Late.</p>", published_at=f"{earlier:%Y-%m-%dT%H:%M}", backdating_reason="The wire was down.")
    update = Update.objects.get()
    assert update.first_published_at == earlier.replace(second=0, microsecond=0)
    assert update.backdating_reason == "The wire was down."


def test_a_poll_is_made_at_the_desk_and_keeps_its_choices_once_there_are_votes(desk: DeskClient) -> None:
    desk.write(kind="poll", headline="Should they join?", body="<ul><li>Yes</li><li>No</li></ul>")
    poll = Update.objects.get()
    Vote.objects.create(update=poll, voter="a", choice=0)
    answer = desk.rewrite(poll, desk.opened(poll), body="<ul><li>Yes</li></ul>")
    assert "body" in answer["errors"]


def test_a_correction_is_told_to_readers(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>14 killed.</p>")
    desk.rewrite(update, desk.opened(update), body="<p>40 killed.</p>", correction_note="It was 40, not 14.")
    update.refresh_from_db()
    assert (update.body_en, update.correction_note_en) == ("<p>40 killed.</p>", "It was 40, not 14.")
    assert update.corrected_at is not None


def test_a_preview_shows_what_readers_would_see_and_leaves_nothing(desk: DeskClient) -> None:
    data = {"source_language": "de", "kind": "text", "body": "<p>Gleich.</p>", "reader": "ar"}
    html = desk.client.post(desk.address("preview_new"), data).content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert '<div class="text" lang="de" dir="ltr"><p>Gleich.</p></div>' in html
    assert not Update.objects.exists()
    desk.article.refresh_from_db()
    assert desk.article.revision == 0


# Together -------------------------------------------------------------------------------------------------------------


def test_saving_over_a_newer_version_is_refused_with_both_shown(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>Talks.</p>")
    hers, his = desk, colleague(desk.article)
    opened = his.opened(update)
    hers.rewrite(update, hers.opened(update), body="<p>Talks have begun.</p>")
    answer = his.rewrite(update, opened, body="<p>Talks are over.</p>")
    assert his.last.status_code == 409
    assert "<p>Talks have begun.</p>" in answer["conflict"]
    assert re.search(r"<ins>.*are over</ins>", answer["conflict"])
    update.refresh_from_db()
    assert body(update) == "<p>Talks have begun.</p>"
    # Having read hers, he saves what he made of the two.
    his.rewrite(update, opened, body="<p>Talks have begun and are over.</p>", opened=answer["opened"])
    update.refresh_from_db()
    assert body(update) == "<p>Talks have begun and are over.</p>"


def test_a_translation_or_a_pin_of_somebody_else_is_no_conflict(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>Talks.</p>")
    opened = desk.opened(update)
    translator = member_of("Translator")
    translator.post(forms.change_url(update), forms.opened(translator, update) | {"body_de": "<p>Gespräche.</p>"})
    desk.act(update, "pin")
    desk.rewrite(update, opened, body="<p>Talks go on.</p>")
    update.refresh_from_db()
    assert (update.body_en, update.body_de, update.pin) == ("<p>Talks go on.</p>", "<p>Gespräche.</p>", 1)


def test_where_a_second_person_releases_the_first_one_cannot(desk: DeskClient) -> None:
    Article.objects.filter(pk=desk.article.pk).update(needs_release=True)
    assert desk.write(body="<p>Is this so?</p>")["state"] == "submitted"
    update = Update.objects.get()
    assert "state" in desk.act(update, "publish")["errors"]
    assert factories.log_of(desk.article) == []
    assert colleague(desk.article).act(update, "publish")["state"] == "published"


def test_one_update_stands_in_two_articles_and_is_corrected_once(desk: DeskClient) -> None:
    other = factories.article()
    desk.write(body="<p>14 killed.</p>", also_in=[other.pk])
    here, there = Update.objects.get(article=desk.article), Update.objects.get(article=other)
    assert (here.state, there.state, there.body_en) == ("published", "published", "<p>14 killed.</p>")
    desk.rewrite(here, desk.opened(here), body="<p>40 killed.</p>", correction_note="It was 40.")
    there.refresh_from_db()
    assert (there.body_en, there.correction_note_en) == ("<p>40 killed.</p>", "It was 40.")


def test_an_update_is_handed_over(desk: DeskClient) -> None:
    desk.write("draft", body="<p>Half a sentence</p>")
    update = Update.objects.get()
    other = colleague(desk.article)
    to = User.objects.get(username="oksana")
    desk.act(update, "hand-over", to=to.pk)
    update.refresh_from_db()
    assert update.assignee == to
    assert "mine" in other.entries(after=0)["entries"][0]["html"].split("data-sort")[0]


@pytest.mark.django_db(transaction=True)
def test_journalists_who_publish_at_once_all_succeed(article: Article) -> None:
    users = [User.objects.create_superuser(f"journalist-{number}") for number in range(4)]

    def publish(user: User) -> list[int]:
        client = Client()
        client.force_login(user)
        desk = DeskClient(client, article)
        statuses = []
        for number in range(5):
            desk.write(body=f"<p>{user.username}, {number}</p>")
            statuses.append(desk.last.status_code)
        connection.close()
        return statuses

    with ThreadPoolExecutor(4) as threads:
        assert [status for statuses in threads.map(publish, users) for status in statuses] == [200] * 20
    article.refresh_from_db()
    assert (article.revision, article.desk_revision, article.updates.published().count()) == (20, 20, 20)


# The timeline ---------------------------------------------------------------------------------------------------------


def test_a_desk_that_is_behind_asks_for_what_it_lacks(desk: DeskClient) -> None:
    first = factories.update(desk.article)
    revision = desk.entries()["revision"]
    assert desk.entries(after=revision)["entries"] == []
    second = factories.update(desk.article, state="draft", body_en="<p>A draft.</p>")
    desk.act(first, "withdraw")
    found = desk.entries(after=revision)
    assert {entry["id"] for entry in found["entries"]} == {first.element, second.element}
    assert found["revision"] == revision + 2


def test_what_was_deleted_leaves_every_desk(desk: DeskClient) -> None:
    kept, deleted = factories.update(desk.article), factories.update(desk.article)
    before = desk.entries()["revision"]
    deleted.delete()
    found = desk.entries(after=before)
    assert (found["whole"], [entry["id"] for entry in found["entries"]]) == (True, [kept.element])
    assert desk.entries(after=found["revision"]) | {"side": ""} == {
        "revision": found["revision"],
        "entries": [],
        "whole": False,
        "side": "",
    }


def test_what_a_machine_translates_reaches_the_desk_too(desk: DeskClient) -> None:
    update = factories.update(desk.article)
    revision = desk.entries()["revision"]
    row = update.translations.get(language="de")
    drafting.store(
        row, {"body": "<p>Gespräche.</p>"}, source=states.texts_of(update, "en"), engine="deepl", problems={}
    )
    (entry,) = desk.entries(after=revision)["entries"]
    assert "chip-machine" in entry["html"]


def test_drafts_come_first_then_what_is_planned_then_the_newest(desk: DeskClient) -> None:
    old, new = factories.update(desk.article), factories.update(desk.article)
    draft = factories.update(desk.article, state="draft", body_en="<p>A draft.</p>")
    later = timezone.now() + datetime.timedelta(hours=1)
    planned = factories.update(desk.article, state="scheduled", publish_at=later, body_en="<p>Planned.</p>")
    entries = desk.entries()["entries"]
    assert [entry["id"] for entry in entries] == [one.element for one in (draft, planned, new, old)]
    assert [entry["sort"] for entry in entries] == sorted((entry["sort"] for entry in entries), reverse=True)


def test_older_entries_are_asked_for(desk: DeskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.desk.timeline.PAGE_SIZE", 2)
    updates = [factories.update(desk.article).element for _ in range(5)][::-1]
    seen: list[str] = []
    before = ""
    while entries := desk.entries(before=before)["entries"]:
        seen += [entry["id"] for entry in entries]
        before = entries[-1]["sort"]
    assert seen == updates


@pytest.mark.parametrize("sort", ["", "9-000000000001", "0--000000000001", "0-now-1", "0-2026-01-01-x", "¹", "-" * 99])
def test_any_place_in_the_timeline_can_be_asked_for(desk: DeskClient, sort: str) -> None:
    factories.update(desk.article)
    assert desk.entries(before=sort)["entries"] is not None


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"state": "draft"}, ["draft"]),
        ({"state": "key"}, ["key"]),
        ({"state": "withdrawn"}, ["discarded"]),
        ({"q": "мир"}, ["translated"]),
        ({"q": "second key"}, ["key"]),
    ],
)
def test_the_timeline_is_filtered_and_searched(desk: DeskClient, query: dict[str, str], wanted: list[str]) -> None:
    made = {
        "key": factories.update(desk.article, is_key=True, body_en="<p>The second, a key event.</p>"),
        "draft": factories.update(desk.article, state="draft", body_en="<p>A draft.</p>"),
        "translated": factories.update(desk.article, body_en="<p>Peace.</p>", body_uk="<p>мир</p>"),
        "discarded": factories.update(desk.article, state="draft", body_en="<p>Never mind.</p>"),
    }
    desk.act(made["discarded"], "withdraw")
    assert desk.texts(**query) == [made[name].element for name in wanted]
    # An entry that does not fit the filter any more goes from the screen.
    changed = desk.entries(after=0, **query)["entries"]
    assert {entry["id"] for entry in changed if "html" in entry} == {made[name].element for name in wanted}


def test_a_desk_costs_the_same_however_long_the_timeline_is(desk: DeskClient) -> None:
    def queries(**query: Any) -> int:
        with CaptureQueriesContext(connection) as found:
            desk.entries(**query)
        return len(found)

    for _ in range(3):
        factories.update(desk.article)
    desk.entries()
    few, few_new = queries(), queries(after=0)
    for _ in range(20):
        factories.update(desk.article, authors=(factories.author(f"Author {_}"),))
    assert (queries(), queries(after=0)) == (few, few_new)


# Pins and coverage ----------------------------------------------------------------------------------------------------


def test_pins_stand_on_top_in_the_order_that_the_newsroom_chose(desk: DeskClient) -> None:
    first, second, third = (factories.update(desk.article) for _ in range(3))
    desk.act(first, "pin")
    desk.act(second, "pin")
    order = lambda: list(desk.article.updates.on_page().newest_first())  # noqa: E731
    assert order() == [second, first, third]
    desk.act(first, "raise")
    assert order() == [first, second, third]
    desk.act(first, "unpin")
    assert order() == [second, third, first]


def test_a_coverage_starts_ends_and_goes_on(desk: DeskClient) -> None:
    Article.objects.filter(pk=desk.article.pk).update(state="announced")
    for action, state in (("finish", "announced"), ("start", "live"), ("finish", "finished"), ("reopen", "live")):
        desk.cover(action)
        desk.article.refresh_from_db()
        assert desk.article.state == state
    assert desk.article.coverage_end is None


def test_what_to_read_also_is_chosen_at_the_desk(desk: DeskClient) -> None:
    other = factories.article(headline_de="Der Gipfel von Madrid")
    found = desk.client.get(desk.address("related"), {"q": "madrid gipfel"}).json()["articles"]
    assert [one["id"] for one in found] == [other.pk]
    desk.client.post(desk.address("related"), {"article": other.pk, "wanted": "1"})
    assert factories.log_of(desk.article) == [(1, "related")]
    desk.client.post(desk.address("related"), {"article": other.pk, "wanted": "0"})
    assert not desk.article.related.exists()


# Rights ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["Translator", "Moderator"])
def test_who_does_not_write_has_no_desk(article: Article, group: str) -> None:
    client = member_of(group)
    update = factories.update(article)
    desk = DeskClient(client, article)
    assert client.get(reverse("admin:articles_desk", args=[article.pk])).status_code == 403
    for post in (
        lambda: desk.write(body="<p>x</p>"),
        lambda: desk.rewrite(update, {}),
        lambda: desk.act(update, "withdraw"),
        lambda: desk.act(update, "pin"),
        lambda: desk.cover("finish"),
    ):
        post()
        assert desk.last.status_code == 403
    assert factories.log_of(article) == [(1, update.element)]


def test_an_update_is_only_at_the_desk_of_its_own_article(desk: DeskClient) -> None:
    elsewhere = factories.update(factories.article())
    assert desk.client.get(desk.address("composer", elsewhere.pk)).status_code == 404
    desk.act(elsewhere, "withdraw")
    assert desk.last.status_code == 404
    desk.rewrite(elsewhere, {})
    assert desk.last.status_code == 404
        ({"q": "R&D"}, ["escaped"]),
        "escaped": factories.update(desk.article, body_en="<p>More for R&D.</p>"),
    assert desk.client.post(desk.address("related"), {"article": "9" * 20, "wanted": "0"}).status_code == 404
