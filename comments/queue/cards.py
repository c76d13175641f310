"""Comments as moderators see them: each with what it answers, its author's record, and what was said and done so far.

However many there are, the number of queries is the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.template.loader import get_template
from django.utils.translation import get_language

from comments import translation
from comments.models import Ban, Comment, CommentTranslation, Decision, Note, Report, State
from comments.models.moderation import banned_address
from comments.queue import decisions, reasons
from comments.queue.selection import Selection
from liveblog.languages import direction

#: The last lines of the log, notes and reports, as many as a card shows.
LINES = 10


def fetched(found: Any) -> list[Any]:
    """Comments with all that their cards need, but for what is counted."""
    return list(
        found.select_related("parent", "claimed_by")
        .defer("email", "parent__email", "user_agent")
        .prefetch_related(
            "article",
            Prefetch("decisions", Decision.objects.select_related("user", "undone_by")[:LINES], "last_decisions"),
            Prefetch("notes", Note.objects.select_related("user").order_by("-pk")[:LINES], "last_notes"),
            Prefetch("reports", Report.objects.all()[:LINES], "last_reports"),
        )
    )


def cards(comments: list[Any], selection: Selection, user: Any) -> list[dict[str, str]]:
    """For the page: the id of each, its place among the others, and its HTML."""
    language = get_language() or "en"
    hashes = {comment.email_hash for comment in comments} - {""}
    records, bans = _records(hashes), _bans(comments, hashes)
    translations = _translations(comments, language)
    shared = {
        "language": language,
        "direction": direction(language),
        "rights": _rights(user),
        "possible": translation.possible(),
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
                    "sort": selection.sort_key(comment),
                    "url": comment.article.url(_page_language(comment, language)),
                    "foreign": comment.language != language,
                    "translation": translations.get(comment.pk),
                    "record": _record(records.get(comment.email_hash)),
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


def _rights(user: Any) -> dict[str, bool]:
    names = ("feature_comment", "add_ban", "add_note")
    return {name: user.has_perm(f"comments.{name}") for name in names}


def _choices(comment: Comment) -> dict[str, bool]:
    """What there is to decide on a comment."""
    if comment.state == State.DELETED:
        return {}
    open_ = comment.queued_at is not None
    return {to: open_ or comment.state != to for to in (State.APPROVED, State.REFUSED, State.SPAM)}


def _records(hashes: Iterable[str]) -> dict[str, Counter[str]]:
    """How many comments of each author are in each state."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Comment.objects.filter(email_hash__in=hashes).order_by()
    for email_hash, state, count in rows.values_list("email_hash", "state").annotate(Count("pk")):
        found[email_hash][state] = count
    return found


def _record(counts: Counter[str] | None) -> list[tuple[str, str, int]]:
    """In words: state, its name, how many. Nothing where nobody knows who wrote it."""
    shown = (State.APPROVED, State.REFUSED, State.SPAM)
    return [(state, str(state.label), counts[state]) for state in shown] if counts else []


def _bans(comments: list[Comment], hashes: Iterable[str]) -> dict[Any, Ban]:
    """Bans that are in force, by e-mail hash and by address; the longest of several."""
    addresses = {banned_address(comment.address) for comment in comments if comment.address}
    found: dict[Any, Ban] = {}
    for ban in Ban.objects.in_force().filter(Q(email_hash__in=hashes) | Q(address__in=addresses)).order_by("until"):
        if ban.email_hash:
            found[ban.email_hash] = ban
        if ban.address:
            found[ban.address] = ban
    return found


def _ban_of_address(comment: Comment, bans: dict[Any, Ban]) -> Ban | None:
    return bans.get(banned_address(comment.address)) if comment.address else None


def _translations(comments: list[Comment], language: str) -> dict[int, str]:
    """What machines have made of foreign comments, of the words that they have now."""
    foreign = {comment.pk: translation.hash_of(comment) for comment in comments if comment.language != language}
    rows = CommentTranslation.objects.filter(comment__in=foreign, language=language)
    return {row.comment_id: row.text for row in rows if row.text_hash == foreign[row.comment_id]}


def _log(comment: Any) -> list[dict[str, Any]]:
    """The lines of the log, the newest first."""
    return [
        {
            "decision": line,
            "who": decisions.name_of(line.user) if line.actor == "moderator" else "",
            "reason": reasons.read(line.reason),
            "undo": line.version == comment.version and decisions.may_be_undone(line),
        }
        for line in comment.last_decisions
    ]
