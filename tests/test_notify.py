"""A notification never delays the user who made the change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from liveblog import notify
from tests.server import PATIENCE


class SlowLayer:
    """A channel layer that sends nothing until the test allows it."""

    def __init__(self) -> None:
        self.asked, self.may_send = asyncio.Event(), asyncio.Event()
        self.sent: list[str] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.asked.set()
        await self.may_send.wait()
        self.sent.append(group)


@pytest.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowLayer]:
    layer = SlowLayer()
    monkeypatch.setattr(notify, "get_channel_layer", lambda: layer)
    # After this time, waiting callers get an error.
    monkeypatch.setattr(notify, "TIMEOUT_SECONDS", 5)
    serving = asyncio.create_task(notify.send_while_serving())
    await asyncio.sleep(0)
    yield layer
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_view_does_not_wait_for_the_channel_layer(layer: SlowLayer) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.to_thread(notify.notify_desk, 1)
        await layer.asked.wait()
    assert layer.sent == []
    layer.may_send.set()
    async with asyncio.timeout(PATIENCE):
        while notify._sending:
            await asyncio.sleep(0)
    assert layer.sent == [notify.desk_group(1)]
