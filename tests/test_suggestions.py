"""A correction of the original reaches reviewed translations as a suggestion with the fewest changes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Translation, Update
from articles.publishing import syndication
from articles.translations import columns, desk, drafting, suggestions
from tests import factories
from tests.actors import TEST
from tests.forms import change_url, member_of
from tests.server import PATIENCE
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

State = Translation.State

ENGLISH = Update(source_language="en")


@pytest.fixture
def provider(settings: Any) -> Iterator[TranslationServer]:
    with TranslationServer() as server:
        settings.DEEPL_API_KEY, settings.DEEPL_URL = "a key", server.url
        settings.TRANSLATION_TIMEOUT = float(PATIENCE)
        yield server


def of(update: Any, language: str = "de") -> Translation:
    return update.translations.get(language=language)


def work() -> None:
    while drafting.draft_due():
        pass


def reviewed(body_en: str, body_de: str, **fields: Any) -> Update:
    article = factories.article(languages=["en", "de"], headline_de="Minister tagen in Bukarest")
    update = factories.update(article, body_en=body_en, body_de=body_de, **fields)
    assert of(update).state == State.REVIEWED
    work()
    return update


def corrected(update: Update, body_en: str) -> Translation:
    update.refresh_from_db()
    update.body_en = body_en
    update.save()
    return of(update)


def suggested(update: Update, language: str = "de") -> dict[str, str] | None:
    update.refresh_from_db()
    return suggestions.of(of(update, language), columns.texts_of(update, "en"))


def sent(provider: TranslationServer) -> list[str]:
    """Return all texts sent to the provider."""
    return [text for asked in provider.requests if "translate" in asked.path for text in asked.body["text"]]


BODY = "<p>14 allies met. They talked about money.</p><p>It rained all day.</p>"
GERMAN = "<p>Getagt haben 14 Verbündete. Sie sprachen über Geld.</p><p>Es regnete den ganzen Tag.</p>"


# The smallest change --------------------------------------------------------------------------------------------------


def test_a_changed_number_is_replaced_without_the_provider(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    asked = len(sent(provider))
    corrected(update, BODY.replace("14", "40"))
    work()
    assert suggested(update) == {"body": GERMAN.replace("14", "40")}
    assert len(sent(provider)) == asked
    assert of(update).state == State.REVIEWED


def test_a_change_that_needs_no_machine_is_suggested_at_once_without_a_provider() -> None:
    update = reviewed(BODY, GERMAN)
    row = corrected(update, BODY.replace("14", "1,400"))
    assert suggested(update) == {"body": GERMAN.replace("14", "1.400")}
    assert (row.outdated, row.state, row.due_at) == (True, State.REVIEWED, None)
    corrected(update, BODY.replace("It rained all day.", "It snowed all night."))
    assert suggested(update) is None


def test_only_the_sentence_that_changed_is_sent(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    provider.answers["de", "They argued about borders."] = "Sie stritten über Grenzen."
    asked = len(sent(provider))
    corrected(update, BODY.replace("They talked about money.", "They argued about borders."))
    work()
    assert suggested(update) == {"body": GERMAN.replace("Sie sprachen über Geld.", "Sie stritten über Grenzen.")}
    assert sent(provider)[asked:] == ["They argued about borders."]


@pytest.mark.parametrize(
    ("old", "now", "written", "language", "expected"),
    [
        ("It cost 1,500 euros", "It cost 1,700 euros", "Das kostete 1.500 Euro", "de", "Das kostete 1.700 Euro"),
        ("Up by 3.5 percent", "Up by 4.5 percent", "Ein Plus von 3,5 Prozent", "de", "Ein Plus von 4,5 Prozent"),
        ("1,500 euros", "1,700 euros", "1\u202f500 euros", "fr", "1\u202f700 euros"),
        ("14 million euros", "40 million euros", "١٤ مليون يورو", "ar", "٤٠ مليون يورو"),
        ("Minister Zelenski spoke", "Minister Zelensky spoke", "Es sprach Zelenski", "de", "Es sprach Zelensky"),
        # 14 мільйонів, but 22 мільйони: the form of the word changes.
        ("14 million euros", "22 million euros", "14 мільйонів євро", "uk", None),
        # The new name may need a feminine form.
        ("Minister Schmidt spoke", "Minister Kaminski spoke", "Minister Schmidt sprach", "de", None),
        ("130 km/h on 130 roads", "150 km/h on 130 roads", "130 km/h auf 130 Straßen", "de", None),
        ("14 allies", "40 allies", "Vierzehn Verbündete", "de", None),
        ("It is true", "It is not true", "Das stimmt", "de", None),
    ],
)  # fmt: skip
def test_numbers_and_names_are_replaced_where_it_is_safe(
    old: str, now: str, written: str, language: str, expected: str | None
) -> None:
    plan = suggestions.plan(ENGLISH, {"headline": old}, {"headline": now}, {"headline": written}, language)
    assert plan.sentences == ([] if expected else [now])
    assert plan.texts(["*"] * len(plan.sentences)) == {"headline": expected or "*"}


@pytest.mark.parametrize(
    ("old", "now", "written", "sentences", "expected"),
    [
        (
            "<p>One.</p><p>Two.</p>",
            "<p>One.</p><p>Something new.</p><p>Two.</p>",
            "<p>Eins.</p><p>Zwei.</p>",
            ["<p>Something new.</p>"],
            "<p>Eins.</p><p>*</p><p>Zwei.</p>",
        ),
        ("<p>One.</p><p>Two.</p>", "<p>Two.</p>", "<p>Eins.</p><p>Zwei.</p>", [], "<p>Zwei.</p>"),
        (
            "<ul><li>One</li><li>Two</li></ul>",
            "<ul><li>One</li><li>Two</li><li>Three</li></ul>",
            "<ul><li>Eins</li><li>Zwei</li></ul>",
            ["<li>Three</li>"],
            "<ul><li>Eins</li><li>Zwei</li><li>*</li></ul>",
        ),
        (
            '<p>See <a href="https://a.example/1">this</a>.</p>',
            '<p>See <a href="https://a.example/2">this</a>.</p>',
            '<p>Hier <a href="https://a.example/1">lesen</a>.</p>',
            [],
            '<p>Hier <a href="https://a.example/2" rel="noopener">lesen</a>.</p>',
        ),
    ],
)
def test_added_and_removed_paragraphs_items_and_links_leave_reviewed_words(
    old: str, now: str, written: str, sentences: list[str], expected: str
) -> None:
    plan = suggestions.plan(ENGLISH, {"body": old}, {"body": now}, {"body": written}, "de")
    assert plan.sentences == sentences
    assert plan.texts([re.sub(r">[^<]+<", ">*<", sentence) for sentence in sentences]) == {"body": expected}


_WORDS = st.lists(st.sampled_from(["Rain", "fell", "on", "the", "old", "town", "again"]), min_size=2, max_size=6)
_SENTENCES = st.lists(_WORDS.map(lambda words: " ".join(words).capitalize() + "."), min_size=1, max_size=4, unique=True)


@given(_SENTENCES, st.data())
def test_unchanged_sentences_keep_their_reviewed_words(sentences: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sentences) - 1))
    changed = [*sentences]
    changed[place] = "Nobody knows why."
    written = [f"Satz {number} steht." for number in range(len(sentences))]
    old, now, text = (f"<p>{' '.join(each)}</p>" for each in (sentences, changed, written))
    plan = suggestions.plan(ENGLISH, {"body": old}, {"body": now}, {"body": text}, "de")
    result = plan.texts(["Neu." for _ in plan.sentences])["body"]
    kept = [sentence for number, sentence in enumerate(written) if number != place]
    assert all(sentence in result for sentence in kept)
    assert len(plan.sentences) == 1


# The life of a suggestion ---------------------------------------------------------------------------------------------


def test_readers_never_see_a_suggestion(provider: TranslationServer, client: Client) -> None:
    update = reviewed(BODY, GERMAN)
    corrected(update, BODY.replace("14", "40"))
    before = client.get(update.article.url("de")).content.decode()
    work()
    assert suggested(update) == {"body": GERMAN.replace("14", "40")}
    cache.clear()
    assert client.get(update.article.url("de")).content.decode() == before
    assert "40 Verbündete" not in before
    assert "14 Verbündete" in before
    assert "40 allies" in before


def test_a_suggestion_arrives_later_if_the_provider_is_down(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    provider.fault = "503"
    corrected(update, BODY.replace("It rained all day.", "It snowed all night."))
    for _ in range(drafting.queue.max_attempts + 2):
        work()
        Translation._base_manager.filter(due_at__isnull=False).update(due_at=timezone.now())
    assert suggested(update) is None
    assert of(update).failure == "busy"
    provider.fault = None
    provider.answers["de", "<p>It snowed all night.</p>"] = "<p>Es schneite die ganze Nacht.</p>"
    provider.answers["de", "It snowed all night."] = "Es schneite die ganze Nacht."
    work()
    assert suggested(update) == {"body": GERMAN.replace("Es regnete den ganzen Tag.", "Es schneite die ganze Nacht.")}
    assert of(update).failure == ""


def test_a_second_correction_replaces_a_suggestion_and_taking_it_back_removes_it(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    for night, german in (
        ("It snowed all night.", "Es schneite die ganze Nacht."),
        ("It hailed all night.", "Es hagelte die ganze Nacht."),
    ):
        provider.answers["de", night] = german
        provider.answers["de", f"<p>{night}</p>"] = f"<p>{german}</p>"
        corrected(update, BODY.replace("It rained all day.", night))
        assert suggested(update) is None
        work()
        assert suggested(update) == {"body": GERMAN.replace("Es regnete den ganzen Tag.", german)}
    corrected(update, BODY.replace("14", "40"))
    assert suggested(update) == {"body": GERMAN.replace("14", "40")}
    corrected(update, BODY)
    row = of(update)
    assert (row.outdated, row.suggestion, row.due_at) == (False, {}, None)


def test_an_unusable_draft_makes_no_suggestion(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    provider.fault = "wrong language"
    long = "The ministers of all the allied countries quarrelled about the borders for the whole of the afternoon."
    corrected(update, BODY.replace("They talked about money.", long))
    work()
    assert suggested(update) is None
    assert of(update).failure == "language"


def test_copies_share_one_suggestion(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    (copy,) = syndication.copy_to(update, [factories.article(languages=["en", "de"])], TEST)
    corrected(copy, BODY.replace("14", "40"))
    work()
    assert [bool(of(each).suggestion) for each in (update, copy)] == [True, False]
    update.refresh_from_db()
    row = of(update)
    user = User.objects.create_user("greta")
    desk.save(row.pk, desk.version_token(row), {"body": GERMAN.replace("14", "40")}, user, accept=True)
    copy.refresh_from_db()
    assert "40" in copy.body_de
    assert not of(copy).outdated


# The translator -------------------------------------------------------------------------------------------------------


def opened(client: Client, update: Update) -> tuple[str, Any]:
    url = change_url(of(update))
    return url, client.get(url)


def pressed(page: Any, button: str) -> dict[str, str]:
    """Return the data that a page sends if the user presses a button."""
    return {"stamp": page.context["form"]["stamp"].value(), "suggestion": page.context["suggestion"], button: "1"}


def test_the_translator_sees_the_difference_and_accepts_it_with_one_press(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    corrected(update, BODY.replace("14", "40"))
    work()
    translator = member_of("Translator")
    url, page = opened(translator, update)
    (section,) = page.context["sections"]
    assert "<del>" in section["suggestion"]
    assert "40</ins>" in section["suggestion"]
    data = pressed(page, "_take")
    assert translator.post(url, data).status_code == 302
    update.refresh_from_db()
    row = of(update)
    assert update.body_de == GERMAN.replace("14", "40")
    assert (row.state, row.outdated, row.reviewer.username) == (State.REVIEWED, False, "translator")
    assert row.suggestion == {}


def test_a_suggestion_with_remarks_needs_a_second_press(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    provider.answers["de", "They want 7,000 men."] = "Sie wollen 9.000 Mann."
    corrected(update, BODY.replace("They talked about money.", "They want 7,000 men."))
    work()
    translator = member_of("Translator")
    url, page = opened(translator, update)
    data = pressed(page, "_take")
    answer = translator.post(url, data)
    assert "9.000" in str(answer.context["named"])
    assert of(update).outdated
    assert translator.post(url, {**data, "acknowledged": answer.context["keys"]}).status_code == 302
    assert [entry["code"] for entry in of(update).accepted] == ["numbers"]


def test_a_suggestion_can_be_edited_first(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    corrected(update, BODY.replace("14", "40"))
    work()
    translator = member_of("Translator")
    url, page = opened(translator, update)
    assert "14" in page.context["form"]["body-0"].value()
    data = pressed(page, "_edit")
    answer = translator.post(url, data)
    assert "40 Verbündete" in answer.context["form"]["body-0"].value()
    assert of(update).outdated


def test_a_suggestion_that_was_replaced_meanwhile_is_not_accepted(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    corrected(update, BODY.replace("14", "40"))
    work()
    translator = member_of("Translator")
    url, page = opened(translator, update)
    data = pressed(page, "_take")
    corrected(update, BODY.replace("14", "50"))
    work()
    assert translator.post(url, data).status_code == 200
    update.refresh_from_db()
    assert update.body_de == GERMAN


def test_translations_with_an_error_in_public_come_first_in_the_queue(provider: TranslationServer) -> None:
    update = reviewed(BODY, GERMAN)
    factories.update(update.article, body_en="<p>Peace at last, says the minister.</p>", is_key=True)
    corrected(update, BODY.replace("14", "40"))
    work()
    queue = member_of("Translator").get(reverse("admin:articles_translation_changelist"), {"language": "de"})
    first = queue.context["cl"].result_list[0]
    assert first.update_id == update.pk
    assert "Suggestion" in queue.content.decode()
    assert Translation.objects.wanting().filter(language="de").urgent_first()[0].update_id == update.pk
