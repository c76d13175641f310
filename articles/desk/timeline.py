"""The timeline of a desk: all updates of an article, for the newsroom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db.models import F, Prefetch, Q, QuerySet
from django.template.loader import get_template
from django.utils.translation import get_language

from articles.models import Article, Author, Translation, Update
from articles.publishing import rules, snapshot
from articles.text.localized import joined, text_in
from liveblog.numbers import number, sortable
from liveblog.search.queries import matching

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import QueryDict

#: Number of published updates that are shown at first, and of those added at a time.
PAGE_SIZE = 50

State = Update.State

#: States shown on top; the update that is published next is the lowest of them.
_WAITING = (State.DRAFT, State.SUBMITTED, State.SCHEDULED)


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
            # Updates thrown away before publication are shown only if this state is selected.
            found = found.exclude(state=State.WITHDRAWN, first_published_at=None)
        if self.key_only:
            found = found.filter(is_key=True)
        return matching(found, self.search)


def updates() -> QuerySet[Update]:
    """Return updates with everything that their entries need, except the article."""
    return Update.objects.select_related("embed", "assignee", "written_by", "submitted_by").prefetch_related(
        Prefetch("authors", Author.objects.order_by("pk")),
        "pictures",
        Prefetch("translations", Translation.objects.order_by("language")),
    )


def newest(article: Article, selection: Selection, before: str = "") -> list[Update]:
    """Return the top of the timeline, or the page below `before`, the `sort_key` of an entry."""
    found = selection.of_article(article)
    published = found.exclude(state__in=_WAITING).order_by(F("first_published_at").desc(nulls_last=True), "-pk")
    if not before:
        waiting = found.filter(state__in=_WAITING)
        return [*sorted(waiting, key=sort_key, reverse=True), *published[:PAGE_SIZE]]
    return list(published.filter(_sorted_after(before))[:PAGE_SIZE])


def _sorted_after(sort: str) -> Q:
    """Return the condition for updates below the entry with this `sort_key`."""
    moment, _, digits = sort.removeprefix("0-").rpartition("-")
    pk = number(digits) or 0
    never_published = Q(first_published_at=None)
    try:
        at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        # Everything is below the states on top. Below an update thrown away unseen are the others of the kind.
        return never_published & Q(pk__lt=pk) if sort.startswith("0--") else Q()
    return Q(first_published_at__lt=at) | Q(first_published_at=at, pk__lt=pk) | never_published


def changed(article: Article, selection: Selection, after: int) -> tuple[list[Update], list[Update]]:
    """Return the updates edited since desk revision `after`: those that the selection shows, and the others."""
    edited = list(updates().filter(article=article, desk_revision__gt=after))
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


def entry_html(update: Update, article: Article, user: User | AnonymousUser, *, may_write: bool, may_run: bool) -> str:
    """Render one entry. Call within the article's time zone."""
    language, shown_in = update.source_language, get_language() or "en"
    update.article = article
    return get_template("admin/articles/desk/entry.html").render(
        {
            "update": update,
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
            "may_write": may_write,
            "may_run": may_run,
            "acts": rules.allowed_actions(update, article, user) if may_write else (),
            "url": update.url(article.front_language) if update.state == State.PUBLISHED else "",
        }
    )
