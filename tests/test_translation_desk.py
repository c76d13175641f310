"""Several users can write texts in several languages without losing work, and each text has a reviewer."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from articles.models import Update
from articles.translations import desk, states
from tests import factories
from tests.forms import change_url, errors_of, form_of, member_of, opened

pytestmark = pytest.mark.django_db


def translated(update: Update, language: str, body: str) -> None:
    """Save a translation as a translator does at the desk."""
    row = update.translations.get(language=language)
    desk.save(row.pk, desk.version_token(row), {"body": body}, User.objects.create_user("karim"), accept=True)


def test_a_correction_does_not_undo_what_a_translator_saved_meanwhile() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    client = member_of("Journalist")
    data = opened(client, update)
    translated(update, "de", "<p>Es gab 14 Tote.</p>")
    assert client.post(change_url(update), {**data, "body_en": "<p>40 killed.</p>"}).status_code == 302
    update.refresh_from_db()
    assert (update.body_en, update.body_de) == ("<p>40 killed.</p>", "<p>Es gab 14 Tote.</p>")
    assert update.translations.get(language="de").outdated


def test_the_texts_of_two_translators_of_the_same_language_are_both_kept() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>", body_de="<p>14 Tote.</p>")
    client = member_of("Journalist")
    data = opened(client, update)
    translated(update, "de", "<p>14 von der Übersetzerin.</p>")
    answer = client.post(change_url(update), {**data, "body_de": "<p>14 von der Journalistin.</p>"})
    assert "14 von der Übersetzerin." in str(errors_of(answer)["body_de"])
    form = answer.context["adminform"].form
    assert form["body_de"].value() == "<p>14 von der Journalistin.</p>"
    update.refresh_from_db()
    assert update.body_de == "<p>14 von der Übersetzerin.</p>"
    # After reading it, she saves her own text again.
    again = {
        **form_of(answer),
        "body_de": "<p>14 von beiden.</p>",
        "initial-body_de": "<p>14 von der Übersetzerin.</p>",
    }
    assert client.post(change_url(update), again).status_code == 302
    update.refresh_from_db()
    assert update.body_de == "<p>14 von beiden.</p>"


def test_a_journalist_who_writes_in_a_language_is_its_reviewer() -> None:
    update = factories.update(factories.article(), body_en="<p>Peace.</p>")
    client = member_of("Journalist")
    client.post(change_url(update), {**opened(client, update), "body_uk": "<p>Мир.</p>"})
    row = update.translations.get(language="uk")
    assert (row.state, row.reviewer.username) == ("reviewed", "journalist")


def test_an_editor_decides_whether_readers_get_unreviewed_texts() -> None:
    article = factories.article()
    client = member_of("Editor")
    assert client.post(change_url(article), {**opened(client, article), "policies_de": "original"}).status_code == 302
    article.refresh_from_db()
    assert article.policies == {"de": "original"}
    answer = client.post(change_url(article), {**opened(client, article), "policies_de": "anything"})
    assert "policies" in errors_of(answer)


# The desk ------------------------------------------------------------------------------------------------


def desk_url(update: Update, language: str) -> str:
    return change_url(update.translations.get(language=language))


def written(client: Client, url: str, **texts: str) -> dict[str, Any]:
    form = client.get(url).context["form"]
    return {"stamp": form["stamp"].value(), **{name.replace("_", "-"): text for name, text in texts.items()}}


def test_a_translator_accepts_a_text_and_gets_the_next_one() -> None:
    article = factories.article()
    first, second = (factories.update(article, body_en="<p>Talks have begun.</p>") for _ in range(2))
    client = member_of("Translator")
    url = desk_url(second, "de")
    answer = client.post(url, {**written(client, url, body_0="<p>Beginn der Gespräche.</p>"), "_accept": "1"})
    assert answer.url == desk_url(first, "de")
    second.refresh_from_db()
    assert second.body_de == "<p>Beginn der Gespräche.</p>"
    assert second.translations.get(language="de").state == "reviewed"


def test_a_text_saved_without_accepting_is_in_review() -> None:
    update = factories.update(factories.article())
    client = member_of("Translator")
    url = desk_url(update, "de")
    client.post(url, {**written(client, url, body_0="<p>Beginn.</p>"), "_save": "1"})
    assert update.translations.get(language="de").state == "review"


def test_an_incomplete_translation_cannot_be_accepted() -> None:
    update = factories.update(factories.article(), headline_en="Peace", body_en="<p>It is signed.</p>")
    client = member_of("Translator")
    url = desk_url(update, "de")
    half = written(client, url, headline_0="Frieden")
    answer = client.post(url, {**half, "_accept": "1"})
    assert set(answer.context["form"].errors) == {"body-0"}
    assert update.translations.get(language="de").state == "missing"
    client.post(url, {**half, "_save": "1"})
    assert update.translations.get(language="de").state == "review"


def test_paragraphs_are_edited_side_by_side_and_saved_as_one_text() -> None:
    update = factories.update(factories.article(), body_en="<p>One.</p><ul><li>a</li><li>b</li></ul><p>Two.</p>")
    client = member_of("Translator")
    url = desk_url(update, "de")
    (section,) = client.get(url).context["sections"]
    assert [str(pair["original"]) for pair in section["pairs"]] == [
        "<p>One.</p>",
        "<ul><li>a</li><li>b</li></ul>",
        "<p>Two.</p>",
    ]
    pieces = {"body_0": "<p>Eins.</p>", "body_1": "<ul><li>a</li><li>b</li></ul>", "body_2": "<p>Zwei.</p>"}
    client.post(url, {**written(client, url, **pieces), "_accept": "1"})
    update.refresh_from_db()
    assert update.body_de == "<p>Eins.</p><ul><li>a</li><li>b</li></ul><p>Zwei.</p>"


def test_an_original_corrected_meanwhile_is_shown_before_anything_is_saved() -> None:
    update = factories.update(factories.article(), body_en="<p>14 killed.</p>")
    client = member_of("Translator")
    url = desk_url(update, "de")
    data = written(client, url, body_0="<p>14 Tote.</p>")
    update.body_en = "<p>40 killed.</p>"
    update.save()
    answer = client.post(url, {**data, "_accept": "1"})
    assert answer.status_code == 200
    update.refresh_from_db()
    assert not update.body_de
    assert answer.context["form"]["body-0"].value() == "<p>14 Tote.</p>"


def test_direction_overrides_are_not_saved() -> None:
    update = factories.update(factories.article())
    client = member_of("Translator")
    url = desk_url(update, "de")
    answer = client.post(
        url, {**written(client, url, body_0="<p>Gespräche \u202e haben begonnen.</p>"), "_accept": "1"}
    )
    assert answer.context["form"].errors
    update.refresh_from_db()
    assert not update.body_de


def test_an_update_not_meant_for_a_language_leaves_the_queue() -> None:
    update = factories.update(factories.article())
    client = member_of("Translator")
    url = desk_url(update, "de")
    client.post(url, {**written(client, url), "_refuse": "1"})
    assert update.translations.get(language="de").state == "refused"
    assert not states.Translation.objects.wanting().filter(update=update, language="de").exists()


def test_users_who_cannot_translate_do_not_see_the_desk() -> None:
    update = factories.update(factories.article())
    client = member_of("Moderator")
    assert client.get(desk_url(update, "de")).status_code == 403
    assert client.get("/admin/articles/translation/").status_code == 403


def test_machine_drafts_are_only_requested_for_texts_without_a_translator(settings: Any) -> None:
    settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"
    article = factories.article()
    update = factories.update(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>")
    rows = update.translations.all()
    rows.update(due_at=None)
    client = member_of("Translator")
    client.post(
        "/admin/articles/translation/?state=all",
        {"action": "ask_machine", "_selected_action": [row.pk for row in rows]},
    )
    assert {row.language: row.due_at is not None for row in update.translations.all()} == {
        "de": False,
        "uk": True,
        "ar": True,
    }


def test_a_user_who_asks_for_a_machine_is_told_of_an_approval_meanwhile(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"
    update = factories.update(factories.article(), body_en="<p>Peace.</p>")
    client = member_of("Translator")
    url = desk_url(update, "de")
    data = written(client, url, body_0="<p>Friede.</p>")
    ask = states.ask_machine

    def ask_late(row: states.Translation) -> bool:
        translated(update, "de", "<p>Frieden.</p>")
        return ask(row)

    monkeypatch.setattr(states, "ask_machine", ask_late)
    answer = client.post(url, {**data, "_machine": "1"})
    assert "Someone else saved this translation" in answer.content.decode()
    assert answer.context["form"]["body-0"].value() == "<p>Friede.</p>"
    row = update.translations.get(language="de")
    assert (row.state, row.due_at) == ("reviewed", None)


def test_a_filter_by_an_unknown_article_shows_the_whole_queue() -> None:
    client = member_of("Translator")
    queue = reverse("admin:articles_translation_changelist")
    for article in ("9" * 25, "٣", "x"):
        assert client.get(queue, {"coverage": article}).status_code == 200
