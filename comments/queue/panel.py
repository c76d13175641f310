"""The queue's panel on the desk of an article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from liveblog.newsroom.panels import Panel

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def waiting(article_id: int, user: User | AnonymousUser) -> Panel:
    """Return the number of comments on an article that wait for a moderator, with a link for users who may decide."""
    address = f"{reverse('admin:comments_comment_changelist')}?article={article_id}"
    return Panel(
        label=_("Comments to review"),
        count=Comment.objects.queued().filter(article=article_id).count(),
        url=address if user.has_perm("comments.change_comment") else "",
    )
