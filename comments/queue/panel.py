"""What journalists are shown of the queue at their desk."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from liveblog.newsroom.panels import Panel


def waiting(article_id: int, user: Any) -> Panel:
    """How many comments on an article wait for a moderator."""
    address = f"{reverse('admin:comments_comment_changelist')}?article={article_id}"
    return Panel(
        label=_("Comments waiting"),
        count=Comment.objects.queued().filter(article=article_id).count(),
        url=address if user.has_perm("comments.change_comment") else "",
    )
