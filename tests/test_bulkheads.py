"""Requests that write to one article wait for each other, and nobody else waits for them."""

import asyncio

import pytest

from liveblog import handler
from liveblog.handler import Bulkhead, Bulkheads, Group
from liveblog.languages import CODE_IN_ADDRESS
from liveblog.outages import Busy

BULKHEADS = (
    Bulkhead(rf"/{CODE_IN_ADDRESS}/live/([^/]+)/comments/", 1),
    Bulkhead(r"/admin/(comments)/(?!comment/\d+/translate/)", 4),
    Bulkhead(r"/(admin/login)/", 2, is_read=True),
)


def test_requests_are_in_one_group_if_they_write_to_the_same_article() -> None:
    bulkheads = Bulkheads(BULKHEADS, patience=1)
    assert bulkheads.group_of("POST", "/de/live/summit/comments/") == Group("summit", 1)
    assert bulkheads.group_of("POST", "/uk/live/summit/comments/5/report/") == Group("summit", 1)
    assert bulkheads.group_of("POST", "/admin/comments/comment/decide/") == Group("comments", 4)
    assert bulkheads.group_of("POST", "/admin/comments/comment/7/translate/") is None
    assert bulkheads.group_of("GET", "/de/live/summit/comments/") is None


def test_everything_about_logging_in_is_in_one_group() -> None:
    bulkheads = Bulkheads(BULKHEADS, patience=1)
    assert (
        bulkheads.group_of("GET", "/admin/login/") == bulkheads.group_of("POST", "/admin/login/") == ("admin/login", 2)
    )
    assert bulkheads.group_of("GET", "/admin/") is None


async def test_a_few_are_under_way_and_the_others_wait_for_their_turn() -> None:
    bulkheads = Bulkheads((), patience=60)
    under_way: list[int] = []
    most = 0
    goes_on = asyncio.Event()

    async def write(number: int, name: str) -> None:
        nonlocal most
        async with bulkheads.turn(Group(name, 2)):
            under_way.append(number)
            most = max(most, len(under_way))
            await goes_on.wait()
            under_way.remove(number)

    writing = [asyncio.create_task(write(number, "summit")) for number in range(6)]
    other = asyncio.create_task(write(99, "elsewhere"))
    await asyncio.sleep(0.01)
    assert under_way == [0, 1, 99]
    # A client that leaves gives up its turn, or its place among those that wait.
    writing[0].cancel()
    writing[3].cancel()
    await asyncio.wait({writing[0], writing[3]})
    goes_on.set()
    await asyncio.gather(*writing[1:3], *writing[4:], other)
    assert most <= 4
    assert not bulkheads._turns


async def test_who_waits_too_long_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "MAX_WAITING", 1)
    bulkheads, summit = Bulkheads((), patience=0.05), Group("summit", 1)
    async with bulkheads.turn(summit):
        with pytest.raises(Busy, match="no turn came"):
            async with bulkheads.turn(summit):
                raise AssertionError("unreachable")
        waiting = asyncio.create_task(bulkheads.turn(summit).__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="wait already"):
            async with bulkheads.turn(summit):
                raise AssertionError("unreachable")
        with pytest.raises(Busy):
            await waiting
    async with bulkheads.turn(summit):
        pass
