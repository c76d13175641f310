"""Translators only work in their languages, and only users with the right change the rules of a coverage."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.test import Client

from articles.models import Article, Translation
from articles.translations import desk, rights
from liveblog.accounts.models import Profile
from liveblog.actors import acting_as
from tests import factories, newsroom
from tests.forms import change_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def greta() -> User:
    user = newsroom.user("greta", "Translator")
    Profile.objects.create(user=user, languages=["de", "ar"])
    return user


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def row_of(language: str) -> Translation:
    update = factories.update(factories.article(), body_en="<p>14 villages.</p>")
    return Translation.objects.get(update=update, language=language)


def refuse(client: Client, row: Translation) -> int:
    address = f"/admin/articles/translation/{row.pk}/change/"
    return client.post(address, {"stamp": desk.version_token(row), "_refuse": "1"}).status_code


def test_a_translator_works_in_the_languages_that_are_noted(greta: User) -> None:
    client = as_user(greta)
    german, ukrainian = row_of("de"), row_of("uk")
    assert refuse(client, german) == 302
    assert refuse(client, ukrainian) == 403
    states = [Translation.objects.get(pk=row.pk).state for row in (german, ukrainian)]
    assert states == ["refused", "missing"]


def test_a_translator_reads_other_languages_and_is_told_why_there_are_no_buttons(greta: User) -> None:
    page = as_user(greta).get(f"/admin/articles/translation/{row_of('uk').pk}/change/").content.decode()
    assert "Only translators of this language" in page
    assert "_refuse" not in page


def test_the_form_of_an_update_lets_a_translator_write_in_their_languages_only(greta: User) -> None:
    update = factories.update(factories.article(), body_en="<p>Source.</p>")
    fields = as_user(greta).get(change_url(update)).context["adminform"].form.fields
    assert {"body_de", "body_ar"} <= fields.keys()
    assert not {"body_en", "body_uk"} & fields.keys()


def test_without_noted_languages_a_translator_works_in_all_and_an_editor_always_does() -> None:
    assert "pl" in rights.languages_of(newsroom.user("karim", "Translator"))
    emil = newsroom.user("emil", "Editor", "Translator")
    Profile.objects.create(user=emil, languages=["de"])
    assert "pl" in rights.languages_of(emil)
    assert rights.languages_of(newsroom.user("ioana", "Journalist")) == frozenset()


def test_a_journalist_reads_translations_but_refuses_none() -> None:
    client = as_user(newsroom.user("ioana", "Journalist"))
    row = row_of("de")
    page = client.get(f"/admin/articles/translation/{row.pk}/change/")
    assert "Only translators of this language" in page.content.decode()
    assert refuse(client, row) == 403


@pytest.mark.parametrize(
    ("right", "change"),
    [
        ("start_coverage", {"state": Article.State.LIVE}),
        ("finish_coverage", {"state": Article.State.FINISHED}),
        ("switch_release", {"needs_release": True}),
    ],
)
def test_starting_and_finishing_and_the_rule_of_release_are_rights_of_their_own(
    right: str, change: dict[str, object]
) -> None:
    article = factories.article(state="announced" if right == "start_coverage" else "live")
    ana = newsroom.user("ana")
    ana.user_permissions.set(Permission.objects.filter(codename__in=["change_article", "cover_article"]))
    ana = User.objects.get(pk=ana.pk)
    for name, value in change.items():
        setattr(article, name, value)
    with acting_as(ana), pytest.raises(ValidationError) as error:
        article.save()
    assert list(error.value.message_dict) == list(change)
    ana.user_permissions.add(Permission.objects.get(codename=right))
    with acting_as(User.objects.get(pk=ana.pk)):
        article.save()


def test_the_desk_offers_only_what_a_person_may_do() -> None:
    article = factories.article(state="live")
    ana = newsroom.user("ana")
    ana.user_permissions.set(Permission.objects.filter(codename__in=["change_update", "cover_article"]))
    client = as_user(ana)
    assert client.post(f"/admin/articles/article/{article.pk}/desk/coverage/finish/").status_code == 403
    article.refresh_from_db()
    assert article.state == "live"
