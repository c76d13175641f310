"""If one engine cannot draft a text, the next one does; texts under embargo are sent to none."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from articles.models import EngineUse, Translation, Update
from articles.translations import drafting, suggestions, usage
from comments import translation
from comments.models import Comment
from liveblog.actors import acting_as
from liveblog.translation import engines, prices
from tests import factories
from tests.forms import change_url, member_of
from tests.server import PATIENCE
from tests.test_drafting import ANSWERS, SOURCE, make_due, state
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

State = Translation.State


@pytest.fixture
def first(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TranslationServer]:
    """Return the first provider, which runs models; `second` is the next."""
    monkeypatch.setattr(engines, "_paused_until", {})
    settings.TRANSLATION_ENGINES = "llm libretranslate; en>uk libretranslate"
    settings.TRANSLATION_TIMEOUT = float(PATIENCE)
    with answering() as server:
        settings.LLM_URL, settings.LLM_MODEL = server.url, "news-1"
        yield server


@pytest.fixture
def second(settings: Any) -> Iterator[TranslationServer]:
    with answering() as server:
        settings.LIBRETRANSLATE_URL = server.url
        yield server


def answering() -> TranslationServer:
    return TranslationServer(answers={(language, SOURCE): text for language, text in ANSWERS.items()})


def drafted() -> Update:
    update = factories.update(factories.article(languages=["en", "de"]), body_en=SOURCE)
    drafting.draft_due()
    return update


def test_the_first_engine_drafts(first: TranslationServer, second: TranslationServer) -> None:
    assert state(drafted()).engine == "llm"
    assert not second.translations


@pytest.mark.parametrize(
    "fault", ["456", "403", "429", "500", "hang up", "not json", "empty", "truncated", "broken tags", "wrong language"]
)
def test_the_next_engine_drafts_if_one_fails_or_writes_rubbish(
    first: TranslationServer, second: TranslationServer, fault: str
) -> None:
    first.fault = fault
    row = state(drafted())
    assert (row.state, row.engine, row.failure) == (State.MACHINE, "libretranslate", "")


def test_an_engine_out_of_quota_is_not_asked_for_each_text(first: TranslationServer, second: TranslationServer) -> None:
    first.fault = "456"
    for _ in range(3):
        assert state(drafted()).engine == "libretranslate"
    assert len(first.translations) == 1


def test_a_text_waits_if_all_engines_fail(first: TranslationServer, second: TranslationServer) -> None:
    first.fault, second.fault = "500", "403"
    update = drafted()
    assert state(update).state == State.MISSING
    assert state(update).due_at is not None, "The first engine may be back later."
    second.fault = None
    make_due()
    drafting.draft_due()
    assert state(update).state == State.MACHINE


def test_a_text_is_left_to_people_if_no_engine_will_ever_take_it(
    first: TranslationServer, second: TranslationServer
) -> None:
    first.fault = second.fault = "403"
    update = drafted()
    assert (state(update).state, state(update).due_at) == (State.MISSING, None)


def test_a_pair_of_languages_has_its_own_engines(first: TranslationServer, second: TranslationServer) -> None:
    update = factories.update(factories.article(languages=["en", "de", "uk"]), body_en=SOURCE)
    while drafting.draft_due():
        pass
    assert {row.language: row.engine for row in update.translations.all()} == {"de": "llm", "uk": "libretranslate"}


def test_an_engine_is_told_what_readers_have_read_before(first: TranslationServer) -> None:
    article = factories.article(languages=["en", "de"])
    for minute in range(5):
        factories.update(article, body_en=f"<p>Minute {minute} &amp; more.</p>")
    factories.update(article, source_language="de", body_de="<p>Regen.</p>")
    update = factories.update(article, body_en=SOURCE)
    while drafting.draft_due():
        pass
    sent = [json.loads(request.body["messages"][1]["content"]) for request in first.translations]
    [asked] = [each["context"] for each in sent if each["texts"] == [SOURCE]]
    assert article.headline_en in asked
    assert all(f"Minute {minute} & more." in asked for minute in (2, 3, 4))
    assert "Minute 1" not in asked
    assert "Regen" not in asked
    assert state(update).state == State.MACHINE


def test_a_comment_is_translated_by_the_next_engine_too(first: TranslationServer, second: TranslationServer) -> None:
    first.fault = "456"
    comment = Comment.objects.create(
        article=factories.article(), language="en", name="Ana", text="Rain", state="approved"
    )
    assert translation.translate(comment, "de") == "Die"
    assert comment.translations.get().engine == "libretranslate"


def test_texts_under_embargo_leave_the_house_when_they_are_published(first: TranslationServer, settings: Any) -> None:
    settings.TRANSLATE_UNPUBLISHED = False
    article = factories.article(languages=["en", "de"])
    later = timezone.now() + timedelta(hours=1)
    update = factories.update(article, body_en=SOURCE, state=Update.State.SCHEDULED, publish_at=later)
    while drafting.draft_due():
        pass
    assert "Fourteen allies" not in str(first.requests)
    update.state = Update.State.PUBLISHED
    update.save()
    drafting.draft_due()
    assert state(update).state == State.MACHINE


# Costs and quality ----------------------------------------------------------------------------------------------------


def used(update: Update) -> list[tuple[Any, ...]]:
    return [
        (row["engine"], row["language"], row["texts"], row["characters"], row["accepted"], row["changed"])
        for row in usage.by_engine(update.article_id)
    ]


def test_texts_and_characters_are_counted_by_engine(first: TranslationServer, second: TranslationServer) -> None:
    update = drafted()
    asked = [json.loads(request.body["messages"][1]["content"]) for request in first.translations]
    sent = sum(len(text) for each in asked for text in each["texts"])
    [(engine, language, texts, characters, accepted, changed)] = used(update)
    assert (engine, language, texts, characters) == ("llm", "de", 1, sent)
    assert (accepted, changed) == (0, None)


def test_the_share_that_people_change_is_counted_when_they_accept(first: TranslationServer) -> None:
    update = drafted()
    update.refresh_from_db()
    with acting_as(User.objects.create_superuser("editor")):
        update.body_de = update.body_de.replace("Vierzehn", "14")
        update.save()
    [(*_, accepted, changed)] = used(update)
    assert (state(update).state, accepted) == (State.REVIEWED, 1)
    assert 5 < changed < 20


def test_a_draft_accepted_as_it_is_counts_as_unchanged(first: TranslationServer) -> None:
    update = drafted()
    client = member_of("Editor")
    address = change_url(state(update))
    update.refresh_from_db()
    form = {"stamp": client.get(address).context["form"]["stamp"].value(), "body-0": update.body_de, "_accept": "1"}
    assert client.post(address, form).status_code == 302
    [(*_, accepted, changed)] = used(update)
    assert (state(update).state, accepted, changed) == (State.REVIEWED, 1, 0)
    assert 'id="engine-figures"' in client.get("/admin/articles/translation/").content.decode()


def written(client: Client, update: Update, body: str, button: str) -> None:
    """Write a translation at the desk and press a button."""
    address = change_url(state(update))
    form = {"stamp": client.get(address).context["form"]["stamp"].value(), "body-0": body, button: "1"}
    assert client.post(address, form).status_code == 302


def test_a_draft_that_is_saved_for_later_is_counted_when_it_is_accepted(first: TranslationServer) -> None:
    update = drafted()
    update.refresh_from_db()
    editor, draft = member_of("Editor"), update.body_de
    written(editor, update, draft.replace("Vierzehn", "Die vierzehn"), "_save")
    [(*_, accepted, changed)] = used(update)
    assert (state(update).state, accepted, changed) == (State.REVIEW, 0, None)
    written(editor, update, draft.replace("Vierzehn", "Alle vierzehn"), "_accept")
    [(*_, accepted, changed)] = used(update)
    assert (state(update).state, accepted) == (State.REVIEWED, 1)
    # The whole change counts, not only the last step.
    assert changed == round(100 * usage.change({"body": draft}, {"body": draft.replace("Vierzehn", "Alle vierzehn")}))
    # Later changes by people do not count.
    written(editor, update, draft.replace("Vierzehn", "Sämtliche vierzehn"), "_accept")
    assert used(update)[0][-2:] == (1, changed)


def test_a_suggestion_is_counted_when_its_edited_text_is_accepted(first: TranslationServer) -> None:
    update = drafted()
    update.refresh_from_db()
    editor = member_of("Editor")
    written(editor, update, update.body_de, "_accept")
    row = state(update)
    suggested = {"body": update.body_de.replace("Paket", "neues Paket")}
    source = {"body": update.body_en}
    row.suggestion = suggestions.as_json(row, source, suggested, "deepl")
    row.save(update_fields=["suggestion"])
    written(editor, update, suggested["body"].replace("neues", "weiteres"), "_accept")
    found = {engine: (accepted, changed) for engine, *_, accepted, changed in used(update)}
    assert found["llm"] == (1, 0)
    assert found["deepl"][0] == 1
    assert found["deepl"][1] > 0


def test_editors_see_characters_costs_and_changes_of_each_engine_in_the_list_and_at_the_desk(
    first: TranslationServer, settings: Any
) -> None:
    update = drafted()
    EngineUse.objects.filter(engine="llm").update(characters=1_234_567, accepted=2, changed=0.3)
    EngineUse.objects.create(article=update.article, engine="memory", language="de", characters=1_000)
    EngineUse.objects.create(article=factories.article(), engine="deepl", language="de", characters=500_000)
    settings.TRANSLATION_PRICES = "llm 2.5 USD; deepl 20 EUR"
    client = member_of("Editor")
    shown = {
        name: " ".join(strip(client.get(address).content.decode().partition("Translation engines")[2]).split())[:400]
        for name, address in {
            "all": "/admin/articles/translation/",
            "one": f"/admin/articles/translation/?coverage={update.article_id}",
            "desk": f"/admin/articles/article/{update.article_id}/desk/",
        }.items()
    }
    assert "LLM German 1 1,234,567 US$3.09 2 15%" in shown["all"]
    assert "DeepL German 0 500,000 €10.00 0 –" in shown["all"]
    assert "DeepL German" not in shown["one"]
    assert "Translation memory German 0 1,000 saved – 0 –" in shown["one"]
    assert "LLM 1,234,567 characters translated Cost: US$3.09 Edited before approval, on average: 15%" in shown["desk"]
    assert "Translation memory 1,000 characters saved" in shown["desk"]
    # Costs are only shown to editors.
    assert "engine-figures" not in member_of("Translator").get("/admin/articles/translation/").content.decode()


def strip(html: str) -> str:
    return re.sub(r"<[^>]*>", " ", html)


@pytest.mark.parametrize("wrong", ["deepl", "deepl 20", "deepl 20 EURO", "deepl 20 XYZ", "deepl -1 EUR", "20 EUR"])
def test_an_invalid_price_is_refused(wrong: str) -> None:
    assert prices.parse("deepl 20 EUR; ")["deepl"].of(50_000) == "€1.00"
    with pytest.raises(ImproperlyConfigured, match="TRANSLATION_PRICES"):
        prices.parse(f"google 20 USD; {wrong}")
