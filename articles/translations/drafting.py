"""Make machine drafts in the background, in any process that is free.

The rows of `Translation` are the queue (`liveblog.jobs`), so no request is lost and publishing never waits.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from articles import changes
from articles.history import recording
from articles.models import GlossaryTerm, Translation
from articles.text.plaintext import decoded
from articles.text.richtext import RichTextField
from articles.translations import checks, columns, states
from liveblog import jobs
from liveblog.errors import ProviderError
from liveblog.translation import engines
from liveblog.translation.engines import Engine
from liveblog.translation.terms import holding_in

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

#: Problems because of which a machine's draft is not stored.
UNUSABLE = frozenset({"empty", "truncated", "language", "markup", "bidi"})


def draft(row: Translation, engine: Engine) -> None:
    """Have `engine` make one translation, and store it if it is usable. Errors of the provider are not raised."""
    item = row.item
    source = columns.texts_of(item, item.source_language)
    try:
        texts = _translated(engine, item, source, row.language)
        problems = problems_of(item, source, texts, row.language)
    except ProviderError as error:
        _put_off(row, error.reason, permanent=error.permanent, retry_after=error.retry_after)
        return
    unusable = sorted({problem.code for found in problems.values() for problem in found} & UNUSABLE)
    if unusable:
        _put_off(row, unusable[0])
    else:
        store(row, texts, source=source, engine=engine.name, problems=problems)


def _translated(engine: Engine, item: Article | Update, source: states.Texts, language: str) -> dict[str, str]:
    if not source:
        return {}
    rich = rich_fields(item)
    # Plain text is sent as HTML without markup.
    written = [text if field in rich else html.escape(text, quote=False) for field, text in source.items()]
    context = ""
    if columns.article_of(item) is not item:
        about = columns.texts_of(columns.article_of(item), item.source_language)
        context = " ".join(about[field] for field in ("headline", "standfirst") if field in about)
    terms = GlossaryTerm.between(item.source_language, language)
    # A term of one kind of text is sent with texts of that kind only.
    kinds = [GlossaryTerm.kind_of(field) for field in source]
    answers = engines.translate_by_kind(
        engine, written, kinds, item.source_language, language, html=True, context=context, terms=terms
    )
    return {field: answer if field in rich else decoded(answer) for field, answer in zip(source, answers, strict=True)}


def rich_fields(item: Article | Update) -> set[str]:
    return {field.name for field in item._meta.fields if isinstance(field, RichTextField)}


def problems_of(
    item: Article | Update, source: states.Texts, texts: states.Texts, language: str
) -> dict[str, list[checks.Problem]]:
    """Return the problems that the checks find in a translation, by field."""
    terms = GlossaryTerm.between(item.source_language, language)
    rich = rich_fields(item)
    found = {
        field: checks.check(
            text,
            texts.get(field, ""),
            item.source_language,
            language,
            terms=holding_in(terms, GlossaryTerm.kind_of(field)),
            html=field in rich,
        )
        for field, text in source.items()
    }
    return {field: problems for field, problems in found.items() if problems}


def as_json(problems: Mapping[str, list[checks.Problem]]) -> list[dict[str, object]]:
    return [{"field": field, **problem.as_json()} for field, found in problems.items() for problem in found]


def store(
    row: Translation,
    texts: states.Texts,
    *,
    source: states.Texts,
    engine: str,
    problems: Mapping[str, list[checks.Problem]],
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
            recording.recorded_as(recording.Cause.MACHINE),
            states.without_state_tracking(row.language),
            changes.edit(item),
        ):
            write(item, row.language, texts)
            states.set_made(now, item, source, engine=engine)
            now.state, now.problems = states.State.MACHINE, as_json(problems)
            now.save()
    return True


def write(item: Article | Update, language: str, texts: states.Texts) -> None:
    """Write the texts of one language into their columns, and no other column."""
    for prefix, row in columns.rows_of(item):
        values = {f"{field}_{language}": texts.get(f"{prefix}{field}", "") for field in columns.fields_of(type(row))}
        type(row)._base_manager.filter(pk=row.pk).update(**values)
        for column, text in values.items():
            setattr(row, column, text)


def _put_off(row: Translation, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
    # Once a user has saved, there is nothing to try again.
    unchanged = Translation.objects.filter(pk=row.pk, version=row.version)
    queue.postpone(row, unchanged, reason, permanent=permanent, retry_after=retry_after)
    logger.warning("A machine translation failed (%s).", reason)


def _nobody(article_id: int, language: str) -> int:
    return 0


def draft_due(readers: Callable[[int, str], int] = _nobody) -> int:
    """Make drafts that are due, in the most read languages first. Return the number of rows claimed."""
    engine = engines.configured()
    if engine is None:
        return 0
    return queue.run_due(
        lambda row: draft(row, engine), key=lambda row: -readers(columns.article_of(row.item).pk, row.language)
    )


async def draft_when_due(readers: Callable[[int, str], int]) -> None:
    """Look for what is due as long as the server runs."""
    if settings.TRANSLATION_WORKER:
        await jobs.run_while_serving(lambda: draft_due(readers), INTERVAL, logger)
