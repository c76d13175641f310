"""The websocket of the queue, and the notification of queues and desks when a comment changes."""

from __future__ import annotations

from django.db.models.signals import post_delete, post_save

from comments.models import Comment
from liveblog import notify
from liveblog.newsroom.presence import PresenceConsumer

#: The channel layer group of all open queues.
GROUP = "moderation"


class QueueConsumer(PresenceConsumer):
    """The websocket of the queue: /ws/moderation/."""

    rights = ("comments.change_comment",)

    def group(self) -> str:
        return GROUP

    @property
    def place(self) -> str:
        return "comments"


def notify_queue(comment: Comment) -> None:
    """After the transaction commits, notify all queues and the article's desks, which show how many comments wait."""
    notify.notify_group_after_commit(GROUP)
    notify.notify_desk_after_commit(comment.article_id)


def _notify_queue(sender: type[Comment], instance: Comment, **kwargs: object) -> None:
    notify_queue(instance)


def listen() -> None:
    """Notify whenever a comment is saved or deleted. QuerySet.update sends no signal: call `notify_queue` after it."""
    for signal in (post_save, post_delete):
        signal.connect(_notify_queue, sender=Comment, dispatch_uid="comments.queue")
