"""The rules by which translations change their state.

After each edit, in its transaction, the states are updated from the texts. So a correction of the original marks its
translations as outdated at once, and a reviewed text that is not the one that its reviewer accepted
(`articles.translations.review`) is in review again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from articles.changes import Edit
from articles.models import Article, Translation, Update
from articles.models.base import set_prefetched
from articles.text.localized import text_in
from articles.translations import columns, review, suggestions, usage
from articles.translations.memory import drafts
from liveblog.actors import acting_user
from liveblog.configuration.options import value
from liveblog.languages import KNOWN
from liveblog.translation import engines

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models.base import Versioned

State = Translation.State
Texts = review.Texts

#: The languages whose states the caller sets.
_untracked: ContextVar[frozenset[str]] = ContextVar("untracked languages", default=frozenset())


@contextmanager
def without_state_tracking(*languages: str) -> Iterator[None]:
    """Leave the states of these languages to the caller during the block."""
    token = _untracked.set(_untracked.get() | set(languages))
    try:
        yield
    finally:
        _untracked.reset(token)


@dataclass(frozen=True)
class Snapshot:
    """The texts of an item at one moment, in all languages."""

    source_language: str
    texts: Mapping[str, Texts]

    @classmethod
    def as_read(cls, item: Article | Update) -> Snapshot:
        return cls(item.source_language, {language: columns.texts_of(item, language) for language in KNOWN})

    @property
    def source(self) -> Texts:
        return self.texts[self.source_language]


class TranslationStates:
    """The follower that updates the translation states from the texts after each edit."""

    def before(self, row: Versioned) -> Snapshot:
        assert isinstance(row, Article | Update)
        return Snapshot.as_read(row)

    def after(self, edit: Edit, memory: Snapshot | None) -> None:
        if edit.saved is not None:
            assert isinstance(edit.saved, Article | Update)
            follow(edit.saved, memory)


def follow(item: Article | Update, before: Snapshot | None) -> None:
    """Update the states of all languages of a saved item from its texts."""
    now = Snapshot.as_read(item)
    wanted = [language for language in columns.article_of(item).languages if language != now.source_language]
    stored = {row.language: row for row in item.translations.all()}
    new = [Translation(**_owner(item), language=language) for language in wanted if language not in stored]
    for row in new:
        _set_state(item, row, now, before)
    Translation._base_manager.bulk_create(new)
    # The article may appear in a stored language again later.
    _follow_stored(item, [row for row in stored.values() if row.language != now.source_language], now, before)
    if now.source_language in stored:
        stored.pop(now.source_language).delete()
    # Later followers need them, too.
    set_prefetched(item, "translations", [*stored.values(), *new])
    # A new article has no updates yet.
    if new and before is not None and columns.article_of(item) is item:
        begin_languages(item, [row.language for row in new])


def _follow_stored(
    item: Article | Update, rows: Collection[Translation], now: Snapshot, before: Snapshot | None
) -> None:
    changed, names = [], set()
    for row in rows:
        old, state = dict(row.__dict__), _state_of(row)
        _set_state(item, row, now, before)
        if _state_of(row) != state:
            changed.append(row)
            names |= {
                field.name for field in row._meta.concrete_fields if row.__dict__[field.attname] != old[field.attname]
            }
    if changed:
        Translation.objects.bulk_update(changed, sorted(names))


def begin_languages(article: Article, languages: list[str]) -> None:
    """Create the translations of an article's updates into languages that it newly appears in."""
    for language in languages:
        lacking = article.updates.exclude(source_language=language).exclude(translations__language=language)
        rows: list[Translation] = []
        for update in lacking.prefetch_related(*lacking.model.RELATED_TEXTS.values()).iterator(chunk_size=500):
            update.article = article
            rows.append(Translation(update=update, language=language))
            texts = {code: columns.texts_of(update, code) for code in (update.source_language, language)}
            now = Snapshot(update.source_language, texts)
            _set_state(update, rows[-1], now, before=now)
            if len(rows) == 500:
                Translation._base_manager.bulk_create(rows)
                rows = []
        Translation._base_manager.bulk_create(rows)


def _set_state(item: Article | Update, row: Translation, now: Snapshot, before: Snapshot | None) -> None:
    texts = now.texts[row.language]
    written = row.language not in _untracked.get() and texts != (before.texts[row.language] if before else {})
    if texts and written:
        # A user who writes a translation into the form has reviewed it.
        stored = before.texts[row.language] if before else {}
        draft = usage.draft_of(row, stored, suggestions.of(row, now.source))
        set_made(row, item, now.source, user=acting_user())
        _accept(row, item, now.source, texts)
        usage.settle(row, item, draft, texts)
    elif texts and row.pk is None:
        # The texts existed before the article had this language. Adding the language is no review.
        set_made(row, item, now.source)
        row.state = State.REVIEW
    elif texts:
        row.outdated = row.source != now.source
    elif written and row.state != State.REFUSED:
        row.state, row.outdated = State.MISSING, False
        row.version += 1
    if row.state == State.REVIEWED and not review.holds(row, texts):
        row.state = State.REVIEW
        row.version += 1
    corrected = before is not None and before.source != now.source
    if corrected or not row.outdated:
        row.suggestion = {}
    untried = row.due_at is None and not row.attempts
    if (corrected or (untried and not row.suggestion)) and _is_wanted(item, row):
        if corrected and written_by_people(row):
            _suggest(item, row, now.source, texts)
        if not row.suggestion and engines.available():
            ask_for_draft(row)
    elif written_by_people(row) and not row.outdated:
        row.leave_queue()


def _accept(row: Translation, item: Article | Update, source: Texts, texts: Texts) -> None:
    """Make a text that was written in a form reviewed, or leave it in review if it has remarks nobody acknowledged."""
    try:
        review.accept(row, item, source, texts, acting_user(), keys=review.acknowledged())
    except review.RemarksError as error:
        row.state, row.problems = State.REVIEW, review.as_json(error.problems)


def written_by_people(row: Translation) -> bool:
    """Return whether a person has written or reviewed its texts, which a machine does not replace."""
    return row.state in (State.REVIEW, State.REVIEWED)


def _suggest(item: Article | Update, row: Translation, source: Texts, texts: Texts) -> None:
    """Store a suggestion for people's texts after a correction at once, if that needs no machine."""
    plan = suggestions.plan(item, row.source, source, texts, row.language)
    plan = drafts.fill(plan, item, row.language)
    if not plan.sentences:
        row.suggestion = suggestions.as_json(row, source, plan.texts([]), engine="")
        row.leave_queue()


def _is_wanted(item: Article | Update, row: Translation) -> bool:
    """Return whether readers wait for a draft, or for a correction of people's texts."""
    if _unread(item) or row.language not in columns.article_of(item).languages:
        return False
    if not value("TRANSLATE_UNPUBLISHED") and getattr(item, "state", "") in ("submitted", "scheduled"):
        return False
    wanting = row.state == State.MISSING or (row.outdated and row.state != State.REFUSED)
    return wanting and not _made_elsewhere(item, row.language)


def _unread(item: Article | Update) -> bool:
    """Return whether no reader waits for it: it is a draft, or was withdrawn without a reason for readers."""
    state = getattr(item, "state", "")
    return state == "draft" or (state == "withdrawn" and not text_in(item, "withdrawal_note", item.source_language))


def _made_elsewhere(item: Article | Update, language: str) -> bool:
    """Return whether an earlier copy in another article appears in this language, which is translated instead."""
    if isinstance(item, Article) or item.copy_group is None:
        return False
    earlier = Update.objects.filter(copy_group=item.copy_group, pk__lt=item.pk, article__languages__has=language)
    return earlier.exclude(state__in=("draft", "withdrawn")).exists()


def ask_for_draft(row: Translation) -> None:
    """Queue it for a machine draft, due at once."""
    row.due_at, row.attempts, row.failure = timezone.now(), 0, ""


def may_ask_machine(row: Translation) -> bool:
    """Return whether a machine can help: with a draft, or with a suggestion for an outdated text."""
    return row.state in (State.MISSING, State.MACHINE) or (written_by_people(row) and row.outdated)


def ask_machine(row: Translation) -> bool:
    """Queue a stored translation for a machine.

    Return False if no machine can help, or if the translation has changed since it was read.
    """
    if not may_ask_machine(row):
        return False
    ask_for_draft(row)
    # A correction of the original does not change the version.
    unchanged = Translation.objects.filter(pk=row.pk, version=row.version, outdated=row.outdated)
    return bool(unchanged.update(due_at=row.due_at, attempts=row.attempts, failure=row.failure))


def set_made(
    row: Translation, item: Article | Update, source: Texts, *, engine: str = "", user: User | None = None
) -> None:
    """Record the source texts from which a translation was made, and its engine or user."""
    row.source = dict(source)
    row.source_revision = columns.article_of(item).revision
    row.engine, row.translator = engine, user
    row.made_at = timezone.now()
    row.first_made_at = row.first_made_at or row.made_at
    row.outdated = False
    row.accepted, row.review_digest, row.suggestion, row.drafted = [], "", {}, {}
    row.leave_queue()
    row.version += 1


#: Columns that are copied with a translation.
_COPIED = (
    *("state", "outdated", "engine", "translator_id", "reviewer_id", "problems", "accepted"),
    *("made_at", "first_made_at", "reviewed_at", "first_reviewed_at"),
)


def copy(
    item: Article | Update, other: Article | Update, languages: Collection[str], without: Collection[str] = ()
) -> None:
    """Give the translations of `other`, a copy of `item` with the same texts, the states of those of `item`.

    Call within an edit of `other` and `without_state_tracking` of these languages. `without`: fields that the copy
    lacks.
    """
    for row in Translation.objects.filter(**_owner(item), language__in=languages):
        owner: dict[str, Any] = _owner(other)
        copied, _created = Translation.objects.get_or_create(**owner, language=row.language)
        known = {field: text for field, text in row.source.items() if field not in without}
        source = columns.as_of(item, known, other)
        valid = row.state != State.REVIEWED or review.holds(row, columns.texts_of(item, row.language))
        values = {name: getattr(row, name) for name in _COPIED} | {"source": source}
        if valid and row.review_digest:
            values["review_digest"] = review.digest(source, columns.texts_of(other, row.language))
        if any(getattr(copied, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(copied, name, value)
            copied.source_revision = columns.article_of(other).revision
            copied.leave_queue()
            copied.suggestion = {}
            copied.version += 1
            copied.save()


def _state_of(row: Translation) -> tuple[object, ...]:
    return (row.state, row.outdated, row.version, row.due_at, row.suggestion)


def _owner(item: Article | Update) -> dict[str, int]:
    return {"article_id" if columns.article_of(item) is item else "update_id": item.pk}
