"""Readers see authors' names in the script of the page, joined and sorted by the rules of its language."""

import json
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from articles import changes
from articles.desk.forms import author_choices
from articles.models import Author, Topic
from liveblog.languages import SHIPPED
from liveblog.lists import joined, sort_key
from tests import factories


def texts_of(html: str) -> list[str]:
    return [re.sub("<[^>]*>", "", each) for each in re.findall(r'<span class="byline">(.*?)</span>', html)]


@pytest.mark.django_db
def test_readers_get_names_in_their_script_or_the_original_with_its_language(client: Client) -> None:
    article = factories.article()
    oleh = factories.author("Олег Бондар", "uk", name_en="Oleh Bondar", name_ar="أوليه بوندار")
    ana = factories.author("Ana Petrescu", "ro")
    factories.update(article, authors=(oleh, ana))
    with changes.edit(article):
        article.authors.set([oleh, ana])
    pages = {code: client.get(article.url(code)).content.decode() for code in ("en", "de", "uk", "ar")}
    assert texts_of(pages["en"]) == ["Ana Petrescu and Oleh Bondar"] * 2
    assert texts_of(pages["de"]) == ["Ana Petrescu und Олег Бондар"] * 2
    assert texts_of(pages["uk"]) == ["Олег Бондар і Ana Petrescu"] * 2
    assert texts_of(pages["ar"]) == ["أوليه بوندار وAna Petrescu"] * 2
    assert '<bdi lang="uk" dir="ltr">Олег Бондар</bdi>' in pages["de"]
    assert '<bdi>أوليه بوندار</bdi> و<bdi lang="ro" dir="ltr">Ana Petrescu</bdi>' in pages["ar"]
    [data] = re.findall(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', pages["uk"], re.DOTALL)
    document = json.loads(data)
    names = ["Олег Бондар", "Ana Petrescu"]
    assert [person["name"] for person in document["author"]] == names
    assert [person["name"] for person in document["liveBlogUpdate"][0]["author"]] == names


@pytest.mark.django_db
def test_of_many_authors_and_topics_the_first_are_named_and_the_others_on_demand(client: Client) -> None:
    article = factories.article()
    many = [factories.author(f"Author {letter}") for letter in "ABCDEFGHIJKLMNOPQRST"]
    topics = [Topic.objects.create(slug=f"topic-{number}", name_en=f"Topic {number}") for number in range(20)]
    with changes.edit(article):
        article.authors.set(many)
        article.topics.set(topics)
    factories.update(article, authors=tuple(many[:9]))
    html = client.get(article.url("en")).content.decode()
    named = [f"Author {letter}" for letter in "ABCDEFG"]
    of_update, of_article = texts_of(html)
    assert of_update == f"{', '.join(named)} and 2 others"
    assert of_article == f"{', '.join(named)} and 13 others"
    about = html[html.index('id="about"') :]
    first, rest = about.split('<details class="all">', 1)
    assert first.count('class="topic"') == 12
    # All names can be opened.
    assert rest.count('class="topic"') == 8
    assert "Author T</bdi>" in rest
    assert "13 آخر" in client.get(article.url("ar")).content.decode()


@pytest.mark.django_db
def test_an_added_name_reaches_open_pages() -> None:
    article, author = factories.article(), factories.author()
    factories.update(article, authors=(author,))
    before = len(factories.log_of(article))
    author.name_uk = "Йоана Петреску"
    author.save()
    assert len(factories.log_of(article)) == before + 1


@pytest.mark.django_db
def test_an_author_needs_a_unique_name_in_its_language(admin_client: Client) -> None:
    factories.author("Ana Petrescu", "ro")
    page = reverse("admin:articles_author_add")
    for data, field in (
        ({"source_language": "uk", "name_en": "Oleh"}, "name_uk"),
        ({"source_language": "ro", "name_ro": "Ana Petrescu"}, "name_ro"),
    ):
        errors = admin_client.post(page, data).context["adminform"].form.errors
        assert list(errors) == [field]
    admin_client.post(page, {"source_language": "uk", "name_uk": "Олег", "name_ar": "أوليه"})
    author = Author.objects.get(name_uk="Олег")
    assert (str(author), author.name_for("ar").value, author.name_for("fr").value) == ("Олег", "أوليه", "Олег")
    with pytest.raises(ValidationError):
        Author(source_language="en", name_en="\u3164").full_clean(exclude=["name"])


@pytest.mark.django_db
def test_the_desk_shows_names_in_the_language_of_the_desk() -> None:
    article = factories.article()
    authors = [factories.author(name, "pl") for name in ("Ćwik", "Cyran", "Łuk", "Luty")]
    factories.update(article, authors=tuple(authors))
    with translation.override("pl"):
        assert [re.sub("<[^>]*>", "", label) for _pk, label in author_choices()] == ["Cyran", "Ćwik", "Luty", "Łuk"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A, B and C"),
        ("de", "A, B und C"),
        ("fr", "A, B et C"),
        ("es", "A, B y C"),
        ("uk", "A, B і C"),
        ("ar", "A وB وC"),
    ],
)
def test_names_are_joined_by_the_rules_of_the_language(language: str, text: str) -> None:
    assert joined(["A", "B", "C"], language) == text
    assert joined([], language) == ""
    assert joined(["<b>", "B"], language).startswith("&lt;b&gt;")


def test_spanish_avoids_two_equal_vowels() -> None:
    assert joined(["Ana", "Isabel"], "es") == "Ana e Isabel"
    assert joined(["Ana", "Hilario"], "es") == "Ana e Hilario"
    assert joined(["Ana", "Hiedra"], "es") == "Ana y Hiedra"
    assert joined(["Ana", "Íñigo"], "es") == "Ana e Íñigo"


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("pl", "Cyran Czar Ćwik Lato Luty Łuk Oz Ósmy Zza Źdź Żaba"),
        ("ro", "Az Ăn Ân Stan Szabo Șerban Tudor Tz Țepeș"),
        ("es", "Nu Núñez Nz Ñandú Oro"),
        ("uk", "Гюл Ґава Ежі Єва Иб Іва Їжак Йона Кіт Щур Юлія Adam"),
        ("de", "Ähre Azur Of Oz Öz Олена"),
        ("fr", "Eluard Éluard Emile Œuvre Oz"),
        ("ar", "احسان أحمد باسم سالم نديم يوسف Adam"),
    ],
)
def test_names_are_sorted_by_the_alphabet_of_the_language(language: str, names: str) -> None:
    expected = names.split()
    backwards = expected[::-1]
    assert sorted(backwards, key=lambda name: sort_key(name, language)) == expected


@given(st.lists(st.text(max_size=8)), st.sampled_from(list(SHIPPED)))
def test_any_names_can_be_sorted_and_joined(names: list[str], language: str) -> None:
    backwards = names[::-1]
    in_order = sorted(names, key=lambda name: sort_key(name, language))
    assert in_order == sorted(backwards, key=lambda name: sort_key(name, language))
    assert isinstance(joined(names, language), str)
