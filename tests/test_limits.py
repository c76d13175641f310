"""Nobody can disable a meter by filling or stopping the shared store, or by filling the memory."""

import os
from typing import Any

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.test import Client

from liveblog import limits
from tests import factories


class NoStore(BaseCache):
    """A store that does not respond, as if it were stopped."""

    def __init__(self, *_: object) -> None:
        super().__init__({})

    def add(self, *_: object, **__: object) -> bool:
        raise ConnectionError

    get = add  # type: ignore[assignment]


class FullStore(NoStore):
    """A store that can be read but accepts no more writes (Redis with the policy noeviction)."""

    def get(self, *_: object, **__: object) -> None:
        return None


class ForgetfulStore(NoStore):
    """A store that evicts each key at once (Redis with the policy allkeys-lru under pressure)."""

    def add(self, *_: object, **__: object) -> bool:
        return True

    def incr(self, *_: object, **__: object) -> int:
        return 1

    def get(self, *_: object, **__: object) -> None:
        return None


@pytest.fixture(params=[NoStore, FullStore, ForgetfulStore])
def broken_store(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.CACHES = settings.CACHES | {limits.STORE: {"BACKEND": f"{__name__}.{request.param.__name__}"}}


@pytest.mark.usefixtures("broken_store", "one_stretch")
def test_a_limit_holds_whatever_becomes_of_the_store() -> None:
    assert [limits.within("comment", "203.0.113.5", 20, 600) for _ in range(30)] == [True] * 20 + [False] * 10
    assert limits.within("comment", "203.0.113.6", 20, 600)
    assert limits.counted("comment", "203.0.113.5", 600) == 30


@pytest.mark.usefixtures("broken_store", "one_stretch")
@pytest.mark.django_db
def test_no_more_comments_are_taken_than_the_limit(settings: Any) -> None:
    settings.COMMENTS_PER_ADDRESS = 3
    article = factories.article()
    statuses = []
    for number in range(5):
        fields = {
            "name": "Ana",
            "email": f"ana{number}@host.example",
            "text": f"The water keeps rising, take {number}.",
        }
        client = Client(REMOTE_ADDR="203.0.113.5")
        answer = client.post(f"/en/live/{article.slug}/comments/", fields, headers={"sec-fetch-site": "same-origin"})
        statuses.append(answer.status_code)
    assert statuses == [201, 201, 201, 429, 429]


@pytest.mark.usefixtures("one_stretch")
def test_a_store_that_does_not_answer_is_not_asked_again_at_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = settings.CACHES | {limits.STORE: {"BACKEND": f"{__name__}.NoStore"}}
    asked = []
    monkeypatch.setattr(NoStore, "add", lambda *_: asked.append(1) or 1 / 0)
    for _ in range(10):
        limits.count("vote", "203.0.113.5", 60)
    assert len(asked) == 1


@pytest.mark.skipif("REDIS_URL" not in os.environ, reason="one process counts by itself")
@pytest.mark.usefixtures("one_stretch")
@pytest.mark.database
def test_all_processes_count_together() -> None:
    assert limits.count("vote", "203.0.113.5", 60) == 1
    # Another process counts.
    limits.forget()
    assert limits.count("vote", "203.0.113.5", 60) == 2


@pytest.mark.skipif("REDIS_URL" not in os.environ, reason="there is no Redis to fill")
@pytest.mark.usefixtures("one_stretch")
@pytest.mark.database
def test_a_limit_holds_while_redis_is_full() -> None:
    client = caches[limits.STORE]._cache.get_client()
    before = client.config_get("maxmemory")["maxmemory"]
    client.config_set("maxmemory", 1)
    try:
        assert [limits.within("comment", "203.0.113.5", 20, 600) for _ in range(30)].count(True) == 20
    finally:
        client.config_set("maxmemory", before)


def test_counters_fill_no_memory_and_the_newest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_COUNTERS", 100)
    for number in range(1000):
        limits.count("vote", f"203.0.113.{number}", 60)
    assert len(limits._own._counts) <= 101
    assert limits.counted("vote", "203.0.113.999", 60) == 1


def test_counts_of_past_periods_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    for number in range(50):
        limits.count("vote", f"203.0.113.{number}", 60)
    now[0] += 61
    assert limits.count("vote", "203.0.113.1", 60) == 1
    assert len(limits._own._counts) == 1
