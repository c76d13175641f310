"""Rules of who may publish an update, and at what time it may stand. They bind people: machines and the clock do what
people have decided.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.publishing import snapshot
from articles.publishing.pending import NOTHING_PENDING, PendingRelations
from liveblog.actors import acting_user

#: How long before the coverage starts an update may have been published: what was reported on the eve belongs to it.
MAX_BACKDATE = datetime.timedelta(days=1)


def errors_of(update: Any, was: Any, pending: PendingRelations = NOTHING_PENDING) -> dict[str, Any]:
    """What forbids to save an update, by field. `was`: its row as it is now, None where there is none."""
    user = acting_user()
    if user is None:
        return {}
    return {**_time(update, was), **_release(update, was, user, pending)}


def needs_release(update: Any) -> bool:
    """Whether a second person releases it; an update that a form has put in no article yet is in none that asks so."""
    return bool(update.article_id) and update.article.needs_release


def _time(update: Any, was: Any) -> dict[str, Any]:
    """An earlier time than that of publishing is given for a reason."""
    moment = update.first_published_at
    if moment is None and update.state in (update.State.SUBMITTED, update.State.SCHEDULED):
        # Asked while it can still be set right by whoever wants it.
        moment = update.earlier_time
    if moment in (None, update.assigned_time, was and was.first_published_at):
        return {}
    if moment > timezone.now():
        return {"first_published_at": _("An update cannot carry a time that is still to come. Schedule it instead.")}
    if update.article_id and moment < update.article.coverage_start - MAX_BACKDATE:
        return {"first_published_at": _("This time is more than a day before the coverage started.")}
    if not update.backdating_reason.strip():
        return {"backdating_reason": _("Say why the update carries an earlier time.")}
    return {}


def _release(update: Any, was: Any, user: Any, pending: PendingRelations) -> dict[str, Any]:
    """Where a second person releases updates, nobody publishes what they have written themselves."""
    appearing = (update.State.SCHEDULED, update.State.PUBLISHED)
    if was is None:
        state, released = update.State.DRAFT, False
    else:
        state, released = was.state, was.state == update.State.SCHEDULED and was.released_by_id is not None
    if update.state not in appearing or state == update.State.PUBLISHED or not needs_release(update):
        return {}
    if released:
        if user.pk == was.released_by_id or _released(update, pending) == _released(was):
            return {}
        return {"state": _("It has been released as it is. Take it back to a draft to change it.")}
    if state == update.state:
        return {}
    waits = state in (update.State.SUBMITTED, update.State.SCHEDULED)
    if not (waits or (was and was.published_before)):
        return {"state": _("In this coverage a second person releases updates. Submit it for release.")}
    if user.pk == (was.submitted_by_id or was.written_by_id):
        return {"state": _("You have written this update yourself. Somebody else has to release it.")}
    return {}


def _released(update: Any, pending: PendingRelations = NOTHING_PENDING) -> tuple[Any, ...]:
    """What a second person has read and let go, and at which time it is to stand."""
    return (snapshot.source_data(update, pending), update.earlier_time, update.backdating_reason)


def allowed_actions(update: Any, article: Any, user: Any) -> set[str]:
    """What a person who writes may do with an update, None for a new one, besides saving it.

    Of: publish, submit, withdraw, throw_away, take_back; and release, which is what publishing is called where somebody
    else has written it.
    """
    from articles.models import Update

    state = update.state if update else Update.State.DRAFT
    if state == Update.State.PUBLISHED:
        return {"withdraw"}
    seen = update is not None and update.published_before
    found = set()
    released = state == Update.State.SCHEDULED and update.released_by_id is not None
    if released or article is None or not article.needs_release:
        found.add("publish")
    elif state == Update.State.DRAFT:
        found.add("submit")
    elif (seen or state != Update.State.WITHDRAWN) and user.pk != (update.submitted_by_id or update.written_by_id):
        found |= {"publish", "release"}
    if not seen and state != Update.State.DRAFT:
        found.add("take_back")
    if update and not seen and state != Update.State.WITHDRAWN:
        found.add("throw_away")
    return found
