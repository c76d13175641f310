"""The follower that records who published, released, withdrew, started and finished, and who changed the rules."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_delete

from articles.changes import Edit
from articles.choices import ArticleState, UpdateState
from articles.models import Article, Update
from articles.models.base import Versioned
from liveblog import actors
from liveblog.audit.models import Action
from liveblog.audit.recording import record

#: Columns of an article with rules for those who work on it.
_RULES = ("needs_release", "policies", "languages")
#: Columns with the sites that may embed it.
_EMBEDDING = ("embedding", "embed_origins")

_OF_UPDATE = {
    UpdateState.PUBLISHED: Action.PUBLISHED,
    UpdateState.SUBMITTED: Action.SUBMITTED,
    UpdateState.WITHDRAWN: Action.WITHDRAWN,
}
_OF_COVERAGE = {ArticleState.LIVE: Action.STARTED, ArticleState.FINISHED: Action.FINISHED}


class AuditTrail:
    """Record state changes of updates and coverage in the transaction that makes them."""

    def before(self, row: Versioned) -> dict[str, Any]:
        names = ("state", "released_by_id") if isinstance(row, Update) else ("state", *_RULES, *_EMBEDDING)
        return {name: getattr(row, name) for name in names}

    def after(self, edit: Edit, memory: dict[str, Any] | None) -> None:
        now = edit.saved
        if now is None:
            if edit.old is not None and getattr(edit.old, "state", "") != UpdateState.DRAFT:
                # An update that readers may have seen must not be deleted without an actor.
                actors.required()
                record(Action.DELETED, _about(edit.old))
        elif isinstance(now, Update):
            _update(now, memory or {"state": "", "released_by_id": None})
        elif isinstance(now, Article) and memory is not None:
            _article(now, memory)


def connect() -> None:
    """Listen to deletions of articles, which are not edits: `articles.changes.removing`."""
    pre_delete.connect(_article_deleted, sender=Article, dispatch_uid="audit")


def _article_deleted(sender: object, instance: Article, **kwargs: Any) -> None:
    actors.required()
    record(Action.DELETED, _about(instance), updates=instance.updates.count())


def _update(update: Update, before: dict[str, Any]) -> None:
    if update.state != before["state"] and (action := _OF_UPDATE.get(UpdateState(update.state))):
        record(action, _about(update), article=update.article_id)
    if update.released_by_id and update.released_by_id != before["released_by_id"]:
        record(Action.RELEASED, _about(update), article=update.article_id)


def _article(article: Article, before: dict[str, Any]) -> None:
    if article.state != before["state"] and (action := _OF_COVERAGE.get(ArticleState(article.state))):
        record(action, _about(article), by_clock=article.finished_by_clock)
    changed: dict[str, Any] = {
        name: getattr(article, name) for name in _RULES if getattr(article, name) != before[name]
    }
    if embedding := [name for name in _EMBEDDING if getattr(article, name) != before[name]]:
        changed["changed"] = embedding
    if changed:
        record(Action.SETTINGS_CHANGED, _about(article), **changed)


def _about(item: Versioned) -> str:
    return f"{item._meta.model_name} {item.pk}"
