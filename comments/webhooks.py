"""The events of comments for webhooks. They contain only data that readers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import pgettext_lazy

from liveblog.webhooks import events

if TYPE_CHECKING:
    from comments.models import Comment

EVENTS = {
    "comment.waiting": pgettext_lazy("event of a webhook", "A comment waits for a moderator"),
    "comment.approved": pgettext_lazy("event of a webhook", "A comment was approved"),
    "comment.removed": pgettext_lazy("event of a webhook", "An approved comment was taken off the page"),
}


def waits(comment: Comment) -> None:
    """Emit the event of a comment on which a moderator has to decide. Its text is only for moderators."""
    why = {"language": comment.language, "held": str(comment.held)}
    events.emit("comment.waiting", comment.article_id, lambda: _named(comment) | why)


def appeared(comment: Comment) -> None:
    """Emit the event of a comment that has become visible to readers."""
    content = {"language": comment.language, "name": comment.name, "text": comment.text}
    events.emit("comment.approved", comment.article_id, lambda: _named(comment) | content)


def disappeared(comment: Comment) -> None:
    """Emit the event of a comment that readers no longer see."""
    events.emit("comment.removed", comment.article_id, lambda: _named(comment))


def _named(comment: Comment) -> dict[str, Any]:
    root = f"{settings.SITE_URL}/api/v1"
    return {
        "article": {"slug": comment.article.slug, "url": f"{root}/articles/{comment.article.slug}"},
        "id": comment.pk,
        "url": f"{root}/desk/comments/{comment.pk}",
    }
