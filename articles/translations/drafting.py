"""Make machine drafts and suggestions in the background, in any process that is free.

A draft is the text of a translation that nobody has written. A suggestion is for a person whose text is outdated by a
correction of the original (`articles.translations.suggestions`). The rows of `Translation` are the queue
(`liveblog.jobs`), so no request is lost and publishing never waits.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from articles import changes
from articles.models import GlossaryTerm, Translation
from articles.text.plaintext import decoded
from articles.translations import columns, review, states, suggestions
from liveblog import jobs
from liveblog.actors import Machine, acting_as
from liveblog.errors import ProviderError
from liveblog.translation import engines
from liveblog.translation.engines import Engine

if TYPE_CHECKING:
    from articles.models import Article, Update

logger = logging.getLogger(__name__)

#: Seconds between looks for what is due.
INTERVAL = 0.5

#: The most urgent first. After the last attempt the text is left to people.
queue = jobs.Queue(
    rows=lambda: Translation.objects.select_related("update__article", "article").urgent_first(),
    logger=logger,
    lease=timedelta(minutes=5),
    max_attempts=8,
    first_pause=5.0,
    longest_pause=900.0,
)

#: As `queue`, for suggestions. What is wrong in public is tried for about a day.
suggestion_queue = replace(queue, max_attempts=100)

#: Problems because of which a machine's draft is not stored.
UNUSABLE = frozenset({"empty", "truncated", "language", "markup", "bidi"})


def work(row: Translation, engine: Engine) -> None:
    """Have `engine` make the draft or the suggestion for which a row is due."""
    if states.written_by_people(row):
        suggest(row, engine)
    else:
        draft(row, engine)


def draft(row: Translation, engine: Engine) -> None:
    """Have `engine` make one translation, and store it if it is usable. Errors of the provider are not raised."""
    item = row.item
    source = columns.texts_of(item, item.source_language)
    try:
        texts = _translated(engine, item, source, row.language)
        problems = review.problems_of(item, source, texts, row.language)
    except ProviderError as error:
        _put_off(row, error.reason, permanent=error.permanent, retry_after=error.retry_after)
        return
    unusable = sorted({problem.code for found in problems.values() for problem in found} & UNUSABLE)
    if unusable:
        _put_off(row, unusable[0])
    else:
        store(row, texts, source=source, engine=engine.name, problems=problems)


def suggest(row: Translation, engine: Engine) -> None:
    """Have `engine` make a suggestion, and store it if it is usable. Errors of the provider are not raised."""
    item = row.item
    source, written = (columns.texts_of(item, language) for language in (item.source_language, row.language))
    plan = suggestions.plan(item, row.source, source, written, row.language)
    try:
        texts = plan.texts(_answers(engine, item, plan.sentences, plan.fields, row.language))
    except ProviderError as error:
        _put_off(row, error.reason, permanent=error.permanent, retry_after=error.retry_after)
        return
    problems = review.problems_of(item, source, texts, row.language)
    unusable = sorted({problem.code for field in plan.drafted_fields for problem in problems.get(field, ())} & UNUSABLE)
    if unusable:
        _put_off(row, unusable[0])
    else:
        store_suggestion(row, texts, source=source, engine=engine.name)


def store_suggestion(row: Translation, texts: states.Texts, *, source: states.Texts, engine: str) -> bool:
    """Store a suggestion. Return False if a user was faster or the original has changed meanwhile."""
    with transaction.atomic():
        changes.lock(row.item)
        now = type(row).objects.select_related("update__article", "article").filter(pk=row.pk).first()
        if now is None or now.version != row.version or not now.outdated:
            return False
        if columns.texts_of(now.item, now.item.source_language) != source:
            # The correction has put it into the queue again.
            return False
        now.suggestion = suggestions.as_json(now, source, texts, engine)
        now.leave_queue()
        now.save(update_fields=["suggestion", "due_at", "attempts", "failure"])
    return True


def _answers(
    engine: Engine, item: Article | Update, passages: list[str], fields: list[str], language: str
) -> list[str]:
    """Return passages of HTML, each of the field beside it, in another language."""
    if not passages:
        return []
    context = ""
    if columns.article_of(item) is not item:
        about = columns.texts_of(columns.article_of(item), item.source_language)
        context = " ".join(about[field] for field in ("headline", "standfirst") if field in about)
    terms = GlossaryTerm.between(item.source_language, language)
    # A term of one kind of text is sent with texts of that kind only.
    kinds = [GlossaryTerm.kind_of(field) for field in fields]
    return engines.translate_by_kind(
        engine, passages, kinds, item.source_language, language, html=True, context=context, terms=terms
    )


def _translated(engine: Engine, item: Article | Update, source: states.Texts, language: str) -> dict[str, str]:
    rich = columns.rich_fields(item)
    # Plain text is sent as HTML without markup.
    written = [text if field in rich else html.escape(text, quote=False) for field, text in source.items()]
    answers = _answers(engine, item, written, list(source), language)
    return {field: answer if field in rich else decoded(answer) for field, answer in zip(source, answers, strict=True)}


def store(
    row: Translation,
    texts: states.Texts,
    *,
    source: states.Texts,
    engine: str,
    problems: review.Problems,
) -> bool:
    """Store a machine's draft. Return False if a user was faster or the original has changed meanwhile."""
    item = row.item
    with transaction.atomic():
        changes.lock(item)
        now = type(row).objects.select_related("update__article", "article").filter(pk=row.pk).first()
        if now is None or now.state not in (states.State.MISSING, states.State.MACHINE):
            return False
        item = now.item
        if columns.texts_of(item, item.source_language) != source:
            states.ask_for_draft(now)
            now.save(update_fields=["due_at", "attempts", "failure"])
            return False
        with (
            acting_as(Machine(engine)),
            states.without_state_tracking(row.language),
            changes.edit(item),
        ):
            columns.write(item, row.language, texts)
            states.set_made(now, item, source, engine=engine)
            now.state, now.problems = states.State.MACHINE, review.as_json(problems)
            now.save()
    return True


def _put_off(row: Translation, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
    # Once a user has saved, there is nothing to try again.
    unchanged = Translation.objects.filter(pk=row.pk, version=row.version)
    responsible = suggestion_queue if states.written_by_people(row) else queue
    responsible.postpone(row, unchanged, reason, permanent=permanent, retry_after=retry_after)
    logger.warning("A machine translation failed (%s).", reason)


def _nobody(article_id: int, language: str) -> int:
    return 0


def draft_due(readers: Callable[[int, str], int] = _nobody) -> int:
    """Make drafts and suggestions that are due, in the most read languages first. Return the number of rows claimed."""
    engine = engines.configured()
    if engine is None:
        return 0
    return queue.run_due(
        lambda row: work(row, engine), key=lambda row: -readers(columns.article_of(row.item).pk, row.language)
    )


async def draft_when_due(readers: Callable[[int, str], int]) -> None:
    """Look for what is due as long as the server runs."""
    if settings.TRANSLATION_WORKER:
        await jobs.run_while_serving(lambda: draft_due(readers), INTERVAL, logger)
