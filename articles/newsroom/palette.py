"""The command palette: desks, actions, queues, lists and people that a user may open, found by any of their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles.models import Article, Author, Update
from articles.newsroom import coverage, waiting
from articles.newsroom.context import LIBRARY, SELDOM
from liveblog.languages import direction
from liveblog.moments import formats
from liveblog.newsroom.waiting import queues_for
from liveblog.search.folding import fold as folded
from liveblog.search.folding import part, words_of
from liveblog.search.queries import matching

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.utils.functional import _StrOrPromise

#: The greatest number of entries in a group, and of characters in a query.
MAX_FOUND = 6
MAX_QUERY = 100

#: The fragment of a desk's address with which the desk asks whether to finish the coverage.
FINISH = "finish"


@dataclass(frozen=True)
class Entry:
    """One entry of the palette.

    icon   a symbol of templates/admin/newsroom/icons.html, or the name of a state for its dot
    note    the text at the end of its line
    keys    its keyboard shortcut
    """

    text: _StrOrPromise
    url: str
    icon: str
    language: str = ""
    note: _StrOrPromise = ""
    keys: str = ""

    def as_json(self) -> dict[str, str]:
        language = self.language or get_language() or "en"
        return {
            "text": str(self.text),
            "url": self.url,
            "icon": self.icon,
            "note": str(self.note),
            "keys": self.keys,
            "lang": language,
            "dir": direction(language),
        }


@dataclass(frozen=True)
class Group:
    name: str
    label: _StrOrPromise
    entries: list[Entry]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "label": str(self.label), "entries": [entry.as_json() for entry in self.entries]}


def groups(user: User, query: str) -> list[Group]:
    """Return the entries of a user, by kind; with a query, those that have all of its words."""
    query = query[:MAX_QUERY].strip()
    found = [
        Group("desks", _("Desks"), list(_desks(user, query))),
        Group("actions", _("Actions"), [*_named(_actions(user), query), *_finishing(user, query)]),
        Group("queues", _("Queues"), _named(_queues(user), query)),
        Group("lists", _("Lists"), _named(_lists(user), query) if query else []),
        Group("people", _("People"), list(_people(user, query)) if query else []),
        Group("updates", _("Updates"), list(_updates(user, query)) if query else []),
    ]
    return [group for group in found if group.entries]


def _named(entries: Iterable[Entry], query: str) -> list[Entry]:
    """Return those entries whose lines have words that begin with all words of the query."""
    wanted = [[part(form, beginnings=True) for form in forms] for forms in words_of(query)]
    if query and not wanted:
        return []
    return [entry for entry in entries if _has(folded(f"{entry.text} {entry.note}"), wanted)]


def _has(text: str, wanted: list[list[str]]) -> bool:
    return all(any(form in text for form in forms) for forms in wanted)


def _desks(user: User, query: str) -> Iterator[Entry]:
    if not coverage.may_open_desks(user):
        return
    found = matching(Article.objects.all(), query, titles=True) if query else coverage.unfinished()
    for article in found[:MAX_FOUND]:
        name = coverage.heading(article)
        yield Entry(
            name.text,
            reverse("admin:articles_desk", args=[article.pk]),
            f"state-{article.state}",
            name.language,
            note=article.get_state_display() if article.state != "announced" else _start(article),
        )


def _start(article: Article) -> str:
    return formats.moment_text(article.coverage_start, article.zone)


def _actions(user: User) -> Iterator[Entry]:
    if user.has_perm("articles.start_coverage"):
        yield Entry(_("Start coverage"), reverse("start"), "plus", keys="C")
    if user.is_superuser:
        yield Entry(_("Invite a colleague"), reverse("invite"), "mail")
    yield Entry(_("My account"), reverse("mfa_index"), "person")


def _finishing(user: User, query: str) -> list[Entry]:
    """Return the live coverage that a user may finish. Its desk asks for confirmation."""
    if not query or not user.has_perm("articles.finish_coverage"):
        return []
    entries = (
        Entry(
            heading.text,
            f"{reverse('admin:articles_desk', args=[article.pk])}#{FINISH}",
            "flag",
            heading.language,
            note=_("Finish coverage"),
        )
        for article, heading in coverage.desks(user)
        if article.state == Article.State.LIVE
    )
    return _named(entries, query)[:MAX_FOUND]


def _queues(user: User) -> Iterator[Entry]:
    for queue in queues_for(user, lines=False):
        note = str(queue.count) if queue.count else ""
        yield Entry(queue.label, queue.url, queue.icon, note=note, keys=f"G {queue.key.upper()}" if queue.key else "")


def _lists(user: User) -> Iterator[Entry]:
    yield Entry(_("Newsroom"), reverse("admin:index"), "home", keys="G H")
    for item in (*LIBRARY, *SELDOM):
        if user.has_perm(item.permission):
            yield Entry(item.label, reverse(item.view), item.icon)


def _people(user: User, query: str) -> Iterator[Entry]:
    own = get_language() or "en"
    if user.has_perm("articles.view_author"):
        for author in matching(Author.objects.select_related("user"), query)[:MAX_FOUND]:
            name = author.name_for(own)
            yield Entry(
                name.value,
                reverse("admin:articles_author_change", args=[author.pk]),
                "person",
                name.language,
                note=author.user.get_username() if author.user else "",
            )


def _updates(user: User, query: str) -> Iterator[Entry]:
    if not coverage.may_open_desks(user):
        return
    found = matching(Update.objects.select_related("article", "embed"), query).order_by("-pk")
    for update in found[:MAX_FOUND]:
        yield Entry(
            str(update),
            waiting.desk_url(update),
            "lines",
            update.source_language,
            note=update.get_state_display(),
        )
