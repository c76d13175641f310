"""Write one frame to many readers, with one system call if the kernel allows it."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings

from liveblog.delivery.io_uring import Ring
from liveblog.delivery.protocol import Connection

if TYPE_CHECKING:
    from liveblog.delivery.frames import Frame
    from liveblog.delivery.stream import Reader

logger = logging.getLogger(__name__)


def broadcast(readers: Iterable[Reader], frame: Frame) -> None:
    """Write a frame to all readers; those that fall behind are closed."""
    ring = _ring()
    if ring is None or ring.closed:
        for reader in readers:
            reader.write(frame)
        return
    one_by_one: list[Reader] = []
    plain: list[tuple[Connection, int]] = []
    compressed: list[tuple[Connection, int]] = []
    for reader in readers:
        if not isinstance(reader, Connection) or (descriptor := reader.descriptor) is None:
            one_by_one.append(reader)
        elif reader.compressed:
            compressed.append((reader, descriptor))
        else:
            plain.append((reader, descriptor))
    if plain:
        _send(ring, plain, frame.wire)
    if compressed:
        _send(ring, compressed, frame.compressed)
    for reader in one_by_one:
        reader.write(frame)
    if ring.error is not None:
        logger.warning("The kernel refuses io_uring now (%s). Each reader costs a system call.", ring.error.strerror)


def _send(ring: Ring, connections: list[tuple[Connection, int]], data: bytes) -> None:
    incomplete = ring.send([descriptor for _connection, descriptor in connections], data)
    for index, result in incomplete.items():
        connections[index][0].continue_after(result, data)


@functools.cache
def _ring() -> Ring | None:
    """Return the ring of this process; None if the kernel or LIVE_IO_URING does not allow one."""
    if not settings.LIVE_IO_URING or sys.platform != "linux":
        return None
    try:
        return Ring()
    except Exception as error:
        logger.info("The kernel allows no io_uring (%s). Each reader of an update costs a system call.", error)
        return None
