"""The follower that numbers edits for the desks, so that each desk finds the entries that it lacks."""

from __future__ import annotations

from django.db.models import F, Subquery, Value
from django.db.models.functions import Concat, Right

from articles.changes import Edit
from articles.models import Article, Update
from articles.models.article import DESK_TOKENS_LENGTH
from articles.models.base import Versioned
from liveblog.delivery.states import new_token
from liveblog.notify import notify_desk_after_commit


def renew(article_pk: int, update_pk: int | None) -> None:
    """Make the desks reload an entry; None: one was deleted. Call with the article locked."""
    article = Article._base_manager.filter(pk=article_pk)
    tokens = Right(Concat(F("desk_tokens"), Value(new_token())), DESK_TOKENS_LENGTH)
    article.update(desk_revision=F("desk_revision") + 1, desk_tokens=tokens)
    if update_pk is None:
        article.update(deletion_revision=F("desk_revision"))
    else:
        newest = Subquery(article.values("desk_revision"))
        Update._base_manager.filter(pk=update_pk).update(desk_revision=newest)


class DeskRevisions:
    """Give each edited update the next number of its article's count, and notify the desks after the commit."""

    def before(self, row: Versioned) -> None:
        return None

    def after(self, edit: Edit, memory: None) -> None:
        if edit.page_id is None:
            return
        if isinstance(edit.item, Update):
            renew(edit.page_id, None if edit.saved is None else edit.saved.pk)
        notify_desk_after_commit(edit.page_id)
