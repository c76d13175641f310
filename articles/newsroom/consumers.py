"""The websocket of home: /ws/newsroom/.

It listens to the groups of all unfinished coverage's desks and of the queues, and sends three messages:
{"changed": true}, after which the page fetches the changes; {"people": [{"person", "name", "at", "place", "me"}]}, who
is at which desk (`place`, the primary key of the article; "" for home, "comments" for the queue of comments) and works
on what (`at`); {"audience": {"<article>": number of readers}}.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from channels.db import database_sync_to_async

from articles.models import Article
from liveblog import notify
from liveblog.asgi_types import Message
from liveblog.newsroom import waiting
from liveblog.newsroom.presence import INTERVAL_SECONDS, TIMEOUT_SECONDS, PresenceConsumer

GROUP = "newsroom"

#: The greatest number of desks that home listens to.
MAX_DESKS = 30


class _Person(NamedTuple):
    """The last heartbeat of a connection."""

    name: str
    user_id: int
    at: str
    place: str
    received_at: float


class NewsroomConsumer(PresenceConsumer):
    """Presence at all desks and queues, with the number of readers of each article."""

    rights = ("articles.view_article",)

    def group(self) -> str:
        return GROUP

    async def connect(self) -> None:
        #: The groups of the channel layer that this connection is in, besides its own.
        self.joined: set[str] = set()
        self.articles: set[int] = set()
        #: By channel.
        self.people: dict[str, _Person] = {}
        self.sent: tuple[Any, Any] = (None, None)
        #: By article and process: the number of readers, and the time of the count.
        self.counts: dict[tuple[int, str], tuple[int, float]] = {}
        await super().connect()

    async def disconnect(self, code: int) -> None:
        await self._listen_to(set())
        await super().disconnect(code)

    # Messages of the groups -------------------------------------------------------------------------------------------

    async def presence_query(self, message: Message) -> None:
        """Do nothing: the connections of a desk answer for themselves, and home announces itself with each tick."""

    async def presence_here(self, message: Message) -> None:
        self.people[message["channel"]] = _Person(
            message["name"], message["user"], message["at"], message.get("place", ""), self._now()
        )
        await self._send_page()

    async def presence_left(self, message: Message) -> None:
        self.people.pop(message["channel"], None)
        await self._send_page()

    async def audience_counted(self, message: dict[str, Any]) -> None:
        self.counts[message["article"], message["process"]] = (sum(message["readers"].values()), self._now())
        await self._send_page()

    # Time -------------------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        self.articles = await database_sync_to_async(_unfinished)()
        await self._listen_to({*map(notify.desk_group, self.articles), *waiting.groups()})
        fresh = self._now() - INTERVAL_SECONDS * 0.9
        counted = {article for (article, _process), (_count, at) in self.counts.items() if at > fresh}
        for article in self.articles - counted:
            # The desks of the article also get the answers, so one request serves all of them.
            await notify.send(notify.readers_group(article), {"type": "audience.query", "article": article})
        await super()._tick()

    async def _listen_to(self, groups: set[str]) -> None:
        for group in groups - self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
            await notify.send(group, {"type": "presence.query"})
        for group in self.joined - groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.joined = groups

    async def _send_page(self) -> None:
        """Send the present users and the numbers of readers, if they have changed."""
        since = self._now() - TIMEOUT_SECONDS
        self.people = {channel: one for channel, one in self.people.items() if one.received_at > since}
        self.counts = {key: count for key, count in self.counts.items() if count[1] > since}
        people = sorted({(one.name, one.user_id, one.at, one.place) for one in self.people.values()})
        audience = dict.fromkeys(self.articles, 0)
        for (article, _process), (count, _at) in self.counts.items():
            if article in audience:
                audience[article] += count
        if people != self.sent[0]:
            me = self.user.pk
            entries = [
                {"person": pk, "name": name, "at": at, "place": place, "me": pk == me} for name, pk, at, place in people
            ]
            await self.send_json({"people": entries})
        if audience != self.sent[1]:
            await self.send_json({"audience": audience})
        self.sent = (people, audience)


def _unfinished() -> set[int]:
    found = Article.objects.exclude(state=Article.State.FINISHED).order_by("-coverage_start", "-pk")
    return set(found.values_list("pk", flat=True)[:MAX_DESKS])
