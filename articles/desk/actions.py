"""The actions of the buttons on an entry of the desk."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import changes
from articles.desk import notes
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

#: The delays of publishing that users can choose, in seconds, to undo it before readers see the update.
DELAYS = (5, 10, 30)


def colleagues() -> QuerySet[User]:
    """Return the users to whom an update can be handed over."""
    return get_user_model()._default_manager.filter(is_staff=True, is_active=True)


def publish(update: Update, user: Actor) -> None:
    """Set the state for publishing an update: submitted, if somebody else has to release it."""
    if "submit" in rules.allowed_actions(update if update.pk else None, update.article, user):
        update.state = State.SUBMITTED
    else:
        update.publish(update.publish_at)


def delay(update: Update, seconds: str | None, planned: datetime.datetime | None = None) -> None:
    """Schedule an update for some seconds from now, if it would be published at once and no reader has seen it.

    planned   the moment for which the stored update is scheduled; a repeated request keeps it
    """
    wanted = number(seconds)
    if wanted not in DELAYS or update.state != State.PUBLISHED or update.published_before:
        return
    at = timezone.now() + datetime.timedelta(seconds=wanted)
    update.state, update.publish_at = State.SCHEDULED, min(planned or at, at)


def _publish(update: Update, user: Actor, data: QueryDict) -> None:
    published_before = update.published_before
    planned = update.publish_at if update.state == State.SCHEDULED else None
    if data.get("opened") != snapshot.version_token(update):
        raise Conflict
    with _edited(update):
        publish(update, user)
        delay(update, data.get("delay"), planned)
    # It was read under the lock.
    if update.copy_group and update.state == State.PUBLISHED and not published_before:
        syndication.publish_copies(update, user)


def _withdraw(update: Update, user: Actor, data: QueryDict) -> None:
    with _edited(update):
        update.withdraw(leaves_mark=data.get("mark") == "1", reason=data.get("reason", ""))


def _draft(update: Update, user: Actor, data: QueryDict) -> None:
    with _edited(update):
        update.state, update.publish_at = State.DRAFT, None


def _undo(update: Update, user: Actor, data: QueryDict) -> None:
    """Turn a scheduled update back into a draft, with the copies that were scheduled together with it."""
    if update.state != State.SCHEDULED:
        raise ValidationError(_("It is too late to undo this. Readers see the update; you can withdraw it."))
    copies = Update.objects.filter(state=State.SCHEDULED, publish_at=update.publish_at).exclude(pk=update.pk)
    group = copies.filter(copy_group=update.copy_group) if update.copy_group else copies.none()
    for each in (update, *group.select_related("article")):
        _draft(each, user, data)


def _send_back(update: Update, user: Actor, data: QueryDict) -> None:
    if update.state != State.SUBMITTED:
        raise Conflict
    _draft(update, user, data)
    notes.write(update.article, user, data.get("note", ""), update)


def _pin(update: Update, user: Actor, data: QueryDict) -> None:
    pins.pin(update)


def _unpin(update: Update, user: Actor, data: QueryDict) -> None:
    pins.unpin(update)


def _raise(update: Update, user: Actor, data: QueryDict) -> None:
    """Swap a pinned update with the one above it."""
    pinned = Update.objects.filter(article=update.article_id, pin__isnull=False).newest_first()
    order = list(pinned.values_list("pk", flat=True))
    place = order.index(update.pk) if update.pk in order else 0
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
        pins.reorder(order)


def _hand_over(update: Update, user: Actor, data: QueryDict) -> None:
    to = data.get("to", "")
    pk = number(to)
    assignee = None if pk is None else colleagues().filter(pk=pk).first()
    if to and not assignee:
        raise ValidationError(_("This colleague no longer has an account."))
    with _edited(update):
        update.assignee = assignee


@contextmanager
def _edited(update: Update) -> Iterator[None]:
    """Save the columns that the block changes. `act` holds the lock, so the update is up to date."""
    with changes.edit_locked(update, update.twin(with_pictures=True)):
        yield
        update.full_clean(exclude=(*Update.REFERENCES, "key"))
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
    "undo": _undo,
    "send-back": _send_back,
    "pin": _pin,
    "unpin": _unpin,
    "raise": _raise,
    "hand-over": _hand_over,
    "stop-notification": _stop_notification,
}

#: Actions that need the permission to run a coverage; the others need the permission to change updates.
COVERAGE_ACTIONS = frozenset({"pin", "unpin", "raise"})


def act(article_id: int, pk: int, action: str, user: Actor, data: QueryDict) -> Update:
    """Perform one of ACTIONS on an update and return it.

    Raise KeyError if there is no such action, Update.DoesNotExist, ValidationError, or Conflict if the update to be
    published is not the version that `data["opened"]` names (`articles.publishing.snapshot.version_token`).
    """
    perform = ACTIONS[action]
    with transaction.atomic(), acting_as(user):
        changes.lock(Update.objects.only("article", "copy_group").get(pk=pk, article=article_id))
        update = Update.read(pk, with_relations=True)
        assert update is not None
        perform(update, user, data)
    return update
