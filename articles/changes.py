"""Edits of a live page: every save goes through here, and leaves a line in the change log where readers see it.

What counts is what readers see. The elements concerned are rendered in every language before and after, in the
transaction of the edit and under the article's lock; only an element that came out different is logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from liveblog.delivery import log

if TYPE_CHECKING:
    from articles.models import Article, Update

_open_edits: ContextVar[tuple[int, ...]] = ContextVar("open edits", default=())


@contextmanager
def edit(item: Article | Update) -> Iterator[None]:
    """One transaction in which `item` may be saved, related or deleted. Within another edit of the same item: nothing."""
    if id(item) in _open_edits.get():
        yield
        return
    token = _open_edits.set((*_open_edits.get(), id(item)))
    try:
        with transaction.atomic():
            pk = item.pk
            if article_id := _article_id(item):
                log.lock(article_id)
            before = _seen(item, pk)
            yield
            after = _seen(item, item.pk or pk)
            # A page that did not exist before has no readers to tell.
            if article_id:
                for element in {**before, **after}:
                    if before.get(element) != after.get(element):
                        log.append(article_id, element)
    finally:
        _open_edits.reset(token)


@contextmanager
def renaming(item: models.Model, *fields: str) -> Iterator[None]:
    """A save of something that many pages name. Where one of `fields` becomes different, those pages load anew."""
    with transaction.atomic():
        old = type(item)._default_manager.filter(pk=item.pk).values_list(*fields).first() if item.pk else None
        yield
        if old is not None and old != tuple(getattr(item, field) for field in fields):
            for article_id in _articles_naming(item):
                log.append(article_id, log.PAGE)


def _articles_naming(item: Any) -> list[int]:
    found = set(item.articles.values_list("pk", flat=True))
    if hasattr(item, "updates"):
        found |= set(item.updates.published().values_list("article_id", flat=True))
    return sorted(found)


def _article_id(item: Any) -> int | None:
    return item.article_id if hasattr(item, "article_id") else item.pk


def _seen(item: Any, pk: int | None) -> dict[str, Any]:
    """What readers see of an item as it is in the database now, by element."""
    from articles import rendering

    if pk is None:
        return {}
    if hasattr(item, "article_id"):
        return rendering.seen_of_update(pk)
    return rendering.seen_of_article(pk)
