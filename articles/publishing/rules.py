"""Rules for publishing an update: who may do it, when, and which time the update may carry.

Nobody can schedule an update for a moment in the past. The other rules apply only to users: machines, such as the
clock, carry out the decisions of users. A save without an actor raises NoActorError.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.choices import ArticleState, Errors, UpdateState
from articles.pending import NOTHING_PENDING, PendingRelations
from articles.publishing import snapshot
from liveblog import actors
from liveblog.actors import Machine
from liveblog.blank import is_blank

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from articles.models import Article, Update

#: The longest time by which a coverage may still be announced after its planned start: an event can begin late.
MAX_DELAY = datetime.timedelta(hours=1)
#: The longest time by which an update may be dated before the start of the coverage, for reports of the day before.
MAX_BACKDATE = datetime.timedelta(days=1)


def errors_of(update: Update, before: Update | None, pending: PendingRelations = NOTHING_PENDING) -> Errors:
    """Return why the actor must not save an update: messages by field. `before`: its row before the save.

    Raise NoActorError if there is no actor.
    """
    actor = actors.required()
    errors = _plan(update, before)
    if isinstance(actor, Machine):
        return errors
    return {**errors, **_time(update, before), **_release(update, before, actor, pending)}


def has_passed(moment: datetime.datetime | None, before: datetime.datetime | None = None) -> bool:
    """Return whether a planned moment has passed and is not the stored one, `before`, which was planned in time.

    Forms show whole minutes, so a moment in the same minute counts as the stored one.
    """
    return moment is not None and moment <= timezone.now() and not same_minute(moment, before)


def same_minute(one: datetime.datetime | None, other: datetime.datetime | None) -> bool:
    """Return whether two moments look the same in forms, or are both missing."""
    if one is None or other is None:
        return one is other
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def early_errors(update: Update, planned: datetime.datetime | None) -> Errors:
    """Return why an update cannot be published now, if a form both publishes it and plans it for later.

    It is no error if the update is submitted, and so waits for that time, or scheduled, and so is published early.
    """
    waits = update.state in (UpdateState.SUBMITTED, UpdateState.SCHEDULED)
    if planned is None or planned <= timezone.now() or waits:
        return {}
    return {"publish_at": _("This time is in the future. Schedule the update, or clear this field to publish it now.")}


def needs_release(update: Update) -> bool:
    """Return whether a second user must release it; False for an update in a form that names no article yet."""
    return bool(update.article_id) and update.article.needs_release


def coverage_errors(article: Article, before: Article | None) -> Errors:
    """Return which moments of a coverage contradict its state: messages by field. `before`: its row before the save.

    Only changed values are checked: as time passes, a stored start in the past is not an error.
    """
    errors = _rights(article, before)
    start, end, now = article.coverage_start, article.coverage_end, timezone.now()
    if start is None:
        return errors
    enters_state = before is None or before.state != article.state
    keeps_start = before is not None and same_minute(start, before.coverage_start)
    keeps_end = before is not None and same_minute(end, before.coverage_end)
    is_announced, is_live = article.state == ArticleState.ANNOUNCED, article.state == ArticleState.LIVE
    plans_start = is_announced and not article.begins_with_update
    if plans_start and (enters_state or not keeps_start) and start < now - MAX_DELAY:
        errors["coverage_start"] = _("This time has passed. Choose a later one, or set the status to Live.")
    elif is_live and not keeps_start and start > now:
        # If coverage is made live before its time, `Article.save` sets its start to now.
        errors["coverage_start"] = _("Live coverage has already started. Choose a time in the past.")
    if end is None:
        return errors
    if end < start:
        errors["coverage_end"] = _("Coverage can’t end before it starts.")
    elif article.state != ArticleState.FINISHED:
        # When finished coverage is resumed, `Article.save` removes an end in the past.
        resumed = before is not None and before.state == ArticleState.FINISHED
        if (enters_state or not keeps_end) and end <= now and not resumed:
            errors["coverage_end"] = _("This time has passed. To end coverage, set the status to Finished.")
    elif not enters_state and not keeps_end and end > now:
        errors["coverage_end"] = _("Coverage has finished, so it can’t end in the future.")
    return errors


def _rights(article: Article, before: Article | None) -> Errors:
    """Return errors if the acting user has no right to start or finish a coverage, or to change its release rule."""
    user = actors.acting_user()
    errors: Errors = {}
    if user is None:
        return errors
    if before is None or before.state != article.state:
        # The user who set it to begin with its first update had the right to start it.
        is_begun = before is not None and before.begins_with_update and before.state == ArticleState.ANNOUNCED
        if article.state == ArticleState.LIVE and not is_begun and not user.has_perm("articles.start_coverage"):
            errors["state"] = _("You don’t have permission to start coverage. Ask an editor.")
        if article.state == ArticleState.FINISHED and not user.has_perm("articles.finish_coverage"):
            errors["state"] = _("You don’t have permission to finish coverage. Ask an editor.")
    ruled = before.needs_release if before is not None else article.begins_with_release
    if article.needs_release != ruled and not user.has_perm("articles.switch_release"):
        errors["needs_release"] = _("You don’t have permission to change this rule. Ask an editor.")
    return errors


#: The error for a moment that was planned and has passed.
PASSED = _("This time has already passed. Choose a later one.")


def _plan(update: Update, before: Update | None) -> Errors:
    """Refuse to schedule an update for a moment that has passed: it would be published at once."""
    planned = (UpdateState.SCHEDULED, UpdateState.SUBMITTED)
    if update.state not in planned:
        return {}
    stored = before.publish_at if before and before.state in (update.state, UpdateState.SCHEDULED) else None
    return {"publish_at": PASSED} if has_passed(update.publish_at, stored) else {}


def _time(update: Update, was: Update | None) -> Errors:
    """Require a reason for a time before that of publishing."""
    moment = update.first_published_at
    if moment is None and update.state in (update.State.SUBMITTED, update.State.SCHEDULED):
        # Check this before publishing, while the author can still correct it.
        moment = update.earlier_time
    if moment in (None, update.assigned_time, was and was.first_published_at):
        return {}
    if moment > timezone.now():
        return {"first_published_at": _("The time can’t be in the future; schedule the update instead.")}
    if update.article_id and moment < update.article.coverage_start - MAX_BACKDATE:
        return {"first_published_at": _("This time is more than a day before the start of coverage.")}
    if is_blank(update.backdating_reason):
        return {"backdating_reason": _("Give a reason for backdating.")}
    return {}


def _release(update: Update, before: Update | None, user: User, pending: PendingRelations) -> Errors:
    """Require a release by a second user if the article demands that."""
    appearing = (update.State.SCHEDULED, update.State.PUBLISHED)
    if before is None:
        state, released = str(update.State.DRAFT), False
    else:
        state = before.state
        released = state == update.State.SCHEDULED and before.released_by_id is not None
    if update.state not in appearing or state == update.State.PUBLISHED or not needs_release(update):
        return {}
    if before is not None and released:
        if user.pk == before.released_by_id or _released(update, pending) == _released(before):
            return {}
        return {"state": _("This update has been approved. Move it back to draft to edit it.")}
    if state == update.state:
        return {}
    waits = state in (update.State.SUBMITTED, update.State.SCHEDULED)
    if before is None or not (waits or before.published_before):
        return {"state": _("Updates here need a second pair of eyes. Send this one for approval.")}
    if user.pk == (before.submitted_by_id or before.written_by_id):
        return {"state": _("You wrote this update yourself. Someone else has to approve it.")}
    return {}


def _released(update: Update, pending: PendingRelations = NOTHING_PENDING) -> tuple[object, ...]:
    """Return what the second user has read and released: the texts, the time and its reason."""
    return (snapshot.source_data(update, pending), update.earlier_time, update.backdating_reason)


def allowed_actions(update: Update | None, article: Article | None, user: User | AnonymousUser) -> set[str]:
    """Return the actions besides saving that a writer may perform on an update. `update`: None for a new one.

    The actions are publish, submit, withdraw, throw_away and take_back; and release, which means publishing an update
    that another user has written.
    """
    state = update.state if update else UpdateState.DRAFT
    if state == UpdateState.PUBLISHED:
        return {"withdraw"}
    seen = update is not None and update.published_before
    found = set()
    released = update is not None and state == UpdateState.SCHEDULED and update.released_by_id is not None
    if released or article is None or not article.needs_release:
        found.add("publish")
    elif update is None or state == UpdateState.DRAFT:
        found.add("submit")
    elif (seen or state != UpdateState.WITHDRAWN) and user.pk != (update.submitted_by_id or update.written_by_id):
        found |= {"publish", "release"}
    if not seen and state != UpdateState.DRAFT:
        found.add("take_back")
    if update and not seen and state != UpdateState.WITHDRAWN:
        found.add("throw_away")
    return found
