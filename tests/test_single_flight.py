"""Concurrent callers share one call."""

import asyncio

import pytest

from liveblog.single_flight import SingleFlight


class Call:
    """A call that ends when the test allows it, and counts its invocations."""

    def __init__(self) -> None:
        self.made = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.made += 1
        await self.may_end.wait()
        return self.made


async def waiting(flight: SingleFlight[str, int], call: Call, number: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(flight.do("key", call)) for _ in range(number)]
    while not call.made:
        await asyncio.sleep(0)
    return tasks


async def test_callers_at_the_same_moment_share_one_call() -> None:
    flight, call = SingleFlight[str, int](), Call()
    tasks = await waiting(flight, call, 5)
    call.may_end.set()
    assert await asyncio.gather(*tasks) == [1] * 5


async def test_the_next_caller_makes_a_call_of_its_own() -> None:
    flight, call = SingleFlight[str, int](), Call()
    call.may_end.set()
    await flight.do("key", call)
    assert await flight.do("key", call) == 2


async def test_a_caller_that_is_cancelled_leaves_the_call_to_the_others() -> None:
    flight, call = SingleFlight[str, int](), Call()
    first, second = await waiting(flight, call, 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    call.may_end.set()
    assert await second == 1


async def test_all_callers_get_the_error_and_the_next_one_tries_again() -> None:
    flight, call = SingleFlight[str, int](), Call()

    async def fail() -> int:
        raise LookupError

    tasks = [asyncio.create_task(flight.do("key", fail)) for _ in range(3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    call.may_end.set()
    assert await flight.do("key", call) == 1
