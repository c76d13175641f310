"""Each text has a state in each language, which decides which text and label readers get."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles import changes
from articles.models import Article, Translation, Update
from articles.translations import columns, drafting
from articles.translations.models import GlossaryTerm
from liveblog.actors import acting_as
from liveblog.delivery import frames
from liveblog.models import Change
from tests import factories

pytestmark = pytest.mark.django_db

State = Translation.State


def of(item: Any, language: str) -> Translation:
    return item.translations.get(language=language)


def drafted(update: Update, language: str, body: str) -> Translation:
    """Store a machine draft as an engine delivers it."""
    row = of(update, language)
    source = columns.texts_of(update, update.source_language)
    assert drafting.store(row, {"body": body}, source=source, engine="deepl", problems={})
    update.refresh_from_db()
    return of(update, language)


def page(client: Client, article: Article, language: str) -> str:
    return client.get(article.url(language)).content.decode()


# States ---------------------------------------------------------------------------------------------------------------


def test_every_language_of_the_article_has_a_state() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>One.</p>", body_de="<p>Eins.</p>")
    assert {row.language: row.state for row in update.translations.all()} == {
        "de": State.REVIEWED,
        "uk": State.MISSING,
        "ar": State.MISSING,
    }
    assert {row.language: row.state for row in article.translations.all()} == dict.fromkeys(
        ("de", "uk", "ar"), State.REVIEWED
    )


def test_a_user_who_writes_a_text_is_its_reviewer() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    user = User.objects.create_user("olena")
    with acting_as(user):
        update.body_uk = "<p>Один.</p>"
        update.save()
    row = of(update, "uk")
    assert (row.state, row.translator, row.reviewer) == (State.REVIEWED, user, user)
    assert row.source == {"body": "<p>One.</p>"}


def test_an_incomplete_text_is_not_reviewed() -> None:
    update = factories.update(factories.article(), headline_en="Peace", body_en="<p>Signed.</p>", headline_de="Frieden")
    assert of(update, "de").state == State.REVIEW
    assert of(update, "de") in Translation.objects.wanting()


def test_a_correction_of_the_original_outdates_every_translation_at_once() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    drafted(update, "uk", "<p>14 загиблих.</p>")
    update.body_en = "<p>40 killed.</p>"
    update.save()
    assert of(update, "de").outdated
    assert of(update, "uk").outdated
    assert not of(update, "ar").outdated


def test_a_correction_saved_with_its_translation_does_not_outdate_it() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    update.body_en, update.body_de = "<p>40 killed.</p>", "<p>40 Tote.</p>"
    update.save()
    assert not of(update, "de").outdated


def test_taking_a_correction_back_makes_the_translation_current_again() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    for body in ("<p>40 killed.</p>", "<p>14 killed.</p>"):
        update.body_en = body
        update.save()
    assert not of(update, "de").outdated


def test_a_new_language_of_the_article_gives_all_updates_a_state() -> None:
    article = factories.article()
    updates = [factories.update(article), factories.update(article)]
    article.languages = [*article.languages, "ro"]
    article.save()
    assert [of(update, "ro").state for update in updates] == [State.MISSING, State.MISSING]


def test_a_machine_does_not_overwrite_a_translator_who_was_faster() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    row, source = of(update, "de"), columns.texts_of(update, "en")
    update.body_de = "<p>Von Hand.</p>"
    update.save()
    assert not drafting.store(row, {"body": "<p>Maschine.</p>"}, source=source, engine="deepl", problems={})
    update.refresh_from_db()
    assert update.body_de == "<p>Von Hand.</p>"


def test_a_draft_of_an_original_corrected_meanwhile_is_discarded() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    row, source = of(update, "de"), columns.texts_of(update, "en")
    update.body_en = "<p>Two.</p>"
    update.save()
    assert not drafting.store(row, {"body": "<p>Eins.</p>"}, source=source, engine="deepl", problems={})
    assert of(update, "de").state == State.MISSING
    assert of(update, "de").due_at is not None


def test_a_draft_does_not_touch_other_languages_that_somebody_is_saving() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p>")
    drafted(update, "de", "<p>Eins.</p>")
    Update._base_manager.filter(pk=update.pk).update(body_uk="<p>Один.</p>")
    drafted(update, "ar", "<p>واحد.</p>")
    update.refresh_from_db()
    assert (update.body_de, update.body_uk, update.body_ar) == ("<p>Eins.</p>", "<p>Один.</p>", "<p>واحد.</p>")


# Readers' pages -------------------------------------------------------------------------------------------------------


def test_a_draft_is_labelled_and_offers_the_original(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>")
    drafted(update, "de", "<p>Frieden.</p>")
    html = page(client, article, "de")
    assert "Frieden." in html
    assert "Maschinelle Übersetzung, nicht geprüft. Originalsprache: Englisch" in html
    assert re.search(
        r'<details class="original">.*?<div lang="en" dir="ltr">\s*<p>Peace.</p>\s*</div>', html, re.DOTALL
    )


def test_a_reviewed_text_needs_no_label(client: Client) -> None:
    article = factories.article()
    factories.update(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>")
    html = page(client, article, "de")
    assert "translation-note" not in html
    assert "Peace." not in html


def test_readers_of_an_outdated_translation_see_a_note(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    update.body_en = "<p>40 killed.</p>"
    update.save()
    html = page(client, article, "de")
    assert "14 Tote." in html
    assert "Das Original wurde inzwischen korrigiert;" in html
    assert "40 killed." in html


@pytest.mark.parametrize(
    ("policy", "shown", "hidden"),
    [("machine", "Frieden.", None), ("original", "Peace.", "Frieden."), ("reviewed", None, "Frieden.")],
)
def test_the_article_decides_whether_readers_get_drafts(
    client: Client, policy: str, shown: str | None, hidden: str | None
) -> None:
    article = factories.article(policies={"de": policy})
    update = factories.update(article, body_en="<p>Peace.</p>")
    drafted(update, "de", "<p>Frieden.</p>")
    html = page(client, article, "de")
    assert shown is None or shown in html
    assert hidden is None or hidden not in html
    assert (update.element in html) == (shown is not None)
    assert "Peace." in page(client, article, "ar")


def test_an_update_appears_in_its_place_once_it_is_reviewed(client: Client) -> None:
    article = factories.article(policies={"de": "reviewed"})
    update = factories.update(article, body_en="<p>Peace.</p>")
    assert client.get(update.url("de")).status_code == 404
    before = Article.objects.get(pk=article.pk).page_state
    update.body_de = "<p>Frieden.</p>"
    update.save()
    assert client.get(update.url("de")).status_code == 200
    frame = frames.since(article.pk, before, Article.objects.get(pk=article.pk).page_state, "de").text
    assert '"op":"put"' in frame


def test_readers_of_a_refused_language_get_the_original(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>")
    drafted(update, "de", "<p>Frieden.</p>")
    Translation._base_manager.filter(update=update, language="de").update(state=State.REFUSED)
    html = page(client, article, "de")
    assert "Peace." in html
    assert "Frieden." not in html


def test_a_draft_only_reaches_pages_in_its_language() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>")
    before = Article.objects.get(pk=article.pk).page_state
    drafted(update, "de", "<p>Frieden.</p>")
    now = Article.objects.get(pk=article.pk).page_state
    logged = Change.objects.filter(article=article, revision__gt=before.revision)
    assert list(logged.values_list("element", "languages")) == [(update.element, ["de"])]
    assert "Frieden." in frames.since(article.pk, before, now, "de").text
    assert frames.since(article.pk, before, now, "uk").text.endswith('"changes":[]}')


def test_a_related_article_does_not_show_a_hidden_machine_headline(client: Client) -> None:
    article = factories.article()
    other = factories.article(headline_de="", policies={"de": "original"})
    with changes.edit(article):
        article.related.add(other)
    row = of(other, "de")
    source = columns.texts_of(other, "en")
    assert drafting.store(row, {"headline": "Maschinentitel"}, source=source, engine="deepl", problems={})
    html = page(client, article, "de")
    assert "Maschinentitel" not in html
    assert 'lang="en" dir="ltr">Ministers meet in Bucharest' in html


def test_the_glossary_names_terms_that_are_not_translated() -> None:
    GlossaryTerm.objects.create(source_language="en", language="de", source="NATO")
    GlossaryTerm.objects.create(source_language="en", language="de", source="Credit", target="Foto")
    assert [term.expected for term in GlossaryTerm.between("en", "de")] == ["Foto", "NATO"]
