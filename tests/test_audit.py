"""The audit log has the actor of each action, in the same transaction, and no secrets."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from articles.interchange.models import Import
from articles.models import Article, Update
from comments import privacy
from comments.models import Comment
from liveblog import metrics
from liveblog.accounts.models import Profile
from liveblog.actors import acting_as
from liveblog.audit import recording
from liveblog.audit.models import Action, Entry
from liveblog.webhooks.models import Webhook
from tests import factories, newsroom

pytestmark = pytest.mark.django_db


def entries(*actions: str) -> list[tuple[str, str, str]]:
    found = Entry.objects.filter(action__in=actions) if actions else Entry.objects.all()
    return [(entry.action, entry.actor_name, entry.about) for entry in found.order_by("pk")]


def test_log_ins_and_failures_are_recorded_without_what_was_typed(client: Client, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    newsroom.user_who_logs_in("ioana", "Journalist", email="ioana@host.example")
    Entry.objects.all().delete()
    for name, password in (
        *(("my secret password", "x"), ("ioana", "wrong"), ("Ioana@host.example", "wrong")),
        ("ioana", newsroom.PASSWORD),
    ):
        newsroom.log_in(client, name, password, REMOTE_ADDR="203.0.113.25")
    assert entries() == [
        ("login_failed", "", "no account"),
        ("login_failed", "", "account ioana"),
        ("login_failed", "", "account ioana"),
        ("logged_in", "ioana", "account ioana"),
    ]
    assert set(Entry.objects.values_list("network", flat=True)) == {"203.0.113.0"}
    stored = str(list(Entry.objects.values()))
    assert "secret" not in stored
    assert "wrong" not in stored


def test_the_life_of_an_update_and_of_its_coverage_is_recorded() -> None:
    ioana, emil = newsroom.user("ioana", "Journalist"), newsroom.user("emil", "Editor")
    article = factories.article(state="announced")
    with acting_as(emil):
        article.needs_release, article.state = True, Article.State.LIVE
        article.save()
    with acting_as(ioana):
        update = factories.update(article, state="draft")
        update.state = Update.State.SUBMITTED
        update.save()
    with acting_as(emil):
        update.publish(None)
        update.save()
        update.withdraw(leaves_mark=True, reason="")
        update.save()
        article.refresh_from_db()
        article.state = Article.State.FINISHED
        article.save()
        pk = article.pk
        article.delete()
    about = f"update {update.pk}"
    of_article = f"article {pk}"
    assert entries(*Action.values) == [
        *entries("roles_changed"),
        ("started", "emil", of_article),
        ("settings_changed", "emil", of_article),
        ("submitted", "ioana", about),
        ("published", "emil", about),
        ("released", "emil", about),
        ("withdrawn", "emil", about),
        ("finished", "emil", of_article),
        ("deleted", "emil", of_article),
    ]


def test_an_entry_is_rolled_back_with_its_transaction(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        recording.record(Action.PUBLISHED, "update 1")
        raise ZeroDivisionError
    assert entries() == []


def test_changes_of_roles_name_who_made_them() -> None:
    emil = newsroom.user("emil", "Editor")
    ana = newsroom.user("ana")
    Entry.objects.all().delete()
    with acting_as(emil):
        ana.groups.add(Group.objects.get(name="Moderator"))
        ana.groups.clear()
        ana.is_superuser = True
        ana.save()
    found = Entry.objects.order_by("pk").values_list("actor_name", "about", "details")
    assert list(found) == [
        ("emil", "account ana", {"added": ["Moderator"]}),
        ("emil", "account ana", {"removed": ["Moderator"]}),
        ("emil", "account ana", {"is_superuser": True}),
    ]


def test_accounts_and_roles_are_recorded_however_they_change(client: Client) -> None:
    root = User.objects.create_superuser("root")
    ana = newsroom.user("ana", "Translator", email="ana@example.org")
    own = Group.objects.create(name="Interns")
    Entry.objects.all().delete()
    with acting_as(root):
        ana.email = "eve@example.org"
        ana.save()
        profile, _new = Profile.objects.get_or_create(user=ana)
        profile.languages = ["ar", "de"]
        profile.save()
        profile.save()
        own.permissions.add(Permission.objects.get(codename="add_update"))
        own.delete()
    found = Entry.objects.order_by("pk").values_list("action", "actor_name", "about", "details")
    assert list(found) == [
        ("account_changed", "root", "account ana", {"changed": ["email"]}),
        ("roles_changed", "root", "account ana", {"languages": ["ar", "de"]}),
        ("roles_changed", "root", "role Interns", {"added_rights": ["add_update"]}),
        ("deleted", "root", "role Interns", {}),
    ]
    client.force_login(root)
    client.cookies["django_language"] = "de"
    page = client.get("/admin/liveblog/entry/").content.decode()
    assert "E-Mail" in page
    assert "Rolle Interns" in page


def test_files_and_rules_that_come_in_by_the_admin_are_recorded(client: Client) -> None:
    client.force_login(newsroom.user("emil", "Editor"))
    article = factories.article()
    Entry.objects.all().delete()
    terms = SimpleUploadedFile("terms.csv", b"source_language,language,term,translation\nen,de,Danube,Donau\n")
    assert client.post("/admin/articles/glossaryterm/import/", {"file": terms}).status_code == 302
    unit = '<tu><tuv xml:lang="en"><seg>Hi</seg></tuv><tuv xml:lang="de"><seg>Hallo</seg></tuv></tu>'
    head = '<header srclang="en" adminlang="en" segtype="sentence" datatype="plaintext" o-tmf="x"/>'
    memory = SimpleUploadedFile("m.tmx", f'<tmx version="1.4">{head}<body>{unit}</body></tmx>'.encode())
    assert client.post("/admin/articles/translationunit/import/", {"file": memory}).status_code == 302
    row = Import.objects.create(address="https://paper.example/live/?key=secret", slug="", state=Import.State.READY)
    assert client.post(f"/admin/articles/import/{row.pk}/change/", {"_confirm": "1"}).status_code == 302
    rules = {"article": article.pk, "policy": "at-once"}
    assert client.post("/admin/comments/discussion/add/", rules).status_code == 302
    with acting_as(newsroom.user("ioana", "Journalist")):
        article.embedding = "only"
        article.save()
    found = Entry.objects.order_by("pk").values_list("action", "about", "details")
    assert list(found.exclude(about__startswith="account")) == [
        ("imported", "glossary", {"file": "terms.csv"}),
        ("imported", "translation memory", {"file": "m.tmx"}),
        ("imported", f"import {row.pk}", {"address": "paper.example"}),
        ("settings_changed", f"article {article.pk}", {"changed": ["article", "policy"]}),
        ("settings_changed", f"article {article.pk}", {"changed": ["embedding"]}),
    ]


def test_the_address_of_a_webhook_is_recorded_without_its_secret_path(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    address = "https://hooks.example.com/services/T0/B0/c0ffee"
    data = {"name": "Chat", "address": address, "events": ["update.published"], "is_on": "on"}
    assert client.post("/admin/liveblog/webhook/add/", data).status_code == 200
    entry = Entry.objects.get(action="webhook_changed")
    assert entry.details["address"] == "https://hooks.example.com"
    chosen = {"action": "delete_selected", "_selected_action": Webhook.objects.get().pk, "post": "yes"}
    client.post("/admin/liveblog/webhook/", chosen)
    assert entries("deleted") == [("deleted", "root", "webhook Chat")]


def test_erasing_a_reader_is_recorded_without_their_address() -> None:
    emil = newsroom.user("emil", "Editor")
    comment = Comment.objects.create(
        article=factories.article(), language="en", name="Ana", text="Hello", email="ana@example.org"
    )
    privacy.erase("ana@example.org", emil)
    assert entries("erased") == [("erased", "emil", f"comment {comment.pk}")]
    assert "example.org" not in str(list(Entry.objects.values()))


def test_each_entry_is_a_line_of_json_and_is_counted(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = metrics.AUDIT.labels("released")
    before = counter._value.get()
    logger = logging.getLogger("security")
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level("INFO", "security"), django_capture_on_commit_callbacks(execute=True):
        recording.record(Action.RELEASED, "update 7", actor=newsroom.user("emil"), article=3)
    line = json.loads([one.getMessage() for one in caplog.records if one.name == "security"][-1])
    assert (line["action"], line["actor"], line["about"]) == ("released", "emil", "update 7")
    assert line["details"] == {"article": 3}
    assert counter._value.get() == before + 1


def test_old_entries_are_deleted(settings: Any) -> None:
    settings.AUDIT_KEEP_DAYS = 30
    recording.record(Action.PUBLISHED, "update 1")
    recording.record(Action.PUBLISHED, "update 2")
    Entry.objects.filter(about="update 1").update(at=timezone.now() - timedelta(days=31))
    assert recording.clear_old() == 1
    assert recording.clear_old() == 0
    assert entries() == [("published", "Test", "update 2")]


def test_details_are_read_as_words_in_the_language_of_the_reader(client: Client) -> None:
    details = {"policies": {"de": "reviewed"}, "languages": ["en", "de"], "needs_release": True}
    recording.record(Action.SETTINGS_CHANGED, "article 2", **details)
    recording.record(Action.ROLES_CHANGED, "account ioana", added=["Editor"])
    recording.record(Action.SITE_CHANGED, "machine translation", changed=["DEEPL_API_KEY"])
    recording.record(Action.TOKEN_MADE, "token 7", scopes=["publish"], until=timezone.now())
    recording.record(Action.FACTOR_ADDED, "account ioana", kind="webauthn")
    client.force_login(User.objects.create_superuser("root"))
    client.cookies["django_language"] = "de"
    page = client.get("/admin/liveblog/entry/").content.decode()
    for words in ("Englisch", "Redaktion", "API-Schlüssel (DEEPL_API_KEY)", "Passkey", "Konto ioana"):
        assert words in page, words
    for code in ("{&quot;", "needs_release", "webauthn", "Editor<", "machine translation", "reviewed"):
        assert code not in page, code


def test_the_record_is_read_and_filtered_by_administrators_and_changed_by_nobody(client: Client) -> None:
    recording.record(Action.PUBLISHED, "update 1")
    recording.record(Action.FINISHED, "article 2")
    client.force_login(User.objects.create_superuser("root"))
    page = client.get("/admin/liveblog/entry/?action=finished").content.decode()
    assert "coverage 2" in page
    assert "update 1" not in page
    pk = Entry.objects.values_list("pk", flat=True).first()
    assert client.post(f"/admin/liveblog/entry/{pk}/delete/").status_code == 403
    assert client.post(f"/admin/liveblog/entry/{pk}/change/", {"about": "x"}).status_code == 403
    client.force_login(newsroom.user("emil", "Editor"))
    assert client.get("/admin/liveblog/entry/").status_code == 403
