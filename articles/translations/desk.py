"""The translators' desk: save a translation, show who has it open, find the next one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from articles import changes
from articles.models import Translation
from articles.translations import columns, review, states, suggestions, usage
from liveblog.actors import acting_as
from liveblog.errors import Conflict

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from liveblog.translation.terms import Term

State = Translation.State

#: The time for which a form counts as open after its last request.
PRESENCE_TIMEOUT = timedelta(seconds=45)


def version_token(row: Translation) -> str:
    """Return a token that names the version of a translation and of its original."""
    source = columns.texts_of(row.item, row.item.source_language)
    digest = hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:16]
    return f"{row.version}-{digest}"


def save(
    pk: int,
    opened: str,
    texts: states.Texts,
    user: User,
    *,
    accept: bool,
    acknowledged: Collection[str] = (),
    terms: Sequence[Term] | None = None,
) -> Translation:
    """Save the texts of a translation that were written from the version `opened` (see `version_token`).

    accept         whether the user has reviewed them
    acknowledged   keys of the remarks that the user has seen and accepts (`review.key_of`)
    terms          the glossary, as for `review.problems_of`

    Raise Conflict if the version has changed, and RemarksError if texts to accept have other remarks against the
    present original. Then nothing is changed.
    """
    with transaction.atomic():
        row = _locked(pk)
        if version_token(row) != opened:
            raise Conflict(row)
        item = row.item
        source = columns.texts_of(item, item.source_language)
        with acting_as(user), states.without_state_tracking(row.language), changes.edit(item):
            engine, stored = row.engine, columns.texts_of(item, row.language)
            draft = usage.draft_of(row, stored, suggestions.of(row, source))
            columns.write(item, row.language, texts)
            texts = columns.texts_of(item, row.language)
            states.set_made(row, item, source, engine=engine, user=user)
            if accept:
                review.accept(row, item, source, texts, user, keys=acknowledged, terms=terms)
            else:
                row.state = State.REVIEW if texts else State.MISSING
                row.problems = review.as_json(review.problems_of(item, source, texts, row.language, terms=terms))
            usage.settle(row, item, draft, texts)
            row.editor = row.edited_until = None
            row.save()
    return row


def suggestion(row: Translation, opened: str, token: str) -> dict[str, str]:
    """Return the texts of the suggestion that the user has seen. Raise Conflict if it is outdated."""
    found = suggestions.of(row, columns.texts_of(row.item, row.item.source_language))
    if found is None or version_token(row) != opened or suggestion_token(found) != token:
        raise Conflict(row)
    return found


def suggestion_token(texts: states.Texts) -> str:
    """Return a token that names a suggestion."""
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:16]


def refuse(pk: int, opened: str, user: User) -> None:
    """Give readers of this language the original of this text. Raise Conflict as `save` does."""
    with transaction.atomic():
        row = _locked(pk)
        if version_token(row) != opened:
            raise Conflict(row)
        with acting_as(user), states.without_state_tracking(row.language), changes.edit(row.item):
            row.state, row.reviewer = State.REFUSED, user
            row.leave_queue()
            row.outdated, row.suggestion, row.drafted = False, {}, {}
            row.version += 1
            row.editor = row.edited_until = None
            row.save()


def _locked(pk: int) -> Translation:
    """Lock the article until the transaction ends, and return the present row with its item."""
    changes.lock(Translation.objects.get(pk=pk).item)
    return Translation.objects.select_related("article", "update__article").get(pk=pk)


def opened_by(row: Translation, user: User) -> None:
    """Record that the user has it open, unless another user has."""
    if row.editor_now in (None, user):
        Translation.objects.filter(pk=row.pk).update(editor=user, edited_until=timezone.now() + PRESENCE_TIMEOUT)


def closed_by(row: Translation, user: User) -> None:
    Translation.objects.filter(pk=row.pk, editor=user).update(editor=None, edited_until=None)


def next_after(row: Translation, user: User) -> Translation | None:
    """Return the most urgent other translation into the same language that no other user has open."""
    free = Q(editor=None) | Q(editor=user) | Q(edited_until__lt=timezone.now())
    waiting = Translation.objects.wanting().filter(free, language=row.language).exclude(pk=row.pk).urgent_first()
    # Do not offer a skipped translation again at once.
    pks = list(waiting.values_list("pk", flat=True)[:200])
    wanting = Translation.objects.wanting().filter(language=row.language).urgent_first()
    order = list(wanting.values_list("pk", flat=True)[:1000])
    later = [pk for pk in pks if row.pk not in order or order.index(pk) > order.index(row.pk)]
    selected = (later or pks)[:1]
    return Translation.objects.filter(pk__in=selected).first()
