"""What is done to an update at the desk, by one button each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import changes
from articles.models import Update
from articles.publishing import pins, rules, snapshot, syndication
from liveblog.actors import acting_as
from liveblog.errors import Conflict

State = Update.State


def publish(update: Update, user: Any) -> None:
    """Have it appear; where a second person releases updates, ask for that."""
    acts = rules.allowed_actions(update if update.pk else None, update.article, user)
    if "submit" in acts:
        update.state = State.SUBMITTED
    elif update.state == State.SUBMITTED and update.publish_at and update.publish_at > timezone.now():
        # Released before its time, it waits for that.
        update.state = State.SCHEDULED
    else:
        update.state = State.PUBLISHED


def _publish(update: Update, user: Any, data: Any) -> None:
    if data.get("opened") != snapshot.version_token(update):
        raise Conflict
    seen = update.published_before
    publish(update, user)
    _save(update)
    if update.state == State.PUBLISHED and not seen:
        syndication.publish_copies(update, user)


def _withdraw(update: Update, user: Any, data: Any) -> None:
    update.state = State.WITHDRAWN
    update.leaves_mark = data.get("mark") == "1"
    if update.leaves_mark:
        setattr(update, f"withdrawal_note_{update.source_language}", data.get("reason", ""))
    _save(update)


def _draft(update: Update, user: Any, data: Any) -> None:
    update.state, update.publish_at = State.DRAFT, None
    _save(update)


def _pin(update: Update, user: Any, data: Any) -> None:
    pins.pin(update)


def _unpin(update: Update, user: Any, data: Any) -> None:
    pins.unpin(update)


def _raise(update: Update, user: Any, data: Any) -> None:
    """Above the one that stands above it."""
    pinned = Update.objects.filter(article=update.article_id, pin__isnull=False).newest_first()
    order = list(pinned.values_list("pk", flat=True))
    place = order.index(update.pk) if update.pk in order else 0
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
        pins.reorder(order)


def _hand_over(update: Update, user: Any, data: Any) -> None:
    to = data.get("to", "")
    people = get_user_model()._default_manager.filter(is_staff=True, is_active=True)
    update.assignee = people.filter(pk=to).first() if to.isdecimal() else None
    if to and not update.assignee:
        raise ValidationError(_("There is no such colleague any more."))
    _save(update)


def _save(update: Update) -> None:
    update.full_clean()
    update.save()


ACTIONS: dict[str, Callable[[Update, Any, Any], None]] = {
    "publish": _publish,
    "withdraw": _withdraw,
    "draft": _draft,
    "pin": _pin,
    "unpin": _unpin,
    "raise": _raise,
    "hand-over": _hand_over,
}

#: Those that need the right to run a coverage; the others that to change updates.
RUNNING = frozenset({"pin", "unpin", "raise"})


def act(article_id: int, pk: int, action: str, user: Any, data: Any) -> Update:
    """Do one of ACTIONS to an update.

    Raises KeyError, Update.DoesNotExist, ValidationError with what is wrong; or Conflict where what is published is
    not what `data["opened"]` names (`articles.publishing.snapshot.version_token`).
    """
    do = ACTIONS[action]
    with transaction.atomic(), acting_as(user):
        changes.lock(Update.objects.get(pk=pk, article=article_id))
        update = Update.objects.select_related("article").get(pk=pk)
        do(update, user, data)
    return update
