"""Decisions as the screen makes them: of many comments at once, each by itself, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from comments import moderation
from comments.models import Actor, Comment, Decision, State
from liveblog.errors import Conflict


@dataclass
class Outcome:
    """What was decided, and why it was not where it was not."""

    decided: list[Decision] = field(default_factory=list)
    #: By comment.
    problems: dict[int, str] = field(default_factory=dict)


def decide(versions: Iterable[tuple[int, int]], to: str, user: Any, reason: str = "") -> Outcome:
    """Decide on comments, given with the version that was read. What somebody else has in hand is theirs to decide."""
    outcome = Outcome()
    for pk, version in versions:
        if not moderation.claim(pk, user):
            outcome.problems[pk] = _taken(pk)
            continue
        try:
            outcome.decided.append(moderation.decide(pk, to, user, version=version, reason=reason))
        except Conflict as conflict:
            moderation.release(pk, user)
            outcome.problems[pk] = explained(conflict)
    return outcome


def undo(decisions: Iterable[int], user: Any) -> Outcome:
    """Undo decisions; of none that are named, the last that the person has made and not undone."""
    outcome = Outcome()
    wanted = list(decisions)
    if not wanted:
        mine = Decision.objects.filter(user=user, actor=Actor.MODERATOR, undoes=None, undone_by=None)
        wanted = list(mine.values_list("pk", flat=True)[:1])
    for decision in Decision.objects.filter(pk__in=wanted):
        if not may_be_undone(decision):
            continue
        try:
            outcome.decided.append(moderation.undo(decision.pk, user))
        except Conflict as conflict:
            outcome.problems[decision.comment_id] = explained(conflict)
    return outcome


def may_be_undone(decision: Decision) -> bool:
    """What its author did to a comment is theirs."""
    return decision.actor != Actor.AUTHOR and State.DELETED not in (decision.from_state, decision.to_state)


def claimed_by(comment: Comment | None, user: Any) -> str:
    """The name of the other moderator who has a comment in hand, if one has."""
    other = comment.claimed_now if comment else None
    return name_of(other) if other and other != user else ""


def name_of(user: Any) -> str:
    return (user.get_short_name() or user.get_username()) if user else _("somebody")


def _taken(pk: int) -> str:
    comment = Comment.objects.select_related("claimed_by").filter(pk=pk).first()
    if comment is None:
        return _("This comment is no longer there.")
    return _("%(name)s has this comment in hand. Nothing has been changed.") % {
        "name": name_of(comment.claimed_now),
    }


def explained(conflict: Conflict) -> str:
    """Why nothing has happened, to whoever wanted something to."""
    comment = conflict.current
    if comment is None:
        return _("This comment is no longer there.")
    if comment.state == State.DELETED:
        return _("Its author has deleted this comment.")
    decision = moderation.last_decision(comment)
    if decision is None or decision.version != comment.version or decision.actor == Actor.AUTHOR:
        return _("This comment has been changed since you read it. Nothing has been decided; please read it again.")
    who = name_of(decision.user) if decision.actor == Actor.MODERATOR else decision.get_actor_display()
    return _("Already decided by %(name)s: %(state)s. Nothing has been changed.") % {
        "name": who,
        "state": comment.get_state_display(),
    }
