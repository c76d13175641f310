"""The rules by which a translation goes from one state to another.

Whatever is saved, and by whom: `articles.changes.edit` has the states follow what the columns say, in the transaction
of the save. So a correction of the original marks every translation as outdated in the moment in which it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from modeltranslation.translator import translator

from articles.text import stored
from articles.translations import engines
from articles.translations.models import Translation
from liveblog.languages import SHIPPED

State = Translation.State

#: Field name to text, without the empty ones.
Texts = Mapping[str, str]

_person: ContextVar[Any] = ContextVar("person", default=None)
#: The languages whose rows are looked after by whoever saves.
_looked_after: ContextVar[frozenset[str]] = ContextVar("looked after", default=frozenset())


@contextmanager
def acting(person: Any) -> Iterator[None]:
    """Who writes what is saved meanwhile."""
    token = _person.set(person)
    try:
        yield
    finally:
        _person.reset(token)


def person() -> Any:
    """Who writes at the moment; None where it is no person."""
    return _person.get()


@contextmanager
def looking_after(*languages: str) -> Iterator[None]:
    """Whoever saves writes down himself how far these languages are."""
    token = _looked_after.set(_looked_after.get() | set(languages))
    try:
        yield
    finally:
        _looked_after.reset(token)


def article_of(item: Any) -> Any:
    """The article on whose page an item stands, which is itself if it is one."""
    return item.article if hasattr(item, "article_id") else item


def fields_of(model: Any) -> list[str]:
    """The translated fields of an article or update."""
    names = translator.get_options_for_model(model).all_fields
    return [field.name for field in model._meta.fields if field.name in names]


def parts_of(item: Any) -> Iterator[tuple[str, Any]]:
    """The rows whose texts are the item's as well, such as its pictures, each with what their fields begin with."""
    for kind, relation in item.PARTS.items():
        for row in getattr(item, relation).all():
            yield f"{kind}-{row.pk}-", row


def texts_of(item: Any, language: str) -> dict[str, str]:
    """What an article or update says in one language, by field; a picture's caption is `picture-12-caption`."""
    found = {}
    for prefix, row in [("", item), *parts_of(item)]:
        for field in fields_of(type(row)):
            if text := getattr(row, f"{field}_{language}"):
                found[f"{prefix}{field}"] = text
    return found


def owner_of(item: Any, field: str) -> tuple[Any, str]:
    """Where a field of `texts_of` is kept: the item or one of its parts, and the name that the field has there."""
    for prefix, row in parts_of(item):
        if field.startswith(prefix):
            return row, field.removeprefix(prefix)
    return item, field


def as_stored(model: Any, pk: int | None) -> Any:
    """An item with its parts as it is in the database; None where it is not."""
    return model._base_manager.filter(pk=pk).prefetch_related(*model.PARTS.values()).first() if pk else None


@dataclass(frozen=True)
class Snapshot:
    """What an item said at one moment, in all languages."""

    source_language: str
    texts: Mapping[str, Texts]

    @classmethod
    def as_read(cls, item: Any) -> Snapshot:
        return cls(item.source_language, {language: texts_of(item, language) for language in SHIPPED})

    @property
    def source(self) -> Texts:
        return self.texts[self.source_language]


def follow(item: Any, before: Snapshot | None) -> None:
    """Bring the states of all languages of an item, as it was saved, in line with what it says now."""
    now = Snapshot.as_read(item)
    wanted = [language for language in article_of(item).languages if language != now.source_language]
    kept = {row.language: row for row in Translation.objects.filter(**_owner(item))}
    new = [Translation(**_owner(item), language=language) for language in wanted if language not in kept]
    for row in [*new, *(kept[language] for language in wanted if language in kept)]:
        old = _state_of(row)
        _follow(item, row, now, before)
        if row.pk and _state_of(row) != old:
            row.save()
    Translation.objects.bulk_create(new)
    if now.source_language in kept:
        kept[now.source_language].delete()
    if new and article_of(item) is item:
        _begin_languages(item, [row.language for row in new])


def _begin_languages(article: Any, languages: list[str]) -> None:
    """The article appears in more languages: so do the updates that it has."""
    for language in languages:
        lacking = article.updates.exclude(source_language=language).exclude(translations__language=language)
        rows: list[Translation] = []
        for update in lacking.prefetch_related(*lacking.model.PARTS.values()).iterator(chunk_size=500):
            update.article = article
            rows.append(Translation(update=update, language=language))
            said = {code: texts_of(update, code) for code in (update.source_language, language)}
            _follow(update, rows[-1], Snapshot(update.source_language, said), None)
            if len(rows) == 500:
                Translation.objects.bulk_create(rows)
                rows = []
        Translation.objects.bulk_create(rows)


def _follow(item: Any, row: Translation, now: Snapshot, before: Snapshot | None) -> None:
    texts = now.texts[row.language]
    if row.language not in _looked_after.get() and texts != (before.texts[row.language] if before else {}):
        # Somebody wrote it into the form, and so stands behind it.
        if texts:
            made(row, item, now.source, person=_person.get())
            # What is pictures and nothing else is whole when all of their words are there.
            needed = [field for field in type(item).TEXTS if field in now.source] or now.source
            if all(field in texts for field in needed):
                reviewed(row, _person.get())
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


def _wants_a_draft(item: Any, row: Translation) -> bool:
    """A machine fills what is missing and redoes what it made. What a person wrote is not its to touch."""
    if engines.configured() is None or _unread(item):
        return False
    wanting = row.state == State.MISSING or (row.state == State.MACHINE and row.outdated)
    return wanting and not _made_elsewhere(item, row.language)


def _unread(item: Any) -> bool:
    """Whether no reader waits for it: a draft, or what was withdrawn and says no reason for that."""
    state = getattr(item, "state", "")
    return state == "draft" or (state == "withdrawn" and not stored(item, "withdrawal_note", item.source_language))


def _made_elsewhere(item: Any, language: str) -> bool:
    """Of copies of one update in several articles, the first that appears in a language is translated into it."""
    if getattr(item, "story", None) is None:
        return False
    earlier = type(item).objects.filter(story=item.story, pk__lt=item.pk, article__languages__contains=f",{language},")
    return earlier.exclude(state__in=("draft", "withdrawn")).exists()


def ask_for_draft(row: Translation) -> None:
    """Have a machine make it as soon as one is free."""
    row.due_at, row.attempts, row.failure = timezone.now(), 0, ""


def made(row: Translation, item: Any, source: Texts, *, engine: str = "", person: Any = None) -> None:
    """Write down of which original a text was made, and by whom."""
    row.source = dict(source)
    row.source_revision = article_of(item).revision
    row.engine, row.translator = engine, person
    row.made_at = timezone.now()
    row.first_made_at = row.first_made_at or row.made_at
    row.outdated = False
    row.due_at, row.attempts, row.failure = None, 0, ""
    row.version += 1


def reviewed(row: Translation, person: Any) -> None:
    row.state, row.reviewer = State.REVIEWED, person
    row.reviewed_at = timezone.now()
    row.first_reviewed_at = row.first_reviewed_at or row.reviewed_at


def _state_of(row: Translation) -> tuple[Any, ...]:
    return (row.state, row.outdated, row.version, row.due_at)


def _owner(item: Any) -> dict[str, Any]:
    return {"article_id" if article_of(item) is item else "update_id": item.pk}
