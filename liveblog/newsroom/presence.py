"""A websocket of the newsroom. It reports that content changed, and which other users are there; it carries no content.

To the page, as JSON: {"changed": true}, after which the page fetches the changes, and
{"people": [{"person", "name", "at", "me"}]}. From the page: {"at": "update-17"}, the element that the user works on,
or "" for none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import DatabaseError

from liveblog import json_input, notify
from liveblog.accounts import sessions
from liveblog.asgi_types import Message

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

#: Seconds between two heartbeats.
INTERVAL_SECONDS = 3.0

#: Seconds without a heartbeat after which a process or user counts as gone.
TIMEOUT_SECONDS = 3.5 * INTERVAL_SECONDS

#: Close codes: see liveblog.delivery.websocket.
FORBIDDEN = 4003

_MAX_ELEMENT_LENGTH = 40


class _Presence(NamedTuple):
    """The last heartbeat of a connection."""

    name: str
    user_id: int
    at: str
    received_at: float


class PresenceConsumer(AsyncJsonWebsocketConsumer):
    """The connection of one user. All users in the same group see each other."""

    #: Permissions, one of which a user needs to connect.
    rights: ClassVar[Collection[str]]
    #: Runs while the user is connected and has the permission.
    ticking: asyncio.Task[None] | None = None

    def group(self) -> str:
        """Return the channel layer group of all connections that see each other."""
        raise NotImplementedError

    async def connect(self) -> None:
        await self.accept()
        self.user: User = self.scope["user"]
        if not await database_sync_to_async(self._may_stay)():
            await self.close(FORBIDDEN)
            return
        self.at = ""
        self.present: dict[str, _Presence] = {}
        self.sent_people: list[tuple[str, int, str]] | None = None
        await self.channel_layer.group_add(self.group(), self.channel_name)
        await self._send_group({"type": "presence.query"})
        self.ticking = asyncio.create_task(self._keep_ticking())

    def _may_stay(self) -> bool:
        """Return whether the session is still valid and its user still has the permission."""
        user = sessions.user_of(self.scope["session"].session_key)
        if user is None or user.pk != self.user.pk or not user.is_staff:
            return False
        return any(user.has_perm(right) for right in self.rights)

    async def disconnect(self, code: int) -> None:
        if self.ticking is not None:
            self.ticking.cancel()
            with contextlib.suppress(Exception):
                await self.channel_layer.group_discard(self.group(), self.channel_name)
            await self._send_group({"type": "presence.left", "channel": self.channel_name})

    async def receive_json(self, content: object, **kwargs: object) -> None:
        at = content.get("at") if isinstance(content, dict) else None
        if isinstance(at, str) and len(at) < _MAX_ELEMENT_LENGTH and self.ticking is not None:
            self.at = at
            await self._announce()

    @classmethod
    async def decode_json(cls, text_data: str) -> object:
        try:
            return json_input.loads(text_data)
        except ValueError:
            return None

    async def send_json(self, content: object, close: bool = False) -> None:
        """Send the page a message. Do nothing if the browser has closed the connection.

        The disconnect event, which cleans up, may still be pending. Until then servers raise an OSError (ASGI
        specification, "Disconnected Client - send exception").
        """
        with contextlib.suppress(OSError):
            await super().send_json(content, close)

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        with contextlib.suppress(OSError):
            await super().close(code, reason)

    # Messages of the group --------------------------------------------------------------------------------------------

    async def content_changed(self, message: Message) -> None:
        """Make the page fetch changes; see `liveblog.notify.notify_group_after_commit`."""
        await self.send_json({"changed": True})

    async def presence_query(self, message: Message) -> None:
        """Answer a new connection."""
        await self._announce()

    async def presence_here(self, message: Message) -> None:
        presence = _Presence(message["name"], message["user"], message["at"], self._now())
        self.present[message["channel"]] = presence
        await self._send_page()

    async def presence_left(self, message: Message) -> None:
        self.present.pop(message["channel"], None)
        await self._send_page()

    # Time -------------------------------------------------------------------------------------------------------------

    async def _keep_ticking(self) -> None:
        while True:
            try:
                await self._tick()
            except Exception:
                # The database or the channel layer is down. The page stays open, and its user stays checked.
                logger.warning("A page of the newsroom could not be kept up to date; trying again.", exc_info=True)
            await asyncio.sleep(INTERVAL_SECONDS)
            if not await self._is_allowed():
                await self.close(FORBIDDEN)
                return

    async def _is_allowed(self) -> bool:
        try:
            return await database_sync_to_async(self._may_stay)()
        except DatabaseError:
            # Nobody is disconnected because the database is down. The next tick asks again.
            return True

    async def _tick(self) -> None:
        await self._announce()
        await self._send_page()

    @property
    def place(self) -> str:
        """The page on which the user is, for the list of everybody in the newsroom; "" for home."""
        return ""

    async def _announce(self) -> None:
        name = self.user.get_short_name() or self.user.get_username()
        here = {"channel": self.channel_name, "name": name, "user": self.user.pk, "at": self.at, "place": self.place}
        await self._send_group({"type": "presence.here", **here})

    async def _send_group(self, message: Message) -> None:
        await notify.send(self.group(), message)

    async def _send_page(self) -> None:
        """Send the page the list of users, if it has changed."""
        since = self._now() - TIMEOUT_SECONDS
        self.present = {channel: one for channel, one in self.present.items() if one.received_at > since}
        people = sorted({(one.name, one.user_id, one.at) for one in self.present.values()})
        if people != self.sent_people:
            me = self.user.pk
            entries = [{"person": pk, "name": name, "at": at, "me": pk == me} for name, pk, at in people]
            await self.send_json({"people": entries})
        self.sent_people = people

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
