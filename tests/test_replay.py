"""The demo coverage loads completely, and a replay ends with the same page as its original."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils.html import strip_tags

from articles import demo
from articles.models import Article, Translation, Update
from liveblog.languages import column
from tests import factories

pytestmark = pytest.mark.django_db

FULL = ("en", "de", "uk", "ar", "fr", "ro")
MACHINE = ("es", "pl")


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Path]:
    """Load the demo once for all tests, which undo their changes, and return the directory of its files."""
    place = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=place), transaction.atomic():
        call_command("load_demo", stdout=io.StringIO())
        yield place
        transaction.set_rollback(True)


@pytest.fixture
def coverage(loaded: Path, db: None, settings: Any) -> Article:
    settings.MEDIA_ROOT = loaded
    return Article.objects.get(slug=demo.SLUG)


def test_the_demo_is_in_all_languages(coverage: Article) -> None:
    updates = list(coverage.updates.all())
    assert len(updates) >= 45
    assert sum(all(update.exists_in(language) for language in FULL) for update in updates) >= len(updates) - 2
    assert {update.source_language for update in updates} == {"en", "de", "uk", "ar", "ro"}
    assert sum(update.is_key for update in updates) >= 3
    assert sum(bool(update.corrected_at) for update in updates) == 1
    assert sum(update.state == Update.State.WITHDRAWN for update in updates) == 1
    assert {update.kind for update in updates} >= {"text", "quote", "facts", "table", "poll"}
    assert sum(update.is_breaking for update in updates) == 1
    assert [update.headline_en for update in updates if update.pin] == ["The two days in short"]
    assert coverage.related.count() == 3
    assert sum(update.pictures.count() for update in updates) + bool(coverage.photo) == 3


def test_the_demo_has_an_account_for_each_group(coverage: Article) -> None:
    groups = {user.username: {group.name for group in user.groups.all()} for user in User.objects.all()}
    roles = ("Journalist", "Translator", "Moderator", "Editor")
    assert groups == {role.lower(): {role} for role in roles} | {"admin": set()}


def test_people_have_reviewed_the_demo_except_in_the_languages_of_machines(coverage: Article) -> None:
    translations = Translation.objects.of_article(coverage.pk)
    assert set(translations.filter(language__in=FULL).values_list("state", flat=True)) == {"reviewed", "missing"}
    assert translations.filter(language__in=FULL, state="missing").count() <= 2 * len(FULL)
    for language in MACHINE:
        states = set(translations.filter(language=language).values_list("state", flat=True))
        assert states == {"machine", "missing"}


@pytest.mark.parametrize("language", [*FULL, *MACHINE])
def test_nothing_in_the_demo_is_mangled(coverage: Article, language: str) -> None:
    allowed = {"en": "“”", "de": "„“", "uk": "«»", "ar": "«»", "fr": "«»", "ro": "„”", "es": "«»", "pl": "„”"}[language]
    for update in coverage.updates.all():
        words = f"{getattr(update, column('headline', language))} {getattr(update, column('body', language))}"
        text = strip_tags(words)
        assert not set("\"'“”„«»") & set(text) - set(allowed)
        assert not re.search(r" [;:!?%»]|« |\d (?:Mill|млн|млрд|mil\b|000)", text)
        assert "Kredit" not in text


def test_a_replay_ends_with_the_same_page(coverage: Article, client: Any) -> None:
    call_command("replay", coverage.slug, speed=1e9)
    replayed = Article.objects.get(slug=f"{coverage.slug}-replay")
    originals, copies = (
        [
            (
                update.headline_de,
                update.body_de,
                update.is_key,
                bool(update.corrected_at),
                update.correction_note_de or "",
                bool(update.pin),
            )
            for update in article.updates.published().newest_first()
        ]
        for article in (coverage, replayed)
    )
    assert copies == originals
    assert replayed.state == Article.State.LIVE
    assert client.get(replayed.url("ar")).status_code == 200


def test_a_replay_has_the_pictures_and_embeds_of_its_original() -> None:
    article = factories.article()
    factories.update(article, kind="embed", embed="https://example.com/map", pictures=(factories.picture(),))
    call_command("replay", article.slug, speed=1e9)
    copy = Article.objects.get(slug=f"{article.slug}-replay").updates.get()
    assert (copy.embed.url, copy.pictures.count()) == ("https://example.com/map", 1)


def test_a_restarted_replay_empties_its_page_first() -> None:
    article = factories.article()
    for _ in range(3):
        factories.update(article)
    for _ in range(2):
        call_command("replay", article.slug, speed=1e9)
    replayed = Article.objects.get(slug=f"{article.slug}-replay")
    assert replayed.updates.count() == 3


def test_a_replay_of_a_missing_article_shows_an_error() -> None:
    with pytest.raises(CommandError, match="no article"):
        call_command("replay", "nothing")


def test_the_demo_creates_no_accounts_with_known_passwords_on_a_public_site(settings: Any) -> None:
    settings.SITE_URL = "https://news.example.org"
    with pytest.raises(CommandError):
        call_command("load_demo")
