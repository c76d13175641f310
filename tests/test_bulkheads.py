"""Requests that write to one article wait for each other, and other requests do not wait for them."""

import asyncio
from io import BytesIO

import pytest
from django.core.handlers.asgi import ASGIRequest

from liveblog import asgi, handler
from liveblog.handler import Bulkhead, Bulkheads, Group, Handler
from liveblog.languages import CODE_IN_ADDRESS
from liveblog.outages import Busy
from liveblog.pagecache import IS_NEW

BULKHEADS = (
    Bulkhead(rf"/{CODE_IN_ADDRESS}/live/([^/]+)/comments/", 1),
    Bulkhead(r"/admin/(comments)/(?!comment/\d+/translate/)", 4),
    Bulkhead(r"/(admin/login)/", 2, is_read=True, rest=1.0),
)


def test_requests_are_in_one_group_if_they_write_to_the_same_article() -> None:
    bulkheads = Bulkheads(BULKHEADS, timeout=1)
    assert bulkheads.groups_of("POST", "/de/live/summit/comments/") == [Group("summit", 1)]
    assert bulkheads.groups_of("POST", "/uk/live/summit/comments/5/report/") == [Group("summit", 1)]
    assert bulkheads.groups_of("POST", "/admin/comments/comment/decide/") == [Group("comments", 4)]
    assert bulkheads.groups_of("POST", "/admin/comments/comment/7/translate/") == []
    assert bulkheads.groups_of("GET", "/de/live/summit/comments/") == []


def test_a_flood_of_comments_on_any_number_of_articles_is_one_group() -> None:
    of_site = asgi._http._bulkheads
    own, of_all = of_site.groups_of("POST", "/de/live/summit/comments/")
    assert of_site.groups_of("POST", "/es-419/live/no-such-page/comments/")[1] == of_all
    assert of_site.groups_of("POST", "/uk/live/summit/comments/5/report/") == [own, of_all]
    # One locked article does not take all turns.
    assert of_all.size > own.size


def test_everything_about_logging_in_is_in_one_group() -> None:
    bulkheads = Bulkheads(BULKHEADS, timeout=1)
    assert (
        bulkheads.groups_of("GET", "/admin/login/")
        == bulkheads.groups_of("POST", "/admin/login/")
        == [Group("admin/login", 2, rest=1.0)]
    )
    assert bulkheads.groups_of("GET", "/admin/") == []


async def test_a_few_are_under_way_and_the_others_wait_for_their_turn() -> None:
    bulkheads = Bulkheads((), timeout=60)
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


async def test_a_request_that_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "MAX_WAITING", 1)
    bulkheads, summit = Bulkheads((), timeout=0.05), Group("summit", 1)
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


async def test_a_pause_follows_each_request_of_a_stranger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handler, "MAX_REST_SECONDS", 0.2)
    bulkheads, loop = Bulkheads((), timeout=10), asyncio.get_running_loop()

    async def paused_between_two(group: Group, seconds: float) -> float:
        async with bulkheads.turn(group):
            await asyncio.sleep(seconds)
        ended = loop.time()
        async with bulkheads.turn(group):
            return loop.time() - ended

    assert await paused_between_two(Group("comments", 1, rest=3.0), 0.03) >= 0.08
    # The pause is capped, because a request that takes long has mostly waited.
    assert 0.19 < await paused_between_two(Group("comments", 1, rest=1000.0), 0.03) < 20
    # A busy machine may pause at any moment, but not each time.
    assert min([await paused_between_two(Group("newsroom", 1), 0.03) for _ in range(10)]) < 0.03
    while bulkheads._turns:
        await asyncio.sleep(0.01)


def test_pages_that_are_not_in_memory_wait_for_each_other_and_those_that_are_do_not() -> None:
    new_pages = Group("new pages", 2, rest=1.0)
    handled = Handler(BULKHEADS, new_pages)

    def groups_of(path: str, is_new: bool) -> list[Group]:
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", IS_NEW: is_new}
        return handled._groups_of(ASGIRequest(scope, BytesIO()))

    assert groups_of("/de/live/summit/update/999/", is_new=True) == [new_pages]
    assert groups_of("/de/live/summit/", is_new=False) == []
    assert groups_of("/admin/login/", is_new=False) == [Group("admin/login", 2, rest=1.0)]
