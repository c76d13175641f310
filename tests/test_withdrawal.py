"""A withdrawn update leaves a mark if the editor wants one, corrections are labelled, and nothing is lost."""

import datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from articles.models import Article, Update
from liveblog.delivery import frames
from tests import factories
from tests.crawler import Page
from tests.forms import change_url, member_of, opened

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "de", "uk", "ar")
SECRET = "Words that nobody may read any more."


def withdrawn(of: Article, **fields: Any) -> Update:
    """Create a withdrawn update that leaves a mark."""
    update = factories.update(of, headline_en="Mistaken", body_en=f"<p>{SECRET}</p>", **fields)
    update.state, update.leaves_mark = Update.State.WITHDRAWN, True
    update.save()
    return update


def html_of(path: str, client: Client | None = None) -> str:
    return (client or Client()).get(path).content.decode()


# The mark -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_the_mark_in_every_language_and_not_the_words(language: str) -> None:
    article = factories.article()
    update = withdrawn(article)
    html = html_of(article.url(language))
    assert f'<article id="{update.element}" class="update withdrawn"' in html
    assert SECRET not in html
    assert "Mistaken" not in html
    assert Page(html).misdirected == []


def test_an_update_withdrawn_without_a_mark_leaves_nothing() -> None:
    article = factories.article()
    update = factories.update(article)
    update.state = Update.State.WITHDRAWN
    update.save()
    assert update.element not in html_of(article.url("en"))
    assert Client().get(update.url("en")).status_code == 404


def test_the_reason_is_in_the_readers_language_or_declares_its_own() -> None:
    article = factories.article()
    update = withdrawn(article, withdrawal_note_en="The source was mistaken.")
    # The reason is given with the withdrawal; published updates have none.
    assert not update.withdrawal_note_en
    update.withdrawal_note_en, update.withdrawal_note_de = "The source was mistaken.", "Die Quelle irrte sich."
    update.body_de, update.headline_de = "<p>Falsch.</p>", "Irrtum"
    update.save()
    assert '<p class="reason">The source was mistaken.</p>' in html_of(article.url("en"))
    assert '<p class="reason">Die Quelle irrte sich.</p>' in html_of(article.url("de"))
    assert '<p class="reason" lang="en" dir="ltr">The source was mistaken.</p>' in html_of(article.url("ar"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_address_of_a_withdrawn_update_answers_gone_with_the_mark(language: str) -> None:
    article = factories.article()
    update = withdrawn(article)
    answer = Client().get(update.url(language))
    html = answer.content.decode()
    assert answer.status_code == 410
    assert answer["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in html
    assert 'class="update withdrawn"' in html
    assert SECRET not in html
    assert "Mistaken" not in html
    assert Page(html).root["lang"] == language


def test_structured_data_leaves_out_withdrawn_updates() -> None:
    article = factories.article()
    update = withdrawn(article)
    shown = factories.update(article)
    document = Client().get(f"{article.url('en')}liveblog.json").json()
    assert [each["url"] for each in document["liveBlogUpdate"]] == [f"{settings.SITE_URL}{shown.url('en')}"]
    assert (
        f"update/{update.pk}/" not in html_of(article.url("en")).split("application/ld+json")[1].split("</script>")[0]
    )


def test_an_open_page_gets_the_mark_in_the_place_of_the_update() -> None:
    article = factories.article()
    update = factories.update(article, is_key=True)
    sort = update.sort_key
    update.state, update.leaves_mark = Update.State.WITHDRAWN, True
    update.save()
    frame = frames.since(article.pk, factories.state_at(article, 2), factories.state_at(article, 4), "en").text
    assert '"op":"put"' in frame.replace(" ", "")
    assert sort in frame
    # A page of key events shows it as a fresh load would.
    assert "data-key" in frame
    assert update.element in html_of(f"{article.url('en')}?key=1")


def test_a_republished_update_leaves_no_mark() -> None:
    article = factories.article()
    update = withdrawn(article)
    update.withdrawal_note_en = "An error."
    update.save()
    update.state = Update.State.PUBLISHED
    update.save()
    update.refresh_from_db()
    assert (update.leaves_mark, update.withdrawal_note_en, update.withdrawn_at) == (False, "", None)
    assert SECRET in html_of(article.url("en"))
    assert Client().get(update.url("en")).status_code == 200


def test_the_dialog_before_withdrawing_offers_the_mark() -> None:
    update = factories.update(factories.article())
    client = member_of("Journalist")
    data = opened(client, update)
    client.post(change_url(update), {**data, "_withdraw": "1", "withdraw_reason": "Not for readers without a mark."})
    update.refresh_from_db()
    assert (update.state, update.leaves_mark, update.withdrawal_note_en or "") == ("withdrawn", False, "")
    client.post(change_url(update), {**opened(client, update), "_publish": "1"})
    data = opened(client, update)
    answers = {"withdraw_mark": "on", "withdraw_reason": "The figure was wrong."}
    assert client.post(change_url(update), {**data, "_withdraw": "1", **answers}).status_code == 302
    update.refresh_from_db()
    assert (update.state, update.leaves_mark) == ("withdrawn", True)
    assert update.withdrawal_note_en == "The figure was wrong."
    # From now on the form can correct and translate the reason.
    assert "withdrawal_note_de" in opened(client, update) or "withdrawal_note_de" in (
        client.get(change_url(update)).context["adminform"].form.fields
    )


def test_a_reason_that_is_too_long_is_refused() -> None:
    update = factories.update(factories.article())
    client = member_of("Journalist")
    answers = {"_withdraw": "1", "withdraw_mark": "on", "withdraw_reason": "x" * 501}
    answer = client.post(change_url(update), {**opened(client, update), **answers})
    assert "withdraw_reason" in answer.context["adminform"].form.errors
    update.refresh_from_db()
    assert update.state == "published"


# Drafts and deletion --------------------------------------------------------------------------------------------------


def test_a_draft_can_be_discarded_and_restored() -> None:
    article = factories.article()
    draft = factories.update(article, state="draft", body_en="<p>Perhaps.</p>")
    client = member_of("Journalist")
    client.post(change_url(draft), {**opened(client, draft), "_withdraw": "1", "withdraw_mark": "on"})
    draft.refresh_from_db()
    assert (draft.state, draft.leaves_mark) == ("withdrawn", False)
    client.post(change_url(draft), {**opened(client, draft), "_draft": "1"})
    draft.refresh_from_db()
    assert (draft.state, draft.withdrawn_at, draft.body_en) == ("draft", None, "<p>Perhaps.</p>")
    assert factories.log_of(article) == []


def test_an_empty_draft_can_be_discarded() -> None:
    draft = factories.update(factories.article(), state="draft", body_en="")
    client = member_of("Journalist")
    client.post(change_url(draft), {**opened(client, draft), "_withdraw": "1"})
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


@pytest.mark.parametrize("group", ["Journalist", "Translator", "Moderator"])
def test_users_who_write_cannot_delete_updates(group: str) -> None:
    update = factories.update(factories.article(), state="draft")
    client = member_of(group)
    assert client.post(f"/admin/articles/update/{update.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [update.pk], "post": "yes"}
    client.post("/admin/articles/update/", data)
    assert Update.objects.filter(pk=update.pk).exists()


def test_an_editor_can_delete_drafts_but_no_update_that_readers_have_seen() -> None:
    article = factories.article()
    draft, seen = factories.update(article, state="draft"), factories.update(article)
    editor = member_of("Editor")
    assert editor.post(f"/admin/articles/update/{draft.pk}/delete/", {"post": "yes"}).status_code == 302
    assert editor.post(f"/admin/articles/update/{seen.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [seen.pk], "post": "yes"}
    editor.post("/admin/articles/update/", data)
    # Deleting the article does not delete it either.
    editor.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"})
    assert list(Update.objects.all()) == [seen]


def test_a_superuser_can_delete_an_update_which_disappears_from_open_pages() -> None:
    article = factories.article()
    update = factories.update(article)
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    data = {"action": "delete_selected", "_selected_action": [update.pk], "post": "yes"}
    client.post("/admin/articles/update/", data)
    assert not Update.objects.exists()
    assert factories.log_of(article)[-1] == (2, update.element)


# Corrections ----------------------------------------------------------------------------------------------------------


def test_a_correction_note_is_in_the_readers_language() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>14.</p>", body_de="<p>14.</p>")
    update.body_en, update.correction_note_en = "<p>40.</p>", "It was 14."
    update.body_de, update.correction_note_de = "<p>40.</p>", "Zuerst stand hier 14."
    update.save()
    assert "Zuerst stand hier 14." in html_of(article.url("de"))
    assert "<span>It was 14.</span>" in html_of(article.url("en"))
    assert '<span lang="en" dir="ltr">It was 14.</span>' in html_of(article.url("ar"))


def test_a_correction_of_a_correction_shows_the_newest_time_and_keeps_the_older_note() -> None:
    article = factories.article()
    update = factories.update(article)
    update.correction_note_en = "It was 14."
    update.save()
    Update._base_manager.filter(pk=update.pk).update(corrected_at=timezone.now() - datetime.timedelta(days=3))
    update.refresh_from_db()
    first = update.corrected_at
    update.body_en = "<p>A typing error.</p>"
    update.save()
    assert update.corrected_at == first
    update.correction_note_en = "It was 14, then 40."
    update.save()
    assert update.corrected_at > first
    html = html_of(article.url("en"))
    assert "It was 14, then 40." in html
    assert "It was 14.<" not in html
    notes = [version.data["correction_note_en"] for version in update.versions.order_by("number")]
    assert list(dict.fromkeys(notes)) == ["", "It was 14.", "It was 14, then 40."]
