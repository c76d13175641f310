"""Export and import: an archive whose import gives the same page."""

from __future__ import annotations

import datetime
import io
import json
import logging
import re
import zipfile
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from articles import changes
from articles.models import Article, Author, Picture, Update, UpdateVersion, Vote
from articles.page import live_page
from articles.polls import counting
from articles.translations import columns, review
from comments import moderation
from comments.models import Actor
from liveblog.actors import acting_as
from tests import factories, soak
from tests.memory import PeakMemory

pytestmark = pytest.mark.django_db


def export(slug: str, to: Path, *options: str) -> Path:
    path = to / f"{slug}.zip"
    call_command("export_liveblog", slug, "--to", str(path), *options, verbosity=0)
    return path


def run(path: Path, slug: str, *options: str) -> str:
    said = io.StringIO()
    call_command("import_liveblog", str(path), "--slug", slug, *options, stdout=said)
    return said.getvalue()


def page(client: Client, article: Article, path: str) -> str:
    """Return a page without ids, file names and times: updates are numbered by position."""
    response = client.get(path)
    assert response.status_code == 200, path
    text = response.content.decode().replace(article.slug, "SLUG")
    places = {str(pk): place for place, pk in enumerate(article.updates.order_by("pk").values_list("pk", flat=True))}
    text = re.sub(
        r"(update[-/]|moment-|[?&](?:at|before)=|poll-|/vote/\w+/|data-poll=\")(\d+)",
        lambda m: f"{m[1]}<{places[m[2]]}>",
        text,
    )
    text = re.sub(r"(\.\d{6})-0*(\d+)", lambda m: f"{m[1]}-<{places[m[2]]}>", text)
    text = re.sub(r"(pictures|embeds)/[^\"' ]+", "FILE", text)
    # The address of a card also depends on the file of its photo.
    text = re.sub(r"(?:card|picture-\d+x\d+)-[0-9a-f]+", "CARD", text)
    # The page was last modified by the import.
    text = re.sub(r'("dateModified": |article:modified_time" content=)"[^"]*"', "", text)
    return re.sub(r'data-(revision|token)="[^"]*"|nonce="[^"]*"|csrfmiddlewaretoken.*?>', "", text)


def first_difference(one: str, other: str) -> str:
    """Return the first difference of two pages; "" if they are the same. Pytest's own comparison takes long."""
    lines = zip_longest(one.splitlines(), other.splitlines(), fillvalue="")
    return next((f"{mine}\n{theirs}" for mine, theirs in lines if mine != theirs), "")


def coverage() -> Article:
    """Create a coverage with all optional parts of updates."""
    # In the past, like exported coverage.
    start = timezone.now() - datetime.timedelta(hours=8)
    of = factories.article(
        coverage_start=start,
        standfirst_en="Two days of talks.",
        photo=factories.photo(),
        photo_alt_en="The palace",
        photo_credit_en="Photo: I. Moraru",
    )
    ioana, kateryna = factories.author(), factories.author("Kateryna Bondar", name_uk="Катерина Бондар")
    editor = User.objects.create_user("editor")
    with changes.edit(of):
        of.authors.set([ioana])
    for number in range(3):
        factories.update(
            of, body_en=f"<p>Take <strong>{number}</strong></p>", body_de=f"<p>Nr. {number}</p>", authors=(kateryna,)
        )
    factories.update(of, pictures=(factories.picture(caption_de="Der Saal"), factories.picture()))
    factories.update(of, kind="embed", body_en="", embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    poll = factories.update(of, kind="poll", headline_en="Will they agree?", body_en="<ul><li>Yes</li><li>No</li></ul>")
    Vote.objects.bulk_create(Vote(update=poll, voter=f"{n}", choice=n % 2) for n in range(5))
    counting.publish_tallies()
    factories.update(
        of, is_key=True, headline_en="It is done", kind="facts", body_en="<ul><li>All</li><li>Of</li><li>It</li></ul>"
    )
    corrected = factories.update(of)
    corrected.correction_note_en, corrected.body_en = "It was Tuesday.", "<p>On Tuesday.</p>"
    with acting_as(editor):
        corrected.save()
    withdrawn = factories.update(of)
    withdrawn.withdraw(leaves_mark=True, reason="It was wrong.")
    withdrawn.save()
    factories.update(of, state="draft", body_en="<p>Not yet.</p>")
    return of


def test_comments_are_exported_as_readers_see_them_or_with_personal_data(client: Client, tmp_path: Path) -> None:
    of = factories.article()
    factories.update(of)
    given = {"email": "ana@example.org", "confirmed": True, "address": "192.0.2.7"}
    first = factories.comment(of, name="Ana", text="Well done", **given)
    answer = factories.comment(of, name="Ion", parent=first, text="Indeed")
    waiting = factories.comment(of, name="Eva", email="eva@example.org", text="Not yet read")
    for each in (first, answer):
        moderation.set_state(each, "approved", actor=Actor.MODERATOR)
    public = export(of.slug, tmp_path, "--comments")
    told = zipfile.ZipFile(public).read("coverage.ndjson").decode()
    assert "Well done" in told
    for secret in ("example.org", "192.0.2.7", "Not yet read"):
        assert secret not in told
    run(public, "public")
    copy = Article.objects.get(slug="public")
    assert [(one.name, one.answers) for one in copy.comments.filter(thread=None)] == [("Ana", 1)]
    assert "Indeed" in client.get("/en/live/public/comments/").content.decode()
    public.unlink()
    copy.delete()
    whole = export(of.slug, tmp_path, "--comments", "--personal-data")
    run(whole, "whole")
    copied = Article.objects.get(slug="whole").comments.order_by("pk")
    assert [one.email for one in copied] == ["ana@example.org", "", "eva@example.org"]
    assert [one.confirmed for one in copied] == [True, False, False]
    assert copied[0].written_at == first.written_at
    assert copied[0].decisions.count() == 1
    assert (copied[2].state, copied[2].text) == ("waiting", waiting.text)


def test_an_archive_gives_the_same_page_and_history(client: Client, tmp_path: Path) -> None:
    source = coverage()
    path = export(source.slug, tmp_path)
    said = run(path, "moved-here")
    assert "lost" not in said
    assert "doubtful" not in said
    moved = Article.objects.get(slug="moved-here")
    for suffix in ("", "?key=1", "feed.atom?key=1"):
        for code in source.languages if not suffix else ["en"]:
            pages = [page(client, each, f"{each.url(code)}{suffix}") for each in (source, moved)]
            if suffix.startswith("feed"):
                pages = [re.sub(r"(coverage-|update-)\d+|<updated>[^<]*", "", each) for each in pages]
            assert first_difference(*pages) == "", code
    for ours, theirs in zip(source.updates.order_by("pk"), moved.updates.order_by("pk"), strict=True):
        histories = [
            [
                (each.number, each.at, each.user_id, each.actor, each.cause, texts_of(each))
                for each in one.versions.all()
            ]
            for one in (ours, theirs)
        ]
        assert histories[0] == histories[1]
        states = [
            sorted(one.translations.values_list("language", "state", "outdated", "engine", "reviewer", "reviewed_at"))
            for one in (ours, theirs)
        ]
        assert states[0] == states[1]
        for row in theirs.translations.filter(state="reviewed"):
            assert review.holds(row, columns.texts_of(theirs, row.language))


def texts_of(version: UpdateVersion) -> list[str]:
    return sorted(f"{name} {value}" for name, value in version.data.items() if re.search(r"_[a-z]{2}$", name) and value)


def test_importing_an_archive_again_writes_only_what_is_new(tmp_path: Path) -> None:
    source = factories.article()
    old = factories.update(source, body_en="<p>Old</p>")
    run(export(source.slug, tmp_path), "moved-here")
    moved = Article.objects.get(slug="moved-here")
    [copied] = moved.updates.all()
    version = copied.version
    assert "1 unchanged" in run(tmp_path / f"{source.slug}.zip", "moved-here")
    copied.refresh_from_db()
    assert copied.version == version
    (tmp_path / f"{source.slug}.zip").unlink()
    old.body_en = "<p>Corrected</p>"
    old.save()
    factories.update(source, body_en="<p>New</p>")
    run(export(source.slug, tmp_path), "moved-here")
    assert [update.body_en for update in moved.updates.order_by("pk")] == ["<p>Corrected</p>", "<p>New</p>"]
    copied.refresh_from_db()
    assert [version.number for version in copied.versions.all()] == [2, 1]


def rewritten(path: Path, *, lines: dict[str, str] | None = None, picture: bytes | None = None) -> Path:
    """Return a copy of an archive with other words in its lines, or another picture."""
    copy = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "coverage.ndjson":
                for word, other in (lines or {}).items():
                    assert word.encode() in content
                    content = content.replace(word.encode(), other.encode())
            elif picture is not None:
                content = picture
            new.writestr(name, content)
    return copy


def written_by(slug: str) -> list[tuple[User | None, str]]:
    """Return the accounts and names of all versions of the only update."""
    [update] = Article.objects.get(slug=slug).updates.all()
    return [(version.user, version.actor) for version in update.versions.order_by("number")]


def test_only_an_unchanged_archive_of_this_site_names_accounts(tmp_path: Path, settings: Any) -> None:
    ana, ion = (User.objects.create_user(name) for name in ("ana", "ion-the-editor"))
    source = factories.article()
    with acting_as(ana):
        factories.update(source, pictures=(factories.picture(),))
    path = export(source.slug, tmp_path)

    run(path, "unchanged")
    assert written_by("unchanged") == [(ana, "ana")]
    assert Picture.objects.filter(update__article__slug="unchanged").count() == 1
    Article.objects.get(slug="unchanged").delete()

    edited = rewritten(path, lines={'"ana"': f'"{ion.username}"'})
    said = run(edited, "edited")
    assert "People without an account on this site" in said
    assert written_by("edited") == [(None, "ion-the-editor")]
    Article.objects.get(slug="edited").delete()

    of_old_release = rewritten(path, lines={'"signature"': '"unknown"'})
    run(of_old_release, "old")
    assert written_by("old") == [(None, "ana")]
    Article.objects.get(slug="old").delete()

    other_picture = rewritten(path, picture=factories.photo(size=(64, 36)).read())
    assert "Pictures that couldn’t be fetched" in run(other_picture, "other-picture")
    Article.objects.get(slug="other-picture").delete()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    run(path, "key-changed")
    assert written_by("key-changed") == [(ana, "ana")]
    Article.objects.get(slug="key-changed").delete()

    settings.SECRET_KEY_FALLBACKS = []
    run(path, "key-removed")
    assert written_by("key-removed") == [(None, "ana")]


@pytest.mark.parametrize("fault", ["cut", "line", "last", "bomb", "shape", "surrogate", "columns"])
def test_a_damaged_archive_is_refused_or_does_no_harm(fault: str, tmp_path: Path) -> None:
    source = factories.article()
    factories.update(source)
    path = export(source.slug, tmp_path)
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        lines = zipfile.ZipFile(path).read("coverage.ndjson").decode().splitlines()
        if fault == "line":
            lines[2] = "{"
        elif fault == "last":
            del lines[-1]
        elif fault == "bomb":
            lines[1] = "[" * 100_000
        elif fault == "shape":
            lines = [line.replace('"authors": []', '"authors": {"1": 2}') for line in lines]
        elif fault == "surrogate":
            lines = [line.replace('"kind": "text"', '"kind": "\\ud800"') for line in lines]
        else:
            lines = [line.replace('"is_key": false', '"is_key": [1], "id": 7, "article": 1, "x": 2') for line in lines]
        with zipfile.ZipFile(path, "w") as changed:
            changed.writestr("coverage.ndjson", "\n".join(lines))
    before = set(Update.objects.values_list("pk", flat=True))
    if fault == "columns":
        assert "1 would be left out" in run(path, "", "--dry-run")
    else:
        with pytest.raises(CommandError, match=r"damaged|incomplete"):
            run(path, "broken")
    assert set(Update.objects.values_list("pk", flat=True)) == before


# In one transaction, PostgreSQL would step over all earlier versions of the article's row each time it reads the row.
@pytest.mark.parametrize("count", [soak.count(60, 10_000)])
@pytest.mark.django_db(transaction=soak.SOAK)
@pytest.mark.long
def test_a_long_coverage_is_exported_and_imported_with_little_memory(
    count: int, client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # pytest keeps each line of a log in memory.
    caplog.set_level(logging.CRITICAL, "security")
    source = factories.article(languages=["en", "de"])
    text = "<p>" + "Take. " * 200 + "</p>"
    for number in range(count):
        factories.update(source, body_en=text.replace("Take", f"Take {number}"))
    with PeakMemory() as memory:
        run(export(source.slug, tmp_path), "long-night")
    # The texts alone have 12 MB.
    assert memory.growth < 100_000_000
    long = Article.objects.get(slug="long-night")
    assert long.updates.count() == count
    assert first_difference(*(page(client, each, each.url("en")) for each in (source, long))) == ""


@pytest.mark.long
def test_finished_coverage_becomes_pages_that_need_no_server(tmp_path: Path) -> None:
    source = coverage()
    picture = source.updates.exclude(pictures=None).get().pictures.first()
    factories.comment(source, state="approved", text="Well covered")
    with pytest.raises(CommandError, match="not finished"):
        call_command("export_liveblog", source.slug, "--static", str(tmp_path / "site"))
    source.state = Article.State.FINISHED
    source.save()
    call_command("export_liveblog", source.slug, "--static", str(tmp_path / "site"), verbosity=0)
    root = tmp_path / "site"
    for code in source.languages:
        assert (root / source.url(code)[1:] / "index.html").is_file()
    for page_file in root.rglob("*.html"):
        tree = LexborHTMLParser(page_file.read_text())
        assert not tree.css("form, button, input, .share, script:not([type='application/ld+json'])")
        # Views without a file.
        assert not tree.css(".filter, .order")
        for node in tree.css("[href], [src]"):
            address = node.attributes.get("href") or node.attributes.get("src") or ""
            parts = urlsplit(address)
            if not parts.scheme and parts.path:
                assert (page_file.parent / parts.path).resolve().is_file(), (page_file, address)
    start = (root / source.url("en")[1:] / "index.html").read_text()
    assert "Well covered" in start
    assert picture.image.name in start
    assert "60%" in start
    assert (root / source.url("ar")[1:] / "liveblog.json").is_file()


def test_conversations_of_readers_are_in_a_static_archive_and_ask_for_nothing(tmp_path: Path) -> None:
    source = factories.article(languages=["en"], state="live")
    factories.update(source)
    first = factories.comment(source, state="approved", text="Who pays?")
    answers = [factories.comment(source, state="approved", parent=first, text=f"Answer {n}") for n in range(8)]
    source.state = Article.State.FINISHED
    source.save()
    call_command("export_liveblog", source.slug, "--static", str(tmp_path / "site"), verbosity=0)
    comments = tmp_path / "site" / source.url("en")[1:] / "comments"
    conversation = (comments / str(first.pk) / "index.html").read_text()
    for answer in answers:
        assert str(answer.text) in conversation
    for page_file in (tmp_path / "site").rglob("*.html"):
        tree = LexborHTMLParser(page_file.read_text())
        assert not tree.css(".comment-form, [data-reply], .comments > .filters"), page_file
        for node in tree.css("[href*='comments/'][href*='//']"):
            assert not re.search(r"/comments/[0-9]+/", node.attributes["href"] or ""), node.html


def test_pages_of_a_long_list_lead_to_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "PAGE_SIZE", 4)
    source = factories.article(languages=["en"], state="live")
    updates = [factories.update(source) for _number in range(10)]
    source.state = Article.State.FINISHED
    source.save()
    call_command("export_liveblog", source.slug, "--static", str(tmp_path / "site"), verbosity=0)
    base = tmp_path / "site" / source.url("en")[1:]
    assert sorted(path.name for path in base.iterdir() if path.name.startswith("older")) == ["older-1", "older-2"]
    told = json.loads((base / "liveblog.json").read_text())
    assert (len(told["liveBlogUpdate"]), "next" in told) == (10, False)
    older = (base / "older-1" / "index.html").read_text()
    assert 'href="../index.html"' in older
    assert 'href="../older-2/index.html"' in older
    permalink = (base / "update" / str(updates[0].pk) / "index.html").read_text()
    assert f'href="../../older-2/index.html#update-{updates[0].pk}"' in permalink


def test_slugs_and_authors_arrive_whole(client: Client, tmp_path: Path) -> None:
    source = factories.article(slug="summit", languages=["en", "de"])
    with changes.edit(source):
        source.slugs = {"de": "gipfel"}
        source.save()
    author = factories.author(
        role_en="Brussels correspondent", role_de="Korrespondentin", place_en="Brussels", links="https://example.org/i"
    )
    author.photo.save("photo.png", factories.photo())
    draft = factories.author("Adam", role_en="Editor")
    factories.update(source, authors=(author,))
    factories.update(source, state="draft", authors=(draft,))
    path = export("summit", tmp_path)
    said = run(path, "beside")
    assert "gipfel" in said
    assert Article.objects.get(slug="beside").slugs == {}
    for row in (*Article.objects.all(), *Author.objects.all()):
        row.delete()
    run(path, "moved-here")
    moved, there = Article.objects.get(slug="moved-here"), Author.objects.get(name_en=author.name_en)
    assert moved.slugs == {"de": "gipfel"}
    assert client.get("/de/live/gipfel/").status_code == 200
    assert client.get("/de/live/summit/").headers["Location"] == "/de/live/gipfel/"
    for name in ("source_language", "role_en", "role_de", "place_en", "links", "photo_width"):
        assert getattr(there, name) == getattr(author, name), name
    assert there.photo.name != author.photo.name
    assert client.get(f"{there.url('de')}").status_code == 200
    assert Author.objects.get(name_en="Adam").role_en == "Editor"
