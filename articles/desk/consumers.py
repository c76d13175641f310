"""The websocket of a live desk: /ws/desk/<article id>/.

Beside what every room tells, it says how many read the page, counted across all processes:
{"readers": {"de": 12}, "total": 12}. What a person has in hand is the update that they write in; "new" is a new one.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from liveblog.delivery import notify
from liveblog.newsroom.notify import group
from liveblog.newsroom.presence import FORGOTTEN, INTERVAL, PresenceConsumer

RIGHTS = ("articles.add_update", "articles.change_update")


class DeskConsumer(PresenceConsumer):
    rights = RIGHTS

    def group(self) -> str:
        return group(self.article_id)

    async def connect(self) -> None:
        self.article_id = self.scope["url_route"]["kwargs"]["pk"]
        #: By process: readers by language, and when they were counted.
        self.counts: dict[str, tuple[dict[str, int], float]] = {}
        self.told_readers: Any = None
        await super().connect()

    async def desk_audience(self, message: dict[str, Any]) -> None:
        self.counts[message["process"]] = (message["readers"], self._now())
        await self._tell()

    async def _tick(self) -> None:
        newest = max((at for _readers, at in self.counts.values()), default=0.0)
        # One of the desks asks for all of them.
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
        if readers != self.told_readers:
            await self.send_json({"readers": readers, "total": sum(readers.values())})
        self.told_readers = readers
