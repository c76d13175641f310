"""The follower that makes coverage live with its first update, if the coverage is set to begin with it."""

from __future__ import annotations

from articles.changes import Edit
from articles.choices import ArticleState, UpdateState
from articles.models import Article, Update
from articles.models.base import Versioned


class Beginning:
    """Make the coverage live in the edit that publishes its first update, however it is published."""

    def before(self, row: Versioned) -> None:
        """Remember nothing."""

    def after(self, edit: Edit, memory: None) -> None:
        update = edit.saved
        if not isinstance(update, Update) or update.state != UpdateState.PUBLISHED:
            return
        if isinstance(edit.old, Update) and edit.old.state == UpdateState.PUBLISHED:
            # The coverage has begun with this or an earlier update.
            return
        # The article was read with the update, under its lock.
        if update.article.begins_with_update:
            article = Article.objects.get(pk=update.article_id)
            article.begins_with_update = False
            if article.state == ArticleState.ANNOUNCED:
                article.state = ArticleState.LIVE
            article.save()
