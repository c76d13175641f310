"""Pin updates at the top of their page, in an order."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import changes
from articles.models import Update


def pin(update: Update) -> None:
    """Pin an update at the top of its page, above the other pinned ones.

    Raise ValidationError if it is not published, or if the page has as many as it can show.
    """
    with transaction.atomic():
        pinned = _pinned(update)
        if Update.objects.filter(pk=update.pk).exclude(state=Update.State.PUBLISHED).exists():
            raise ValidationError(_("Only published updates can be pinned."))
        if update.pk not in pinned:
            if len(pinned) >= Update.MAX_PINNED:
                raise ValidationError(
                    ngettext(
                        "A page can have only %(count)s pinned update. Unpin one first.",
                        "A page can have only %(count)s pinned updates. Unpin one first.",
                        Update.MAX_PINNED,
                    )
                    % {"count": Update.MAX_PINNED}
                )
            _number([update.pk, *pinned])


def unpin(update: Update) -> None:
    """Return an update to its place by time."""
    with transaction.atomic():
        changes.lock(update)
        _save(update.pk, None)


def reorder(update_pks: Iterable[int]) -> None:
    """Put the pinned updates of a page in this order, from the top; other pinned updates follow below.

    Updates that were unpinned in the meantime stay unpinned.
    """
    wanted = list(dict.fromkeys(update_pks))
    any_pinned = Update.objects.filter(pk__in=wanted[:1]).first()
    if any_pinned is None:
        return
    with transaction.atomic():
        pinned = _pinned(any_pinned)
        _number([pk for pk in wanted if pk in pinned] + [pk for pk in pinned if pk not in wanted])


def _pinned(update: Update) -> list[int]:
    """Lock the page of an update until the transaction ends, and return its pinned updates from the top."""
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
        # Pinning makes no new version of the text, so open forms stay valid.
        update.save(update_fields=["pin"])
