"""A websocket of the newsroom: tells that something changed, and who else is there. It brings no content.

To the page, JSON: {"changed": true}, upon which it asks for what is new; {"people": [{"person", "name", "at", "me"}]}.
From the page: {"at": "update-17"}, what the person has in hand; "" is nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from liveblog.delivery import notify

#: Seconds between two signs of life.
INTERVAL = 3.0

#: A process or person that has not been heard of for so long is gone, in seconds.
FORGOTTEN = 3.5 * INTERVAL

#: Close codes: see liveblog.delivery.websocket.
FORBIDDEN = 4003


class PresenceConsumer(AsyncJsonWebsocketConsumer):
    """One person's connection. All who are in the same group see each other."""

    #: Whoever has one of these may come in.
    rights: ClassVar[Collection[str]]

    def group(self) -> str:
        """The channel layer group of all who are in the room."""
        raise NotImplementedError

    async def connect(self) -> None:
        await self.accept()
        self.user = self.scope["user"]
        if not await database_sync_to_async(self._may_enter)():
            await self.close(FORBIDDEN)
            return
        self.at = ""
        #: By channel: name, person, what they have in hand, and when they were last heard of.
        self.people: dict[str, tuple[str, int, str, float]] = {}
        self.told_people: Any = None
        await self.channel_layer.group_add(self.group(), self.channel_name)
        await self._tell_all({"type": "room.roll_call"})
        self.clock = asyncio.create_task(self._keep_time())

    def _may_enter(self) -> bool:
        return self.user.is_active and self.user.is_staff and any(self.user.has_perm(right) for right in self.rights)

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "clock"):
            self.clock.cancel()
            with contextlib.suppress(Exception):
                await self.channel_layer.group_discard(self.group(), self.channel_name)
            await self._tell_all({"type": "room.gone", "channel": self.channel_name})

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

    async def room_changed(self, message: dict[str, Any]) -> None:
        await self.send_json({"changed": True})

    async def room_roll_call(self, message: dict[str, Any]) -> None:
        await self._announce()

    async def room_present(self, message: dict[str, Any]) -> None:
        person = (message["name"], message["person"], message["at"], self._now())
        self.people[message["channel"]] = person
        await self._tell()

    async def room_gone(self, message: dict[str, Any]) -> None:
        self.people.pop(message["channel"], None)
        await self._tell()

    # Time -------------------------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        while True:
            await self._tick()
            await asyncio.sleep(INTERVAL)

    async def _tick(self) -> None:
        await self._announce()
        await self._tell()

    async def _announce(self) -> None:
        name = self.user.get_short_name() or self.user.get_username()
        here = {"channel": self.channel_name, "name": name, "person": self.user.pk, "at": self.at}
        await self._tell_all({"type": "room.present", **here})

    async def _tell_all(self, message: dict[str, Any]) -> None:
        await notify.send(self.group(), message)

    async def _tell(self) -> None:
        """Tell the page who is there, if it does not know that already."""
        since = self._now() - FORGOTTEN
        self.people = {channel: one for channel, one in self.people.items() if one[3] > since}
        people = sorted({(name, person, at) for name, person, at, _seen in self.people.values()})
        if people != self.told_people:
            shown = [
                {"person": person, "name": name, "at": at, "me": person == self.user.pk} for name, person, at in people
            ]
            await self.send_json({"people": shown})
        self.told_people = people

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
