"""The live and announced coverage on home, and planned updates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from articles.desk.consumers import PERMISSIONS
from articles.models import Article, Author, Translation, Update
from articles.newsroom.waiting import desk_url
from articles.text.localized import joined, text_in
from liveblog.languages import direction, language_name, short_name

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

State = Article.State

#: The greatest number of cards, of desks in the side bar, and of lines in the list of plans.
MAX_CARDS = 12
MAX_DESKS = 6
MAX_COMING = 8

#: Minutes without an update after which live coverage is marked.
SILENCE = timedelta(minutes=15)


@dataclass(frozen=True)
class Mark:
    """A language of a coverage, with the state of its texts.

    kind   "source", "reviewed", "machine" (drafts that nobody has reviewed), "behind" (texts wait) or "missing" (all of
           them)
    """

    language: str
    kind: str
    count: int = 0

    @property
    def short(self) -> str:
        return short_name(self.language)

    @property
    def name(self) -> str:
        return language_name(self.language)

    @property
    def state(self) -> str:
        """Return the label of the state."""
        if self.kind == "behind":
            return ngettext("%(count)d to review", "%(count)d to review", self.count) % {"count": self.count}
        return {
            "source": _("original"),
            "reviewed": _("up to date"),
            "machine": _("machine draft, not reviewed"),
            "missing": _("not translated yet"),
        }[self.kind]


@dataclass(frozen=True)
class Heading:
    """A headline in the language of the page, or else in that in which it was written."""

    text: str
    language: str

    @property
    def dir(self) -> str:
        return direction(self.language)


def heading(article: Article) -> Heading:
    """Return the headline of a coverage for people of the newsroom."""
    own = get_language() or "en"
    if text := text_in(article, "headline", own):
        return Heading(text, own)
    return Heading(str(article), article.source_language)


@dataclass(frozen=True)
class Card:
    """One coverage on home."""

    article: Article
    heading: Heading
    marks: list[Mark]
    #: The names of the authors; "" if there is none.
    authors: str
    last: Update | None
    #: The task that remains before it starts.
    to_do: str
    may_open: bool

    @property
    def is_silent(self) -> bool:
        """Return whether it is live without an update for a while."""
        if self.article.state != State.LIVE:
            return False
        since = self.article.coverage_start if self.last is None else self.last.first_published_at
        return since is not None and since < timezone.now() - SILENCE


def unfinished() -> QuerySet[Article]:
    """Return the coverage that is live or announced: the live one first, then the newest."""
    found: QuerySet[Article] = Article.objects.exclude(state=State.FINISHED)
    return found.order_by(F("state").desc(), "-coverage_start", "-pk")


def may_open_desks(user: User | AnonymousUser) -> bool:
    """Return whether a user may open the desks."""
    return any(user.has_perm(permission) for permission in PERMISSIONS)


def may_see_coverage(user: User | AnonymousUser) -> bool:
    """Return whether a user may see all coverage, announced and unlisted one included. The desks show it too."""
    return user.has_perm("articles.view_article") or may_open_desks(user)


def may_see_updates(user: User | AnonymousUser) -> bool:
    """Return whether a user may see updates before they are published. The desks show them too."""
    return user.has_perm("articles.view_update") or may_open_desks(user)


def desks(user: User) -> list[tuple[Article, Heading]]:
    """Return the live coverage whose desks a user may open."""
    if not may_open_desks(user):
        return []
    found = unfinished().filter(Q(state=State.LIVE) | Q(begins_with_update=True))[:MAX_DESKS]
    return [(article, heading(article)) for article in found]


def cards(user: User) -> list[Card]:
    """Return the cards of home, if the user may see them. Coverage that the user has written for comes first."""
    if not may_see_coverage(user):
        return []
    newest = Update.objects.published().filter(article=OuterRef("pk")).order_by("-first_published_at", "-pk")
    own = Update.objects.filter(article=OuterRef("pk"), written_by=user)
    found = list(
        unfinished()
        .annotate(last_key=Subquery(newest.values("pk")[:1]), is_own=Exists(own))
        .order_by("-is_own", F("state").desc(), "-coverage_start", "-pk")
        .prefetch_related("authors")[:MAX_CARDS]
    )
    updates = Update.objects.select_related("article", "embed").in_bulk(
        [article.last_key for article in found if article.last_key]  # type: ignore[attr-defined]
    )
    marks = marks_of(found)
    may_open, language = may_open_desks(user), get_language() or "en"
    return [
        Card(
            article,
            heading(article),
            marks[article.pk],
            str(joined(Author.bylines(article.authors.all(), language), language)),
            updates.get(article.last_key),  # type: ignore[attr-defined]
            _to_do(article) if article.state == State.ANNOUNCED else "",
            may_open,
        )
        for article in found
    ]


def _to_do(article: Article) -> str:
    lacking = [
        *([_("Choose a picture")] if not article.photo else []),
        *([_("No one is assigned yet")] if not article.authors.all() else []),
    ]
    return " · ".join(lacking)


def marks_of(articles: Iterable[Article]) -> Mapping[int, list[Mark]]:
    """Return the states of each article's languages, by its primary key, from one or two queries.

    Texts that are done are not counted: a week of coverage has a hundred thousand of them.
    """
    found = {article.pk: article for article in articles}
    texts = Translation.objects.filter(Q(article__in=found) | Q(update__article__in=found, update__state="published"))
    rows = (
        texts.to_do()
        .values_list("article_id", "update__article_id", "language", "state", "outdated")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for own, of_update, language, state, outdated, count in rows:
        counts[own or of_update, language]["behind" if outdated else state] += count
    # A language in which nothing is done yet is marked as missing.
    only_missing = {Translation.State.MISSING}
    perhaps_missing = {language for (_pk, language), states in counts.items() if states.keys() == only_missing}
    if perhaps_missing:
        done = texts.done().filter(language__in=perhaps_missing)
        for own, of_update, language in done.values_list("article_id", "update__article_id", "language").distinct():
            counts[own or of_update, language]["done"] = 1
    return {pk: [_mark(article, code, counts[pk, code]) for code in _codes(article)] for pk, article in found.items()}


def _codes(article: Article) -> list[str]:
    others = [code for code in article.offered_languages if code != article.source_language]
    return [article.source_language, *others]


def _mark(article: Article, language: str, counts: Counter[str]) -> Mark:
    if language == article.source_language:
        return Mark(language, "source")
    states = Translation.State
    missing, machine = counts[states.MISSING], counts[states.MACHINE]
    waiting = missing + counts[states.REVIEW] + counts["behind"]
    if waiting and waiting == missing and not counts["done"] + machine:
        return Mark(language, "missing")
    if waiting:
        return Mark(language, "behind", waiting + machine)
    return Mark(language, "machine", machine) if machine else Mark(language, "reviewed")


# Coverage and updates to come -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coming:
    """A planned coverage or update."""

    at: datetime
    text: str
    language: str
    #: Its desk; "" if the user may not open it.
    url: str
    #: The coverage of a scheduled update; None for coverage that is announced.
    coverage: Heading | None
    article: Article


def coming(user: User) -> list[Coming]:
    """Return the scheduled updates and the announced coverage that a user may see, the next one first."""
    planned = [
        *(_scheduled_updates(user) if may_see_updates(user) else ()),
        *(_announced(user) if may_see_coverage(user) else ()),
    ]
    return sorted(planned, key=lambda each: each.at)[:MAX_COMING]


def _scheduled_updates(user: User) -> Iterator[Coming]:
    may_open = may_open_desks(user)
    updates = Update.objects.filter(state=Update.State.SCHEDULED).select_related("article", "embed")
    for update in updates.order_by("publish_at", "pk")[:MAX_COMING]:
        # A constraint of the database.
        assert update.publish_at is not None
        url, name = desk_url(update) if may_open else "", heading(update.article)
        yield Coming(update.publish_at, str(update), update.source_language, url, name, update.article)


def _announced(user: User) -> Iterator[Coming]:
    may_open = may_open_desks(user)
    announced = Article.objects.listed().filter(state=State.ANNOUNCED).order_by("coverage_start", "pk")[:MAX_COMING]
    for article in announced:
        name = heading(article)
        url = reverse("admin:articles_desk", args=[article.pk]) if may_open else ""
        yield Coming(article.coverage_start, name.text, name.language, url, None, article)
