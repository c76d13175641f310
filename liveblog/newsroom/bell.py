"""The desk's bell: like that of readers it carries no content, and losing it loses nothing."""

from django.db import transaction

from liveblog.delivery import bell


def group(article_id: int) -> str:
    """The channel layer group of all who have the article's desk open."""
    return f"desk.{article_id}"


def ring_after_commit(article_id: int) -> None:
    """Once the present transaction is committed, tell the article's desks to look for what is new."""
    transaction.on_commit(lambda: bell.send_soon(group(article_id), {"type": "desk.changed"}), robust=True)
