"""Imports in the admin: read first, confirmed by a user, done in the background."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from articles.interchange import jobs
from articles.models import Article, Import, Update
from tests import foreign_blogs as blogs
from tests.test_import import OldSite

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/import/add/"


@pytest.fixture
def editor(client: Client, settings: Any) -> Client:
    settings.JOBS_IN_THREADS = False
    user = User.objects.create_user("editor", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    client.force_login(user)
    return client


def ask(client: Client, **fields: Any) -> Import:
    answer = client.post(ADD, {"address": "", "slug": "", "language": "", "time_zone": "", **fields})
    assert answer.status_code == 302, answer.context["errors"]
    return Import.objects.latest("pk")


def page(client: Client, row: Import) -> str:
    return client.get(f"/admin/articles/import/{row.pk}/change/").content.decode()


def act(client: Client, row: Import, button: str) -> None:
    client.post(f"/admin/articles/import/{row.pk}/change/", {button: "1"})
    row.refresh_from_db()


def document(count: int = 3) -> SimpleUploadedFile:
    found = blogs.json_ld(count)
    found["liveBlogUpdate"][0]["articleBody"] = "<video src='a.mp4'></video> On film."
    return SimpleUploadedFile("night.json", json.dumps(found).encode())


def test_a_file_is_read_confirmed_and_imported(editor: Client, django_capture_on_commit_callbacks: Any) -> None:
    row = ask(editor, file=document(), slug="night")
    path = row.file.name
    assert editor.get(f"/media/{path}").status_code == 404
    assert "Reading" in page(editor, row)
    assert 'http-equiv="refresh"' in page(editor, row)
    assert jobs.import_due() == 1
    shown = page(editor, row)
    assert "Unsupported elements" in shown
    assert "video" in shown
    assert not Article.objects.exists()
    act(editor, row, "_confirm")
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.import_due() == 1
    row.refresh_from_db()
    assert (row.state, row.counts, row.file.name) == ("done", {"new": 3}, "")
    assert "/en/live/night/" in page(editor, row)
    assert not row.file.storage.exists(path)
    assert Update.objects.count() == 3


@pytest.mark.parametrize("state", [*Import.State])
def test_the_file_of_an_import_with_nothing_to_do_is_deleted_after_days(
    state: Import.State, editor: Client, django_capture_on_commit_callbacks: Any
) -> None:
    old, new = ask(editor, file=document()), ask(editor, file=document())
    Import.objects.update(state=state)
    Import.objects.filter(pk=old.pk).update(asked_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("prune_pictures", verbosity=0)
    assert old.file.storage.exists(old.file.name) == (state in Import.ACTIVE)
    assert new.file.storage.exists(new.file.name)
    assert bool(Import.objects.get(pk=old.pk).file) == (state in Import.ACTIVE)
    if state == Import.State.FAILED:
        act(editor, old, "_retry")
        jobs.import_due()
        assert "The uploaded file is no longer available. Upload it again." in page(editor, old)


def test_a_source_is_followed_until_somebody_stops_it(editor: Client, settings: Any) -> None:
    with OldSite() as site:
        settings.EMBED_ROUTES = {"https://old-paper.example": site.url}
        found = blogs.json_ld(3)
        site.documents["/election"] = blogs.page(found)
        row = ask(editor, address="https://old-paper.example/election", follow="on")
        jobs.import_due()
        act(editor, row, "_confirm")
        jobs.import_due()
        row.refresh_from_db()
        assert row.state == "following"
        found["liveBlogUpdate"][0]["articleBody"] = "Corrected."
        site.documents["/election"] = blogs.page(found)
        Import.objects.update(due_at=row.asked_at)
        jobs.import_due()
        assert Update.objects.filter(body_en="<p>Corrected.</p>").exists()
        site.documents.clear()
        Import.objects.update(due_at=row.asked_at)
        jobs.import_due()
        row.refresh_from_db()
        assert (row.state, bool(row.error)) == ("following", True)
        act(editor, row, "_stop")
        assert (row.state, row.due_at) == ("done", None)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x", "https://10.0.0.1/x", "https://localhost/x"])
def test_no_address_of_a_private_network_is_asked(editor: Client, address: str) -> None:
    row = ask(editor, address=address)
    jobs.import_due()
    row.refresh_from_db()
    assert row.state == "failed"
    assert "isn’t a public web address" in row.error
    act(editor, row, "_retry")
    assert row.state == "reading"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "address"),
        ({"address": "old-paper.example"}, "address"),
        ({"address": "https://old.example/", "file": document()}, "address"),
        ({"file": document(), "follow": "on"}, "follow"),
        ({"address": "https://old.example/", "slug": "a b"}, "slug"),
    ],
)
def test_errors_stand_beside_their_field(editor: Client, fields: dict[str, Any], field: str) -> None:
    answer = editor.post(ADD, {"address": "", "slug": "", "language": "", "time_zone": "", **fields})
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Import.objects.exists()


def test_only_editors_import(client: Client) -> None:
    user = User.objects.create_user("journalist", is_staff=True)
    user.groups.add(Group.objects.get(name="Journalist"))
    client.force_login(user)
    assert client.get(ADD).status_code == 403


def test_an_import_that_was_stopped_or_lost_writes_nothing_more(editor: Client) -> None:
    row = ask(editor, file=document())
    jobs.import_due()
    act(editor, row, "_confirm")
    act(editor, row, "_stop")
    assert jobs.import_due() == 0
    assert not Article.objects.exists()
    assert row.state == "failed"
