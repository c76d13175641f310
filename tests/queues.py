"""A client with the requests of the moderation queue's scripts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from comments.models import Comment
from tests import newsroom

QUEUE = "/admin/comments/comment/"


def moderator(name: str = "greta") -> User:
    return newsroom.user(name, "Moderator")


class QueueClient:
    """A moderator at the queue. `last` is the last response."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)
        self.last: Any = None

    def page(self, **query: Any) -> str:
        return self.client.get(QUEUE, query).content.decode()

    def entries(self, **query: Any) -> dict[str, Any]:
        words = {"q": query.pop("q", "")}
        return self.client.post(f"{QUEUE}entries/?{urlencode(query)}", words).json()

    def ids(self, **query: Any) -> list[str]:
        return [card["id"] for card in self.entries(**query)["cards"]]

    def card(self, comment: Comment) -> str:
        """Return the HTML of one comment."""
        [card] = self.entries(comment=comment.pk)["cards"]
        return card["html"]

    def decide(self, to: str, *comments: Comment, **data: Any) -> dict[str, Any]:
        named = [f"{comment.pk}.{comment.version_name}" for comment in comments]
        return self._post("decide/", {"to": to, "comment": named} | data)

    def undo(self, *decisions: int) -> dict[str, Any]:
        return self._post("undo/", {"decision": list(decisions)})

    def act(self, comment: Comment, action: str, **data: Any) -> dict[str, Any]:
        return self._post(f"{comment.pk}/{action}/", data)

    def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        self.last = self.client.post(f"{reverse('admin:comments_comment_changelist')}{path}", data)
        return self.last.json() if self.last["Content-Type"] == "application/json" else {}
