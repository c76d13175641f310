"""The websocket of a live desk: /ws/desk/<article id>/.

It brings no content. It says that something changed, upon which the desk asks for what is new; who else is at the desk
and what they write in; and how many read the page, counted across all processes.

To the desk, JSON: {"changed": true}, {"people": [{"name", "at", "me"}]}, {"readers": {"de": 12}, "total": 12}.
From the desk: {"at": "update-17"}, what the person writes in; "new" is a new update, "" is nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings

from liveblog.delivery import bell
from liveblog.newsroom.bell import group

#: Seconds between two counts of the readers.
CENSUS = 3.0

#: A process or person that has not been heard of for so long is gone, in seconds.
FORGOTTEN = 3.5 * CENSUS

#: Close codes: see liveblog.delivery.websocket.
FORBIDDEN = 4003

RIGHTS = ("articles.add_update", "articles.change_update")


class Desk(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        self.user = self.scope["user"]
        if not await database_sync_to_async(_may_open)(self.user):
            await self.close(FORBIDDEN)
            return
        self.article_id = self.scope["url_route"]["kwargs"]["pk"]
        self.at = ""
        #: By channel: name, person, what they write in, and when they were last heard of.
        self.people: dict[str, tuple[str, int, str, float]] = {}
        #: By process: readers by language, and when they were counted.
        self.counts: dict[str, tuple[dict[str, int], float]] = {}
        self.told: tuple[Any, Any] = (None, None)
        await self.channel_layer.group_add(group(self.article_id), self.channel_name)
        await self._tell_all({"type": "desk.roll_call"})
        self.clock = asyncio.create_task(self._keep_time())

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "clock"):
            self.clock.cancel()
            with contextlib.suppress(Exception):
                await self.channel_layer.group_discard(group(self.article_id), self.channel_name)
            await self._tell_all({"type": "desk.gone", "channel": self.channel_name})

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        at = content.get("at") if isinstance(content, dict) else None
        if isinstance(at, str) and len(at) < 40 and hasattr(self, "clock"):
            self.at = at
            await self._announce()

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    # What the group is told -------------------------------------------------------------------------------------------

    async def desk_changed(self, message: dict[str, Any]) -> None:
        await self.send_json({"changed": True})

    async def desk_roll_call(self, message: dict[str, Any]) -> None:
        await self._announce()

    async def desk_present(self, message: dict[str, Any]) -> None:
        person = (message["name"], message["person"], message["at"], self._now())
        self.people[message["channel"]] = person
        await self._tell()

    async def desk_gone(self, message: dict[str, Any]) -> None:
        self.people.pop(message["channel"], None)
        await self._tell()

    async def desk_audience(self, message: dict[str, Any]) -> None:
        self.counts[message["process"]] = (message["readers"], self._now())
        await self._tell()

    # Time -------------------------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        while True:
            newest = max((at for _readers, at in self.counts.values()), default=0.0)
            # One of the desks asks for all of them.
            if self._now() - newest >= CENSUS * 0.9:
                await bell.send(bell.group(self.article_id), {"type": "census", "article": self.article_id})
            await self._announce()
            await self._tell()
            await asyncio.sleep(CENSUS)

    async def _announce(self) -> None:
        name = self.user.get_short_name() or self.user.get_username()
        here = {"channel": self.channel_name, "name": name, "person": self.user.pk, "at": self.at}
        await self._tell_all({"type": "desk.present", **here})

    async def _tell_all(self, message: dict[str, Any]) -> None:
        await bell.send(group(self.article_id), message)

    async def _tell(self) -> None:
        """Tell the desk who is there and how many read along, if it does not know that already."""
        since = self._now() - FORGOTTEN
        self.people = {channel: one for channel, one in self.people.items() if one[3] > since}
        self.counts = {process: count for process, count in self.counts.items() if count[1] > since}
        people = sorted({(name, person, at) for name, person, at, _seen in self.people.values()})
        readers = {
            language: sum(count.get(language, 0) for count, _at in self.counts.values())
            for language, _name in settings.LANGUAGES
        }
        if people != self.told[0]:
            shown = [{"name": name, "at": at, "me": person == self.user.pk} for name, person, at in people]
            await self.send_json({"people": shown})
        if readers != self.told[1]:
            await self.send_json({"readers": readers, "total": sum(readers.values())})
        self.told = (people, readers)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _may_open(user: Any) -> bool:
    return user.is_active and user.is_staff and any(user.has_perm(right) for right in RIGHTS)
