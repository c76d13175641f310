"""The composer: fields for polls, time to undo, notes to colleagues; and the notice of updates that await approval."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from articles.desk import notes
from articles.models import Article, DeskNote, Update
from articles.publishing import approvals, schedule
from articles.text import richtext
from tests import factories
from tests.desks import DeskClient
from tests.forms import member_of
from tests.test_desk import colleague

pytestmark = pytest.mark.django_db

CHOICES = {"kind": "poll", "headline": "Who joins first?", "choices": ["Helsinki", "", "Stock & holm"]}


@pytest.fixture
def article() -> Article:
    return factories.article(headline_de="Der Gipfel", languages=["en", "de", "uk", "ar"])


@pytest.fixture
def desk(article: Article) -> DeskClient:
    return DeskClient(member_of("Journalist"), article)


def composer(desk: DeskClient, update: Update) -> str:
    return desk.client.get(desk.address("composer", update.pk)).content.decode()


# Polls ----------------------------------------------------------------------------------------------------------------


def test_a_poll_is_written_as_a_question_and_choices(desk: DeskClient) -> None:
    desk.write(**CHOICES, body="<p>Tell us.</p>")
    poll = Update.objects.get()
    assert poll.body_en == "<p>Tell us.</p><ul><li>Helsinki</li><li>Stock &amp; holm</li></ul>"
    opened = desk.opened(poll)
    assert (opened["body"], opened["choices"]) == ("<p>Tell us.</p>", ["Helsinki", "Stock & holm"])
    assert desk.rewrite(poll, opened)["state"] == "published"
    poll.refresh_from_db()
    assert poll.body_en.count("<li>") == 2


@pytest.mark.parametrize(
    ("choices", "body"),
    [
        (["Only one"], ""),
        ([f"Choice {number}" for number in range(11)], ""),
        (["a" * 201, "b"], ""),
        (["Yes", "No"], "<ul><li>And</li><li>these?</li></ul>"),
    ],
)
def test_errors_in_the_choices_are_shown_beside_them(desk: DeskClient, choices: list[str], body: str) -> None:
    errors = desk.write(**CHOICES | {"choices": choices, "body": body})["errors"]
    assert desk.last.status_code == 422
    assert {"choices", "body"} & set(errors)
    assert not Update.objects.exists()


def test_choices_written_before_the_kind_was_changed_stay_in_the_text(desk: DeskClient) -> None:
    desk.write(**CHOICES | {"kind": "text"})
    assert "<li>Helsinki</li>" in Update.objects.get().body_en


# Time to undo, and schedules ------------------------------------------------------------------------------------------


def test_publishing_can_wait_some_seconds_and_be_undone_before_readers_see_it(desk: DeskClient) -> None:
    other = factories.article()
    sent = {"body": "<p>Wrong.</p>", "delay": "10", "key": str(uuid.uuid4()), "also_in": [other.pk]}
    first = desk.write(**sent)
    assert first["state"] == "scheduled"
    # The answer may be lost, and the request sent again.
    assert (desk.write(**sent), desk.last.status_code) == (first, 200)
    update, copy = Update.objects.get(article=desk.article), Update.objects.get(article=other)
    assert update.publish_at - timezone.now() <= datetime.timedelta(seconds=10)
    assert 'data-act="undo"' in desk.entries()["entries"][0]["html"]
    assert desk.act(update, "undo")["state"] == "draft"
    for each in (update, copy):
        each.refresh_from_db()
        assert (each.state, each.publish_at, each.published_before) == ("draft", None, False)
    assert factories.log_of(desk.article) == []


def test_an_update_whose_time_to_undo_is_over_is_published(desk: DeskClient) -> None:
    desk.write(body="<p>Right.</p>", delay="5")
    update = Update.objects.get()
    factories.make_due(update)
    assert schedule.publish_due() == 1
    assert "withdraw" in str(desk.act(update, "undo")["errors"])
    update.refresh_from_db()
    assert update.state == "published"


@pytest.mark.parametrize("delay", ["", "0", "7", "-5", "9999999999", "x"])
def test_an_invalid_time_to_undo_counts_as_none(desk: DeskClient, delay: str) -> None:
    assert desk.write(body="<p>Now.</p>", delay=delay)["state"] == "published"


def test_a_correction_and_a_release_follow_the_rules_with_time_to_undo_as_well(desk: DeskClient) -> None:
    published = factories.update(desk.article)
    assert desk.rewrite(published, desk.opened(published), body="<p>Right.</p>", delay="10")["state"] == "published"
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    assert desk.write(body="<p>Is this so?</p>", delay="10")["state"] == "submitted"
    update = Update.objects.get(state="submitted")
    assert colleague(desk.article).act(update, "publish", delay="10")["state"] == "scheduled"
    factories.make_due(update)
    assert schedule.publish_due() == 1


def test_the_first_button_of_a_scheduled_update_keeps_its_schedule(desk: DeskClient) -> None:
    desk.write("schedule", body="<p>Later.</p>", publish_at="2035-01-02T12:00")
    update = Update.objects.get()
    first = composer(desk, update).split("data-chord")[0].rpartition("<button")[2]
    assert 'value="schedule"' in first
    answer = desk.rewrite(update, desk.opened(update), "schedule", body="<p>Later, and longer.</p>")
    assert answer["state"] == "scheduled"
    update.refresh_from_db()
    assert (update.publish_at.year, update.body_en) == (2035, "<p>Later, and longer.</p>")
    assert desk.rewrite(update, desk.opened(update), "publish")["state"] == "published"


# Notes to colleagues --------------------------------------------------------------------------------------------------


def test_colleagues_see_notes_beside_the_update_and_in_the_thread_of_the_coverage(desk: DeskClient) -> None:
    other = colleague(desk.article)
    state = other.entries()["state"]
    sent = {"body": "<p>Ports.</p>", "note": "Please check <b>the number</b>.", "key": str(uuid.uuid4())}
    desk.write(**sent)
    desk.write(**sent)
    found = other.entries(after=state)
    assert "Please check &lt;b&gt;the number" in found["entries"][0]["html"]
    assert found["side"].count("Please check") == 1
    other.client.post(desk.address("notes"), {"note": "Dinner at eight.", "update": ""})
    update = Update.objects.get()
    other.client.post(desk.address("notes"), {"note": "It is four.", "update": update.pk})
    found = desk.entries(after=found["state"])
    assert "It is four." in found["entries"][0]["html"]
    assert "Dinner at eight." not in found["entries"][0]["html"]
    assert "Dinner at eight." in found["side"]
    assert factories.log_of(desk.article) == [(1, update.element)]


def test_people_delete_only_their_own_notes(desk: DeskClient) -> None:
    other = colleague(desk.article)
    desk.client.post(desk.address("notes"), {"note": "Mine."})
    note = DeskNote.objects.get()
    other.client.post(desk.address("delete_note", note.pk))
    assert DeskNote.objects.exists()
    desk.client.post(desk.address("delete_note", note.pk))
    assert not DeskNote.objects.exists()


@pytest.mark.parametrize(("note", "status"), [("", 200), (" \u200b ", 200), ("a" * 1001, 422)])
def test_notes_without_words_and_very_long_ones_are_not_kept(desk: DeskClient, note: str, status: int) -> None:
    assert desk.client.post(desk.address("notes"), {"note": note}).status_code == status
    assert not DeskNote.objects.exists()


def test_a_desk_shows_the_newest_notes_and_takes_the_same_queries_for_many(desk: DeskClient) -> None:
    author = colleague(desk.article).client
    for number in range(notes.SHOWN + 3):
        author.post(desk.address("notes"), {"note": f"Note {number}."})
    side = desk.entries()["side"]
    assert "Note 0." not in side
    assert f"Note {notes.SHOWN + 2}." in side


def test_translators_have_no_notes(desk: DeskClient) -> None:
    assert member_of("Translator").post(desk.address("notes"), {"note": "x"}).status_code == 403


# Approvals ------------------------------------------------------------------------------------------------------------


def waiting(client: Client) -> dict[str, Any]:
    return client.get(reverse("admin:articles_approvals")).json()


def test_everybody_who_can_approve_is_told_what_awaits_approval(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    desk.write(headline="Grain deal runs on")
    update = Update.objects.get()
    ben = colleague(desk.article)
    found = waiting(ben.client)
    assert found["count"] == 1
    assert "Grain deal runs on" in found["html"]
    assert f"desk/#{update.element}" in found["html"]
    # No user approves their own updates.
    assert waiting(desk.client)["count"] == 0
    assert waiting(member_of("Translator"))["count"] == 0
    for name in ("index", "articles_article_changelist"):
        assert 'id="approvals"' in ben.client.get(reverse(f"admin:{name}")).content.decode()
    assert 'id="approvals"' not in member_of("Moderator").get(reverse("admin:index")).content.decode()
    ben.act(update, "publish")
    assert waiting(ben.client)["count"] == 0


def test_an_update_is_sent_back_with_a_note(desk: DeskClient) -> None:
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    desk.write(body="<p>Is this so?</p>")
    update, ben = Update.objects.get(), colleague(desk.article)
    assert 'data-act="send-back"' in ben.entries()["entries"][0]["html"]
    assert ben.act(update, "send-back", note="Name the source.")["state"] == "draft"
    assert "Name the source." in desk.entries()["entries"][0]["html"]
    ben.act(update, "send-back", note="Again.")
    assert ben.last.status_code == 409


def test_pages_are_notified_when_something_begins_or_ceases_to_await_approval(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("liveblog.notify.send_soon", lambda group, _message: sent.append(group))
    Article._base_manager.filter(pk=desk.article.pk).update(needs_release=True)
    with django_capture_on_commit_callbacks(execute=True):
        factories.update(desk.article, state="draft")
    assert approvals.GROUP not in sent
    with django_capture_on_commit_callbacks(execute=True):
        update = factories.update(desk.article, state="submitted")
    assert sent.count(approvals.GROUP) == 1
    with django_capture_on_commit_callbacks(execute=True):
        colleague(desk.article).act(update, "publish")
    assert sent.count(approvals.GROUP) == 2


# One way to edit ------------------------------------------------------------------------------------------------------


def test_writers_edit_updates_at_the_desk_wherever_they_come_from(desk: DeskClient) -> None:
    update = factories.update(desk.article)
    address = reverse("admin:articles_update_change", args=[update.pk])
    page = reverse("admin:articles_desk", args=[desk.article.pk])
    assert desk.client.get(address).headers["Location"] == f"{page}?edit={update.pk}"
    add = reverse("admin:articles_update_add")
    assert desk.client.get(add, {"article": desk.article.pk}).headers["Location"] == page
    answer = desk.client.get(add, follow=True)
    assert answer.redirect_chain == [(reverse("admin:articles_article_changelist"), 302)]
    assert "at its live desk" in answer.content.decode()
    # Without JavaScript.
    assert desk.client.get(f"{address}?form=1").status_code == 200
    assert member_of("Translator").get(address).status_code == 200


def test_titles_at_the_desk_are_in_the_language_of_the_user(desk: DeskClient) -> None:
    related = factories.article(headline_de="Der Gipfel von Madrid")
    desk.client.post(desk.address("related"), {"article": related.pk, "wanted": "1"})
    desk.client.post("/i18n/setlang/", {"language": "de"})
    page = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).content.decode()
    assert "<h1><bdi>Der Gipfel</bdi></h1>" in page
    assert "<bdi>Der Gipfel von Madrid</bdi>" in page
    desk.client.post("/i18n/setlang/", {"language": "pl"})
    page = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).content.decode()
    assert '<h1><bdi lang="en" dir="ltr">' in page


def test_only_fields_that_may_stay_empty_are_called_optional(desk: DeskClient) -> None:
    html = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).context["composer"]
    headline = html.split("field headline")[1].split("</label>")[0]
    optional = headline.split("(optional)")[0].rpartition('data-kinds="')[2].split('"')[0].split()
    assert set(optional) == {"text", "quote", "pictures", "embed", "facts"}


# The editor -----------------------------------------------------------------------------------------------------------


def test_the_words_of_the_editor_are_in_the_language_of_the_page(desk: DeskClient) -> None:
    desk.client.post("/i18n/setlang/", {"language": "de"})
    page = desk.client.get(reverse("admin:articles_desk", args=[desk.article.pk])).context["composer"]
    words = json.loads(page.split('data-words="')[1].split('"')[0].replace("&quot;", '"'))
    assert (words["bold"], words["linkAdd"]) == ("Fett", "Link einfügen")
    with translation.override("en"):
        english = set(richtext.editor_words().values())
    assert not {word for word in words.values() if word in english} - {"Link", "100", "12"}


def test_subheadings_stay_in_long_texts_and_are_one_level_below_the_headline(desk: DeskClient, client: Client) -> None:
    body = '<h3 class="x">Money</h3><p>a</p><h1>Gone</h1>'
    update = factories.update(desk.article, headline_en="Talks", body_en=body)
    assert update.body_en.startswith("<h3>Money</h3><p>a</p>")
    assert "<h1>" not in update.body_en
    assert "<h3>Money</h3>" in client.get(desk.article.url("en")).content.decode()
    assert "<h2>Money</h2>" in client.get(update.url("en")).content.decode()


# The app --------------------------------------------------------------------------------------------------------------


def test_the_newsroom_can_be_installed_and_opens_at_the_last_desk(desk: DeskClient) -> None:
    page = reverse("admin:articles_desk", args=[desk.article.pk])
    resume = reverse("newsroom-resume")
    assert desk.client.get(resume).headers["Location"] == reverse("admin:index")
    assert f'href="{reverse("newsroom-manifest")}"' in desk.client.get(page).content.decode()
    assert desk.client.get(resume).headers["Location"] == page
    desk.client.post("/i18n/setlang/", {"language": "ar"})
    manifest = desk.client.get(reverse("newsroom-manifest")).json()
    assert (manifest["lang"], manifest["dir"], manifest["start_url"]) == ("ar", "rtl", resume)
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    worker = desk.client.get(reverse("newsroom-worker"))
    assert worker.headers["Content-Type"].startswith("text/javascript")
    desk.client.cookies["newsroom_place"] = "//evil.example/"
    assert desk.client.get(resume).headers["Location"] == reverse("admin:index")
