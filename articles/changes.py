"""Edits of a live page: every save goes through here, and leaves a line in the change log where readers see it.

What counts is what readers see. The elements concerned are rendered in every language before and after, in the
transaction of the edit and under the article's lock; only an element that came out different is logged. Each version of
an update is kept (`articles.history`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from liveblog.delivery import bell, log
from liveblog.newsroom import bell as newsroom

if TYPE_CHECKING:
    from articles.models import Article, Update

RELATED = "related"
#: No element of its own page: how other pages name the article that they link to.
CARD = "card"

#: By identity of the item: its row as it was before.
_open_edits: ContextVar[Mapping[int, Any]] = ContextVar("open edits", default=MappingProxyType({}))


@contextmanager
def edit(item: Article | Update) -> Iterator[None]:
    """One transaction in which `item` may be saved, related or deleted. Inside an edit of the same item: nothing."""
    if id(item) in _open_edits.get():
        yield
        return
    with transaction.atomic():
        from articles import rendering, stories
        from articles.history import recording
        from articles.translations import states

        model, pk = type(item), item.pk
        lock(item)
        # Each of what follows looks at the same row, which is read once before the edit and once after it.
        before = rendering.row(model, pk, whole=True)
        said = before and states.Snapshot.as_read(before)
        seen = rendering.seen(before)
        kept = recording.as_stored(before) if before and _is_update(item) else None
        token = _open_edits.set({**_open_edits.get(), id(item): before})
        try:
            yield
        finally:
            _open_edits.reset(token)
        now = rendering.row(model, item.pk or pk)
        if now is not None:
            states.follow(now, said)
            rendering.complete(now)
        after = rendering.seen(now)
        # A page that did not exist before has no readers to tell.
        if article_id := getattr(item, "article_id", pk):
            for element in {**seen, **after}:
                if languages := _differing(seen.get(element, {}), after.get(element, {})):
                    _log(article_id, element, languages)
            _tell_the_desk(item, article_id)
        if now is not None and _is_update(now) and recording.record(now, kept) and now.story:
            stories.follow(now)


def stored(item: Article | Update) -> Any:
    """The row of an item as it was before the edit that is open, or as it is where none is; None where it is not."""
    edits = _open_edits.get()
    if id(item) in edits:
        return edits[id(item)]
    return type(item)._base_manager.filter(pk=item.pk).first() if item.pk else None


def lock(item: Any) -> None:
    """Hold the article of an item until the transaction ends, and those in which copies of the update stand."""
    article_ids = {item.article_id if _is_update(item) else item.pk}
    if getattr(item, "story", None):
        article_ids |= set(type(item)._base_manager.filter(story=item.story).values_list("article_id", flat=True))
    log.lock(*article_ids - {None})


def _tell_the_desk(item: Any, article_id: int) -> None:
    """Count the edit, so that each desk that has the article open finds what it lacks."""
    from articles.models import Article

    if _is_update(item):
        article = Article.objects.filter(pk=article_id)
        article.update(desk_revision=models.F("desk_revision") + 1)
        if item.pk:
            newest = models.Subquery(article.values("desk_revision"))
            type(item)._base_manager.filter(pk=item.pk).update(desk_revision=newest)
        else:
            article.update(deletion_revision=models.F("desk_revision"))
    newsroom.ring_after_commit(article_id)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The languages in which an element came out different."""
    return {language for language in {**before, **after} if before.get(language) != after.get(language)}


def _log(article_id: int, element: str, languages: set[str]) -> None:
    if element == CARD:
        for other in _naming_as_related(article_id):
            log.append(other, RELATED, languages)
    else:
        # A change of the page as a whole is none in any one language.
        log.append(article_id, element, languages - {""})


@contextmanager
def removing(article: Article) -> Iterator[None]:
    """A deletion of a whole page: those who read it are told, and so are the pages that name it."""
    with transaction.atomic():
        pk = article.pk
        others = _naming_as_related(pk)
        yield
        for other in others:
            log.append(other, RELATED)
        transaction.on_commit(lambda: bell.ring(pk), robust=True)


@contextmanager
def renaming(item: models.Model, *fields: str) -> Iterator[None]:
    """A save of something that many pages name. Where one of `fields` becomes different, those pages load anew."""
    with transaction.atomic():
        old = type(item)._default_manager.filter(pk=item.pk).values_list(*fields).first() if item.pk else None
        yield
        if old is not None and old != tuple(getattr(item, field) for field in fields):
            for article_id in _articles_naming(item):
                log.append(article_id, log.PAGE)


@contextmanager
def removing_name(item: models.Model) -> Iterator[None]:
    """A deletion of something that many pages name. Those pages load anew, and each update without it is a version."""
    from articles import rendering
    from articles.history import recording
    from articles.models import Update

    with transaction.atomic():
        pages = _articles_naming(item)
        updates = list(item.updates.values_list("pk", "article_id")) if hasattr(item, "updates") else []
        log.lock(*pages, *(article_id for _pk, article_id in updates))
        before = {pk: recording.as_stored(rendering.row(Update, pk, whole=True)) for pk, _article_id in updates}
        yield
        for pk, data in before.items():
            now = rendering.row(Update, pk, whole=True)
            recording.record(now, data)
            _tell_the_desk(now, now.article_id)
        for article_id in pages:
            log.append(article_id, log.PAGE)


def _naming_as_related(article_id: int) -> list[int]:
    from articles.models import Article

    return list(Article.objects.filter(related=article_id).order_by("pk").values_list("pk", flat=True))


def _articles_naming(item: Any) -> list[int]:
    found = set(item.articles.values_list("pk", flat=True))
    if hasattr(item, "updates"):
        found |= set(item.updates.published().values_list("article_id", flat=True))
    return sorted(found)


def _is_update(item: Any) -> bool:
    return hasattr(item, "article_id")
