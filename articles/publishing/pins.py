"""What is pinned on top of a page, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from articles import changes
from articles.models import Update


def pin(update: Update) -> None:
    """Put an update on top of its page, above what is pinned already."""
    with transaction.atomic():
        pinned = _pinned(update)
        if Update.objects.filter(pk=update.pk).exclude(state=Update.State.PUBLISHED).exists():
            raise ValidationError(_("Only what readers see can be pinned."))
        if update.pk not in pinned:
            _number([update.pk, *pinned])


def unpin(update: Update) -> None:
    """Let an update stand at its time again."""
    with transaction.atomic():
        changes.lock(update)
        _save(update.pk, None)


def reorder(update_pks: Iterable[int]) -> None:
    """Have what is pinned on one page stand in this order, from the top; what is not named stands below.

    What was unpinned meanwhile stays so.
    """
    wanted = list(dict.fromkeys(update_pks))
    first = Update.objects.filter(pk__in=wanted[:1]).first()
    if first is None:
        return
    with transaction.atomic():
        pinned = _pinned(first)
        _number([pk for pk in wanted if pk in pinned] + [pk for pk in pinned if pk not in wanted])


def _pinned(update: Update) -> list[int]:
    """What is pinned on the page of an update, from the top, with the page locked until the transaction ends."""
    changes.lock(update)
    found = Update.objects.filter(article=update.article_id, pin__isnull=False).newest_first()
    return list(found.values_list("pk", flat=True))


def _number(from_the_top: list[int]) -> None:
    for number, pk in enumerate(reversed(from_the_top), 1):
        _save(pk, number)


def _save(pk: int, number: int | None) -> None:
    update = Update.objects.get(pk=pk)
    if update.pin != number:
        update.pin = number
        # It is no new version of the text: a form that somebody has open answers to the same one as before.
        update.save(update_fields=["pin"])
