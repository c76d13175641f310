"""Running a coverage: it starts, it ends, it may go on, and what else is to be read stands beside it."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from articles import changes
from articles.models import Article
from liveblog.delivery import log

State = Article.State


def start(article: Article) -> None:
    """It is live from now on; also one that was finished goes on."""
    if article.state == State.ANNOUNCED:
        article.coverage_start = timezone.now()
    article.state, article.coverage_end = State.LIVE, None
    article.save()


def finish(article: Article) -> None:
    article.state, article.coverage_end = State.FINISHED, max(timezone.now(), article.coverage_start)
    article.save()


#: What can be done, and from which states. Done again it changes nothing.
ACTIONS: dict[str, tuple[Callable[[Article], None], frozenset[str]]] = {
    "start": (start, frozenset({State.ANNOUNCED})),
    "finish": (finish, frozenset({State.LIVE})),
    "reopen": (start, frozenset({State.FINISHED})),
}


def act(pk: int, action: str) -> None:
    """Do one of ACTIONS. Raises KeyError where there is no such action."""
    do, states = ACTIONS[action]
    with transaction.atomic():
        log.lock(pk)
        article = Article.objects.get(pk=pk)
        if article.state in states:
            do(article)


def relate(pk: int, other: int, *, wanted: bool) -> None:
    """Have another article named beside this one, or no longer."""
    with transaction.atomic():
        log.lock(pk)
        article = Article.objects.get(pk=pk)
        with changes.edit(article):
            if wanted:
                article.related.add(*Article.objects.filter(pk=other).exclude(pk=pk))
            else:
                article.related.remove(other)
