"""The websocket of a live desk: /ws/desk/<article id>/.

In addition to presence it sends the number of readers of the page by language, counted across all processes:
{"readers": {"de": 12}, "total": 12}. The element of a user is the update that they edit; "new" is one that is not saved
yet.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings

from articles.publishing import approvals, writing
from liveblog import notify
from liveblog.newsroom.presence import INTERVAL_SECONDS, TIMEOUT_SECONDS, PresenceConsumer

PERMISSIONS = ("articles.add_update", "articles.change_update")


class DeskConsumer(PresenceConsumer):
    """Presence at one desk, with the number of readers."""

    rights = PERMISSIONS

    def group(self) -> str:
        return notify.desk_group(self.article_id)

    @property
    def place(self) -> str:
        return str(self.article_id)

    async def connect(self) -> None:
        self.article_id = self.scope["url_route"]["kwargs"]["pk"]
        #: By process: readers by language, and the time of the count.
        self.counts: dict[str, tuple[dict[str, int], float]] = {}
        self.sent_readers: dict[str, int] | None = None
        await super().connect()

    async def audience_counted(self, message: dict[str, Any]) -> None:
        self.counts[message["process"]] = (message["readers"], self._now())
        await self._send_page()

    async def _tick(self) -> None:
        if self.at:
            await sync_to_async(writing.note)(self.article_id)
        newest = max((at for _readers, at in self.counts.values()), default=0.0)
        # One desk queries the count for all desks.
        if self._now() - newest >= INTERVAL_SECONDS * 0.9:
            query = {"type": "audience.query", "article": self.article_id}
            await notify.send(notify.readers_group(self.article_id), query)
        await super()._tick()

    async def _send_page(self) -> None:
        await super()._send_page()
        since = self._now() - TIMEOUT_SECONDS
        self.counts = {process: count for process, count in self.counts.items() if count[1] > since}
        readers = {
            language: sum(count.get(language, 0) for count, _at in self.counts.values())
            for language, _name in settings.LANGUAGES
        }
        if readers != self.sent_readers:
            await self.send_json({"readers": readers, "total": sum(readers.values())})
        self.sent_readers = readers


class ApprovalsConsumer(PresenceConsumer):
    """The websocket /ws/approvals/ of all pages of the newsroom: it reports changes of the updates awaiting approval.

    It does not show users to each other, so it sends no heartbeats.
    """

    rights = (approvals.PERMISSION,)

    def group(self) -> str:
        return approvals.GROUP

    async def _announce(self) -> None:
        return

    async def _send_page(self) -> None:
        # A page considers itself connected once it gets a message.
        if self.sent_people is None:
            self.sent_people = []
            await self.send_json({"people": []})
