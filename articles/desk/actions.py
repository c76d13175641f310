"""What is done to an update at the desk, by one button each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from articles import changes
from articles.models import Update
from articles.translations import states
from liveblog.delivery import log

State = Update.State


def _publish(update: Update, person: Any, data: Any) -> None:
    if update.article.needs_release and not update.published_before and update.submitted_by_id in (None, person.pk):
        if update.submitted_by_id == person.pk:
            raise ValidationError(_("Somebody else has to release this update."))
        update.state, update.submitted_by = State.SUBMITTED, person
    else:
        update.state = State.PUBLISHED


def _withdraw(update: Update, person: Any, data: Any) -> None:
    update.state = State.WITHDRAWN
    update.leaves_mark = data.get("mark") == "1"


def _draft(update: Update, person: Any, data: Any) -> None:
    update.state, update.publish_at, update.submitted_by = State.DRAFT, None, None


def _pin(update: Update, person: Any, data: Any) -> None:
    _only_published(update)
    highest = Update.objects.filter(article=update.article_id).aggregate(highest=Max("pin"))["highest"] or 0
    update.pin = highest + 1


def _unpin(update: Update, person: Any, data: Any) -> None:
    update.pin = None


def _raise(update: Update, person: Any, data: Any) -> None:
    """Before the pinned one that is above it."""
    _only_published(update)
    if update.pin is None:
        return
    above = Update.objects.filter(article=update.article_id, pin__gt=update.pin).order_by("pin").first()
    if above is not None:
        update.pin, above.pin = above.pin, update.pin
        above.save()


def _hand_over(update: Update, person: Any, data: Any) -> None:
    to = data.get("to", "")
    people = get_user_model()._default_manager.filter(is_staff=True, is_active=True)
    update.assignee = people.filter(pk=to).first() if to.isdecimal() else None


def _only_published(update: Update) -> None:
    if update.state != State.PUBLISHED:
        raise ValidationError(_("Only a published update can be pinned."))


ACTIONS: dict[str, Callable[[Update, Any, Any], None]] = {
    "publish": _publish,
    "withdraw": _withdraw,
    "draft": _draft,
    "pin": _pin,
    "unpin": _unpin,
    "raise": _raise,
    "hand-over": _hand_over,
}


def act(article_id: int, pk: int, action: str, person: Any, data: Any) -> Update:
    """Do one of ACTIONS to an update. Raises KeyError, Update.DoesNotExist, or ValidationError with what is wrong."""
    do = ACTIONS[action]
    with transaction.atomic():
        log.lock(article_id)
        update = Update.objects.select_related("article").get(pk=pk, article=article_id)
        with states.acting(person), changes.edit(update):
            do(update, person, data)
            update.full_clean()
            update.save()
    return update
