"""The newsroom's bells: like that of readers they carry no content, and losing one loses nothing."""

from django.db import transaction

from liveblog.delivery import notify


def group(article_id: int) -> str:
    """The channel layer group of all who have the article's desk open."""
    return f"desk.{article_id}"


def notify_after_commit(article_id: int) -> None:
    """Once the present transaction is committed, tell the article's desks to look for what is new."""
    notify_group_after_commit(group(article_id))


def notify_group_after_commit(name: str) -> None:
    """The same for whoever is in a group: see liveblog.newsroom.presence."""
    transaction.on_commit(lambda: notify.send_soon(name, {"type": "room.changed"}), robust=True)
