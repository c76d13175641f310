"""The server disconnects hostile or broken readers; the others notice nothing, and memory stays bounded."""

import asyncio
import random
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.asyncio.client import connect

from articles.models import Article
from tests import factories, soak
from tests.clients import OpenPage, closing_codes, handshake, masked, messages, shake_hands, until_cut
from tests.hostile import VALUES
from tests.server import PATIENCE, PLAIN_SERVER, Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x81, 0x82, 0x80, 0x88, 0x89, 0x8A
WITHOUT_FIN, RESERVED = 0x7F, 0x40

MIB = 2**20


@pytest.fixture(scope="module", params=["transport", soak.only("send")])
def server(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    # uvicorn pings a silent client after 20 seconds, and waits 20 more for the pong. Only make soak waits so long.
    hurried = [] if soak.SOAK else ["--ws-ping-interval", "1", "--ws-ping-timeout", "1"]
    command = [*PLAIN_SERVER, *hurried] if request.param == "send" else None
    with django_db_blocker.unblock():
        running = Server(command, LIVE_MAX_CONNECTIONS_PER_ADDRESS="100", TRUSTED_PROXIES="127.0.0.1")
    with running:
        yield running


def memory(server: Server) -> int:
    """Return the resident memory of the server's process in bytes."""
    assert server.process is not None
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


class Witness:
    """A reader of the attacked page, who must not notice the attack."""

    def __init__(self, server: Server, article: Article) -> None:
        self.article = article
        self.page = OpenPage([server], article.slug, "en")

    async def __aenter__(self) -> "Witness":
        await self.page.load()
        self._task = asyncio.create_task(self.page.stay_open())
        await self.sees_an_update()
        return self

    async def sees_an_update(self) -> None:
        before = self.page.revision
        update = await sync_to_async(factories.update)(self.article)
        await self.page.reaches(before + 1)
        assert update.element in dict(self.page.shown())

    async def __aexit__(self, *_: Any) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        assert self.page.connections == 1


_random = random.Random(1)


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        pytest.param(_random.randbytes(4096), {1002, 1003}, id="garbage"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", {1002, 1003}, id="another protocol"),
        pytest.param(masked(TEXT, b"hello"), {1003}, id="text"),
        pytest.param(masked(BINARY, b"x" * 60_000), {1003, 1009}, id="too much"),
        pytest.param(masked(TEXT, b"x", size=2**62), {1003, 1009}, id="a promise of more than there is"),
        pytest.param(
            masked(TEXT & WITHOUT_FIN, b"a") + masked(0, b"b") * 5000, {1002, 1003, 1009, 1011}, id="fragments"
        ),
        pytest.param(masked(CONTINUATION, b"the rest of nothing"), {1002, 1003}, id="a continuation of nothing"),
        pytest.param(masked(PING & WITHOUT_FIN, b"a"), {1002}, id="half a ping"),
        pytest.param(masked(PING, b"x" * 126), {1002}, id="a ping too long"),
        pytest.param(masked(PING | RESERVED, b""), {1002}, id="a compressed ping"),
        pytest.param(b"\x89\x00", {1002}, id="not masked"),
        pytest.param(masked(0x83, b""), {1002}, id="an opcode of the future"),
        pytest.param(masked(CLOSE, b"\x03"), {1002, 3}, id="half a close code"),
    ],
)
async def test_a_client_that_breaks_the_protocol_only_loses_its_own_connection(
    server: Server, sent: bytes, codes: set[int]
) -> None:
    article = await sync_to_async(factories.article)()
    async with Witness(server, article) as witness:
        culprit = await asyncio.to_thread(shake_hands, server, article.slug)
        with culprit:
            await asyncio.to_thread(_send_all, culprit, sent)
            received = closing_codes(await asyncio.to_thread(until_cut, culprit, answer=not soak.SOAK))
        # A client that keeps sending may not receive the close frame.
        assert set(received) <= codes
        await witness.sees_an_update()


def _send_all(connection: socket.socket, data: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(data)


async def test_the_server_answers_a_ping_that_arrives_byte_by_byte(server: Server) -> None:
    article = await sync_to_async(factories.article)()

    def ping() -> None:
        with shake_hands(server, article.slug) as connection:
            for byte in masked(PING, b"are you there") + masked(CLOSE, b"\x03\xe8"):
                connection.sendall(bytes([byte]))
            answers = list(messages(until_cut(connection)))
        assert (0xA, b"are you there") in answers
        assert (0x8, b"\x03\xe8") in answers

    await asyncio.to_thread(ping)


async def test_a_flood_of_pings_with_unread_answers_fills_no_memory() -> None:
    article = await sync_to_async(factories.article)()

    def flood(server: Server) -> None:
        with shake_hands(server, article.slug, buffer=4096) as connection:
            connection.settimeout(1)
            with suppress(OSError):
                for _ in range(200):
                    connection.sendall(masked(PING, b"x" * 125) * 1000)

    with await sync_to_async(Server)() as server:
        async with Witness(server, article) as witness:
            before = memory(server)
            await asyncio.to_thread(flood, server)
            await witness.sees_an_update()
            assert memory(server) - before < 10 * MIB


#: Only make soak also floods the plain ASGI server, which limits its own buffers.
flooded = pytest.mark.parametrize("server", ["transport", soak.only("send")], indirect=True)


@flooded
async def test_readers_that_never_read_only_cost_their_buffers(server: Server) -> None:
    article = await sync_to_async(factories.article)()
    async with Witness(server, article) as witness:
        before = memory(server)
        stalled = [await asyncio.to_thread(shake_hands, server, article.slug, buffer=4096) for _ in range(50)]
        long = await sync_to_async(factories.update)(article, body_en=f"<p>{'words ' * 15_000}</p>")
        for _ in range(40):
            await witness.page.reaches(await sync_to_async(factories.log_again)(long))
        await witness.sees_an_update()
        # Without a limit for each reader, this would take 170 MiB.
        assert memory(server) - before < 90 * MIB
        for one in stalled:
            one.close()


@flooded
async def test_a_flood_of_connections_from_one_address_does_not_affect_others(server: Server) -> None:
    article = await sync_to_async(factories.article)()
    # The header of a proxy on the same machine.
    path = f"/ws/en/live/{article.slug}/?after={article.page_state}"
    request = handshake(server, path, {"X-Forwarded-For": "203.0.113.5"})
    gate = asyncio.Semaphore(200)
    ends: list[bytes] = []
    kept: list[asyncio.StreamWriter] = []

    async def attack() -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            data = await reader.readexactly(2)
            if data[0] == TEXT:
                kept.append(writer)
                return
            ends.append(data + await reader.readexactly(data[1]))
            writer.write(masked(CLOSE, ends[-1][2:]))
            writer.close()

    async with Witness(server, article) as witness:
        before = memory(server)
        async with asyncio.TaskGroup() as attackers:
            for _ in range(soak.count(1_000, 10_000)):
                attackers.create_task(attack())
            for _ in range(3):
                await witness.sees_an_update()
        assert len(kept) == 100
        assert {code for end in ends for code in closing_codes(end)} == {4429}
        assert memory(server) - before < 50 * MIB
        elsewhere = {"X-Forwarded-For": "203.0.113.6"}
        address = f"{server.socket_url}/ws/en/live/{article.slug}/?after={article.page_state}"
        options = {"origin": server.url, "additional_headers": elsewhere, "open_timeout": PATIENCE}
        async with connect(address, **options) as other:
            assert "changes" in await other.recv()
        for writer in kept:
            writer.close()


async def test_addresses_that_no_page_has_are_answered_and_cost_the_server_nothing(server: Server) -> None:
    article = await sync_to_async(factories.article)()
    chance = random.Random(3)

    def status(path: str, *, upgrade: bool) -> int:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(
                handshake(server, path) if upgrade else f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
            )
            return int(connection.recv(12).split(b" ")[1])

    def ask() -> set[int]:
        found = set()
        for number in range(soak.count(40, 2000)):
            after = chance.choice(VALUES)
            slug = chance.choice((article.slug, article.slug, "a" * 5000, "%00", "%ED%A0%80", ".."))
            if number % 2:
                found.add(status(f"/ws/en/live/{slug}/?after={after}&after={chance.choice(VALUES)}", upgrade=True))
            else:
                address = chance.choice(
                    (f"/en/live/{slug}/", f"/en/live/{slug}/changes", f"/{slug}/", "/sitemap-updates.xml")
                )
                name = chance.choice(("after", "before", "at", "page", "p", "key", "fresh", "x"))
                found.add(status(f"{address}?{name}={after}", upgrade=False))
        return found

    async with Witness(server, article) as witness:
        before = memory(server)
        found = await asyncio.to_thread(ask)
        assert max(found) < 500
        assert {101, 200, 404} <= found
        await witness.sees_an_update()
        assert memory(server) - before < 30 * MIB
