"""Export and import: an archive whose import gives the same page."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from articles import changes
from articles.models import Article, Vote
from articles.polls import counting
from liveblog.actors import acting_as
from tests import factories

pytestmark = pytest.mark.django_db


def export(slug: str, to: Path, *options: str) -> Path:
    path = to / f"{slug}.zip"
    call_command("export_liveblog", slug, "--to", str(path), *options, verbosity=0)
    return path


def page(client: Client, path: str) -> str:
    """Return a page without that which names the row, the moment and the server."""
    response = client.get(path)
    assert response.status_code == 200, path
    text = response.content.decode()
    return text


def numbered(text: str, article: Article, keys: dict[int, int] | None = None) -> str:
    """Return a page with the primary keys of updates replaced by their places."""
    places = {pk: place for place, pk in enumerate(article.updates.order_by("pk").values_list("pk", flat=True))}
    text = text.replace(article.slug, "SLUG")
    text = re.sub(r"(update[-/]|poll-|/vote/\w+/)(\d+)", lambda m: f"{m[1]}<{places.get(int(m[2]))}>", text)
    text = re.sub(r"pictures/[^\"' ]+", "PICTURE", text)
    text = re.sub(r"embeds/[^\"' ]+", "THUMB", text)
    text = re.sub(r'data-(revision|token)="[^"]*"', "", text)
    text = re.sub(r"(\d{16,})-\d+", r"\1", text)
    return re.sub(r'nonce="[^"]*"|csrfmiddlewaretoken.*?>', "", text)


def coverage() -> Article:
    """Create a coverage with everything that an update can have."""
    # In the past, as coverage is that is exported.
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
    factories.update(of, is_key=True, headline_en="It is done", kind="facts", body_en="<ul><li>All</li></ul>")
    corrected = factories.update(of)
    corrected.correction_note_en, corrected.body_en = "It was Tuesday.", "<p>On Tuesday.</p>"
    with acting_as(editor):
        corrected.save()
    withdrawn = factories.update(of)
    withdrawn.withdraw(leaves_mark=True, reason="It was wrong.")
    withdrawn.save()
    factories.update(of, state="draft", body_en="<p>Not yet.</p>")
    return of


def test_an_archive_gives_the_same_page(client: Client, tmp_path: Path) -> None:
    source = coverage()
    before = {code: numbered(page(client, source.url(code)), source) for code in source.languages}
    path = export(source.slug, tmp_path)
    call_command("import_liveblog", str(path), "--slug", "moved-here", verbosity=2)
    copy = Article.objects.get(slug="moved-here")
    for code in source.languages:
        got = numbered(page(client, copy.url(code)), copy)
        Path(f"/tmp/x/a-{code}.html").write_text(before[code])
        Path(f"/tmp/x/b-{code}.html").write_text(got)
    for code in source.languages:
        got = numbered(page(client, copy.url(code)), copy)
        # Not a comparison that pytest explains at length.
        assert (got == before[code]) is True, code
