"""The timeline of a desk: all updates of an article, for the newsroom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q, QuerySet
from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import get_language

from articles.following.outlook import Outlook
from articles.models import Article, Author, DeskNote, Topic, Translation, Update
from articles.publishing import rules, snapshot
from articles.text.localized import joined, text_in
from liveblog.numbers import number, sortable
from liveblog.search.queries import matching

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import QueryDict

#: Number of published updates that are shown at first, and of those added each time.
PAGE_SIZE = 50

#: The time before publishing in which the entry of an update counts down the seconds.
SOON = timedelta(minutes=1)

State = Update.State

#: States shown at the top; the update that is published next is the lowest of them.
_DRAFTS = (State.DRAFT, State.SUBMITTED)
_WAITING = (*_DRAFTS, State.SCHEDULED)


@dataclass(frozen=True)
class Selection:
    """The filter of a desk."""

    state: str = ""
    key_only: bool = False
    search: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Selection:
        """Read the filter from a query string."""
        state = query.get("state", "")
        return cls(state if state in State.values else "", query.get("state") == "key", query.get("q", ""))

    def of_article(self, article: Article) -> QuerySet[Update]:
        """Return the updates of an article that pass the filter."""
        found = updates().filter(article=article)
        if self.state:
            found = found.filter(state=self.state)
        else:
            # Show updates discarded before publication only if this state is selected.
            found = found.exclude(state=State.WITHDRAWN, first_published_at=None)
        if self.key_only:
            found = found.filter(is_key=True)
        return matching(found, self.search)


def updates() -> QuerySet[Update]:
    """Return updates with everything that their entries need, except the article."""
    return Update.objects.select_related("embed", "assignee", "written_by", "submitted_by").prefetch_related(
        Prefetch("authors", Author.objects.order_by("pk")),
        Prefetch("topics", Topic.objects.order_by("slug")),
        "pictures",
        Prefetch("translations", Translation.objects.order_by("language")),
        Prefetch("desk_notes", DeskNote.objects.select_related("author")),
    )


def newest(article: Article, selection: Selection, before: str = "") -> list[Update]:
    """Return the top of the timeline, or the page below `before`, the `sort_key` of an entry.

    At the top are the newest drafts, and the scheduled updates that are due first. If there are more, only the filters
    by their states show all of them, page by page.
    """
    found = selection.of_article(article)
    if before or selection.state in _WAITING:
        return _page_below(found, before)
    drafts = list(found.filter(state__in=_DRAFTS).order_by("-pk")[:PAGE_SIZE])
    scheduled = list(found.filter(state=State.SCHEDULED).order_by("publish_at", "pk")[:PAGE_SIZE])
    return [*drafts, *reversed(scheduled), *_page_of((_published(found), _discarded(found)))]


def _published(found: QuerySet[Update]) -> QuerySet[Update]:
    rows = found.exclude(state__in=_WAITING).filter(first_published_at__isnull=False)
    return rows.order_by("-first_published_at", "-pk")


def _discarded(found: QuerySet[Update]) -> QuerySet[Update]:
    """Return the updates that were withdrawn before they were ever published."""
    return found.exclude(state__in=_WAITING).filter(first_published_at=None).order_by("-pk")


def _page_of(lists: Iterable[QuerySet[Update]]) -> list[Update]:
    """Return the first PAGE_SIZE updates of lists that follow each other."""
    page: list[Update] = []
    for rows in lists:
        if missing := PAGE_SIZE - len(page):
            page += rows[:missing]
    return page


def _page_below(found: QuerySet[Update], before: str) -> list[Update]:
    """Return the page below the entry with this `sort_key`, in the order of these keys; the top if it is ""."""
    by_rank = (
        ("9", found.filter(state__in=_DRAFTS).order_by("-pk")),
        ("8", found.filter(state=State.SCHEDULED).order_by("-publish_at", "-pk")),
        ("0-", _published(found)),
        ("0--", _discarded(found)),
    )
    places = [place for place, (rank, _rows) in enumerate(by_rank) if before.startswith(rank)]
    if not places:
        return _page_of(rows for _rank, rows in by_rank)
    first, *others = (rows for _rank, rows in by_rank[places[-1] :])
    return _page_of((first.filter(_sorted_after(before)), *others))


def _sorted_after(sort: str) -> Q:
    """Return the condition for updates below the entry with this `sort_key`, among those of its rank."""
    rank, _, rest = sort.partition("-")
    moment, _, digits = rest.rpartition("-")
    pk = number(digits) or 0
    if not moment:
        return Q(pk__lt=pk)
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return Q()
    field = "publish_at" if rank == "8" else "first_published_at"
    return Q(**{f"{field}__lte": at}) & (Q(**{f"{field}__lt": at}) | Q(pk__lt=pk))


def hidden(article: Article) -> int:
    """Return the number of waiting updates that the top of the timeline does not show."""
    waiting = article.updates.filter(state__in=_WAITING).values_list("state").annotate(count=Count("pk")).order_by()
    counts = dict(waiting)
    scheduled = counts.pop(State.SCHEDULED, 0)
    return max(0, scheduled - PAGE_SIZE) + max(0, sum(counts.values()) - PAGE_SIZE)


def changed(article: Article, selection: Selection, after: int) -> tuple[list[Update], list[Update]] | None:
    """Return the updates edited since desk revision `after`: those that the selection shows, and the others.

    Return None if there are more than a page: after a long pause a desk only needs the top of the timeline.
    """
    edited = list(updates().filter(article=article, desk_revision__gt=after)[: PAGE_SIZE + 1])
    if len(edited) > PAGE_SIZE:
        return None
    pks = [update.pk for update in edited]
    shown = set(selection.of_article(article).filter(pk__in=pks).values_list("pk", flat=True))
    return [one for one in edited if one.pk in shown], [one for one in edited if one.pk not in shown]


def sort_key(update: Update) -> str:
    """Return a text by which entries are sorted in descending order."""
    if update.state in (State.DRAFT, State.SUBMITTED):
        return f"9-{sortable(update.pk)}"
    if update.state == State.SCHEDULED and update.publish_at:
        return f"8-{update.publish_at.isoformat()}-{sortable(update.pk)}"
    moment = update.first_published_at
    return f"0-{moment.isoformat() if moment else ''}-{sortable(update.pk)}"


def _leaves_at(update: Update) -> str:
    """Return the moment in ISO 8601 at which an update is published, if it is near enough for a countdown."""
    if update.state != State.SCHEDULED or update.publish_at is None or update.publish_at - timezone.now() > SOON:
        return ""
    return update.publish_at.isoformat()


def entry_html(
    update: Update,
    article: Article,
    user: User | AnonymousUser,
    *,
    may_write: bool,
    may_run: bool,
    notification: Outlook | None = None,
) -> str:
    """Render one entry. Call within the article's time zone."""
    language, shown_in = update.source_language, get_language() or "en"
    update.article = article
    return get_template("admin/articles/desk/entry.html").render(
        {
            "update": update,
            "article": article,
            "byline": joined(Author.bylines(update.authors.all(), shown_in), shown_in),
            "sort": sort_key(update),
            "opened": snapshot.version_token(update),
            "language": language,
            "headline": text_in(update, "headline", language),
            "body": text_in(update, "body", language),
            "attribution": text_in(update, "attribution", language),
            "correction_note": text_in(update, "correction_note", language),
            "translations": [row for row in update.translations.all() if row.language in article.offered_languages],
            "mine": update.assignee_id == user.pk,
            "notification": notification,
            "user": user,
            "leaves_at": _leaves_at(update),
            "may_write": may_write,
            "may_run": may_run,
            "acts": rules.allowed_actions(update, article, user) if may_write else (),
            "url": update.url(article.front_language) if update.state == State.PUBLISHED else "",
        }
    )
