"""A frame for many readers goes out with one system call, or one by one if the kernel does not allow that."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from liveblog.delivery import broadcast as broadcasting
from liveblog.delivery import io_uring
from liveblog.delivery.broadcast import broadcast
from liveblog.delivery.frames import Frame, step
from liveblog.delivery.io_uring import MAX_SENDS, Ring
from liveblog.delivery.protocol import Connection
from liveblog.delivery.states import State

STATE = State(1, "Ab3dEf9h")


def frame(text: str) -> Frame:
    return step(STATE, STATE, [{"id": "update-1", "html": text, "op": "replace"}])


class Reader(Connection):
    """A reader whose client is the other end of a pair of sockets."""

    language = "en"
    state = None
    stream = None
    gone = False

    async def open(self, *, compressed: bool = False, answer: bytes = b"") -> None:
        near, self.client = socket.socketpair()
        self.client.setblocking(False)
        transport, _protocol = await asyncio.get_running_loop().connect_accepted_socket(lambda: self, near)
        self.transport = transport
        self.begin(transport, set(), compressed=compressed, answer=answer)

    async def received(self, size: int) -> bytes:
        data = bytearray()
        async with asyncio.timeout(30):
            while len(data) < size:
                data += await asyncio.get_running_loop().sock_recv(self.client, 1 << 20)
        return bytes(data)

    def everything(self) -> bytes:
        """Return the bytes that lie in the client's socket."""
        with contextlib.suppress(BlockingIOError):
            return self.client.recv(1 << 20)
        return b""


@pytest.fixture(params=["one call", "one by one"])
def way(request: pytest.FixtureRequest, settings: Any) -> Iterator[str]:
    settings.LIVE_IO_URING = request.param == "one call"
    broadcasting._ring.cache_clear()
    yield request.param
    broadcasting._ring.cache_clear()


@pytest.fixture
async def readers(way: str) -> AsyncIterator[list[Reader]]:
    opened = [Reader() for _ in range(6)]
    for number, reader in enumerate(opened):
        await reader.open(compressed=number % 2 == 1)
    yield opened
    for reader in opened:
        reader.transport.abort()
        reader.client.close()
    await asyncio.sleep(0)


async def test_each_reader_gets_the_frame_plain_or_compressed_as_agreed(readers: list[Reader]) -> None:
    frames = [frame("word " * 100 + str(number)) for number in range(3)]
    for each in frames:
        broadcast(readers, each)
    for reader in readers:
        expected = b"".join(each.compressed if reader.compressed else each.wire for each in frames)
        assert await reader.received(len(expected)) == expected


async def test_the_answer_to_a_handshake_precedes_the_first_frame(way: str) -> None:
    reader = Reader()
    await reader.open(answer=b"HTTP/1.1 101\r\n\r\n")
    broadcast([reader], frame("first"))
    broadcast([reader], frame("second"))
    expected = b"HTTP/1.1 101\r\n\r\n" + frame("first").wire + frame("second").wire
    assert await reader.received(len(expected)) == expected
    reader.transport.abort()


async def test_a_reader_that_is_slow_misses_no_byte_and_delays_nobody(readers: list[Reader]) -> None:
    slow, *others = (reader for reader in readers if not reader.compressed)
    frames = [frame(f"{number} " * 20_000) for number in range(10)]
    for each in frames:
        broadcast(readers, each)
        for reader in others:
            assert await reader.received(len(each.wire)) == each.wire
    expected = b"".join(each.wire for each in frames)
    # Part of it waits in the server.
    assert slow.transport.get_write_buffer_size()
    assert await slow.received(len(expected)) == expected
    broadcast(readers, frame("after"))
    assert await slow.received(len(frame("after").wire)) == frame("after").wire


async def test_a_reader_that_has_left_does_not_disturb_the_others(readers: list[Reader]) -> None:
    broadcast(readers, frame("first"))
    for reader in readers:
        reader.everything()
    gone, *others = readers
    gone.client.close()
    for text in ("second", "third"):
        broadcast(readers, frame(text))
        for reader in others:
            expected = frame(text).compressed if reader.compressed else frame(text).wire
            assert await reader.received(len(expected)) == expected
    async with asyncio.timeout(30):
        while gone.descriptor is not None:
            await asyncio.sleep(0)


async def test_readers_are_written_to_one_by_one_if_the_kernel_refuses_a_ring(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Ring, *_arguments: object) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    settings.LIVE_IO_URING = True
    monkeypatch.setattr(Ring, "_call", refuse)
    broadcasting._ring.cache_clear()
    reader = Reader()
    await reader.open()
    for text in ("first", "second"):
        broadcast([reader], frame(text))
        assert await reader.received(len(frame(text).wire)) == frame(text).wire
    assert broadcasting._ring() is None
    broadcasting._ring.cache_clear()
    reader.transport.abort()


async def test_no_reader_misses_a_frame_when_the_kernel_stops_taking_them(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LIVE_IO_URING = True
    broadcasting._ring.cache_clear()
    opened = [Reader() for _ in range(3)]
    for reader in opened:
        await reader.open()
    broadcast(opened, frame("first"))

    def refuse(self: Ring, *_arguments: object) -> int:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(Ring, "_call", refuse)
    for text in ("second", "third"):
        broadcast(opened, frame(text))
    expected = b"".join(frame(text).wire for text in ("first", "second", "third"))
    for reader in opened:
        assert await reader.received(len(expected)) == expected
        reader.transport.abort()
    assert caplog.text.count("io_uring") == 1
    broadcasting._ring.cache_clear()


# The ring -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ring() -> Iterator[Ring]:
    opened = Ring()
    yield opened
    opened.close()


@pytest.fixture
def pairs() -> Iterator[Any]:
    opened: list[socket.socket] = []

    def make(count: int) -> list[tuple[socket.socket, socket.socket]]:
        made = [socket.socketpair() for _ in range(count)]
        for near, far in made:
            near.setblocking(False)
            far.setblocking(False)
            opened.extend((near, far))
        return made

    yield make
    for each in opened:
        each.close()


# The queues have 1024 and 2048 places: later calls begin in the middle of them.
@pytest.mark.parametrize("counts", [(1, 2, 3), (700, 700, 700), (MAX_SENDS, 1, MAX_SENDS + 1), (0, 1)])
def test_every_socket_gets_all_bytes(ring: Ring, pairs: Any, counts: tuple[int, ...]) -> None:
    opened = pairs(max(counts))
    for number, count in enumerate(counts):
        data = bytes([number]) * 500
        assert ring.send([near.fileno() for near, _far in opened[:count]], data) == {}
        assert all(far.recv(1000) == data for _near, far in opened[:count])


def test_each_send_that_is_not_complete_has_its_own_result(ring: Ring, pairs: Any) -> None:
    data = b"x" * 1_000_000
    (full, reading), (gone, left), (fine, patient) = pairs(3)
    left.close()
    results = ring.send([full.fileno(), gone.fileno(), full.fileno(), 1_000_000], data)
    assert 0 < results.pop(0) < len(data)
    assert results == {1: -errno.EPIPE, 2: -errno.EAGAIN, 3: -errno.EBADF}
    assert set(reading.recv(2_000_000)) == {ord("x")}
    assert ring.send([gone.fileno(), fine.fileno()], b"short") == {0: -errno.EPIPE}
    assert patient.recv(10) == b"short"


def test_there_is_no_ring_if_the_kernel_makes_no_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    # An operation that no kernel has.
    monkeypatch.setattr(io_uring, "_OP_SEND", 255)
    with pytest.raises(OSError, match="Invalid argument"):
        Ring()


def test_no_send_is_left_for_later_when_a_call_is_interrupted(
    ring: Ring, pairs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object) -> int:
        raise KeyboardInterrupt

    [(near, far)] = pairs(1)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ring, "_call", interrupt)
        ring.send([near.fileno()], b"x")
    assert ring.closed
    assert ring.send([near.fileno()], b"y") == {0: -errno.EAGAIN}
    with pytest.raises(BlockingIOError):
        far.recv(1)


def test_a_closed_ring_leaves_no_file_open() -> None:
    Ring().close()
    before = sum(1 for _file in Path("/proc/self/fd").iterdir())
    Ring().close()
    assert sum(1 for _file in Path("/proc/self/fd").iterdir()) == before


def test_a_closed_ring_sends_nothing(ring: Ring, pairs: Any) -> None:
    ring.close()
    [(near, far)] = pairs(1)
    assert ring.send([near.fileno()], b"x") == {0: -errno.EAGAIN}
    with pytest.raises(BlockingIOError):
        far.recv(1)
