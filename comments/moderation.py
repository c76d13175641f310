"""Decisions on comments: each made once, written down with its reason, and open to be undone.

Whoever decides names the version of the comment that they have read. Where somebody else, or its author, was faster,
they are told by `Conflict`, and nothing has happened.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from articles import api
from comments import notifications, spam
from comments.models import Actor, Ban, Comment, Decision, Held, Note, Report, State
from liveblog.delivery import log
from liveblog.errors import Conflict

#: How long somebody is taken to have a comment open after the last sign of it.
PRESENCE = timedelta(seconds=45)

#: What a moderator can decide for.
DECISIONS = (State.APPROVED, State.REFUSED, State.SPAM, State.WAITING)


@contextlib.contextmanager
def locked(pk: int) -> Iterator[Comment]:
    """The comment as it is now, with its article locked until the transaction ends. Raises Conflict if it is gone."""
    article_id = Comment.objects.values_list("article", flat=True).filter(pk=pk).first()
    if article_id is None:
        raise Conflict
    with transaction.atomic():
        log.lock(article_id)
        comment = Comment.objects.select_related("article").filter(pk=pk).first()
        if comment is None:
            raise Conflict
        yield comment


def last_decision(comment: Comment) -> Decision | None:
    """Return the last decision on a comment, for saying who was faster."""
    return comment.decisions.select_related("user").first()


def decide(pk: int, to: str, user: Any, *, version: int, reason: str = "") -> Decision:
    """Bring a comment, read in `version`, into the state `to`. Raises Conflict, and changes nothing then.

    A reported comment that is approved again keeps its state, and its reports are settled.
    """
    with locked(pk) as comment:
        if comment.version != version or comment.state == State.DELETED or _nothing_to_decide(comment, to):
            raise Conflict(comment)
        return settle(comment, to, actor=Actor.MODERATOR, user=user, reason=reason)


def _nothing_to_decide(comment: Comment, to: str) -> bool:
    return comment.state == to and comment.queued_at is None


def settle(
    comment: Comment,
    to: str,
    *,
    actor: str,
    user: Any = None,
    reason: str = "",
    held: str = "",
    queued_at: datetime | None = None,
    undoes: Decision | None = None,
) -> Decision:
    """Bring a comment into a state and write down who did. Within the article's lock; the comment may be a new one.

    `held` and `queued_at`: why and since when it waits, where it does.
    """
    comment.version += 1
    decision = Decision(
        comment=comment,
        actor=actor,
        user=user,
        from_state=comment.state,
        to_state=to,
        reason=reason,
        version=comment.version,
        was_held=comment.held,
        was_queued_at=comment.queued_at,
        had_reports=comment.open_reports,
        undoes=undoes,
    )
    comment.state = State(to)
    comment.held, comment.queued_at = held, queued_at
    if actor == Actor.MODERATOR:
        # Nobody else settles what readers have reported.
        comment.open_reports = undoes.had_reports if undoes else 0
    comment.claimed_by = comment.claimed_until = None
    if to != State.APPROVED:
        comment.featured = False
    if actor == Actor.MODERATOR:
        spam.learn(comment)
    comment.save()
    decision.save()
    notifications.decided(comment)
    return decision


def undo(decision_pk: int, user: Any) -> Decision:
    """Bring a comment back to where a decision found it. Raises Conflict if anything has happened to it since."""
    found = Decision.objects.select_related("comment").get(pk=decision_pk)
    with locked(found.comment_id) as comment:
        if comment.version != found.version:
            raise Conflict(comment)
        return settle(
            comment,
            found.from_state,
            actor=Actor.MODERATOR,
            user=user,
            held=found.was_held,
            queued_at=found.was_queued_at,
            undoes=found,
        )


def claim(pk: int, user: Any) -> bool:
    """Say that `person` has the comment open. False where somebody else has."""
    now = timezone.now()
    free = Q(claimed_by=None) | Q(claimed_by=user) | Q(claimed_until__lte=now)
    return bool(Comment.objects.filter(free, pk=pk).update(claimed_by=user, claimed_until=now + PRESENCE))


def release(pk: int, user: Any) -> None:
    Comment.objects.filter(pk=pk, claimed_by=user).update(claimed_by=None, claimed_until=None)


def ban(
    comment: Comment, user: Any, *, until: datetime, email: bool = False, address: bool = False, reason: str = ""
) -> Ban:
    """Keep the author of a comment from writing until a time: whoever has the e-mail, the address or either.

    Raises ValueError where nothing is known (any more) of what is to be banned.
    """
    email_hash = comment.email_hash if email else ""
    banned = comment.address if address else None
    if not email_hash and not banned:
        raise ValueError("Nothing of the author is known to ban them by.")
    return Ban.objects.create(email_hash=email_hash, address=banned, until=until, user=user, reason=reason)


def note(pk: int, user: Any, text: str) -> Note:
    return Note.objects.create(comment_id=pk, user=user, text=text)


def record_of(email_hash: str) -> Counter[str]:
    """How many comments of an author are in each state; of nobody where there is no e-mail."""
    if not email_hash:
        return Counter()
    found = Comment.objects.filter(email_hash=email_hash).order_by().values_list("state").annotate(Count("pk"))
    return Counter(dict(found))


def approved_by_moderators(email_hash: str) -> int:
    """How many comments of an author are approved that a moderator has read."""
    read = Q(decisions__actor=Actor.MODERATOR, decisions__to_state=State.APPROVED)
    return Comment.objects.approved().filter(read, email_hash=email_hash).distinct().count()


def report(pk: int, reason: str, text: str, reader_hash: str) -> None:
    """A reader reports a comment: moderators look at it again, readers see it meanwhile. Twice is as good as once."""
    with locked(pk) as comment:
        if comment.state != State.APPROVED:
            return
        known = Report.objects.filter(comment=comment, reader_hash=reader_hash).exclude(reader_hash="")
        if not known.exists():
            Report.objects.create(comment=comment, reader_hash=reader_hash, reason=reason, text=text)
            comment.open_reports += 1
            comment.held, comment.held_detail = Held.REPORTED, ""
            comment.queued_at = comment.queued_at or timezone.now()
            comment.save()


def feature(pk: int, featured: bool) -> None:
    """Mark an approved comment as the editors' choice, or take the mark away. Raises Conflict if it is not approved."""
    with locked(pk) as comment:
        if comment.state != State.APPROVED:
            raise Conflict(comment)
        comment.featured = featured
        comment.save()


def make_update(pk: int, authors: Any = ()) -> Any:
    """Publish an approved comment as an update of its article, credited; once, however often it is asked for.

    Raises Conflict if it is not approved.
    """
    with locked(pk) as comment:
        if comment.state != State.APPROVED:
            raise Conflict(comment)
        if comment.update_made is None:
            comment.update_made = api.quote(comment.article, comment.text, comment.name, comment.language, authors)
            comment.save()
        return comment.update_made
