"""A websocket client connects to the real server, with and without the lent transport."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from articles.models import Article
from tests import factories, soak
from tests.clients import shake_hands, until_cut
from tests.server import PATIENCE, PLAIN_SERVER, Server

pytestmark = pytest.mark.django_db(transaction=True)


#: Servers that lend no transport are tested with PostgreSQL, and with SQLite in `make soak`.
SEND = "send" if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") else soak.only("send")


@pytest.fixture(scope="module", params=["transport", SEND])
def server(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    command = PLAIN_SERVER if request.param == "send" else None
    with django_db_blocker.unblock():
        running = Server(
            command, LIVE_HEARTBEAT_SECONDS="0.5", LIVE_MAX_BUFFER_BYTES="200000", LIVE_POLL_SECONDS="0.02"
        )
    with running:
        yield running


def join(server: Server, article: Article, after: str | None = None, language: str = "en", **options: Any) -> Any:
    """Open the websocket of a page at the article's first state, or with another text as `after`."""
    options = {"origin": server.url, "compression": None, "open_timeout": PATIENCE, **options}
    after = str(article.page_state) if after is None else after
    return connect(f"{server.socket_url}/ws/{language}/live/{article.slug}/?after={after}", **options)


async def frame(connection: ClientConnection) -> dict[str, Any]:
    """Return the next frame that is not a heartbeat."""
    async with asyncio.timeout(PATIENCE):
        while True:
            received = json.loads(await connection.recv())
            if "changes" in received or "reload" in received:
                return received


async def closing_code(connection: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE):
        await connection.wait_closed()
    return connection.close_code


make_article = sync_to_async(factories.article)
post = sync_to_async(factories.update)


async def test_the_first_frame_catches_up_and_later_frames_follow(server: Server) -> None:
    article = await make_article()
    first = await post(article, body_en="<p>One.</p>", body_de="<p>Eins.</p>")
    async with join(server, article, language="de") as reader:
        caught_up = await frame(reader)
        assert caught_up["revision"] == 1
        assert "Eins." in caught_up["changes"][0]["html"]
        await post(article, body_en="<p>Two.</p>", body_de="<p>Zwei.</p>")
        following = await frame(reader)
        assert (following["after"], following["revision"]) == (1, 2)
        assert "Zwei." in following["changes"][0]["html"]
        assert first.element not in str(following)


async def test_readers_of_one_article_each_get_their_language(server: Server) -> None:
    article = await make_article()
    async with join(server, article, language="de") as german, join(server, article, language="ar") as arabic:
        for reader in (german, arabic):
            assert (await frame(reader))["changes"] == []
        await post(article, body_en="<p>Peace.</p>", body_de="<p>Frieden.</p>", body_ar="<p>سلام.</p>")
        assert "Frieden." in (await frame(german))["changes"][0]["html"]
        assert "سلام." in (await frame(arabic))["changes"][0]["html"]


async def test_heartbeats_carry_the_revision(server: Server) -> None:
    article = await make_article()
    async with join(server, article) as reader:
        await reader.recv()
        async with asyncio.timeout(PATIENCE):
            assert json.loads(await reader.recv()) == {"revision": 0, "token": article.revision_token}


@pytest.mark.parametrize("after", ["", "nonsense", "0", "-3", "99999", "٣", "0-notsaved", "0-", "1-Ab3dEf9h"])
async def test_an_unknown_state_reloads_the_page(server: Server, after: str) -> None:
    article = await make_article()
    async with join(server, article, after) as reader:
        assert (await frame(reader))["reload"] is True


@pytest.mark.parametrize("address", ["/ws/en/live/no-such-page/", "/ws/xx/live/{slug}/", "/ws/pl/live/{slug}/", "/ws/"])
async def test_a_websocket_without_a_page_is_closed_with_its_code(server: Server, address: str) -> None:
    article = await make_article()
    address = server.socket_url + address.format(slug=article.slug)
    async with connect(address, origin=server.url, open_timeout=PATIENCE) as reader:
        assert await closing_code(reader) == 4004


async def test_the_websocket_of_a_deleted_page_is_closed_with_its_code(server: Server) -> None:
    article = await make_article()
    async with join(server, article) as reader:
        await frame(reader)
        await sync_to_async(article.delete)()
        assert await closing_code(reader) == 4004


@pytest.mark.parametrize("origin", ["https://elsewhere.example", None, "null"])
async def test_a_page_of_another_site_is_refused(server: Server, origin: str | None) -> None:
    article = await make_article()
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with join(server, article, origin=origin):
            pass
    assert caught.value.response.status_code == 403


async def test_one_address_cannot_hold_all_connections() -> None:
    article = await make_article()
    with await sync_to_async(
        lambda: Server(LIVE_MAX_CONNECTIONS_PER_ADDRESS="2", TRUSTED_PROXIES="127.0.0.1")
    )() as running:
        # The header of a proxy on the same machine.
        here, elsewhere = ({"X-Forwarded-For": address} for address in ("203.0.113.5", "203.0.113.6"))
        async with AsyncExitStack() as stack:
            for headers in (here, here, elsewhere):
                reader = await stack.enter_async_context(join(running, article, additional_headers=headers))
                assert (await frame(reader))["revision"] == 0
            refused = await stack.enter_async_context(join(running, article, additional_headers=here))
            assert await closing_code(refused) == 4429
        # The server notices a moment later that the others have left.
        async with asyncio.timeout(PATIENCE):
            while not await _is_admitted(running, article, here):
                await asyncio.sleep(0.05)


async def _is_admitted(server: Server, article: Article, headers: dict[str, str]) -> bool:
    async with join(server, article, additional_headers=headers) as reader:
        with suppress(websockets.ConnectionClosed):
            return (await frame(reader))["revision"] == 0
        assert reader.close_code == 4429
        return False


async def test_a_message_from_a_reader_closes_the_websocket(server: Server) -> None:
    article = await make_article()
    async with join(server, article) as reader:
        await frame(reader)
        await reader.send("hello")
        assert await closing_code(reader) == 1003


async def test_a_reader_who_offers_compression_gets_the_same_in_fewer_bytes(server: Server) -> None:
    article = await make_article()
    body = "<p>" + "The ministers agreed on the wording after a long night. " * 40 + "</p>"
    compressed = join(server, article, compression="deflate")
    async with join(server, article) as plain, compressed as packed:
        assert await frame(packed) == await frame(plain)
        await post(article, body_en=body)
        assert await frame(packed) == await frame(plain)


@pytest.mark.parametrize("asked", ["server_max_window_bits=9", "client_max_window_bits=9"])
async def test_a_reader_who_asks_for_a_smaller_window_can_decompress_frames(server: Server, asked: str) -> None:
    article = await make_article()
    name, bits = asked.split("=")
    factory = ClientPerMessageDeflateFactory(**{name: int(bits)})
    async with join(server, article, extensions=[factory]) as reader:
        assert (await frame(reader))["changes"] == []
        await post(article, body_en="<p>" + "words " * 2000 + "</p>")
        assert (await frame(reader))["revision"] == 1


async def test_a_stopping_server_tells_readers_that_it_restarts() -> None:
    article = await make_article()
    with await sync_to_async(Server)() as stopping:
        async with join(stopping, article) as reader:
            await frame(reader)
            await asyncio.to_thread(stopping.stop)
            assert await closing_code(reader) == 1012


@pytest.mark.long
async def test_a_reader_that_stops_reading_is_disconnected_and_delays_nobody(server: Server) -> None:
    article = await make_article()
    # The client reads the first bytes and then no more.
    stalled = await asyncio.to_thread(shake_hands, server, article.slug, buffer=4096)
    try:
        async with join(server, article) as reader:
            assert (await frame(reader))["changes"] == []
            # Much more than the kernel's buffers on both sides can hold.
            long = await post(article, body_en=f"<p>{'words ' * 16_000}</p>")
            assert (await frame(reader))["revision"] == 1
            for number in range(2, 151):
                assert await sync_to_async(factories.log_again)(long) == number
                assert (await frame(reader))["revision"] == number
        assert len(await asyncio.to_thread(until_cut, stalled)) < 150 * 96_000 / 2
    finally:
        stalled.close()


async def test_pages_are_served_and_follow_without_redis() -> None:
    article = await make_article()
    unreachable = {"REDIS_URL": "redis://127.0.0.1:1/0", "LIVE_POLL_SECONDS": "0.2"}
    with await sync_to_async(lambda: Server(**unreachable))() as running:
        page = await asyncio.to_thread(urllib.request.urlopen, running.url + article.url("en"))
        assert page.status == 200
        async with join(running, article) as reader:
            assert (await frame(reader))["changes"] == []
            await post(article)
            assert (await frame(reader))["revision"] == 1
