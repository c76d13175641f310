"""Bringing back what an update said in an earlier version; which is a new version, as any other save."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from typing import Any

from django.db import transaction

from articles import changes
from articles.history import content, recording, registry
from articles.history.models import UpdateVersion
from articles.models import Translation, Update
from articles.pictures import versions
from articles.publishing.pending import NOTHING_PENDING, PendingRelations
from articles.translations import columns, states
from liveblog.actors import acting_as
from liveblog.errors import Conflict


def newest_of(pk: int) -> int:
    """The number of an update's newest version, 0 where there is none."""
    number = UpdateVersion.objects.filter(update=pk).order_by("-number").values_list("number", flat=True).first()
    return number or 0


def restore(pk: int, number: int, shown: int, user: Any, languages: Collection[str] | None = None) -> Update:
    """Have an update say again what it said in version `number`: all of it, or its words in some languages.

    Whether and since when readers see it stays as it is. `shown`: the newest version that the person knew of; raises
    Conflict where there is a newer one. Raises ValidationError where the update may not be so. Nothing is changed then.
    """
    with transaction.atomic():
        changes.lock(Update.objects.only("article", "copy_group").get(pk=pk))
        if newest_of(pk) != shown:
            raise Conflict
        update = Update.objects.select_related("article").get(pk=pk)
        data = UpdateVersion.objects.get(update=pk, number=number).data
        wanted = content.of(data)
        pending = NOTHING_PENDING
        if languages is not None:
            wanted = {name: value for name, value in wanted.items() if name in content.words_in(languages)}
            # Those beside pictures as well: a translation is of both.
            pending = PendingRelations(versions.with_words(update, data.get("pictures", ()), languages))
        source_language = wanted.get("source_language", update.source_language)
        translations = [code for code in languages or update.article.languages if code != source_language]
        with ExitStack() as stack:
            stack.enter_context(acting_as(user))
            stack.enter_context(recording.recorded_as(recording.Cause.WRITTEN, restored=number))
            # Who brings back a text need not have read it: it is as far again as it was then.
            stack.enter_context(states.without_state_tracking(*translations))
            stack.enter_context(changes.edit(update))
            content.put(update, wanted)
            # Before it is asked whether it may be so, for that depends on its pictures, too.
            registry.restore(update, wanted)
            with update.validated_with(pending):
                update.full_clean()
            update.save()
            if pending.pictures is not None:
                versions.put(update, pending.pictures)
            for row in Translation.objects.filter(update=pk, language__in=translations):
                _bring_back_state(row, number, data)
        return update


def _bring_back_state(row: Translation, number: int, data: recording.Data) -> None:
    then = data[recording.TRANSLATIONS].get(row.language, {})
    row.state = then.get("state", row.State.MISSING)
    row.engine, row.translator_id = then.get("engine", ""), then.get("translator")
    row.reviewer_id = then.get("reviewer")
    row.source = _made_from(row, number) if then else {}
    row.editor = row.edited_until = None
    row.version += 1
    row.save()


def _made_from(row: Any, number: int) -> dict[str, str]:
    """The words of the original that a translation was made from: those beside which it was not outdated."""
    fresh = {f"data__{recording.TRANSLATIONS}__{row.language}__outdated": False}
    version = row.update.versions.filter(number__lte=number, **fresh).order_by("-number").first()
    if version is None:
        return {}
    language = version.data["source_language"]
    found = {field: version.data.get(f"{field}_{language}") for field in columns.fields_of(Update)}
    return {field: text for field, text in found.items() if text}
