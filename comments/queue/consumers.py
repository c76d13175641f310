"""Who is at the queue, and the bell that tells them to look. Desks, which show how many wait, hear it as well."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save

from comments.models import Comment
from liveblog import notify
from liveblog.newsroom.presence import PresenceConsumer

#: The channel layer group of all who have the queue open.
GROUP = "moderation"


class QueueConsumer(PresenceConsumer):
    """The websocket of the queue: /ws/moderation/."""

    rights = ("comments.change_comment",)

    def group(self) -> str:
        return GROUP


def notify_queue(comment: Comment) -> None:
    """Once the present transaction is committed, tell all who show something of a comment that it is another."""
    notify.notify_group_after_commit(GROUP)
    notify.notify_desk_after_commit(comment.article_id)


def _changed(sender: Any, instance: Comment, **kwargs: Any) -> None:
    notify_queue(instance)


def listen() -> None:
    """Ring by itself, whoever saves or deletes a comment."""
    for signal in (post_save, post_delete):
        signal.connect(_changed, sender=Comment, dispatch_uid="comments.queue")
