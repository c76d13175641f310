"""The hub works once per process, article or language, never per reader."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.db import transaction
from django.db.backends.signals import connection_created

from articles.models import Article
from liveblog import notify
from liveblog.delivery import elements, frames, log
from liveblog.delivery.frames import Frame
from liveblog.delivery.hub import Hub
from liveblog.delivery.states import State
from liveblog.delivery.stream import Gone, Reader
from liveblog.models import Change
from tests import factories
from tests.server import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

make_article = sync_to_async(factories.article)
post = sync_to_async(factories.update)


class Listener(Reader):
    """A reader that records its frames."""

    def __init__(self, article: Article, language: str = "en") -> None:
        """Start at the state of the new article."""
        self.language, self.state = language, article.page_state
        self.stream, self.gone = None, False
        self.frames: list[Frame] = []
        self.code: int | None = None
        self._heard = asyncio.Event()

    def write(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._heard.set()

    def close(self, code: int) -> None:
        self.code = code

    async def closed(self) -> int:
        async with asyncio.timeout(PATIENCE):
            while self.code is None:
                await asyncio.sleep(0.01)
        return self.code

    async def reaches(self, revision: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self.frames or self.frames[-1].state.revision < revision:
                self._heard.clear()
                await self._heard.wait()


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Collect the queries of connections that hub threads open during the block."""
    queries: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Other threads do the remaining work after an update, at any time.
        if threading.current_thread().name.startswith("hub"):
            queries.append(sql)
        return execute(sql, params, many, context)

    def watch(connection: Any, **_: Any) -> None:
        if note not in connection.execute_wrappers:
            connection.execute_wrappers.append(note)

    connection_created.connect(watch)
    try:
        yield queries
    finally:
        connection_created.disconnect(watch)


async def queries_of_one_update(readers: int) -> int:
    article = await make_article()
    with counted_queries() as queries:
        hub = Hub()
        listeners = [Listener(article, ["en", "de"][number % 2]) for number in range(readers)]
        for listener in listeners:
            await hub.join(article.pk, listener)
        await asyncio.sleep(0)
        await _settled(queries)
        queries.clear()
        await post(article)
        for listener in listeners:
            await listener.reaches(1)
        # The test posts in another thread, whose connection is older and therefore not counted.
        ours = [sql for sql in queries if "SELECT" in sql]
        for listener in listeners:
            hub.leave(listener)
    assert hub.streams == {}
    assert ours
    return len(ours)


async def _settled(queries: list[str]) -> None:
    """Wait until joining has made all its queries."""
    seen = -1
    while seen != len(queries):
        seen = len(queries)
        await asyncio.sleep(0.05)


async def test_queries_for_an_update_do_not_grow_with_the_number_of_readers(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 60
    assert await queries_of_one_update(40) == await queries_of_one_update(2)


async def test_an_update_is_encoded_once_for_all_readers_of_a_language() -> None:
    article = await make_article()
    hub = Hub()
    listeners = [Listener(article, "en") for _ in range(5)]
    for listener in listeners:
        await hub.join(article.pk, listener)
    await post(article)
    for listener in listeners:
        await listener.reaches(1)
    assert len({id(listener.frames[-1]) for listener in listeners}) == 1
    for listener in listeners:
        hub.leave(listener)


async def test_a_late_answer_never_takes_readers_back() -> None:
    article = await make_article()
    hub, reader = Hub(), Listener(article)
    await hub.join(article.pk, reader)
    await post(article)
    await reader.reaches(1)
    hub.streams[article.pk].advance(article.page_state)
    await post(article)
    await reader.reaches(2)
    hub.leave(reader)
    assert [frame.state.revision for frame in reader.frames] == [0, 1, 2]


async def test_readers_reload_after_the_database_was_restored(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 0.05
    article = await make_article()
    hub, reader = Hub(), Listener(article)
    await hub.join(article.pk, reader)
    for _ in range(2):
        await post(article)
    await reader.reaches(2)
    await sync_to_async(Article._base_manager.filter(pk=article.pk).update)(revision=1)
    async with asyncio.timeout(PATIENCE):
        while reader.frames[-1].state.revision != 1:
            await asyncio.sleep(0.01)
    hub.leave(reader)
    assert "reload" in reader.frames[-1].text


async def test_an_article_takes_one_group_membership_for_any_number_of_readers() -> None:
    article = await make_article()
    layer = get_channel_layer()
    if not isinstance(layer, InMemoryChannelLayer):
        pytest.skip("Only the in-process layer shows its groups.")
    hub = Hub()
    listeners = [Listener(article) for _ in range(7)]
    for listener in listeners:
        await hub.join(article.pk, listener)
    assert len(layer.groups[notify.readers_group(article.pk)]) == 1
    for listener in listeners:
        hub.leave(listener)
    async with asyncio.timeout(PATIENCE):
        while notify.readers_group(article.pk) in layer.groups:
            await asyncio.sleep(0.01)


async def test_a_lost_notification_delays_an_update_but_loses_nothing(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_POLL_SECONDS = 0.2
    monkeypatch.setattr(notify, "notify_readers", lambda _article_id: None)
    article = await make_article()
    hub, listener = Hub(), Listener(article)
    await hub.join(article.pk, listener)
    await post(article)
    await listener.reaches(1)
    hub.leave(listener)


async def test_a_notification_takes_effect_at_once(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 60
    article = await make_article()
    hub, listener = Hub(), Listener(article)
    await hub.join(article.pk, listener)
    await post(article)
    await listener.reaches(1)
    hub.leave(listener)


async def test_a_reader_of_another_language_joins_while_others_are_served(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 0.05
    article = await make_article()
    hub = Hub()
    first = Listener(article, "en")
    await hub.join(article.pk, first)
    listeners = [first]
    for number in range(1, 8):
        await post(article)
        other = Listener(article, ["de", "uk", "ar"][number % 3])
        await hub.join(article.pk, other)
        listeners.append(other)
    for listener in listeners:
        await listener.reaches(7)
        covered = [frame for frame in listener.frames if '"changes"' in frame.text]
        assert covered[0].text.startswith('{"revision":')
        hub.leave(listener)


async def test_a_reader_joins_without_missing_changes_made_meanwhile(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 60
    article = await make_article()
    asked, released = threading.Event(), threading.Event()

    def render_slowly(article_id: int, names: Any, languages: Any) -> dict[str, list[elements.Operation]]:
        asked.set()
        released.wait(PATIENCE)
        return {language: [{"op": "remove", "id": name} for name in names] for language in languages}

    elements.register("slow", render_slowly)
    await sync_to_async(transaction.atomic(log.append))(article.pk, "slow-1")
    hub, listener = Hub(), Listener(article)
    joining = asyncio.create_task(hub.join(article.pk, listener))
    assert await asyncio.to_thread(asked.wait, PATIENCE)
    # The article changes while the catch-up is still being rendered.
    await post(article)
    released.set()
    await joining
    await listener.reaches(2)
    assert [frame.state.revision for frame in listener.frames] == [1, 2]
    hub.leave(listener)


async def test_readers_who_return_together_share_one_rendering(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 60
    article = await make_article()
    await post(article)
    with counted_queries() as queries:
        hub = Hub()
        listeners = [Listener(article) for _ in range(30)]
        await asyncio.gather(*(hub.join(article.pk, listener) for listener in listeners))
        await _settled(queries)
        assert len({id(listener.frames[0]) for listener in listeners}) == 1
        for listener in listeners:
            hub.leave(listener)
    assert len(queries) < 20


async def test_unknown_states_fill_no_memory() -> None:
    article = await make_article()
    for _ in range(3):
        await post(article)
    hub = Hub()
    listeners = [Listener(article) for _ in range(20)]
    for number, listener in enumerate(listeners):
        listener.state = State([0, 2, 3, 10**6 * number][number % 4], f"fake{number:04d}")
    await asyncio.gather(*(hub.join(article.pk, listener) for listener in listeners))
    assert all('"reload":true' in listener.frames[0].text for listener in listeners)
    assert not hub.streams[article.pk]._catch_ups
    for listener in listeners:
        hub.leave(listener)


class Leaver(Listener):
    """A reader that leaves the hub once it is closed, as the reader of a real connection does."""

    def __init__(self, hub: Hub, article: Article, language: str = "en") -> None:
        super().__init__(article, language)
        self.hub = hub

    def close(self, code: int) -> None:
        self.hub.leave(self)
        super().close(code)


class Full(Leaver):
    """A reader that accepts its first frame and no more."""

    def write(self, frame: Frame) -> None:
        if self.frames:
            self.close(4008)
        else:
            super().write(frame)


async def test_a_deleted_article_closes_its_readers_and_no_others() -> None:
    article, other = await make_article(), await make_article(slug="another")
    hub = Hub()
    readers = [Leaver(hub, article, language) for language in ("en", "de", "uk", "en")]
    for reader in readers:
        await hub.join(article.pk, reader)
    elsewhere = Leaver(hub, other)
    await hub.join(other.pk, elsewhere)
    await sync_to_async(article.delete)()
    assert [await reader.closed() for reader in readers] == [4004] * 4
    await post(other)
    await elsewhere.reaches(1)
    hub.leave(elsewhere)
    assert hub.streams == {}


async def test_an_article_that_is_deleted_while_pages_catch_up_closes_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    article = await make_article()
    hub = Hub()
    behind, lost = Leaver(hub, article), Leaver(hub, article)
    for _ in range(2):
        await post(article)
    present = Leaver(hub, await Article.objects.aget(pk=article.pk))
    await hub.join(article.pk, present)
    lost.state = State(1, "lost")
    rendering, goes_on, render = threading.Event(), threading.Event(), elements.render

    def waiting(*arguments: Any) -> Any:
        rendering.set()
        goes_on.wait(PATIENCE)
        return render(*arguments)

    monkeypatch.setattr(elements, "render", waiting)
    joining = [asyncio.create_task(hub.join(article.pk, reader)) for reader in (lost, behind)]
    await asyncio.to_thread(rendering.wait, PATIENCE)
    await sync_to_async(article.delete)()
    try:
        assert await present.closed() == 4004
        with pytest.raises(Gone):
            async with asyncio.timeout(PATIENCE):
                await joining[1]
    finally:
        goes_on.set()
        for task in joining:
            task.cancel()
        await asyncio.gather(*joining, return_exceptions=True)


async def test_a_reader_who_falls_behind_does_not_affect_other_languages() -> None:
    article = await make_article()
    hub = Hub()
    full, others = Full(hub, article, "ar"), [Leaver(hub, article, language) for language in ("de", "uk", "en")]
    for reader in (full, *others):
        await hub.join(article.pk, reader)
    await post(article)
    assert await full.closed() == 4008
    for reader in others:
        await reader.reaches(1)
        hub.leave(reader)


async def test_a_reader_ahead_of_this_process_is_not_sent_back(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LIVE_POLL_SECONDS = 60
    monkeypatch.setattr(notify, "notify_readers", lambda _article_id: None)
    article = await make_article()
    hub, first = Hub(), Listener(article)
    await hub.join(article.pk, first)
    await post(article)
    # Another process, which has already been notified, has sent it the newer revision.
    ahead = Listener(article)
    ahead.state = (await Change.objects.aget(article=article)).state
    await hub.join(article.pk, ahead)
    assert [frame.text for frame in ahead.frames] == [frames.step(ahead.state, ahead.state).text]
    await first.reaches(1)
    for listener in (first, ahead):
        hub.leave(listener)
