"""What the live desk shows of comments."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from liveblog.newsroom.figures import Figure


def waiting(article_id: int, user: Any) -> Figure | None:
    """How many comments on an article moderators have to look at; nothing for who may not."""
    if not user.has_perm("comments.view_comment"):
        return None
    count = Comment.objects.queued().filter(article=article_id).count()
    url = f"{reverse('admin:comments_comment_changelist')}?article__id__exact={article_id}"
    return Figure(_("Comments that wait"), count, url)
