"""The websocket of a live desk: /ws/desk/<article id>/.

In addition to presence it sends the number of readers of the page by language, counted across all processes:
{"readers": {"de": 12}, "total": 12}. What a user claims is the update that they edit; "new" is an update not saved yet.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from liveblog.delivery import notify
from liveblog.newsroom.notify import group
from liveblog.newsroom.presence import FORGOTTEN, INTERVAL, PresenceConsumer

PERMISSIONS = ("articles.add_update", "articles.change_update")


class DeskConsumer(PresenceConsumer):
    """Presence at one desk, with the number of readers."""

    rights = PERMISSIONS

    def group(self) -> str:
        return group(self.article_id)

    async def connect(self) -> None:
        self.article_id = self.scope["url_route"]["kwargs"]["pk"]
        #: By process: readers by language, and the time of the count.
        self.counts: dict[str, tuple[dict[str, int], float]] = {}
        self.sent_readers: dict[str, int] | None = None
        await super().connect()

    async def desk_audience(self, message: dict[str, Any]) -> None:
        self.counts[message["process"]] = (message["readers"], self._now())
        await self._tell()

    async def _tick(self) -> None:
        newest = max((at for _readers, at in self.counts.values()), default=0.0)
        # One desk requests the count for all desks.
        if self._now() - newest >= INTERVAL * 0.9:
            await notify.send(notify.group(self.article_id), {"type": "census", "article": self.article_id})
        await super()._tick()

    async def _tell(self) -> None:
        await super()._tell()
        since = self._now() - FORGOTTEN
        self.counts = {process: count for process, count in self.counts.items() if count[1] > since}
        readers = {
            language: sum(count.get(language, 0) for count, _at in self.counts.values())
            for language, _name in settings.LANGUAGES
        }
        if readers != self.sent_readers:
            await self.send_json({"readers": readers, "total": sum(readers.values())})
        self.sent_readers = readers
