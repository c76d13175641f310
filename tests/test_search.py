"""The search matches words across scripts and accents, alike on every database, and forgets deleted texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from articles import changes
from articles.desk import coverage
from articles.desk.timeline import Selection
from articles.models import Author, GlossaryTerm, Snippet, Topic, Update
from comments import privacy
from comments.models import Comment, ListedWord
from liveblog.models import SearchText
from liveblog.search.folding import MAX_WORDS, fold, forms, part, words_of
from liveblog.search.queries import matching
from tests import factories
from tests.forms import member_of

pytestmark = pytest.mark.django_db

NORMAL_FORMS = [partial(unicodedata.normalize, form) for form in ("NFC", "NFD")]

#: A text, a query, and whether the query finds the text.
WORDS = [
    # Case, in every script that has it.
    ("Київ", "київ", True),
    ("außen", "AUSSEN", True),
    ("ΑΘΉΝΑΣ", "αθήνας", True),
    ("ISTANBUL", "İstanbul", True),
    # Accents, in either normal form.
    ("Constanța", "Constanta", True),
    ("Constanţa", "Constanța", True),
    ("Bras\u0326ov", "brașov", True),
    ("Łódź", "lodz", True),
    ("Über Ängste", "uber angste", True),
    ("naïveté", "naivete", True),
    ("cœur", "coeur", True),
    ("Ærø", "aero", True),
    ("København", "kobenhavn", True),
    ("Đorđe", "dorde", True),
    ("за́мок", "замок", True),
    ("ёлка", "елка", True),
    ("Ґданськ", "гданськ", True),
    # Separate letters of an alphabet stay distinct.
    ("мій", "мии", False),
    ("Київ", "киів", False),
    # Arabic.
    ("أوكرانيا", "اوكرانيا", True),
    ("إيران", "ايران", True),
    ("آسيا", "اسيا", True),
    ("مُحَمَّد", "محمد", True),
    ("محـــمد", "محمد", True),
    ("القاهرة", "القاهره", True),
    ("مصطفى", "مصطفي", True),
    ("رئيس", "رييس", True),
    ("سماء", "سما", True),
    ("رئیس", "رئيس", True),
    ("ﺍﻟﻘﺎﻫﺮﺓ", "القاهرة", True),
    ("للرئيس", "الرئيس", True),
    ("٢٠٢٤", "2024", True),
    # Any apostrophe or hyphen, or none.
    ("об’єкт", "об'єкт", True),
    ("обʼєкт", "обєкт", True),
    ("об´єкт", "об`єкт", True),
    ("O’Brien", "obrien", True),
    ("OBrien", "O'Brien", True),
    ("l’UE", "UE", True),
    ("Covid-19", "covid 19", True),
    ("Covid19", "covid-19", True),
    ("e‑mail", "email", True),
    ("AT&T", "at&t", True),
    ("R & D", "R&D", True),
    ("It was at the station", "AT&T", False),
    ("Black and white", "black & white", True),
    ("A C# developer", "C#", True),
    ("Cats", "C#", False),
    ("#Kyiv", "kyiv", True),
    # Letters with a spelling as two letters.
    ("München", "Muenchen", True),
    ("Muenchen", "München", True),
    ("Århus", "Aarhus", True),
    # Widths, ligatures and invisible characters.
    ("ＰＣＲ", "pcr", True),
    ("ﬁnal", "final", True),
    ("Don\u00adau\u200bbrücke", "donaubrucke", True),
    ("Donau\u00a0Brücke", "donau brücke", True),
    # Parts of words, and the beginning of a word for one or two letters.
    ("Donaubrücke", "brucke", True),
    ("Tirana", "ira", True),
    ("Tirana", "ti", True),
    ("Tirana", "ir", False),
    ("Tirana", "t", True),
    ("Tirana", "a", False),
    ("東京都", "京", True),
    ("서울시", "서울", True),
    ("かき", "がき", False),
    ("🔥 here", "🔥", True),
    ("100 €", "€", True),
    # All words, in any order; other characters do not count.
    ("The bridge is closed", "closed bridge", True),
    ("The bridge is closed", "bridge open", False),
    ("The bridge is closed", '"closed" AND* NEAR(bridge', False),
    ("The bridge is closed", '"closed" -(bridge*', True),
    ("one% of_them", "o_e", False),
    ("one% of_them", "o%e", False),
    ("one% of_them", "100%", False),
    ("\\d", "\\", False),
    ("anything", "' -- ; % _ * \0", False),
    ("anything", " \u200b ", False),
    ("anything", "   ", True),
]


def is_in(text: str, query: str) -> bool:
    """Return the result that the database must give."""
    folded, words = fold(text), words_of(query)
    return not query.strip() or (bool(words) and all(any(part(form) in folded for form in word) for word in words))


@pytest.mark.database
def test_words_are_found_in_every_spelling() -> None:
    article = factories.article()
    texts = {
        factories.comment(article, text=text, name="-").pk: text for text in dict.fromkeys(row[0] for row in WORDS)
    }
    for text, query, expected in WORDS:
        found = set(matching(Comment.objects.all(), query).values_list("pk", flat=True))
        assert (text in {texts[pk] for pk in found}) == expected, (text, query)
        assert found == {pk for pk, other in texts.items() if is_in(other, query)}, query


@given(st.text())
def test_folding_a_folded_word_changes_nothing(text: str) -> None:
    for token in text.split():
        for word in " ".join(forms(token)[:1]).split():
            assert forms(word)[0] == word
            assert not set("%_\\\0'\"") & set(word)


@given(st.text(), st.sampled_from([str.upper, str.lower, str.title, str.swapcase, *NORMAL_FORMS]))
def test_neither_case_nor_normal_form_makes_a_difference(text: str, change: Callable[[str], str]) -> None:
    assert fold(change(text)) == fold(text)


@given(st.text(max_size=60))
def test_a_text_is_found_by_its_own_words(text: str) -> None:
    for token in text.split():
        if forms(token):
            assert is_in(text, token)


# Searches -------------------------------------------------------------------------------------------------------------


def names(query: str) -> list[Update]:
    return list(matching(Update.objects.all(), query))


def test_an_update_is_found_by_its_present_texts_in_every_language() -> None:
    article = factories.article()
    picture = factories.picture(caption_uk="Міст у Києві", alt_en="A bridge")
    update = factories.update(
        article,
        headline_de="Brücke gesperrt",
        body_en="<p>Fish &amp; chips</p><p>cost <strong>m</strong>ore</p><ul><li>cod</li><li>rice</li></ul>",
        body_ar="<p>الجسر مغلق</p>",
        pictures=(picture,),
        embed="https://mastodon.social/@ana/1234",
    )
    for query in ("brucke", "fish & chips", "chips cost more", "мосту", "міст киє", "BRIDGE", "جسر", "mastodon"):
        expected = [] if query == "мосту" else [update]
        assert names(query) == expected, query
    assert names("strong") == names("amp") == names("codrice") == []
    with changes.edit(update):
        update.headline_de, update.body_ar = "Straße frei", ""
        update.save()
        picture.delete()
    assert names("strasse frei") == [update]
    assert names("brucke") == names("جسر") == names("bridge") == []
    update.delete()
    assert not SearchText.objects.filter(kind="articles.update").exists()


def test_a_search_takes_the_same_queries_for_any_query_and_result() -> None:
    article = factories.article()
    for _ in range(3):
        factories.update(article)
    for query in ("talks", "Talks have begun take", "é " * 500, "ä-ö-ü-å " * 500, "x" * 100_000):
        with CaptureQueriesContext(connection) as seen:
            list(names(query))
        assert len(seen) == 1
    assert len(words_of(" ".join(map(str, range(100))))) == MAX_WORDS


@pytest.mark.database
@pytest.mark.parametrize("wanted", ["  київ", "  к", "иїв"])
def test_the_index_answers_from_the_first_letter(wanted: str) -> None:
    rows = SearchText.objects.filter(text__holds=wanted)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "search_text_trigrams" in rows.explain()
        if connection.vendor == "sqlite":
            # The number after it identifies the pattern for the index.
            assert "VIRTUAL TABLE INDEX 0:L0" in rows.explain()


@pytest.mark.database
def test_the_index_forgets_deleted_comments() -> None:
    article = factories.article()
    first = factories.comment(article, name="Ірина", text="Перша", email="iryna@example.org")
    factories.comment(article, text="Thanks", parent=first)
    alone = factories.comment(article, name="Ірина", text="Друга", email="iryna@example.org")
    other = factories.comment(article, name="Ana", text="Третя")
    mine = SearchText.objects.filter(kind="comments.comment", object_id__in=[first.pk, alone.pk])
    assert set(matching(Comment.objects.all(), "ірина")) == {first, alone}
    privacy.erase("iryna@example.org")
    assert not mine.exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_text_trigrams(search_text_trigrams) VALUES ('integrity-check')")
            cursor.execute("SELECT count(*) FROM search_text_trigrams WHERE text LIKE '%ірин%'")
            assert cursor.fetchone() == (0,)
    other.text = "Четверта"
    other.save()
    assert not matching(Comment.objects.all(), "третя").exists()
    article.delete()
    assert not SearchText.objects.exists()


def test_a_decision_does_not_index_a_comment_again() -> None:
    comment = factories.comment()
    with CaptureQueriesContext(connection) as seen:
        comment.state = "approved"
        comment.save(update_fields=["state", "queued_at"])
    assert not [query for query in seen if "searchtext" in query["sql"]]


@pytest.mark.database
def test_the_index_can_be_rebuilt() -> None:
    update = factories.update(factories.article(), headline_en="Bridge", pictures=(factories.picture(),))
    comment = factories.comment(update.article, text="Bridge")
    expected = set(SearchText.objects.values_list("kind", "object_id", "language", "title", "text"))
    assert SearchText.objects.filter(kind="articles.update", object_id=update.pk).delete()[0]
    assert SearchText.objects.filter(kind="comments.comment", object_id=comment.pk).update(text="  wrong")
    SearchText.objects.create(kind="comments.comment", object_id=10**9, language="en", text="  gone")
    SearchText.objects.create(kind="no.longer", object_id=1, language="en", text="  gone")
    call_command("index_search", verbosity=0)
    assert set(SearchText.objects.values_list("kind", "object_id", "language", "title", "text")) == expected


# Every search of the site ---------------------------------------------------------------------------------------------


def test_every_search_of_the_newsroom_ignores_case_and_accents() -> None:
    article = factories.article(headline_uk="Зустріч у Києві", slug="zustrich")
    update = factories.update(article, body_en="<p>Ukraine</p>", body_ar="<p>أوكرانيا</p>")
    Author.objects.create(name="Łukasz Wójcik")
    Topic.objects.create(slug="presedinte", name_ro="Președinte")
    Snippet.objects.create(name="Außen", source_language="de", body="<p>Grüße</p>")
    GlossaryTerm.objects.create(source_language="uk", language="de", source="об’єкт", target="Maßnahme")
    ListedWord.objects.create(language="fr", word="Crétin")
    User.objects.create_user("olha", first_name="Ольга", last_name="Ґалаґан", email="olha@example.org")
    client = member_of("Editor")
    client.force_login(User.objects.create_superuser("chief"))
    for name, query in {
        "articles/article": "КИЄВІ",
        "articles/update": "اوكرانيا",
        "articles/author": "lukasz wojcik",
        "articles/topic": "preşedinte",
        "articles/snippet": "AUSSEN grusse",
        "articles/glossaryterm": "обєкт massnahme",
        "comments/listedword": "cretin",
        "auth/user": "ОЛЬГА галаган",
    }.items():
        shown = client.get(f"/admin/{name}/", {"q": query})
        assert shown.status_code == 200, name
        assert shown.context["cl"].result_count == 1, name
        assert 'id="searchbar"' in shown.content.decode()
        assert client.get(f"/admin/{name}/", {"q": f"{query} nonesuch"}).context["cl"].result_count == 0
    options = client.get(
        "/admin/autocomplete/",
        {"app_label": "articles", "model_name": "article", "field_name": "authors", "term": "ŁUKASZ"},
    ).json()
    assert [option["text"] for option in options["results"]] == ["Łukasz Wójcik"]
    assert list(Selection(search="اوكرانيا").of_article(article)) == [update]
    assert list(Selection(search="ukrainian").of_article(article)) == []


def test_related_articles_are_found_by_their_headlines() -> None:
    article = factories.article()
    other = factories.article(headline_uk="Зустріч у Києві", standfirst_en="A meeting")
    assert coverage.search(article, "КИЄВІ ministers") == [other]
    assert coverage.search(article, "meeting") == coverage.search(other, "києві") == coverage.search(article, " ") == []
