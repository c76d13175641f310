"""The follower that makes coverage live with its first update, if it was to begin with that."""

from __future__ import annotations

from articles.changes import Edit
from articles.choices import ArticleState, UpdateState
from articles.models import Article, Update
from articles.models.base import Versioned


class Beginning:
    """Make the coverage live in the edit that publishes its first update, in whatever way that happens."""

    def before(self, row: Versioned) -> None:
        """Remember nothing."""

    def after(self, edit: Edit, memory: None) -> None:
        update = edit.saved
        if not isinstance(update, Update) or update.state != UpdateState.PUBLISHED:
            return
        if isinstance(edit.old, Update) and edit.old.state == UpdateState.PUBLISHED:
            # The coverage has begun with it or with an earlier one.
            return
        # It was read with the update, under its lock.
        if update.article.begins_with_update:
            article = Article.objects.get(pk=update.article_id)
            article.begins_with_update = False
            if article.state == ArticleState.ANNOUNCED:
                article.state = ArticleState.LIVE
            article.save()
