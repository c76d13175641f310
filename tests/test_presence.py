"""The websockets of the newsroom."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from uvicorn.protocols.utils import ClientDisconnected

from liveblog.newsroom import presence


class Group(presence.PresenceConsumer):
    rights = ()

    def group(self) -> str:
        return "nobody.else"

    def _may_stay(self) -> bool:
        return False


# The thread that checks the user's rights closes the database connection that an earlier test has left in it.
@pytest.mark.django_db(transaction=True)
async def test_a_browser_that_closes_between_two_ticks_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "INTERVAL_SECONDS", 0)
    sent = []

    async def gone(message: dict[str, object]) -> None:
        sent.append(message["type"])
        raise ClientDisconnected

    consumer = Group()
    consumer.base_send, consumer.channel_name, consumer.user = gone, "this", User(pk=1, username="ioana")
    consumer.at, consumer.present, consumer.sent_people = "", {}, None
    await consumer._keep_ticking()
    assert sent == ["websocket.send", "websocket.close"]


@pytest.mark.django_db(transaction=True)
async def test_a_page_outlives_an_outage_and_its_user_stays_checked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(presence, "INTERVAL_SECONDS", 0)
    steps: list[str] = []

    class Page(Group):
        def _may_stay(self) -> bool:
            steps.append("checked")
            return steps.count("checked") < 3

        async def _tick(self) -> None:
            steps.append("tick")
            if steps.count("tick") == 1:
                raise OperationalError("The database is down.")

        async def close(self, code: int | None = None, reason: str | None = None) -> None:
            steps.append("closed")

    await Page()._keep_ticking()
    assert steps == [*("tick", "checked") * 3, "closed"]
    assert len(caplog.records) == 1
