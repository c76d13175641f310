"""Start, finish, reopen and keep open the coverage of an article, and set its related articles."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from articles import changes
from articles.models import Article
from articles.publishing import forgotten
from articles.publishing.finishing import Decision
from liveblog.delivery import log
from liveblog.search.queries import matching

State = Article.State

#: The greatest number of results of the search for related articles.
MAX_FOUND = 8


def start(article: Article) -> None:
    """Make the coverage live; reopen a finished one."""
    if article.state == State.ANNOUNCED:
        article.coverage_start = timezone.now()
    article.state, article.coverage_end = State.LIVE, None
    article.save()


def finish(article: Article) -> None:
    """End the coverage now.

    Raise ValidationError if `article.finishing` has no decision on the updates that are still scheduled.
    """
    article.state, article.coverage_end = State.FINISHED, timezone.now()
    article.save()


#: The actions, each with the states in which it is possible. In other states it does nothing.
ACTIONS: dict[str, tuple[Callable[[Article], None], frozenset[str]]] = {
    "start": (start, frozenset({State.ANNOUNCED})),
    "finish": (finish, frozenset({State.LIVE})),
    "reopen": (start, frozenset({State.FINISHED})),
    "keep": (forgotten.keep_open, frozenset({State.ANNOUNCED, State.LIVE})),
}


def act(pk: int, action: str, finishing: Decision | None = None) -> None:
    """Perform one of ACTIONS. Raise KeyError if there is no such action, or ValidationError.

    `finishing`: the decision on the scheduled updates of a coverage that is finished.
    """
    perform, states = ACTIONS[action]
    with transaction.atomic():
        log.lock(pk)
        article = Article.objects.get(pk=pk)
        if article.state in states:
            article.finishing = finishing
            perform(article)


def relate(pk: int, other: int, *, related: bool) -> None:
    """Add another article to the related ones, or remove it."""
    with transaction.atomic():
        log.lock(pk)
        article = Article.objects.get(pk=pk)
        with changes.edit(article):
            if related:
                article.related.add(*Article.objects.filter(pk=other).exclude(pk=pk))
            else:
                article.related.remove(other)


def search(article: Article, query: str) -> list[Article]:
    """Return up to MAX_FOUND other articles whose headlines contain all words of a query, in any language."""
    if not query.strip():
        return []
    return list(matching(Article.objects.exclude(pk=article.pk), query, titles=True)[:MAX_FOUND])
