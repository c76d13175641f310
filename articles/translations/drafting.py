"""Make machine drafts and suggestions in the background, in any free process.

A draft is a translation that no person has written. A suggestion is for a person's text that is outdated by a
correction of the original (`articles.translations.suggestions`). The rows of `Translation` are the queue
(`liveblog.jobs`), so no request is lost and publishing never waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from articles import changes
from articles.models import GlossaryTerm, Translation, Update
from articles.text.localized import text_in
from articles.text.plaintext import plain_text
from articles.translations import checks, columns, review, states, suggestions, usage
from articles.translations.memory import drafts
from articles.translations.suggestions import Plan
from liveblog import jobs
from liveblog.actors import Machine, acting_as
from liveblog.errors import ProviderError
from liveblog.translation import engines
from liveblog.translation.engines import Engine

if TYPE_CHECKING:
    from articles.models import Article

logger = logging.getLogger(__name__)

#: Seconds between two polls for due drafts.
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

#: Like `queue`, for suggestions. Outdated public texts are tried again for about a day.
suggestion_queue = replace(queue, max_attempts=100)

#: Number of updates before the translated one that engines get as context.
CONTEXT_UPDATES = 3

#: Problems that prevent storing a machine's draft.
UNUSABLE = frozenset({"empty", "truncated", "language", "markup", "bidi"})


def work(row: Translation) -> None:
    """Let an engine make the draft or the suggestion for which a row is due.

    A row whose state forbids both leaves the queue. Otherwise it would be due again at the end of each lease.
    """
    if not states.may_ask_machine(row):
        _dismiss(row)
        return
    chain = engines.chain(row.item.source_language, row.language)
    if states.written_by_people(row):
        suggest(row, chain)
    else:
        draft(row, chain)


def _dismiss(row: Translation) -> None:
    """Take a translation out of the queue, unless a correction or a user has changed its state meanwhile."""
    with transaction.atomic():
        changes.lock(row.item)
        now = _present(row)
        if now is not None and not states.may_ask_machine(now):
            now.leave_queue()
            now.save(update_fields=["due_at", "attempts", "failure"])


def _present(row: Translation) -> Translation | None:
    """Return a translation as it is now stored, with its item; None if it is gone."""
    return type(row).objects.select_related("update__article", "article").filter(pk=row.pk).first()


def draft(row: Translation, chain: Sequence[Engine]) -> None:
    """Store the draft of the first engine that makes a usable one. Errors of providers are not raised.

    Passages in the translation memory are not sent to engines. If it has all of them, it makes the draft itself.
    """
    item = row.item
    source = columns.texts_of(item, item.source_language)
    whole = suggestions.whole(item, source)
    plan = drafts.fill(whole, item, row.language)
    saved = drafts.saved(whole, plan)

    def store_draft(answers: Sequence[str], engine: str) -> None:
        texts = plan.texts(answers, raw=True)
        problems = review.problems_of(item, source, texts, row.language)
        if answers:
            _refuse_unusable(problem for found in problems.values() for problem in found)
        if store(row, texts, source=source, engine=engine, problems=problems) and saved:
            usage.sent(item, engines.MEMORY, row.language, saved)

    def make(engine: Engine) -> None:
        store_draft(_answers(engine, item, plan, row.language), engine.name)

    if plan.sentences:
        _ask_in_turn(row, chain, make)
    else:
        store_draft([], engines.MEMORY)


def suggest(row: Translation, chain: Sequence[Engine]) -> None:
    """Store the suggestion of the first engine that makes a usable one. Errors of providers are not raised."""
    item = row.item
    source, written = (columns.texts_of(item, language) for language in (item.source_language, row.language))
    full = suggestions.plan(item, row.source, source, written, row.language)
    plan = drafts.fill(full, item, row.language)
    saved = drafts.saved(full, plan)
    reviewed = "\n".join(written.values())

    def make(engine: Engine) -> None:
        answers = _answers(engine, item, plan, row.language, reviewed=reviewed)
        texts = plan.texts(answers)
        problems = review.problems_of(item, source, texts, row.language)
        _refuse_unusable(problem for field in plan.drafted_fields for problem in problems.get(field, ()))
        if store_suggestion(row, texts, source=source, engine=engine.name) and saved:
            usage.sent(item, engines.MEMORY, row.language, saved)

    if plan.sentences:
        _ask_in_turn(row, chain, make)
    else:
        store_suggestion(row, plan.texts([]), source=source, engine="")


class _UnusableError(Exception):
    """A machine's text cannot be stored. The message is the code of the reason."""


def _refuse_unusable(problems: Iterable[checks.Problem]) -> None:
    if codes := sorted({problem.code for problem in problems} & UNUSABLE):
        raise _UnusableError(codes[0])


def _ask_in_turn(row: Translation, chain: Sequence[Engine], make: Callable[[Engine], None]) -> None:
    """Call `make` with one engine after the other until one succeeds; if none does, try again later.

    The row waits for the first engine that may succeed then. If none may, it is left to people.
    """
    reasons: list[str] = []
    failures: list[ProviderError] = []
    for engine in chain:
        try:
            make(engine)
        except ProviderError as error:
            engines.pause(engine, error)
            failures.append(error)
            reasons.append(error.reason)
        except _UnusableError as error:
            reasons.append(str(error))
        else:
            return
        logger.warning("A machine translation by %s failed (%s).", engine.name, reasons[-1])
    passing = [error for error in failures if not error.permanent]
    waits = [error.retry_after for error in passing]
    _put_off(
        row,
        reasons[-1] if reasons else "unsupported",
        permanent=len(failures) == len(chain) and not passing,
        retry_after=None if None in waits else min(filter(None, waits), default=None),
    )


def store_suggestion(row: Translation, texts: states.Texts, *, source: states.Texts, engine: str) -> bool:
    """Store a suggestion. Return False if a user was faster or the original has changed since."""
    with transaction.atomic():
        changes.lock(row.item)
        now = _present(row)
        if now is None or now.version != row.version or not now.outdated:
            return False
        if columns.texts_of(now.item, now.item.source_language) != source:
            # The correction has queued it again.
            return False
        now.suggestion = suggestions.as_json(now, source, texts, engine)
        now.leave_queue()
        now.save(update_fields=["suggestion", "due_at", "attempts", "failure"])
    return True


def _answers(engine: Engine, item: Article | Update, plan: Plan, language: str, reviewed: str = "") -> list[str]:
    """Return the sentences of a plan in another language."""
    passages = plan.sentences
    if not passages:
        return []
    context = "\n".join(_context(item)) if isinstance(item, Update) else ""
    terms = GlossaryTerm.between(item.source_language, language)
    # Send a term for one kind of text only with texts of that kind.
    kinds = [GlossaryTerm.kind_of(field) for field in plan.fields]
    answers = engines.translate_by_kind(
        engine,
        passages,
        kinds,
        item.source_language,
        language,
        html=True,
        context=context,
        terms=terms,
        reviewed=reviewed,
    )
    usage.sent(item, engine.name, language, sum(map(len, passages)))
    return answers


def _context(update: Update) -> Iterator[str]:
    """Yield the context of an update in its language: the text about the coverage, and its last updates."""
    language = update.source_language
    about = columns.texts_of(update.article, language)
    yield from (about[field] for field in ("headline", "standfirst") if field in about)
    published = Update.objects.filter(article=update.article_id).published()
    earlier = published.filter(source_language=language).exclude(pk=update.pk)
    if update.first_published_at:
        earlier = earlier.filter(first_published_at__lt=update.first_published_at)
    for other in reversed(earlier.order_by("-first_published_at")[:CONTEXT_UPDATES]):
        yield f"{text_in(other, 'headline', language)} {plain_text(text_in(other, 'body', language))}".strip()


def store(
    row: Translation,
    texts: states.Texts,
    *,
    source: states.Texts,
    engine: str,
    problems: review.Problems,
) -> bool:
    """Store a machine's draft. Return False if a user was faster or the original has changed since."""
    item = row.item
    with transaction.atomic():
        changes.lock(item)
        now = _present(row)
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
    # If a user has saved, there is nothing to retry.
    unchanged = Translation.objects.filter(pk=row.pk, version=row.version)
    responsible = suggestion_queue if states.written_by_people(row) else queue
    responsible.postpone(row, unchanged, reason, permanent=permanent, retry_after=retry_after)


def _nobody(article_id: int, language: str) -> int:
    return 0


def draft_due(readers: Callable[[int, str], int] = _nobody) -> int:
    """Make drafts and suggestions that are due, in the most read languages first. Return the number of rows claimed."""
    if not engines.available():
        return 0
    return queue.run_due(work, key=lambda row: -readers(columns.article_of(row.item).pk, row.language))


async def draft_when_due(readers: Callable[[int, str], int]) -> None:
    """Make due drafts and suggestions as long as the server runs."""
    if settings.TRANSLATION_WORKER:
        await jobs.run_while_serving(lambda: draft_due(readers), INTERVAL, logger)
