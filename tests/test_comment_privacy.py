"""Readers' data is stored encrypted and no longer than needed, and readers can have it exported and erased."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from articles.models import Update
from articles.publishing import syndication
from comments import moderation, privacy, submission, translation
from comments.models import Ban, Comment, CommentTranslation, EmailJob, Report, State
from liveblog.encryption import keyed_hash
from tests import factories
from tests.actors import TEST
from tests.forms import member_of
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

EMAIL = "layla.unmistakable@example.org"
TRACES = (EMAIL, "Unmistakable", "unmistakably", "192.0.2.77", "RareBrowser")


def dump() -> str:
    """Return all rows of all tables, as in a dump of the database."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [f"{table}: {row}" for row in cursor.fetchall()]
    return "\n".join(rows)


def left(article: Any = None, **fields: Any) -> Comment:
    return factories.comment(
        article,
        **{
            "name": "Layla Unmistakable",
            "email": EMAIL,
            "text": "That is unmistakably what I wrote, and no one else.",
            "address": "192.0.2.77",
            "user_agent": "RareBrowser/1.0",
            "confirmed": True,
            "notify": True,
        }
        | fields,
    )


def test_an_email_is_not_in_the_database() -> None:
    comment = left()
    assert EMAIL not in dump()
    assert Comment.objects.get(pk=comment.pk).email == EMAIL
    assert comment.email_hash == keyed_hash(EMAIL.upper())


def test_stored_data_can_be_read_and_found_after_a_change_of_keys(settings: Any) -> None:
    comment = left()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    assert Comment.objects.get(pk=comment.pk).email == EMAIL
    assert list(privacy.comments_of(EMAIL)) == [comment]


def test_erasure_leaves_no_trace(settings: Any) -> None:
    settings.EMAIL_CONFIGURED = True
    article = factories.article()
    answered, alone, waiting = left(article), left(article), left(article)
    for comment in (answered, alone):
        moderation.decide(comment.pk, State.APPROVED, None, version=0, reason="Layla Unmistakable again")
    answer = factories.comment(article, parent=answered, state="approved", text="An answer that stays.")
    left(article, parent=answered)
    update = moderation.make_update(alone.pk, TEST)
    moderation.note(waiting.pk, None, "Unmistakable, as ever")
    moderation.report(answered.pk, "other", "Unmistakable!", "a reader")
    for comment in (answered, alone):
        CommentTranslation.objects.create(comment=comment, language="de", text="Unmistakable", engine="deepl")
    LogEntry.objects.create(
        user=User.objects.create_superuser("root"),
        content_type=ContentType.objects.get_for_model(Update),
        object_id=str(update.pk),
        object_repr=str(update),
        action_flag=CHANGE,
    )
    assert any(trace in dump() for trace in TRACES)
    assert privacy.erase(EMAIL.upper()) == 4
    after = dump()
    assert [trace for trace in (*TRACES, keyed_hash(EMAIL)) if trace in after] == []
    assert not Update.objects.exists()
    assert not EmailJob.objects.exists()
    answer.refresh_from_db()
    assert answer.parent_id == answered.pk


def test_erasure_deletes_an_update_made_from_a_comment_in_all_articles() -> None:
    article, other = factories.article(), factories.article()
    comment = left(article, state="approved")
    syndication.copy_to(moderation.make_update(comment.pk, TEST), [other], TEST)
    assert Update.objects.count() == 2
    privacy.erase(EMAIL)
    assert [trace for trace in (*TRACES, keyed_hash(EMAIL)) if trace in dump()] == []
    assert not Update.objects.exists()


def test_erasure_finds_a_copy_whose_original_was_deleted() -> None:
    article, other = factories.article(), factories.article()
    comment = left(article, state="approved")
    update = moderation.make_update(comment.pk, TEST)
    syndication.copy_to(update, [other], TEST)
    Update.objects.get(pk=update.pk).delete()
    submission.withdraw(Comment.objects.get(pk=comment.pk), version=0)
    assert "Unmistakable" in dump()
    privacy.erase(EMAIL)
    assert [trace for trace in (*TRACES, keyed_hash(EMAIL)) if trace in dump()] == []


def test_erasure_includes_a_quoted_comment_that_its_author_deleted() -> None:
    comment = left(state="approved")
    moderation.make_update(comment.pk, TEST)
    submission.withdraw(Comment.objects.get(pk=comment.pk), version=0)
    assert EMAIL not in dump()
    assert privacy.erase(EMAIL) == 1
    assert [trace for trace in (*TRACES, keyed_hash(EMAIL)) if trace in dump()] == []
    assert not Comment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_translation_that_arrives_after_the_erasure_is_not_stored(settings: Any) -> None:
    comment = left(language="uk", state="approved")
    factories.comment(comment.article, parent=comment, state="approved")
    with TranslationServer() as server:
        settings.LIBRETRANSLATE_URL = server.url
        answer = server.translated

        def meanwhile(*args: Any) -> list[str]:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(erase).result()
            return answer(*args)

        def erase() -> None:
            privacy.erase(EMAIL)
            connection.close()

        server.translated = meanwhile  # type: ignore[method-assign]
        assert translation.translate(comment, "de") is None
    assert not CommentTranslation.objects.exists()


def test_an_erased_comment_disappears_from_open_pages_and_its_answers_stay(client: Any) -> None:
    article = factories.article()
    comment = left(article, state="approved")
    factories.comment(article, parent=comment, state="approved", text="An answer that stays.")
    state = article.page_state
    privacy.erase(EMAIL)
    changes = client.get(f"/en/live/{article.slug}/changes?after={state}").json()["changes"]
    [thread] = [change for change in changes if change["id"] == comment.element]
    assert "An answer that stays." in thread["html"]
    assert "no longer available" in thread["html"]
    assert "Unmistakable" not in json.dumps(changes)


def test_an_export_has_everything_under_an_email() -> None:
    comment = left()
    moderation.decide(comment.pk, State.REJECTED, None, version=0, reason="off topic")
    left(email="somebody.else@example.org", name="Else")
    exported = privacy.export(EMAIL)
    [only] = exported["comments"]
    assert (only["name"], only["text"], only["address"]) == ("Layla Unmistakable", comment.text, "192.0.2.77")
    assert only["decisions"][0]["reason"] == "off topic"
    json.dumps(exported)


def test_editors_can_export_and_erase_in_the_admin_and_moderators_cannot() -> None:
    left()
    page = "/admin/comments/commenter/"
    editor = member_of("Editor")
    assert "RareBrowser" in editor.post(page, {"email": EMAIL, "export": "1"}).content.decode()
    assert "unmistakably" in editor.post(page, {"email": EMAIL, "show": "1"}).content.decode()
    assert member_of("Moderator").post(page, {"email": EMAIL, "erase": "1"}).status_code == 403
    assert Comment.objects.exists()
    assert editor.post(page, {"email": EMAIL, "erase": "1"}).status_code == 302
    assert not Comment.objects.exists()
    assert EMAIL not in dump()


def test_ip_addresses_are_deleted_once_the_spam_check_no_longer_needs_them(settings: Any) -> None:
    settings.COMMENTS_KEEP_ADDRESS_DAYS = 30
    old, new = left(state="approved"), left()
    moderation.report(old.pk, "spam", "", "a reader")
    Comment.objects.filter(pk=old.pk).update(written_at=timezone.now() - timedelta(days=31))
    Report.objects.update(at=timezone.now() - timedelta(days=31))
    call_command("clean_comments")
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.address, old.user_agent) == (None, "")
    assert (new.address, new.user_agent) == ("192.0.2.77", "RareBrowser/1.0")
    assert Report.objects.get().reader_hash == ""
    assert old.email == EMAIL


def test_an_expired_ban_is_deleted_with_its_address() -> None:
    comment = left()
    for hours in (-1, 1):
        moderation.ban(comment, None, until=timezone.now() + timedelta(hours=hours), address=True)
    call_command("clean_comments")
    assert Ban.objects.get() in Ban.objects.in_force()


def test_the_privacy_page_says_how_data_is_used(client: Any, settings: Any) -> None:
    settings.AKISMET_API_KEY = ""
    page = f"{factories.article().url('en')}comments/privacy/"
    assert "Akismet" not in client.get(page).content.decode()
    settings.AKISMET_API_KEY, settings.COMMENTS_KEEP_ADDRESS_DAYS = "a key", 12
    html = client.get(page).content.decode()
    assert "Akismet" in html
    assert "12 days" in html
    assert "until the ban ends" in html


def test_the_names_of_objects_in_the_admin_reveal_no_personal_data() -> None:
    comment = left()
    for model in apps.get_app_config("comments").get_models():
        for item in model._base_manager.all():
            assert "nmistakabl" not in str(item)
    assert str(comment.pk) in str(comment)
