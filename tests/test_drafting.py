"""Machine drafts are made in the background, never delay publishing, and are never unusable."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from articles.models import Article, GlossaryTerm, Translation, Update
from articles.translations import columns, desk, drafting, states
from liveblog.actors import acting_as
from liveblog.errors import Conflict
from liveblog.languages import column
from tests import factories, soak
from tests.actors import TEST
from tests.server import PATIENCE
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db

State = Translation.State

SOURCE = "<p>Fourteen allies agreed on a package worth 40 million euros.</p>"
ANSWERS = {
    "de": "<p>Vierzehn Verbündete einigten sich auf ein Paket im Wert von 40 Millionen Euro.</p>",
    "uk": "<p>Чотирнадцять союзників погодили пакет вартістю 40 мільйонів євро.</p>",
    "ar": "<p>اتفق أربعة عشر حليفًا على حزمة بقيمة 40 مليون يورو.</p>",
}


@pytest.fixture(params=["deepl", "libretranslate"])
def provider(request: pytest.FixtureRequest, settings: Any) -> Iterator[TranslationServer]:
    with TranslationServer() as server:
        server.answers = {(language, SOURCE): text for language, text in ANSWERS.items()}
        if request.param == "deepl":
            settings.DEEPL_API_KEY, settings.DEEPL_URL = "a key", server.url
        else:
            settings.LIBRETRANSLATE_URL = server.url
        settings.TRANSLATION_TIMEOUT = float(PATIENCE)
        yield server


def posted() -> Update:
    return factories.update(factories.article(languages=["en", "de", "uk", "ar"]), body_en=SOURCE)


def work() -> None:
    """Make all drafts that are due."""
    while drafting.draft_due():
        pass


def state(update: Update, language: str = "de") -> Translation:
    return update.translations.get(language=language)


def make_due() -> None:
    """Make the next attempts due."""
    Translation._base_manager.filter(due_at__isnull=False).update(due_at=timezone.now())


def test_an_update_gets_drafts_in_all_its_languages(provider: TranslationServer) -> None:
    update = posted()
    work()
    update.refresh_from_db()
    assert {code: getattr(update, column("body", code)) for code in ANSWERS} == ANSWERS
    assert {row.state for row in update.translations.all()} == {State.MACHINE}
    assert state(update).engine in ("deepl", "libretranslate")
    assert state(update).source == {"body": SOURCE}


@pytest.mark.parametrize("decision", ["refused", "approved"])
def test_a_text_that_needs_no_machine_leaves_the_queue_without_a_request(
    provider: TranslationServer, decision: str
) -> None:
    update, greta = posted(), User.objects.create_user("greta")
    work()
    row = state(update)
    if decision == "refused":
        desk.refuse(row.pk, desk.version_token(row), greta)
    else:
        desk.save(row.pk, desk.version_token(row), {"body": ANSWERS["de"]}, greta, accept=True)
    Translation._base_manager.filter(pk=row.pk).update(due_at=timezone.now())
    asked = len(provider.requests)
    assert drafting.draft_due() == 1
    assert (state(update).due_at, len(provider.requests)) == (None, asked)


@pytest.mark.parametrize("decision", ["refused", "approved", "corrected back"])
def test_a_text_that_was_decided_on_meanwhile_is_not_queued(provider: TranslationServer, decision: str) -> None:
    update, greta = posted(), User.objects.create_user("greta")
    work()
    if decision == "corrected back":
        update.refresh_from_db()
        update.body_en = SOURCE.replace("40", "50")
        update.save()
    read = state(update)
    match decision:
        case "refused":
            desk.refuse(read.pk, desk.version_token(read), greta)
        case "approved":
            desk.save(read.pk, desk.version_token(read), {"body": ANSWERS["de"]}, greta, accept=True)
        case "corrected back":
            update.body_en = SOURCE
            update.save()
            Translation._base_manager.filter(pk=read.pk).update(due_at=None)
    assert not states.ask_machine(read)
    assert state(update).due_at is None
    assert states.ask_machine(state(update)) == (decision == "corrected back")


def test_without_a_provider_texts_stay_missing() -> None:
    update = posted()
    assert drafting.draft_due() == 0
    assert state(update).state == State.MISSING
    assert state(update).due_at is None


def test_unpublished_updates_are_not_sent_to_the_provider(provider: TranslationServer) -> None:
    article = factories.article()
    update = factories.update(article, body_en=SOURCE, state=Update.State.DRAFT)
    work()
    assert SOURCE not in str(provider.requests)
    update.state = Update.State.PUBLISHED
    update.save()
    work()
    assert state(update).state == State.MACHINE


def test_the_reason_for_a_withdrawal_is_drafted_like_a_correction(provider: TranslationServer) -> None:
    update, silent = posted(), factories.update(factories.article(), body_en="<p>Never mind.</p>")
    work()
    reason = "The source was mistaken."
    provider.answers[("de", reason)] = "Die Quelle hat sich geirrt."
    asked = len(provider.requests)
    for each in (update, silent):
        each.refresh_from_db()
        each.state = Update.State.WITHDRAWN
    silent.save()
    assert drafting.draft_due() == 0
    assert len(provider.requests) == asked
    update.leaves_mark, update.withdrawal_note_en = True, reason
    update.save()
    work()
    update.refresh_from_db()
    assert update.withdrawal_note_de == "Die Quelle hat sich geirrt."


def test_a_correction_replaces_machine_drafts_and_keeps_texts_of_translators(
    provider: TranslationServer,
) -> None:
    update = posted()
    work()
    update.refresh_from_db()
    update.body_uk = "<p>Від руки: 40 мільйонів.</p>"
    update.save()
    corrected = SOURCE.replace("40", "14")
    provider.answers[("de", corrected)] = ANSWERS["de"].replace("40", "14")
    update.body_en = corrected
    update.save()
    assert state(update).outdated
    work()
    update.refresh_from_db()
    assert "14 Millionen" in update.body_de
    assert not state(update).outdated
    assert update.body_uk == "<p>Від руки: 40 мільйонів.</p>"
    assert state(update, "uk").outdated


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("429", "busy"),
        ("500", "unreachable"),
        ("not json", "nonsense"),
        ("too few", "nonsense"),
        ("empty", "nonsense"),
        ("hang up", "unreachable"),
        ("wrong language", "language"),
        ("broken tags", "markup"),
    ],
)
def test_a_failure_is_recorded_and_tried_again(provider: TranslationServer, fault: str, failure: str) -> None:
    provider.fault = fault
    update = posted()
    work()
    row = state(update)
    assert (row.state, row.failure) == (State.MISSING, failure)
    update.refresh_from_db()
    assert not update.body_de
    assert row.due_at is not None
    assert row.due_at > timezone.now()
    provider.fault = None
    make_due()
    work()
    assert state(update).state == State.MACHINE
    assert state(update).failure == ""


def test_a_refused_key_is_not_tried_again_and_again(provider: TranslationServer) -> None:
    provider.fault = "403"
    update = posted()
    work()
    assert state(update).failure == "refused"
    assert state(update).due_at is None


def test_a_provider_is_given_up_after_some_failures(provider: TranslationServer) -> None:
    provider.fault = "500"
    update = posted()
    for _ in range(drafting.queue.max_attempts):
        work()
        make_due()
    asked = len(provider.requests)
    work()
    assert len(provider.requests) == asked
    assert state(update).attempts == drafting.queue.max_attempts


def test_another_process_finishes_abandoned_work(provider: TranslationServer) -> None:
    update = posted()
    taken = drafting.queue.claim(100)
    assert {row.language for row in taken if row.update_id == update.pk} == set(ANSWERS)
    assert drafting.queue.claim(100) == []
    Translation._base_manager.filter(due_at__isnull=False).update(
        due_at=F("due_at") - drafting.queue.lease - timedelta(seconds=1)
    )
    work()
    assert state(update).state == State.MACHINE


def test_key_events_are_drafted_first(provider: TranslationServer) -> None:
    article = factories.article()
    factories.update(article, body_en=SOURCE)
    key = factories.update(article, body_en=SOURCE, is_key=True)
    factories.update(article, body_en=SOURCE)
    assert {row.update_id for row in drafting.queue.claim(3)} == {key.pk}


def test_the_most_read_languages_are_drafted_first(
    provider: TranslationServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted()
    monkeypatch.setattr(drafting.queue, "threads", 1)
    monkeypatch.setattr(drafting.queue, "claim", lambda _count, claim=drafting.queue.claim: claim(100))
    readers = {"ar": 900, "uk": 50, "de": 7}
    drafting.draft_due(lambda _article, language: readers[language])
    bodies = [request.body for request in provider.translations]
    assert [(body.get("target") or body["target_lang"]).lower() for body in bodies] == ["ar", "uk", "de"]


def test_the_provider_gets_the_glossary_and_the_context(provider: TranslationServer) -> None:
    GlossaryTerm.objects.create(source_language="en", language="de", source="allies", target="Bündnispartner")
    update = posted()
    work()
    problems = {problem["code"] for problem in state(update).problems}
    if state(update).engine == "deepl":
        assert provider.glossaries
        assert "Ministers meet in Bucharest" in str(provider.requests)
    # The engine's translation of the term is still checked.
    assert "terms" in problems


def test_a_separate_process_can_make_the_drafts(provider: TranslationServer) -> None:
    update = posted()
    call_command("draft_translations", once=True)
    assert state(update).state == State.MACHINE


@pytest.mark.django_db(transaction=True)
def test_two_translators_a_journalist_and_a_machine_at_the_same_time_lose_nothing(settings: Any) -> None:
    settings.LIBRETRANSLATE_URL = "http://127.0.0.1:9"
    update = factories.update(factories.article(), body_en="<p>Take 0.</p>")
    last = soak.count(5, 12)

    def read(language: str) -> Translation:
        return Translation.objects.select_related("update__article").get(update=update.pk, language=language)

    def journalist(number: int) -> None:
        # A copy read before the others saved.
        copy = Update.objects.get(pk=update.pk)
        copy.body_en = f"<p>Take {number}.</p>"
        with acting_as(TEST):
            copy.save()

    people = {language: User.objects.create_user(f"translator of {language}") for language in ("de", "uk")}

    def translator(language: str) -> Callable[[int], None]:
        def save(number: int) -> None:
            while True:
                row = read(language)
                with suppress(Conflict):
                    desk.save(
                        row.pk,
                        desk.version_token(row),
                        {"body": f"<p>{language} {number}.</p>"},
                        people[language],
                        accept=False,
                    )
                    return

        return save

    def machine(number: int) -> None:
        while True:
            row = read("ar")
            source = columns.texts_of(row.item, "en")
            if drafting.store(row, {"body": f"<p>ar {number}.</p>"}, source=source, engine="deepl", problems={}):
                return

    def work_off(save: Callable[[int], None]) -> None:
        try:
            for number in range(1, last + 1):
                save(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work_off, [journalist, translator("de"), translator("uk"), machine]))
    update.refresh_from_db()
    assert [update.body_en, update.body_de, update.body_uk, update.body_ar] == [
        f"<p>{who} {last}.</p>" for who in ("Take", "de", "uk", "ar")
    ]
    article = Article.objects.get()
    assert [revision for revision, _element in factories.log_of(article)] == list(range(1, article.revision + 1))
