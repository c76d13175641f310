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
    if ring is not None and ring.closed:
        ring = None
    one_by_one: list[Reader] = []
    plain: list[Connection] = []
    compressed: list[Connection] = []
    for reader in readers:
        if ring is None or not isinstance(reader, Connection) or reader.descriptor is None:
            one_by_one.append(reader)
        elif reader.compressed:
            compressed.append(reader)
        else:
            plain.append(reader)
    if ring is not None and plain:
        _send(ring, plain, frame.wire)
    if ring is not None and compressed:
        _send(ring, compressed, frame.compressed)
    for reader in one_by_one:
        reader.write(frame)


def _send(ring: Ring, connections: list[Connection], data: bytes) -> None:
    sockets = [connection.descriptor for connection in connections if connection.descriptor is not None]
    for index, result in ring.send(sockets, data).items():
        connections[index].continue_after(result, data)
    if ring.closed:
        logger.warning("The kernel no longer takes writes by io_uring. Each reader now costs a system call.")


@functools.cache
def _ring() -> Ring | None:
    """Return the ring of this process; None if the kernel or LIVE_IO_URING does not allow one."""
    if not settings.LIVE_IO_URING or sys.platform != "linux":
        return None
    try:
        return Ring()
    except OSError as error:
        logger.info("The kernel allows no io_uring (%s). Each reader of an update costs a system call.", error.strerror)
        return None
