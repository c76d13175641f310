"""Decide on several comments at once, each in its own transaction, and explain failures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from comments import moderation
from comments.models import Actor, Comment, Decision, State
from liveblog.errors import Conflict

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass
class Outcome:
    """The decisions that were made, and the reasons why others were not."""

    decided: list[Decision] = field(default_factory=list)
    #: By the primary key of the comment.
    problems: dict[int, str] = field(default_factory=dict)


def decide(versions: Iterable[tuple[int, int]], to: str, user: User, reason: str = "") -> Outcome:
    """Decide on comments, given as (primary key, version that was read), except those that others have claimed."""
    outcome = Outcome()
    for pk, version in versions:
        if not moderation.claim(pk, user):
            outcome.problems[pk] = _explain_claim(pk)
            continue
        try:
            outcome.decided.append(moderation.decide(pk, to, user, version=version, reason=reason))
        except Conflict as conflict:
            moderation.release(pk, user)
            outcome.problems[pk] = explain(conflict)
    return outcome


def undo(decisions: Iterable[int], user: User) -> Outcome:
    """Undo the decisions with these primary keys; without any, the last one of `user` that is not undone."""
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
            outcome.problems[decision.comment_id] = explain(conflict)
    return outcome


def may_be_undone(decision: Decision) -> bool:
    """Return whether moderators may undo a decision: not if the author changed or deleted the comment."""
    return decision.actor != Actor.AUTHOR and State.DELETED not in (decision.from_state, decision.to_state)


def claimed_by(comment: Comment | None, user: User) -> str:
    """Return the name of another moderator who has claimed a comment; empty if there is none."""
    other = comment.claimant if comment else None
    return name_of(other) if other and other != user else ""


def name_of(user: User | None) -> str:
    return (user.get_short_name() or user.get_username()) if user else _("someone")


def _explain_claim(pk: int) -> str:
    comment = Comment.objects.select_related("claimed_by").filter(pk=pk).first()
    if comment is None:
        return _("This comment no longer exists.")
    return _("%(name)s is already reviewing this comment. Nothing was changed.") % {
        "name": name_of(comment.claimant),
    }


def explain(conflict: Conflict) -> str:
    """Return the reason for a conflict, for the moderator whose decision failed."""
    comment = conflict.current
    if comment is None:
        return _("This comment no longer exists.")
    if comment.state == State.DELETED:
        return _("The author has deleted this comment.")
    decision = moderation.last_decision(comment)
    if decision is None or decision.version != comment.version or decision.actor == Actor.AUTHOR:
        return _("This comment has been changed since you read it. Nothing was decided; please read it again.")
    who = name_of(decision.user) if decision.actor == Actor.MODERATOR else decision.get_actor_display()
    return _("Already decided by %(name)s: %(state)s. Nothing was changed.") % {
        "name": who,
        "state": comment.get_state_display(),
    }
