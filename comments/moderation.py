"""Decisions on comments. Each is made once, logged with its reason, and can be undone.

A moderator who decides names the version of the comment that they have read. If another moderator or the author was
faster, the function raises Conflict and changes nothing.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.signals import pre_save
from django.utils import timezone

from articles import api
from articles.models import Article, Author, Update
from comments import notifications, spam
from comments.models import Actor, Ban, Comment, Decision, Held, Note, Report, State
from liveblog.actors import Machine, acting_as
from liveblog.delivery import log
from liveblog.encryption import hashes, keyed_hash
from liveblog.errors import Conflict

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: The time after which a claim expires unless it is renewed.
CLAIM_DURATION = timedelta(seconds=45)

#: The states that a moderator can set.
DECISIONS = (State.APPROVED, State.REJECTED, State.SPAM, State.WAITING)


def listen() -> None:
    """When an article gets another time zone, file the log's lines under the days of that zone."""
    pre_save.connect(_file_log, sender=Article, dispatch_uid="comments.moderation")


def _file_log(instance: Article, **kwargs: object) -> None:
    before = Article.objects.filter(pk=instance.pk).values_list("time_zone", flat=True).first()
    if before is None or before == instance.time_zone:
        return
    lines = list(Decision.objects.filter(comment__article=instance.pk).only("at", "day"))
    for line in lines:
        line.day = line.at.astimezone(instance.zone).date()
    Decision.objects.bulk_update(lines, ["day"], batch_size=500)


@contextlib.contextmanager
def locked(pk: int) -> Iterator[Comment]:
    """Yield the comment as stored, with its article locked until the transaction ends. Raise Conflict if it is gone."""
    article_id = Comment.objects.values_list("article", flat=True).filter(pk=pk).first()
    if article_id is None:
        raise Conflict
    with transaction.atomic():
        log.lock(article_id)
        comment = Comment.objects.select_related("article").filter(pk=pk).first()
        if comment is None:
            raise Conflict
        yield comment


def update_unseen(pk: int, **columns: object) -> None:
    """Set columns that readers do not see; do nothing if the comment is gone.

    Under the lock of the article, because a decision saves all columns as it has read them.
    """
    with contextlib.suppress(Conflict), locked(pk):
        Comment.objects.filter(pk=pk).update(**columns)


def last_decision(comment: Comment) -> Decision | None:
    """Return the last decision on a comment; None if there is none."""
    return comment.decisions.select_related("user").first()


def decide(pk: int, to: str, user: User | None, *, version: int, reason: str = "") -> Decision:
    """Set the state of a comment, which `user` has read in `version`, to `to`. Raise Conflict.

    Approving a reported comment keeps its state and settles its reports.
    """
    with locked(pk) as comment:
        if comment.version != version or comment.state == State.DELETED or _nothing_to_decide(comment, to):
            raise Conflict(comment)
        return set_state(comment, to, actor=Actor.MODERATOR, user=user, reason=reason)


def _nothing_to_decide(comment: Comment, to: str) -> bool:
    return comment.state == to and comment.queued_at is None


def set_state(
    comment: Comment,
    to: str,
    *,
    actor: str,
    user: User | None = None,
    reason: str = "",
    held: str = "",
    queued_at: datetime | None = None,
    undoes: Decision | None = None,
) -> Decision:
    """Save a comment, which may be new, in the state `to`, and log the decision. Call under the article's lock.

    held        why it waits, if it waits
    queued_at   since when it waits
    undoes      the decision that this one undoes
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
        # Only a moderator settles the reports of readers.
        comment.open_reports = undoes.had_reports if undoes else 0
    comment.claimed_by = comment.claimed_until = None
    if to != State.APPROVED:
        comment.featured = False
    if actor == Actor.MODERATOR:
        spam.report_error(comment)
        if comment.held == Held.CHECK:
            # The decision that is undone has cancelled the check.
            spam.check_again(comment)
    comment.save()
    decision.save()
    notifications.decided(comment)
    return decision


def undo(decision_pk: int, user: User | None) -> Decision:
    """Restore a comment to its state before a decision. Raise Conflict if it has changed since the decision."""
    found = Decision.objects.select_related("comment").get(pk=decision_pk)
    with locked(found.comment_id) as comment:
        if comment.version != found.version:
            raise Conflict(comment)
        return set_state(
            comment,
            found.from_state,
            actor=Actor.MODERATOR,
            user=user,
            held=found.was_held,
            queued_at=found.was_queued_at,
            undoes=found,
        )


def claim(pk: int, user: User) -> bool:
    """Claim a comment for `user`, or renew the claim. Return False if another moderator has a valid claim."""
    now = timezone.now()
    free = Q(claimed_by=None) | Q(claimed_by=user) | Q(claimed_until__lte=now)
    return bool(Comment.objects.filter(free, pk=pk).update(claimed_by=user, claimed_until=now + CLAIM_DURATION))


def release(pk: int, user: User) -> None:
    """End the claim of `user` on a comment, if there is one."""
    Comment.objects.filter(pk=pk, claimed_by=user).update(claimed_by=None, claimed_until=None)


def ban(
    comment: Comment,
    user: User | None,
    *,
    until: datetime,
    email: bool = False,
    address: bool = False,
    reason: str = "",
) -> Ban:
    """Ban the e-mail, the IP address or both of a comment's author until a time.

    An unconfirmed e-mail may be somebody else's, and is not banned. Raise ValueError if none of the data to be banned
    is known, or is known any more.
    """
    email_hash = comment.email_hash if email and comment.confirmed else ""
    banned = comment.address if address else None
    if not email_hash and not banned:
        raise ValueError("Nothing is known by which the author could be banned.")
    return Ban.objects.create(email_hash=email_hash, address=banned, until=until, user=user, reason=reason)


def note(pk: int, user: User | None, text: str) -> Note:
    return Note.objects.create(comment_id=pk, user=user, text=text)


def record_of(email: str) -> Counter[str]:
    """Count the confirmed comments of an author by state. The count is empty if the e-mail is."""
    found = (
        Comment.objects.filter(email_hash__in=hashes(email), confirmed=True)
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    return Counter(dict(found))


def approved_by_moderators(email: str) -> int:
    """Count the approved and confirmed comments of an author that a moderator, not the rules, has approved."""
    read = Q(decisions__actor=Actor.MODERATOR, decisions__to_state=State.APPROVED)
    return Comment.objects.approved().filter(read, email_hash__in=hashes(email), confirmed=True).distinct().count()


def report(pk: int, reason: str, text: str, reader: str) -> None:
    """Add a reader's report and queue the comment, which stays visible. A second report of a reader changes nothing.

    reader   the network address of the reader, of which only a keyed hash is stored
    """
    with locked(pk) as comment:
        if comment.state != State.APPROVED:
            return
        known = Report.objects.filter(comment=comment, reader_hash__in=hashes(reader))
        if not known.exists():
            Report.objects.create(comment=comment, reader_hash=keyed_hash(reader), reason=reason, text=text)
            comment.open_reports += 1
            comment.held, comment.held_detail = Held.REPORTED, ""
            comment.queued_at = comment.queued_at or timezone.now()
            comment.save()


def feature(pk: int, featured: bool) -> None:
    """Make an approved comment an editors' choice, or no longer one. Raise Conflict if it is not approved."""
    with locked(pk) as comment:
        if comment.state != State.APPROVED:
            raise Conflict(comment)
        comment.featured = featured
        comment.save()


def make_update(pk: int, actor: User | Machine, authors: Collection[Author] = ()) -> Update:
    """Make an update from an approved comment for `actor`, and return it; a second call returns the same update.

    It is published, or submitted if a second user releases updates of the article. Raise Conflict if the comment is not
    approved.
    """
    with locked(pk) as comment, acting_as(actor):
        if comment.state != State.APPROVED:
            raise Conflict(comment)
        if comment.update_made is None:
            comment.update_made = api.quote(comment.article, comment.text, comment.name, comment.language, authors)
            comment.save()
        return comment.update_made
