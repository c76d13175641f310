"""The cards of the queue: a comment with the comment that it answers, its author's record, its log, notes and reports.

The number of queries does not depend on the number of cards.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Count, Prefetch, Q
from django.template.loader import get_template
from django.utils.translation import get_language

from comments import translation
from comments.models import Ban, Comment, CommentTranslation, Decision, Note, Report, State
from comments.models.moderation import banned_address
from comments.queue import decisions, reasons
from comments.queue.selection import Selection
from liveblog.languages import direction

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django_stubs_ext import WithAnnotations

    from comments.models.comment import CommentQuerySet

    class _Prefetched(TypedDict):
        last_decisions: list[Decision]
        last_notes: list[Note]
        last_reports: list[Report]

    FetchedComment = WithAnnotations[Comment, _Prefetched]

#: Number of lines of the log, notes and reports that a card shows: the last ones.
MAX_LINES = 10


class Card(TypedDict):
    """A card for the page's JavaScript: its element id, its place in the order, and its HTML."""

    id: str
    sort: str
    html: str


class LogLine(TypedDict):
    """A decision, the name of the moderator, the reason as (usual reason, own words), and whether it can be undone."""

    decision: Decision
    who: str
    reason: tuple[str, str]
    undo: bool


def fetch(found: CommentQuerySet) -> list[FetchedComment]:
    """Return comments with the related rows that their cards show."""
    return list(
        found.select_related("parent", "claimed_by")
        .defer("email", "parent__email", "user_agent")
        .prefetch_related(
            "article",
            Prefetch("decisions", Decision.objects.select_related("user", "undone_by")[:MAX_LINES], "last_decisions"),
            Prefetch("notes", Note.objects.select_related("user").order_by("-pk")[:MAX_LINES], "last_notes"),
            Prefetch("reports", Report.objects.all()[:MAX_LINES], "last_reports"),
        )
    )


def cards(comments: list[FetchedComment], selection: Selection, user: User) -> list[Card]:
    """Return the cards of comments that `fetch` returned, for one moderator."""
    language = get_language() or "en"
    hashes = {comment.email_hash for comment in comments} - {""}
    records, bans = _records(hashes), _bans(comments, hashes)
    translations = _translations(comments, language)
    shared = {
        "language": language,
        "direction": direction(language),
        "rights": _rights(user),
        "possible": translation.available(),
    }
    template = get_template("admin/comments/queue/card.html")
    return [
        {
            "id": f"comment-{comment.pk}",
            "sort": selection.sort_key(comment),
            "html": template.render(
                shared
                | {
                    "comment": comment,
                    "zone": comment.article.zone,
                    "sort": selection.sort_key(comment),
                    "url": comment.article.url(_page_language(comment, language)),
                    "foreign": comment.language != language,
                    "translation": translations.get(comment.pk),
                    "record": _record(records.get(comment.email_hash)) if comment.confirmed else [],
                    "banned": bans.get(comment.email_hash) or _ban_of_address(comment, bans),
                    "taken": decisions.claimed_by(comment, user),
                    "choices": _choices(comment),
                    "log": _log(comment),
                    "notes": [(decisions.name_of(note.user), note) for note in reversed(comment.last_notes)],
                    "reports": comment.last_reports,
                }
            ),
        }
        for comment in comments
    ]


def _page_language(comment: Comment, language: str) -> str:
    offered = comment.article.offered_languages
    return language if language in offered else comment.article.front_language


def _rights(user: User) -> dict[str, bool]:
    names = ("feature_comment", "add_ban", "add_note")
    return {name: user.has_perm(f"comments.{name}") for name in names}


def _choices(comment: Comment) -> dict[str, bool]:
    """Return the decisions to offer on a comment."""
    if comment.state == State.DELETED:
        return {}
    open_ = comment.queued_at is not None
    return {to: open_ or comment.state != to for to in (State.APPROVED, State.REJECTED, State.SPAM)}


def _records(hashes: Iterable[str]) -> dict[str, Counter[str]]:
    """Count the confirmed comments of each author by state."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Comment.objects.filter(email_hash__in=hashes, confirmed=True).order_by()
    for email_hash, state, count in rows.values_list("email_hash", "state").annotate(Count("pk")):
        found[email_hash][state] = count
    return found


def _record(counts: Counter[str] | None) -> list[tuple[str, str, int]]:
    """Return the state, its label and the count for each decided state; an empty list if the author is unknown."""
    decided = (State.APPROVED, State.REJECTED, State.SPAM)
    return [(state, str(state.label), counts[state]) for state in decided] if counts else []


def _bans(comments: Iterable[Comment], hashes: Iterable[str]) -> dict[str, Ban]:
    """Return the bans in force by e-mail hash and by IP address; the one that ends last if there are several."""
    addresses = {banned_address(comment.address) for comment in comments if comment.address}
    found: dict[str, Ban] = {}
    for ban in Ban.objects.in_force().filter(Q(email_hash__in=hashes) | Q(address__in=addresses)).order_by("until"):
        if ban.email_hash:
            found[ban.email_hash] = ban
        if ban.address:
            found[ban.address] = ban
    return found


def _ban_of_address(comment: Comment, bans: dict[str, Ban]) -> Ban | None:
    return bans.get(banned_address(comment.address)) if comment.address else None


def _translations(comments: Iterable[Comment], language: str) -> dict[int, str]:
    """Return the stored translations of the present texts of foreign comments."""
    foreign = {comment.pk: translation.hash_of(comment) for comment in comments if comment.language != language}
    rows = CommentTranslation.objects.filter(comment__in=foreign, language=language)
    return {row.comment_id: row.text for row in rows if row.text_hash == foreign[row.comment_id]}


def _log(comment: FetchedComment) -> list[LogLine]:
    """Return the lines of the log, newest first."""
    return [
        {
            "decision": line,
            "who": decisions.name_of(line.user) if line.actor == "moderator" else "",
            "reason": reasons.decode(line.reason),
            "undo": line.version == comment.version and decisions.may_be_undone(line),
        }
        for line in comment.last_decisions
    ]
