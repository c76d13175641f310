"""The timeline of a desk: all updates of an article, as the newsroom sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.template.loader import get_template

from articles.models import Article, Author, Translation, Update
from articles.publishing import rules, snapshot
from articles.text.localized import text_in
from liveblog.languages import SHIPPED

#: How many of the newest are shown at first, and how many more at a time.
PAGE_SIZE = 50

State = Update.State

#: What readers have not seen yet stands on top, and what comes next is nearest to what is there.
_WAITING = (State.DRAFT, State.SUBMITTED, State.SCHEDULED)


@dataclass(frozen=True)
class Selection:
    """Which updates a desk shows."""

    state: str = ""
    key_only: bool = False
    words: str = ""

    @classmethod
    def of(cls, query: Any) -> Selection:
        """From the parameters of an address."""
        state = query.get("state", "")
        return cls(
            state if state in State.values else "", query.get("state") == "key", query.get("q", "").strip()[:100]
        )

    def of_article(self, article: Article) -> QuerySet[Update]:
        found = updates().filter(article=article)
        if self.state:
            found = found.filter(state=self.state)
        else:
            # What was thrown away before anybody saw it is only shown to those who look for it.
            found = found.exclude(state=State.WITHDRAWN, first_published_at=None)
        if self.key_only:
            found = found.filter(is_key=True)
        for word in self.words.split():
            anywhere = Q()
            for field in Update.TEXTS:
                # Rich text is kept as HTML, in which some characters have names.
                sought = escape(word, quote=False) if field == "body" else word
                for code in SHIPPED:
                    anywhere |= Q(**{f"{field}_{code}__icontains": sought})
            found = found.filter(anywhere)
        return found


def updates() -> QuerySet[Update]:
    """Updates with all that their entries need, but for the article."""
    return Update.objects.select_related("embed", "assignee", "written_by", "submitted_by").prefetch_related(
        Prefetch("authors", Author.objects.order_by("name")),
        "pictures",
        Prefetch("translations", Translation.objects.order_by("language")),
    )


def newest(article: Article, selection: Selection, before: str = "") -> list[Update]:
    """The top of the timeline; or, with the `sort` of an entry, what comes after it."""
    found = selection.of_article(article)
    published = found.exclude(state__in=_WAITING).order_by(F("first_published_at").desc(nulls_last=True), "-pk")
    if not before:
        waiting = found.filter(state__in=_WAITING)
        return [*sorted(waiting, key=sort_of, reverse=True), *published[:PAGE_SIZE]]
    return list(published.filter(_sorted_after(before))[:PAGE_SIZE])


def _sorted_after(sort: str) -> Q:
    """Those below an entry with this `sort`; see `sort_of`."""
    moment, _, number = sort.removeprefix("0-").rpartition("-")
    pk = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
    never_seen = Q(first_published_at=None)
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except ValueError:
        # Below what waits on top is all the rest; below what was thrown away unseen is more of that.
        return never_seen & Q(pk__lt=pk) if sort.startswith("0--") else Q()
    return Q(first_published_at__lt=at) | Q(first_published_at=at, pk__lt=pk) | never_seen


def changed(article: Article, after: int) -> QuerySet[Update]:
    """All that was edited since the desk was at `after`."""
    return updates().filter(article=article, desk_revision__gt=after)


def sort_of(update: Update) -> str:
    """Sorts entries as text, the greatest first."""
    if update.state in (State.DRAFT, State.SUBMITTED):
        return f"9-{update.pk:012d}"
    if update.state == State.SCHEDULED and update.publish_at:
        return f"8-{update.publish_at.isoformat()}-{update.pk:012d}"
    moment = update.first_published_at
    return f"0-{moment.isoformat() if moment else ''}-{update.pk:012d}"


def entry_html(update: Update, article: Article, user: Any, *, may_write: bool, may_run: bool) -> str:
    """One entry. Call within the article's time zone."""
    language = update.source_language
    update.article = article
    return get_template("admin/articles/desk/entry.html").render(
        {
            "update": update,
            "sort": sort_of(update),
            "opened": snapshot.version_token(update),
            "language": language,
            "headline": text_in(update, "headline", language),
            "body": text_in(update, "body", language),
            "attribution": text_in(update, "attribution", language),
            "correction_note": text_in(update, "correction_note", language),
            "translations": [row for row in update.translations.all() if row.language in article.offered_languages],
            "mine": update.assignee_id == user.pk,
            "may_write": may_write,
            "may_run": may_run,
            "acts": rules.allowed_actions(update, article, user) if may_write else (),
            "url": update.url(article.front_language) if update.state == State.PUBLISHED else "",
        }
    )
