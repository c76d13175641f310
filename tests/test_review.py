"""Nobody can mark a wrong translation as reviewed without first seeing the remarks, in any form."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from articles import changes
from articles.history import recording, restoring
from articles.models import Article, GlossaryTerm, Translation, Update
from articles.publishing import syndication
from articles.translations import columns, desk, drafting, review, states
from liveblog.actors import acting_as
from liveblog.languages import column
from tests import factories
from tests.actors import TEST
from tests.forms import change_url, errors_of, form_of, member_of, opened

pytestmark = pytest.mark.django_db

State = Translation.State

SOURCE = '<p>The wind reached 130 km/h, says <a href="https://example.org/wind">the service</a>.</p>'
RIGHT = '<p>Der Wind erreichte 130 km/h, sagt <a href="https://example.org/wind">der Dienst</a>.</p>'
WRONG = "<p>Der Wind erreichte 150 km/h, sagt der Dienst.</p>"


def of(item: Any, language: str = "de") -> Translation:
    return item.translations.get(language=language)


def storm(**fields: Any) -> Update:
    return factories.update(factories.article(), body_en=SOURCE, **fields)


def desk_url(item: Any, language: str = "de") -> str:
    return change_url(of(item, language))


def sent(client: Client, url: str, **texts: str) -> dict[str, Any]:
    form = client.get(url).context["form"]
    return {"stamp": form["stamp"].value(), **{name.replace("_", "-"): text for name, text in texts.items()}}


def codes(row: Translation) -> set[str]:
    return {entry["code"] for entry in row.accepted}


# The translators' desk ------------------------------------------------------------------------------------------------


def test_the_first_press_shows_the_remarks_and_the_second_accepts_and_records_them(client: Client) -> None:
    update = storm()
    translator = member_of("Translator")
    url = desk_url(update)
    data = {**sent(translator, url, body_0=WRONG), "_accept": "1"}
    answer = translator.post(url, data)
    named = str(answer.context["named"])
    assert "130" in named
    assert "150" in named
    assert "https://example.org/wind" in named
    assert "approve it again" in answer.content.decode()
    assert of(update).state == State.MISSING
    assert "150 km" not in client.get(update.article.url("de")).content.decode()
    assert translator.post(url, {**data, "acknowledged": answer.context["keys"]}).status_code == 302
    row = of(update)
    assert (row.state, row.reviewer.username) == (State.REVIEWED, "translator")
    assert codes(row) == {"numbers", "structure"}
    version = update.versions.order_by("-number")[0]
    assert version.user == row.reviewer
    assert {entry["code"] for entry in version.data["translations"]["de"]["accepted"]} == {"numbers", "structure"}


def test_a_remark_that_was_not_shown_needs_another_press() -> None:
    update = storm()
    translator = member_of("Translator")
    url = desk_url(update)
    data = {**sent(translator, url, body_0=WRONG), "_accept": "1"}
    keys = translator.post(url, data).context["keys"]
    worse = {**data, "body-0": WRONG.replace("150", "180"), "acknowledged": keys}
    assert translator.post(url, worse).status_code == 200
    assert of(update).state == State.MISSING


def test_a_text_without_remarks_needs_one_press() -> None:
    update = storm()
    translator = member_of("Translator")
    url = desk_url(update)
    assert translator.post(url, {**sent(translator, url, body_0=RIGHT), "_accept": "1"}).status_code == 302
    assert (of(update).state, of(update).accepted) == (State.REVIEWED, [])


@pytest.mark.parametrize(
    ("source", "language", "text"),
    [
        ("Talks have begun", "ar", "Talks have begun"),
        ("Talks have begun", "de", "Talks have begun"),
        ("Розмови тривають", "de", "Розмови тривають"),
        ("Bread, milk, cheese", "uk", "bread, milk, cheese"),
    ],
)
def test_a_short_headline_in_the_wrong_language_is_not_accepted_unseen(source: str, language: str, text: str) -> None:
    own = "uk" if source.startswith("Р") else "en"
    update = factories.update(factories.article(), source_language=own, **{column("headline", own): source})
    translator = member_of("Translator")
    url = desk_url(update, language)
    data = {**sent(translator, url, headline_0=text), "_accept": "1"}
    assert translator.post(url, data).context["named"]
    assert of(update, language).state == State.MISSING


def test_remarks_use_the_present_original_and_glossary() -> None:
    update = storm()
    user = User.objects.create_user("greta")
    row = of(update)
    token = desk.version_token(row)
    GlossaryTerm.objects.create(source_language="en", language="de", source="service", target="Wetterdienst")
    with pytest.raises(review.RemarksError) as caught:
        desk.save(row.pk, token, {"body": RIGHT}, user, accept=True)
    assert [problem.code for problem in caught.value.problems["body"]] == ["terms"]
    assert of(update).state == State.MISSING


@pytest.mark.database
def test_editors_can_find_texts_accepted_with_remarks() -> None:
    update = storm()
    translator = member_of("Translator")
    url = desk_url(update)
    data = {**sent(translator, url, body_0=WRONG), "_accept": "1"}
    translator.post(url, {**data, "acknowledged": translator.post(url, data).context["keys"]})
    editor = member_of("Editor")
    queue = editor.get(reverse("admin:articles_translation_changelist"), {"state": "remarks"}).content.decode()
    assert "130, 150" in queue
    assert "translator" in queue
    assert "Approved despite warnings" in editor.get(url).content.decode()
    versions = editor.get(reverse("admin:articles_update_versions", args=[update.pk])).content.decode()
    assert "Approved despite warnings" in versions
    assert "130, 150" in versions


# The form of an update ------------------------------------------------------------------------------------------------


def test_the_update_form_shows_remarks_beside_their_field_and_asks_again() -> None:
    update = storm()
    client = member_of("Journalist")
    data = {**opened(client, update), "body_de": WRONG}
    answer = client.post(change_url(update), data)
    assert "150" in str(errors_of(answer)["body_de"])
    assert "save again" in str(errors_of(answer)["__all__"])
    assert of(update).state == State.MISSING
    again = {**data, "acknowledged": answer.context["adminform"].form.named}
    assert client.post(change_url(update), again).status_code == 302
    assert (of(update).state, of(update).reviewer.username) == (State.REVIEWED, "journalist")
    assert codes(of(update)) == {"numbers", "structure"}


def test_the_forms_of_articles_and_new_updates_show_remarks_and_ask_again() -> None:
    client = member_of("Editor")
    article = factories.article()
    wrong = {"headline_de": "Ministers meet in Bucharest"}
    answer = client.post(change_url(article), {**opened(client, article), **wrong})
    assert "headline_de" in errors_of(answer)
    keys = answer.context["adminform"].form.named
    assert (
        client.post(change_url(article), {**opened(client, article), **wrong, "acknowledged": keys}).status_code == 302
    )
    assert of(article).reviewer.username == "editor"
    history = client.get(reverse("admin:articles_article_history", args=[article.pk])).content.decode()
    assert "Approved the translation despite warnings (German)" in history
    add = reverse("admin:articles_update_add")
    form = client.get(add, {"article": article.pk, "form": "1"})
    new = {**form_of(form), "article": article.pk, "source_language": "en", "body_en": SOURCE, "body_de": WRONG}
    answer = client.post(add, {**new, "_publish": "1"})
    assert "body_de" in errors_of(answer)
    assert not Update.objects.exists()
    keys = answer.context["adminform"].form.named
    assert client.post(add, {**new, "_publish": "1", "acknowledged": keys}).status_code == 302
    assert codes(of(Update.objects.get())) == {"numbers", "structure"}


def test_the_form_does_not_ask_about_unchanged_texts() -> None:
    with review.acknowledging([]):
        update = storm(body_de=WRONG)
    client = member_of("Journalist")
    errors = errors_of(client.post(change_url(update), {**opened(client, update), "body_uk": SOURCE}))
    assert "body_uk" in errors
    assert "body_de" not in errors


def test_a_headline_without_an_original_is_checked_too() -> None:
    update = storm()
    client = member_of("Journalist")
    data = {**opened(client, update), "body_de": RIGHT, "headline_de": "The wind has fallen asleep"}
    assert "headline_de" in errors_of(client.post(change_url(update), data))


def test_remarks_appear_beside_their_field_while_somebody_writes() -> None:
    update = storm()
    client = member_of("Translator")
    url = reverse("admin:articles_update_remarks", args=[update.pk])
    remarks = client.post(url, {**opened(client, update), "body_de": WRONG}).json()
    assert "150" in str(remarks["body_de"])
    assert client.post(url, {**opened(client, update), "body_de": RIGHT}).json() == {}
    assert of(update).state == State.MISSING
    assert member_of("Moderator").post(url, {}).status_code == 403


# Versions -------------------------------------------------------------------------------------------------------------


def test_a_version_with_a_wrong_number_is_only_restored_after_its_remarks_were_shown() -> None:
    update = storm(body_de=RIGHT)
    with acting_as(User.objects.create_user("greta")):
        for language, text in (("en", SOURCE.replace("130", "180")), ("de", RIGHT.replace("130", "180"))):
            setattr(update, column("body", language), text)
        update.save()
    editor = member_of("Editor")
    url = reverse("admin:articles_update_versions", args=[update.pk])
    newest, first = (version.name for version in update.versions.all())
    data = {"version": first, "newest": newest, "what": "de"}
    answer = editor.post(url, data)
    assert "180" in str(answer.context["remarks"])
    update.refresh_from_db()
    assert "180" in update.body_de
    assert editor.post(url, {**data, "acknowledged": answer.context["keys"]}).status_code == 302
    row = of(update)
    assert (row.state, row.reviewer.username, row.outdated) == (State.REVIEWED, "editor", True)
    assert codes(row) == {"numbers"}


def test_a_restored_version_keeps_its_accepted_remarks() -> None:
    update = storm()
    greta = User.objects.create_user("greta")
    row, source = of(update), {"body": SOURCE}
    keys = review.keys_of("de", review.problems_of(update, source, {"body": WRONG}, "de"))
    desk.save(row.pk, desk.version_token(row), {"body": WRONG}, greta, accept=True, acknowledged=keys)
    row = of(update)
    desk.save(row.pk, desk.version_token(row), {"body": RIGHT}, greta, accept=True)
    restoring.restore(update.pk, 2, 3, User.objects.create_user("karim"), ["de"])
    assert (of(update).state, of(update).reviewer) == (State.REVIEWED, greta)
    assert codes(of(update)) == {"numbers", "structure"}


# No bypass ------------------------------------------------------------------------------------------------------------


def _in_code(update: Update) -> None:
    update.body_de = WRONG
    update.save()


def _by_its_state(update: Update) -> None:
    with states.without_state_tracking("de"), changes.edit(update):
        columns.write(update, "de", {"body": WRONG})
        row = of(update)
        row.state = State.REVIEWED
        row.save()


def _by_a_bulk_write(update: Update) -> None:
    with states.without_state_tracking("de"), changes.edit(update):
        columns.write(update, "de", {"body": WRONG})
        Translation.objects.filter(update=update, language="de").update(state=State.REVIEWED)


def _under_a_reviewed_text(update: Update) -> None:
    update.body_de = RIGHT
    update.save()
    assert of(update).state == State.REVIEWED
    with states.without_state_tracking("de"), changes.edit(update):
        columns.write(update, "de", {"body": WRONG})


def _while_the_language_is_hidden(update: Update) -> None:
    update.body_de = RIGHT
    update.save()
    article = update.article
    article.languages = ["en", "uk"]
    article.save()
    update.refresh_from_db()
    update.body_de = WRONG
    update.save()
    article.languages = ["en", "de", "uk"]
    article.save()


@pytest.mark.parametrize(
    "way", [_in_code, _by_its_state, _by_a_bulk_write, _under_a_reviewed_text, _while_the_language_is_hidden]
)
def test_no_code_marks_a_text_as_reviewed_if_nobody_acknowledged_its_remarks(way: Callable[[Update], None]) -> None:
    update = storm()
    way(update)
    update.refresh_from_db()
    assert "150" in update.body_de
    assert of(update).state == State.REVIEW


def test_only_one_place_in_the_code_marks_translations_as_reviewed() -> None:
    sets_it = re.compile(r"\bstate\b[^=\n]*[^=!]=[^=\n]*\bREVIEWED\b")
    places = {path.name for path in Path("articles").rglob("*.py") if sets_it.search(path.read_text())}
    # Readers get originals like reviewed texts.
    assert places - {"selection.py"} == {"review.py"}


def test_adding_a_language_does_not_mark_its_existing_texts_as_reviewed() -> None:
    article = factories.article(languages=["en", "uk"])
    update = factories.update(article, body_en="<p>Peace.</p>")
    for item, name, text in ((article, "headline_de", "Minister tagen"), (update, "body_de", "<p>Frieden.</p>")):
        type(item)._base_manager.filter(pk=item.pk).update(**{name: text})
    article.refresh_from_db()
    article.languages = ["en", "uk", "de"]
    with acting_as(User.objects.create_user("ioana")):
        article.save()
    assert (of(article).state, of(update).state) == (State.REVIEW, State.REVIEW)


def test_copies_have_the_review_state_of_the_original_update() -> None:
    article, other = factories.article(), factories.article()
    picture = factories.picture(caption_en="The hall at night", caption_de="Der Saal bei Nacht", alt_de="Der Saal")
    picture.credit_de = "Foto: I. Moraru"
    update = factories.update(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>", pictures=(picture,))
    assert of(update).state == State.REVIEWED
    (copy,) = syndication.copy_to(update, [other], TEST)
    assert (of(copy).state, of(copy).outdated) == (State.REVIEWED, False)
    assert drafting.store(
        of(update, "uk"), {"body": "<p>Мир.</p>"}, source=columns.texts_of(update, "en"), engine="deepl", problems={}
    )
    assert of(copy, "uk").state == State.MACHINE


def test_a_replay_reviews_nothing() -> None:
    article = factories.article(slug="storm")
    update = factories.update(article, body_en=SOURCE, body_de=RIGHT)
    source = columns.texts_of(update, "en")
    text = SOURCE.replace("The wind reached", "Вітер досяг").replace("the service", "служба")
    assert drafting.store(of(update, "uk"), {"body": text}, source=source, engine="deepl", problems={})
    call_command("replay", "storm", speed=1e9)
    copy = Article.objects.get(slug="storm-replay").updates.get()
    assert (of(copy, "de").state, of(copy, "uk").state) == (State.REVIEWED, State.MACHINE)


def test_an_accepted_text_stays_accepted_when_the_glossary_changes() -> None:
    update = storm(body_de=RIGHT)
    GlossaryTerm.objects.create(source_language="en", language="de", source="service", target="Wetterdienst")
    update.is_key = True
    update.save()
    assert of(update).state == State.REVIEWED
    stored = recording.as_stored(Update.read(update.pk, with_relations=True) or update)
    assert stored["translations"]["de"]["state"] == State.REVIEWED


def test_only_the_rule_and_copies_store_that_a_text_was_accepted() -> None:
    root = Path(__file__).parent.parent
    writing = re.compile(r"\breview_digest = |[\"']review_digest[\"']\] = |\breview_digest=")
    modules = [path for path in root.glob("articles/**/*.py") if "migrations" not in path.parts]
    found = {str(path.relative_to(root)) for path in modules if writing.search(path.read_text(encoding="utf-8"))}
    assert found - {"articles/translations/models.py"} == {
        "articles/translations/review.py",
        "articles/translations/states.py",
    }
