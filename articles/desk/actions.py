"""The actions of the buttons on an entry of the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from articles import changes
from articles.following import outlook, stories
from articles.models import Update
from articles.publishing import pins, rules, snapshot, syndication
from liveblog.actors import acting_as
from liveblog.errors import Conflict
from liveblog.numbers import number

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Actor = User | AnonymousUser

State = Update.State


def colleagues() -> QuerySet[User]:
    """Return the users to whom an update can be handed over."""
    return get_user_model()._default_manager.filter(is_staff=True, is_active=True)


def publish(update: Update, user: Actor) -> None:
    """Set the state that publishing leads to: submitted, if somebody else has to release the update."""
    if "submit" in rules.allowed_actions(update if update.pk else None, update.article, user):
        update.state = State.SUBMITTED
    else:
        update.publish(update.publish_at)


def _publish(update: Update, user: Actor, data: QueryDict) -> None:
    if data.get("opened") != snapshot.version_token(update):
        raise Conflict
    published_before = update.published_before
    publish(update, user)
    _save(update)
    if update.state == State.PUBLISHED and not published_before:
        syndication.publish_copies(update, user)


def _withdraw(update: Update, user: Actor, data: QueryDict) -> None:
    update.withdraw(leaves_mark=data.get("mark") == "1", reason=data.get("reason", ""))
    _save(update)


def _draft(update: Update, user: Actor, data: QueryDict) -> None:
    update.state, update.publish_at = State.DRAFT, None
    _save(update)


def _pin(update: Update, user: Actor, data: QueryDict) -> None:
    pins.pin(update)


def _unpin(update: Update, user: Actor, data: QueryDict) -> None:
    pins.unpin(update)


def _raise(update: Update, user: Actor, data: QueryDict) -> None:
    """Swap the update with the pinned one above it."""
    pinned = Update.objects.filter(article=update.article_id, pin__isnull=False).newest_first()
    order = list(pinned.values_list("pk", flat=True))
    place = order.index(update.pk) if update.pk in order else 0
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
        pins.reorder(order)


def _hand_over(update: Update, user: Actor, data: QueryDict) -> None:
    to = data.get("to", "")
    pk = number(to)
    update.assignee = None if pk is None else colleagues().filter(pk=pk).first()
    if to and not update.assignee:
        raise ValidationError(_("This colleague no longer has an account."))
    _save(update)


def _save(update: Update) -> None:
    update.full_clean()
    update.save()


def _stop_notification(update: Update, user: Actor, data: QueryDict) -> None:
    if not outlook.may_stop(update, user):
        raise PermissionDenied
    story = stories.story_of(update)
    with changes.edit(update):
        if story is None or not stories.stop(story):
            raise ValidationError(_("It is too late: the notification has gone out."))


ACTIONS: dict[str, Callable[[Update, Actor, QueryDict], None]] = {
    "publish": _publish,
    "withdraw": _withdraw,
    "draft": _draft,
    "pin": _pin,
    "unpin": _unpin,
    "raise": _raise,
    "hand-over": _hand_over,
    "stop-notification": _stop_notification,
}

#: Actions that need the permission to run a coverage; the others need that to change updates.
COVERAGE_ACTIONS = frozenset({"pin", "unpin", "raise"})


def act(article_id: int, pk: int, action: str, user: Actor, data: QueryDict) -> Update:
    """Perform one of ACTIONS on an update and return it.

    Raises KeyError if there is no such action, Update.DoesNotExist, ValidationError, and Conflict if the update to be
    published is not the version that `data["opened"]` names (`articles.publishing.snapshot.version_token`).
    """
    perform = ACTIONS[action]
    with transaction.atomic(), acting_as(user):
        changes.lock(Update.objects.get(pk=pk, article=article_id))
        update = Update.objects.select_related("article").get(pk=pk)
        perform(update, user, data)
    return update
