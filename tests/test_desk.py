"""At the live desk every update is saved once, nobody's work is lost, and each user sees the others' edits."""

import datetime
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Update, Vote
from articles.translations import columns, drafting
from liveblog.languages import KNOWN
from liveblog.translation import engines
from tests import factories, forms
from tests.actors import the_actor_or_test
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


def test_an_update_is_published_in_the_language_that_it_is_written_in(desk: DeskClient) -> None:
    desk.write(source_language="uk", body="<p>Перемовини почалися.</p>")
    update = Update.objects.get()
    assert (update.state, update.body_uk) == ("published", "<p>Перемовини почалися.</p>")
    assert not update.body_en
    assert update.written_by.username == "journalist"
    assert factories.log_of(desk.article) == [(1, update.element)]


def test_the_same_update_sent_twice_is_saved_once(desk: DeskClient) -> None:
    key = str(uuid.uuid4())
    first = desk.write(body="<p>Once.</p>", key=key)
    assert desk.write(body="<p>Once.</p>", key=key) == first
    assert Update.objects.count() == 1


def test_text_added_after_a_lost_answer_is_a_conflict_and_not_reported_as_saved(desk: DeskClient) -> None:
    key = str(uuid.uuid4())
    desk.write(body="<p>Once.</p>", key=key)
    update = Update.objects.get()
    answer = desk.write(body="<p>Once more.</p>", key=key)
    assert desk.last.status_code == 409
    assert re.search(r"<ins>.*more</ins>", answer["conflict"])
    # The composer now edits the update that was saved.
    assert answer["url"] == desk.address("rewrite", update.pk)
    assert desk.write(body="<p>Once more.</p>", key=key, opened=answer["opened"]) == answer
    desk.rewrite(update, {"body": "<p>Once more.</p>", "opened": answer["opened"]}, source_language="en", kind="text")
    update.refresh_from_db()
    assert body(update) == "<p>Once more.</p>"


def test_pictures_sent_twice_are_saved_once(desk: DeskClient) -> None:
    picture = factories.picture(uploaded_by=User.objects.get(username="journalist"))
    picture.save()
    name = f"picture-{picture.pk}"
    fields = {"pictures-shown": "1", "pictures": picture.pk, f"{name}-credit": "Ann", f"{name}-alt": "The hall"}
    sent = {"body": "<p>Seen.</p>", "key": str(uuid.uuid4())} | fields
    first = desk.write(**sent)
    assert desk.write(**sent) == first
    assert list(Update.objects.get().pictures.all()) == [picture]
    # Another caption makes it another update.
    desk.write(**sent, **{f"{name}-caption": "Empty"})
    assert desk.last.status_code == 409


def test_an_edit_sent_twice_does_not_conflict_with_itself(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>14 killed.</p>")
    sent = desk.opened(update) | {"body": "<p>40 killed.</p>"}
    first = desk.rewrite(update, sent)
    assert (desk.rewrite(update, sent), desk.last.status_code) == (first, 200)
    assert update.versions.count() == 2


@pytest.mark.parametrize("action", ["draft", "schedule", "publish"])
def test_every_action_sent_twice_gets_the_same_answer(desk: DeskClient, action: str) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    sent = {"headline": "Soon", "key": str(uuid.uuid4()), "publish_at": "2035-01-02T12:00"}
    first = desk.write(action, **sent)
    assert (desk.write(action, **sent), desk.last.status_code) == (first, 200)


def test_an_invalid_or_foreign_key_does_no_harm(desk: DeskClient) -> None:
    desk.write(body="<p>Once.</p>", key="’; drop table")
    assert desk.last.status_code == 200
    elsewhere = factories.update(factories.article(), key=uuid.uuid4(), body_en="<p>Theirs.</p>")
    assert "key" in desk.write(body="<p>Mine.</p>", key=str(elsewhere.key))["errors"]
    assert desk.last.status_code == 422


def test_an_error_is_shown_beside_its_field_and_nothing_is_saved(desk: DeskClient) -> None:
    errors = desk.write(source_language="de", body="<script>alert(1)</script>")["errors"]
    assert desk.last.status_code == 422
    assert list(errors) == ["body"]
    assert not Update.objects.exists()


def test_the_composer_starts_in_the_language_that_the_user_wrote_last(desk: DeskClient) -> None:
    desk.write(source_language="ar", body="<p>بدأت المحادثات.</p>")
    form = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).context["composer"]
    assert '<option value="ar" selected>' in form
    assert 'lang="ar" dir="rtl"' in form


def test_readers_do_not_see_a_draft_until_it_is_published(desk: DeskClient) -> None:
    desk.write("draft", headline="Not yet")
    draft = Update.objects.get()
    assert draft.state == "draft"
    assert factories.log_of(desk.article) == []
    desk.rewrite(draft, desk.opened(draft), "publish")
    draft.refresh_from_db()
    assert draft.state == "published"


def test_a_scheduled_update_needs_a_time_in_the_time_zone_of_the_event(desk: DeskClient) -> None:
    assert "publish_at" in desk.write("schedule", body="<p>Later.</p>")["errors"]
    desk.write("schedule", body="<p>Later.</p>", publish_at="2030-01-02T12:00")
    planned = Update.objects.get()
    assert planned.state == "scheduled"
    assert planned.publish_at == datetime.datetime(2030, 1, 2, 10, tzinfo=datetime.UTC)


def test_a_backdated_update_needs_a_reason_and_a_time_in_the_past(desk: DeskClient) -> None:
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


def test_a_draft_keeps_its_backdated_time_until_it_is_published(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    earlier = timezone.localtime(timezone.now() - datetime.timedelta(hours=2), desk.article.zone)
    time = {"published_at": f"{earlier:%Y-%m-%dT%H:%M}"}
    # A draft does not need a reason yet.
    desk.write("draft", body="<p>Late.</p>", **time)
    update = Update.objects.get()
    assert "backdating_reason" in desk.rewrite(update, desk.opened(update), "publish")["errors"]
    desk.rewrite(update, desk.opened(update), "publish", backdating_reason="The wire was down.")
    update.refresh_from_db()
    assert (update.state, update.first_published_at) == ("submitted", None)
    second = colleague(desk.article)
    assert "The wire was down." in second.entries()["entries"][0]["html"]
    assert second.act(update, "publish")["state"] == "published"
    update.refresh_from_db()
    assert update.first_published_at == earlier.replace(second=0, microsecond=0)
    assert update.backdating_reason == "The wire was down."


def test_a_poll_made_at_the_desk_keeps_its_choices_once_there_are_votes(desk: DeskClient) -> None:
    desk.write(kind="poll", headline="Should they join?", body="<ul><li>Yes</li><li>No</li></ul>")
    poll = Update.objects.get()
    Vote.objects.create(update=poll, voter="a", choice=0)
    assert desk.opened(poll)["choices"] == ["Yes", "No"]
    answer = desk.rewrite(poll, desk.opened(poll), choices=["Yes"])
    assert "choices" in answer["errors"]


def test_readers_see_a_correction_note(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>14 killed.</p>")
    desk.rewrite(update, desk.opened(update), body="<p>40 killed.</p>", correction_note="It was 40, not 14.")
    update.refresh_from_db()
    assert (update.body_en, update.correction_note_en) == ("<p>40 killed.</p>", "It was 40, not 14.")
    assert update.corrected_at is not None


def test_a_preview_shows_the_readers_view_and_stores_nothing(desk: DeskClient) -> None:
    data = {"source_language": "de", "kind": "text", "body": "<p>Gleich.</p>", "reader": "ar"}
    html = desk.client.post(desk.address("preview_new"), data).content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert '<div class="text" lang="de" dir="ltr"><p>Gleich.</p></div>' in html
    assert not Update.objects.exists()
    desk.article.refresh_from_db()
    assert desk.article.revision == 0


def test_an_author_can_preview_an_update_that_waits_for_release(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    desk.write(body="<p>Is this so?</p>")
    update = Update.objects.get()
    data = desk.opened(update) | {"body": "<p>It is so.</p>", "reader": "de"}
    html = desk.client.post(desk.address("preview", update.pk), data).content.decode()
    assert "<p>It is so.</p>" in html
    update.refresh_from_db()
    assert (update.state, update.first_published_at, body(update)) == ("submitted", None, "<p>Is this so?</p>")


def test_a_failed_preview_shows_the_errors_in_the_editors_language(desk: DeskClient) -> None:
    data = {"source_language": "de", "kind": "text", "reader": "ar"}
    html = desk.client.post(desk.address("preview_new"), data).content.decode()
    assert '<html lang="en" dir="ltr">' in html
    assert "Enter a headline or text" in html


def test_a_preview_is_offered_in_the_languages_that_the_site_offers(desk: DeskClient, settings: Any) -> None:
    settings.LANGUAGES = [one for one in settings.LANGUAGES if one[0] != "uk"]
    form = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).context["composer"]
    offered = re.findall(r'<option value="(\w+)"', form.split("preview-language")[1])
    assert sorted(offered) == ["ar", "de", "en"]


# Together -------------------------------------------------------------------------------------------------------------


def test_saving_over_a_newer_version_is_refused_and_both_are_shown(desk: DeskClient) -> None:
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
    # He saves a merge of both versions.
    his.rewrite(update, opened, body="<p>Talks have begun and are over.</p>", opened=answer["opened"])
    update.refresh_from_db()
    assert body(update) == "<p>Talks have begun and are over.</p>"


def test_a_conflict_shows_every_field_that_differs(desk: DeskClient) -> None:
    author, picture = factories.author("Ioana Petrescu"), factories.picture(caption_en="The empty hall")
    update = factories.update(desk.article, body_en="<p>Talks.</p>")
    sent = desk.opened(update)
    other = factories.update(desk.article, body_en="<p>Talks.</p>", authors=(author,), pictures=(picture,), is_key=True)
    embedded = {"embed_url": "https://example.com/map", "source_url": "https://example.com/wire"}
    desk.rewrite(other, desk.opened(other) | embedded)
    Update._base_manager.filter(pk=update.pk).delete()
    html = desk.rewrite(other, sent, **{"pictures-shown": "1"})["conflict"]
    assert desk.last.status_code == 409
    for shown in ("Published", "Ioana Petrescu", "The empty hall", "example.com/map", "example.com/wire", "Key event"):
        assert shown in html


def test_an_outdated_form_cannot_turn_a_published_update_into_a_draft(desk: DeskClient) -> None:
    desk.write("draft", body="<p>Talks.</p>")
    update = Update.objects.get()
    opened = desk.opened(update)
    colleague(desk.article).act(update, "publish")
    answer = desk.rewrite(update, opened, "draft", body="<p>Half a sen</p>")
    assert desk.last.status_code == 409
    for action in ("draft", "schedule"):
        refusal = desk.rewrite(update, opened, action, body="<p>Half a sen</p>", opened=answer["opened"])
        assert (desk.last.status_code, list(refusal["errors"])) == (422, ["__all__"])
    update.refresh_from_db()
    assert (update.state, body(update)) == ("published", "<p>Talks.</p>")


def test_a_text_that_is_too_long_is_refused_without_a_comparison(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>Talks.</p>")
    opened = desk.opened(update)
    desk.rewrite(update, opened, body="<p>Talks have begun.</p>")
    assert "body" in desk.rewrite(update, opened, body=f"<p>{'long ' * 30_000}</p>")["errors"]
    assert desk.last.status_code == 422


def test_a_machine_translation_of_a_caption_is_not_a_conflict(desk: DeskClient) -> None:
    picture = factories.picture(caption_en="The empty hall")
    update = factories.update(desk.article, pictures=(picture,), body_en="<p>Talks.</p>")
    opened = desk.opened(update)
    row, source = update.translations.get(language="de"), columns.texts_of(update, "en")
    german = {"body": "<p>Gespräche.</p>", f"picture-{picture.pk}-caption": "Der leere Saal"}
    assert drafting.store(row, german, source=source, engine="deepl", problems={})
    desk.rewrite(update, opened, body="<p>Talks go on.</p>")
    assert desk.last.status_code == 200


def test_somebody_elses_translation_or_pin_is_not_a_conflict(desk: DeskClient) -> None:
    update = factories.update(desk.article, body_en="<p>Talks.</p>")
    opened = desk.opened(update)
    translator = member_of("Translator")
    translator.post(forms.change_url(update), forms.opened(translator, update) | {"body_de": "<p>Gespräche.</p>"})
    desk.act(update, "pin")
    desk.rewrite(update, opened, body="<p>Talks go on.</p>")
    update.refresh_from_db()
    assert (update.body_en, update.body_de, update.pin) == ("<p>Talks go on.</p>", "<p>Gespräche.</p>", 1)


def test_an_author_cannot_release_their_own_update(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    assert desk.write(body="<p>Is this so?</p>")["state"] == "submitted"
    update = Update.objects.get()
    assert "state" in desk.act(update, "publish")["errors"]
    assert factories.log_of(desk.article) == []
    assert colleague(desk.article).act(update, "publish")["state"] == "published"


@pytest.mark.parametrize("opened", ["stale", None])
def test_nobody_releases_a_text_that_was_not_on_their_screen(desk: DeskClient, opened: str | None) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    desk.write(body="<p>Is this so?</p>")
    update, ben = Update.objects.get(), colleague(desk.article)
    (entry,) = ben.entries()["entries"]
    assert f'<div class="view" data-opened="{ben.entry(update)}">' in entry["html"]
    named = {"opened": ben.entry(update)} if opened else {"opened": ""}
    desk.act(update, "draft")
    desk.rewrite(update, desk.opened(update), "publish", body="<p>It is so!</p>")
    assert list(ben.act(update, "publish", **named)["errors"]) == ["__all__"]
    assert ben.last.status_code == 409
    update.refresh_from_db()
    assert (update.state, update.released_by) == ("submitted", None)


def test_an_update_still_waits_for_release_after_its_author_changes_it(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    desk.write(body="<p>Is this so?</p>")
    update = Update.objects.get()
    assert desk.rewrite(update, desk.opened(update), "publish", body="<p>It is so.</p>")["state"] == "submitted"
    buttons = colleague(desk.article).client.get(desk.address("composer", update.pk)).content.decode()
    assert re.search(r"data-chord\s*>\s*Approve\s*<", buttons)


def test_a_correction_reaches_the_copy_of_an_update_in_another_article(desk: DeskClient) -> None:
    other = factories.article()
    desk.write(body="<p>14 killed.</p>", also_in=[other.pk])
    here, there = Update.objects.get(article=desk.article), Update.objects.get(article=other)
    assert (here.state, there.state, there.body_en) == ("published", "published", "<p>14 killed.</p>")
    desk.rewrite(here, desk.opened(here), body="<p>40 killed.</p>", correction_note="It was 40.")
    there.refresh_from_db()
    assert (there.body_en, there.correction_note_en) == ("<p>40 killed.</p>", "It was 40.")


def test_a_correction_does_not_publish_waiting_copies(desk: DeskClient) -> None:
    reviewed, planned = factories.article(needs_release=True), factories.article()
    desk.write(body="<p>14 killed.</p>", also_in=[reviewed.pk, planned.pk])
    assert desk.last.status_code == 200
    here, waiting, copy = (Update.objects.get(article=one) for one in (desk.article, reviewed, planned))
    assert (here.state, waiting.state) == ("published", "submitted")
    later = timezone.now() + datetime.timedelta(hours=1)
    Update._base_manager.filter(pk=copy.pk).update(state="scheduled", publish_at=later, first_published_at=None)
    desk.rewrite(here, desk.opened(here), body="<p>40 killed.</p>")
    assert desk.last.status_code == 200
    for each, state in ((waiting, "submitted"), (copy, "scheduled")):
        each.refresh_from_db()
        assert (each.state, each.body_en, each.released_by) == (state, "<p>40 killed.</p>", None)


def test_publishing_an_update_does_not_submit_a_copy_that_was_taken_back(desk: DeskClient) -> None:
    reviewed = factories.article(needs_release=True)
    desk.write(body="<p>14 killed.</p>", also_in=[reviewed.pk])
    here, copy = Update.objects.get(article=desk.article), Update.objects.get(article=reviewed)
    DeskClient(desk.client, reviewed).act(copy, "draft")
    desk.rewrite(here, desk.opened(here), body="<p>40 killed.</p>")
    desk.act(here, "withdraw")
    assert desk.act(here, "publish")["state"] == "published"
    copy.refresh_from_db()
    assert (copy.state, copy.body_en) == ("draft", "<p>40 killed.</p>")


def test_publishing_a_shared_draft_submits_it_where_a_second_person_releases(desk: DeskClient) -> None:
    reviewed, other = factories.article(needs_release=True), factories.article()
    desk.write("draft", body="<p>Soon.</p>", also_in=[reviewed.pk, other.pk])
    draft = Update.objects.get(article=desk.article)
    assert desk.rewrite(draft, desk.opened(draft), "publish")["state"] == "published"
    found = dict(Update.objects.values_list("article", "state"))
    assert found == {desk.article.pk: "published", other.pk: "published", reviewed.pk: "submitted"}


def test_an_error_of_a_copy_is_shown_and_nothing_is_saved(desk: DeskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise ValidationError({"state": "Not here."})

    monkeypatch.setattr("articles.publishing.syndication.copy_to", refuse)
    errors = desk.write(body="<p>Soon.</p>", also_in=[factories.article().pk])["errors"]
    assert (desk.last.status_code, errors) == (422, {"__all__": ["Not here."]})
    assert not Update.objects.exists()


def test_a_journalist_hands_an_update_over(desk: DeskClient) -> None:
    desk.write("draft", body="<p>Half a sentence</p>")
    update = Update.objects.get()
    other = colleague(desk.article)
    to = User.objects.get(username="oksana")
    desk.act(update, "hand-over", to=to.pk)
    update.refresh_from_db()
    assert update.assignee == to
    assert "mine" in other.entries(after=desk.article.desk_state)["entries"][0]["html"].split("data-sort")[0]


@pytest.mark.django_db(transaction=True)
def test_journalists_who_publish_at_the_same_time_all_succeed(article: Article) -> None:
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


@pytest.mark.django_db(transaction=True)
def test_the_same_update_sent_twice_at_the_same_time_is_saved_once(article: Article) -> None:
    user, key = User.objects.create_superuser("journalist"), str(uuid.uuid4())

    def publish(_number: int) -> Any:
        client = Client()
        client.force_login(user)
        answer = DeskClient(client, article).write(body="<p>Once.</p>", key=key)
        connection.close()
        return answer

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(publish, range(4)))
    assert answers == [{"id": Update.objects.get().element, "state": "published"}] * 4


# The timeline ---------------------------------------------------------------------------------------------------------


def test_a_desk_that_is_behind_gets_the_entries_that_it_lacks(desk: DeskClient) -> None:
    first = factories.update(desk.article)
    state = desk.entries()["state"]
    assert desk.entries(after=state)["entries"] == []
    second = factories.update(desk.article, state="draft", body_en="<p>A draft.</p>")
    desk.act(first, "withdraw")
    found = desk.entries(after=state)
    assert {entry["id"] for entry in found["entries"]} == {first.element, second.element}
    assert desk.entries(after=found["state"])["entries"] == []


def test_a_deleted_update_disappears_from_every_desk(desk: DeskClient) -> None:
    kept, deleted = factories.update(desk.article), factories.update(desk.article)
    before = desk.entries()["state"]
    deleted.delete()
    found = desk.entries(after=before)
    assert (found["whole"], [entry["id"] for entry in found["entries"]]) == (True, [kept.element])
    assert desk.entries(after=found["state"]) | {"side": ""} == {
        "state": found["state"],
        "entries": [],
        "whole": False,
        "side": "",
    }


def test_machine_translations_reach_the_desk_too(desk: DeskClient) -> None:
    update = factories.update(desk.article)
    state = desk.entries()["state"]
    row = update.translations.get(language="de")
    drafting.store(
        row, {"body": "<p>Gespräche.</p>"}, source=columns.texts_of(update, "en"), engine="deepl", problems={}
    )
    (entry,) = desk.entries(after=state)["entries"]
    assert "chip-machine" in entry["html"]


def test_drafts_come_first_then_scheduled_updates_then_the_newest(desk: DeskClient) -> None:
    old, new = factories.update(desk.article), factories.update(desk.article)
    draft = factories.update(desk.article, state="draft", body_en="<p>A draft.</p>")
    later = timezone.now() + datetime.timedelta(hours=1)
    planned = factories.update(desk.article, state="scheduled", publish_at=later, body_en="<p>Planned.</p>")
    entries = desk.entries()["entries"]
    assert [entry["id"] for entry in entries] == [one.element for one in (draft, planned, new, old)]
    assert [entry["sort"] for entry in entries] == sorted((entry["sort"] for entry in entries), reverse=True)


def test_the_desk_loads_older_entries(desk: DeskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.desk.timeline.PAGE_SIZE", 2)
    updates = [factories.update(desk.article).element for _ in range(5)][::-1]
    seen: list[str] = []
    before = ""
    while entries := desk.entries(before=before)["entries"]:
        seen += [entry["id"] for entry in entries]
        before = entries[-1]["sort"]
    assert seen == updates


@pytest.mark.parametrize("state", ["draft", "scheduled"])
def test_the_desk_pages_through_all_that_waits(desk: DeskClient, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    monkeypatch.setattr("articles.desk.timeline.PAGE_SIZE", 2)
    published = factories.update(desk.article).element
    later = timezone.now() + datetime.timedelta(hours=1)
    waiting = [
        factories.update(desk.article, state=state, body_en=f"<p>{number}</p>", publish_at=later).element
        for number in range(5)
    ][::-1]
    found = desk.entries()
    shown = waiting[:2] if state == "draft" else waiting[-2:]
    assert [entry["id"] for entry in found["entries"]] == [*shown, published]
    assert "3 more updates are waiting" in found["side"]
    seen: list[str] = []
    before = ""
    while entries := desk.entries(before=before, state=state)["entries"]:
        assert len(entries) <= 2
        seen += [entry["id"] for entry in entries]
        before = entries[-1]["sort"]
    assert seen == waiting


def test_a_desk_that_slept_gets_a_page_and_not_all_that_was_edited(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.desk.timeline.PAGE_SIZE", 3)
    state = desk.entries()["state"]
    night = [factories.update(desk.article).element for _ in range(3)]
    found = desk.entries(after=state)
    assert (found["whole"], {entry["id"] for entry in found["entries"]}) == (False, set(night))
    night.append(factories.update(desk.article).element)
    found = desk.entries(after=state)
    assert (found["whole"], [entry["id"] for entry in found["entries"]]) == (True, night[:0:-1])
    # Also with a filter that matches none of them.
    found = desk.entries(after=state, state="withdrawn")
    assert (found["whole"], found["entries"]) == (True, [])


def test_pages_of_the_timeline_lead_on_to_what_was_discarded_before_it_was_published(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.desk.timeline.PAGE_SIZE", 2)
    published = [factories.update(desk.article) for _ in range(3)]
    discarded = [factories.update(desk.article, state="draft") for _ in range(3)]
    for update in (*published, *discarded):
        desk.act(update, "withdraw")
    pages, before = [], ""
    while entries := desk.entries(state="withdrawn", before=before)["entries"]:
        pages.append([entry["id"] for entry in entries])
        before = entries[-1]["sort"]
    wanted = [update.element for update in (*reversed(published), *reversed(discarded))]
    assert pages == [wanted[:2], wanted[2:4], wanted[4:]]


@pytest.mark.parametrize("sort", ["", "9-000000000001", "0--000000000001", "0-now-1", "0-2026-01-01-x", "¹", "-" * 99])
def test_the_desk_can_ask_for_any_place_in_the_timeline(desk: DeskClient, sort: str) -> None:
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
        ({"q": "R&D"}, ["escaped"]),
    ],
)
def test_the_timeline_can_be_filtered_and_searched(desk: DeskClient, query: dict[str, str], wanted: list[str]) -> None:
    made = {
        "key": factories.update(desk.article, is_key=True, body_en="<p>The second, a key event.</p>"),
        "draft": factories.update(desk.article, state="draft", body_en="<p>A draft.</p>"),
        "translated": factories.update(desk.article, body_en="<p>Peace.</p>", body_uk="<p>мир</p>"),
        "discarded": factories.update(desk.article, state="draft", body_en="<p>Never mind.</p>"),
        "escaped": factories.update(desk.article, body_en="<p>More for R&D.</p>"),
    }
    desk.act(made["discarded"], "withdraw")
    assert desk.texts(**query) == [made[name].element for name in wanted]
    # The desk removes an entry that no longer matches the filter.
    changed = desk.entries(after=desk.article.desk_state, **query)["entries"]
    assert {entry["id"] for entry in changed if "html" in entry} == {made[name].element for name in wanted}


def test_a_desk_takes_the_same_queries_for_a_timeline_of_any_length(desk: DeskClient) -> None:
    def queries(**query: Any) -> int:
        with CaptureQueriesContext(connection) as found:
            desk.entries(**query)
        return len(found)

    for _ in range(3):
        factories.update(desk.article)
    desk.entries()
    few, few_new = queries(), queries(after=desk.article.desk_state)
    for _ in range(20):
        factories.update(desk.article, authors=(factories.author(f"Author {_}"),))
    assert (queries(), queries(after=desk.article.desk_state)) == (few, few_new)


#: The number of queries of a request from the desk, including those for the session and its user.
QUERIES = {"write": 25, "rewrite": 31, "publish": 28, "withdraw": 27}


def test_a_save_takes_the_same_few_queries_in_a_coverage_of_any_length(desk: DeskClient, settings: Any) -> None:
    settings.LIBRETRANSLATE_URL = "http://localhost:1/"
    assert engines.available()
    desk.article.languages = list(KNOWN)
    with the_actor_or_test():
        desk.article.save()

    def queries() -> dict[str, int]:
        draft, shown, doomed = (factories.update(desk.article, state=state) for state in ("draft", *["published"] * 2))
        written = {"source_language": "en", "kind": "text", "action": "publish", "body": "<p>The talks have begun.</p>"}
        requests: dict[str, tuple[str, dict[str, Any]]] = {
            "write": (desk.address("write"), written | {"key": str(uuid.uuid4())}),
            "rewrite": (desk.address("rewrite", shown.pk), desk.opened(shown) | written),
            "publish": (desk.address("act", draft.pk, "publish"), {"opened": desk.entry(draft)}),
            "withdraw": (desk.address("act", doomed.pk, "withdraw"), {"mark": "1"}),
        }
        found = {}
        for name, (address, data) in requests.items():
            with CaptureQueriesContext(connection) as captured:
                assert desk.client.post(address, data).status_code == 200
            found[name] = len(captured)
        return found

    assert queries() == QUERIES
    for _ in range(20):
        factories.update(desk.article)
    assert queries() == QUERIES


# Pins and coverage ----------------------------------------------------------------------------------------------------


def test_pinned_updates_come_first_in_the_order_that_the_newsroom_chose(desk: DeskClient) -> None:
    first, second, third = (factories.update(desk.article) for _ in range(3))
    desk.act(first, "pin")
    desk.act(second, "pin")
    order = lambda: list(desk.article.updates.on_page().newest_first())  # noqa: E731
    assert order() == [second, first, third]
    desk.act(first, "raise")
    assert order() == [first, second, third]
    desk.act(first, "unpin")
    assert order() == [second, third, first]


def test_coverage_starts_finishes_and_resumes(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(state="announced")
    for action, state in (("finish", "announced"), ("start", "live"), ("finish", "finished"), ("reopen", "live")):
        desk.cover(action)
        desk.article.refresh_from_db()
        assert desk.article.state == state
    assert desk.article.coverage_end is None


def test_related_articles_are_chosen_at_the_desk(desk: DeskClient) -> None:
    other = factories.article(headline_de="Der Gipfel von Madrid")
    found = desk.client.get(desk.address("related"), {"q": "madrid gipfel"}).json()["articles"]
    assert [one["id"] for one in found] == [other.pk]
    desk.client.post(desk.address("related"), {"article": other.pk, "wanted": "1"})
    assert factories.log_of(desk.article) == [(1, "related")]
    desk.client.post(desk.address("related"), {"article": other.pk, "wanted": "0"})
    assert not desk.article.related.exists()
    assert desk.client.post(desk.address("related"), {"article": "9" * 20, "wanted": "0"}).status_code == 404


# Rights ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["Translator", "Moderator"])
def test_users_who_do_not_write_have_no_desk(article: Article, group: str) -> None:
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


def test_an_update_only_appears_at_the_desk_of_its_own_article(desk: DeskClient) -> None:
    elsewhere = factories.update(factories.article())
    assert desk.client.get(desk.address("composer", elsewhere.pk)).status_code == 404
    desk.act(elsewhere, "withdraw")
    assert desk.last.status_code == 404
    desk.rewrite(elsewhere, {})
    assert desk.last.status_code == 404
