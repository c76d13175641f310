"""Restore the content of an earlier version of an update, as a new version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction

from articles import changes
from articles.history import content, recording, registry
from articles.history.models import UpdateVersion
from articles.models import Translation, Update
from articles.pending import NOTHING_PENDING, PendingRelations
from articles.pictures import versions
from articles.translations import columns, review, states
from liveblog.actors import Machine, acting_as
from liveblog.errors import Conflict
from liveblog.languages import column

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class VersionRemarksError(Exception):
    """Translations with remarks that the user has not acknowledged would become reviewed again."""

    def __init__(self, problems: Mapping[str, review.Problems]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def newest_of(pk: int) -> int:
    """Return the number of an update's newest version, 0 if there is none."""
    number = UpdateVersion.objects.filter(update=pk).order_by("-number").values_list("number", flat=True).first()
    return number or 0


def restore(
    pk: int,
    number: int,
    newest: int,
    user: User | AnonymousUser | Machine,
    languages: Collection[str] | None = None,
    acknowledged: Collection[str] = (),
) -> Update:
    """Restore the content of version `number`: all of it, or only the texts in `languages`.

    State and times stay as they are. `newest` is the newest version that the user has seen, `acknowledged` has the keys
    of the remarks on reviewed translations that the user accepts (`articles.translations.review.key_of`). Raises
    Conflict if there is a newer version, VersionRemarksError if a translation would be reviewed with other remarks, and
    ValidationError if the update would not be valid; nothing is changed then.
    """
    with transaction.atomic():
        changes.lock(Update.objects.only("article", "copy_group").get(pk=pk))
        if newest_of(pk) != newest:
            raise Conflict
        update = Update.objects.select_related("article").get(pk=pk)
        data = UpdateVersion.objects.get(update=pk, number=number).data
        wanted = content.of(data)
        pending = NOTHING_PENDING
        if languages is not None:
            wanted = {name: value for name, value in wanted.items() if name in content.columns_in(languages)}
            # A translation includes the texts of the pictures.
            pending = PendingRelations(versions.with_texts(update, data.get("pictures", ()), languages))
        source_language = wanted.get("source_language", update.source_language)
        translations = [code for code in languages or update.article.languages if code != source_language]
        with ExitStack() as stack:
            stack.enter_context(acting_as(user))
            stack.enter_context(recording.restoring(number))
            # Restoring is no review: a translation returns to the state that it had in that version.
            stack.enter_context(states.without_state_tracking(*translations))
            stack.enter_context(changes.edit(update))
            content.apply(update, wanted)
            # Do this before the validation, which depends on the pictures.
            registry.restore(update, wanted)
            with update.validated_with(pending):
                update.full_clean()
            update.save()
            if pending.pictures is not None:
                versions.put(update, pending.pictures)
            present = Update.read(pk)
            assert present is not None
            remarks = {}
            for row in Translation.objects.filter(update=pk, language__in=translations):
                if problems := _restore_state(row, present, number, data, user, acknowledged):
                    remarks[row.language] = problems
            if remarks:
                raise VersionRemarksError(remarks)
        return update


def _restore_state(
    row: Translation,
    update: Update,
    number: int,
    data: recording.Data,
    user: User | AnonymousUser | Machine,
    acknowledged: Collection[str],
) -> review.Problems:
    """Give a translation its former state. Return the remarks that keep it from being reviewed again."""
    state = data[recording.TRANSLATIONS].get(row.language, {})
    row.state = state.get("state", row.State.MISSING)
    row.engine, row.translator_id = state.get("engine", ""), state.get("translator")
    row.reviewer_id = state.get("reviewer")
    row.source = _source_of(row, number) if state else {}
    row.editor = row.edited_until = None
    row.suggestion, row.drafted = {}, {}
    row.version += 1
    problems: review.Problems = {}
    if row.state == row.State.REVIEWED:
        problems = _review_again(row, update, state, user, acknowledged)
    row.save()
    return problems


def _review_again(
    row: Translation,
    update: Update,
    state: dict[str, Any],
    user: User | AnonymousUser | Machine,
    acknowledged: Collection[str],
) -> review.Problems:
    """Accept the texts as their reviewer did; with new remarks on them, the user is the reviewer."""
    source = columns.texts_of(update, update.source_language)
    texts = columns.texts_of(update, row.language)
    known = set(review.keys_of(row.language, review.from_json(state.get("accepted", []))))
    # The account may have been deleted since.
    reviewer = get_user_model()._default_manager.filter(pk__in=[state.get("reviewer")]).first()
    person = None if isinstance(user, Machine) or not user.is_authenticated else user
    for by, keys in ((reviewer, known), (person, known.union(acknowledged))):
        try:
            review.accept(row, update, source, texts, by, keys=keys)
        except review.RemarksError as error:
            problems = error.problems
        else:
            return {}
    return problems


def _source_of(row: Translation, number: int) -> dict[str, str]:
    """Return the texts from which a translation was made: those of the last version in which it was not outdated."""
    fresh = {f"data__{recording.TRANSLATIONS}__{row.language}__outdated": False}
    assert row.update is not None
    version = row.update.versions.filter(number__lte=number, **fresh).order_by("-number").first()
    if version is None:
        return {}
    language = version.data["source_language"]
    texts = {field: version.data.get(column(field, language)) for field in columns.fields_of(Update)}
    return {field: text for field, text in texts.items() if text}
