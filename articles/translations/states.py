"""The rules by which translations change their state.

After each edit, in its transaction, the states are brought in line with the texts. So a correction of the original
marks its translations as outdated in the same moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from articles.changes import Edit
from articles.models import Article, Translation, Update
from articles.text.localized import text_in
from articles.translations import columns
from liveblog.actors import acting_user
from liveblog.languages import SHIPPED
from liveblog.translation import engines

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from articles.models.base import Versioned

State = Translation.State

#: Field name to text, without the empty ones.
Texts = Mapping[str, str]

#: The languages whose states the caller sets.
_untracked: ContextVar[frozenset[str]] = ContextVar("untracked languages", default=frozenset())


@contextmanager
def without_state_tracking(*languages: str) -> Iterator[None]:
    """Leave the states of these languages to the caller within the block."""
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
        return cls(item.source_language, {language: columns.texts_of(item, language) for language in SHIPPED})

    @property
    def source(self) -> Texts:
        return self.texts[self.source_language]


class TranslationStates:
    """The follower that brings the translation states in line with the texts after each edit."""

    def before(self, row: Versioned) -> Snapshot:
        assert isinstance(row, Article | Update)
        return Snapshot.as_read(row)

    def after(self, edit: Edit, memory: Snapshot | None) -> None:
        if edit.saved is not None:
            assert isinstance(edit.saved, Article | Update)
            follow(edit.saved, memory)


def follow(item: Article | Update, before: Snapshot | None) -> None:
    """Bring the states of all languages of a saved item in line with its texts."""
    now = Snapshot.as_read(item)
    wanted = [language for language in columns.article_of(item).languages if language != now.source_language]
    stored = {row.language: row for row in Translation.objects.filter(**_owner(item))}
    new = [Translation(**_owner(item), language=language) for language in wanted if language not in stored]
    for row in [*new, *(stored[language] for language in wanted if language in stored)]:
        old = _state_of(row)
        _set_state(item, row, now, before)
        if row.pk and _state_of(row) != old:
            row.save()
    Translation._base_manager.bulk_create(new)
    if now.source_language in stored:
        stored[now.source_language].delete()
    if new and columns.article_of(item) is item:
        _begin_languages(item, [row.language for row in new])


def _begin_languages(article: Article, languages: list[str]) -> None:
    """Create the translations of an article's updates into languages that it newly appears in."""
    for language in languages:
        lacking = article.updates.exclude(source_language=language).exclude(translations__language=language)
        rows: list[Translation] = []
        for update in lacking.prefetch_related(*lacking.model.RELATED_TEXTS.values()).iterator(chunk_size=500):
            update.article = article
            rows.append(Translation(update=update, language=language))
            texts = {code: columns.texts_of(update, code) for code in (update.source_language, language)}
            _set_state(update, rows[-1], Snapshot(update.source_language, texts), None)
            if len(rows) == 500:
                Translation._base_manager.bulk_create(rows)
                rows = []
        Translation._base_manager.bulk_create(rows)


def _set_state(item: Article | Update, row: Translation, now: Snapshot, before: Snapshot | None) -> None:
    texts = now.texts[row.language]
    if row.language not in _untracked.get() and texts != (before.texts[row.language] if before else {}):
        # A user who writes a translation into the form has reviewed it.
        if texts:
            set_made(row, item, now.source, user=acting_user())
            # An update of pictures alone is complete when all texts of the pictures are.
            needed = [field for field in type(item).TEXTS if field in now.source] or now.source
            if all(field in texts for field in needed):
                set_reviewed(row, acting_user())
            else:
                row.state = State.REVIEW
        elif row.state != State.REFUSED:
            row.state, row.outdated = State.MISSING, False
            row.version += 1
    elif texts:
        row.outdated = row.source != now.source
    corrected = before is not None and before.source != now.source
    untried = row.due_at is None and not row.attempts
    if (corrected or untried) and _wants_a_draft(item, row):
        ask_for_draft(row)


def _wants_a_draft(item: Article | Update, row: Translation) -> bool:
    """Return whether a machine should draft it: it is missing, or an outdated draft. Users' texts are left alone."""
    if engines.configured() is None or _unread(item):
        return False
    wanting = row.state == State.MISSING or (row.state == State.MACHINE and row.outdated)
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
    """Put it into the queue for a machine, to be drafted at once."""
    row.due_at, row.attempts, row.failure = timezone.now(), 0, ""


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
    row.due_at, row.attempts, row.failure = None, 0, ""
    row.version += 1


def set_reviewed(row: Translation, user: User | None) -> None:
    row.state, row.reviewer = State.REVIEWED, user
    row.reviewed_at = timezone.now()
    row.first_reviewed_at = row.first_reviewed_at or row.reviewed_at


def _state_of(row: Translation) -> tuple[object, ...]:
    return (row.state, row.outdated, row.version, row.due_at)


def _owner(item: Article | Update) -> dict[str, int]:
    return {"article_id" if columns.article_of(item) is item else "update_id": item.pk}
