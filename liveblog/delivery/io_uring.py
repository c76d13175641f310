"""Send the same bytes to many sockets with one system call, by Linux's io_uring (io_uring(7), since Linux 5.6).

A system call for each reader is a third of the cost of an update with thousands of readers: entering the kernel, and
giving up and taking back Python's interpreter lock. Only the few parts of the interface that one call of
io_uring_enter(2) needs are here. The queues need no memory barriers: the kernel reads and writes them only during
that call.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import struct
import threading
from array import array
from collections.abc import Sequence

#: Sends in one system call.
MAX_SENDS = 1024

# From linux/io_uring.h and asm-generic/unistd.h. The numbers of the calls are those of all architectures of Debian.
_IO_URING_SETUP, _IO_URING_ENTER = 425, 426
_OFF_RINGS, _OFF_ENTRIES = 0, 0x10000000
_FEAT_SINGLE_MMAP = 1
_ENTER_GETEVENTS = 1
_OP_SEND = 26
#: opcode, flags, ioprio, fd, off, addr, len, msg_flags, user_data.
_ENTRY = struct.Struct("=BBHiQQIIQ24x")
#: Numbers of 32 bits in an entry of the submission queue, and the places of the descriptor and of `user_data`.
_WORDS, _FD, _USER_DATA = 16, 1, 8
#: The same for an entry of the completion queue: `user_data`, `res` and `flags`.
_RESULT_WORDS, _RESULT = 4, 2

_MAX_U32 = 0xFFFFFFFF


class _SubmissionOffsets(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("head", "tail", "ring_mask", "ring_entries", "flags", "dropped")),
        ("array", ctypes.c_uint32),
        ("resv1", ctypes.c_uint32),
        ("user_addr", ctypes.c_uint64),
    )


class _CompletionOffsets(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("head", "tail", "ring_mask", "ring_entries", "overflow", "cqes")),
        ("flags", ctypes.c_uint32),
        ("resv1", ctypes.c_uint32),
        ("user_addr", ctypes.c_uint64),
    )


class _Parameters(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("sq_entries", "cq_entries", "flags", "sq_thread_cpu")),
        *((name, ctypes.c_uint32) for name in ("sq_thread_idle", "features", "wq_fd")),
        ("resv", ctypes.c_uint32 * 3),
        ("sq_off", _SubmissionOffsets),
        ("cq_off", _CompletionOffsets),
    )


class Ring:
    """A pair of queues that a process shares with the kernel.

    Raise OSError if the kernel has no io_uring, or does not allow it: Docker's default seccomp profile answers EPERM.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        parameters = _Parameters()
        self._fd = self._call(_IO_URING_SETUP, MAX_SENDS, ctypes.byref(parameters))
        self._lock = threading.Lock()
        try:
            self._map(parameters)
        except BaseException:
            self.close()
            raise

    def _map(self, parameters: _Parameters) -> None:
        if not parameters.features & _FEAT_SINGLE_MMAP:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        submission, completion = parameters.sq_off, parameters.cq_off
        size = max(
            submission.array + parameters.sq_entries * 4,
            completion.cqes + parameters.cq_entries * _RESULT_WORDS * 4,
        )
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        rings = memoryview(mmap.mmap(self._fd, size, flags, offset=_OFF_RINGS))
        entries = memoryview(mmap.mmap(self._fd, MAX_SENDS * _ENTRY.size, flags, offset=_OFF_ENTRIES))
        self._size = parameters.cq_entries
        self._tail = rings[submission.tail :][:4].cast("I")
        self._order = rings[submission.array :][: MAX_SENDS * 4].cast("I")
        self._completion_head = rings[completion.head :][:4].cast("I")
        self._completion_tail = rings[completion.tail :][:4].cast("I")
        results = rings[completion.cqes :][: self._size * _RESULT_WORDS * 4]
        self._results = results.cast("i")[_RESULT::_RESULT_WORDS]
        self._indices = results.cast("I")[::_RESULT_WORDS]
        self._entries = entries
        self._descriptors = entries.cast("i")[_FD::_WORDS]
        #: Each entry names its own index, and entries are always filled from the first one on.
        self._numbers = array("I", range(MAX_SENDS))
        self._user_data = entries.cast("I")[_USER_DATA::_WORDS]

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def send(self, sockets: Sequence[int], data: bytes) -> dict[int, int]:
        """Send `data` to each socket, as far as it can take it without waiting.

        Return the result of each send that was not complete, by its place in `sockets`: the number of bytes that were
        sent, or a negated errno. If the kernel refuses, the ring is closed, and the sends that it has not made have the
        result -EAGAIN.
        """
        incomplete: dict[int, int] = {}
        with self._lock:
            for start in range(0, len(sockets), MAX_SENDS):
                for index, result in self._send(array("i", sockets[start : start + MAX_SENDS]), data):
                    incomplete[start + index] = result
        return incomplete

    def _send(self, sockets: array[int], data: bytes) -> list[tuple[int, int]]:
        count = len(sockets)
        if self.closed:
            return [(index, -errno.EAGAIN) for index in range(count)]
        # `data` stays alive until the call below returns, and no send is under way after it.
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        entry = _ENTRY.pack(_OP_SEND, 0, 0, 0, 0, address, len(data), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL, 0)
        self._entries[: count * _ENTRY.size] = entry * count
        self._descriptors[:count] = sockets
        self._user_data[:count] = self._numbers[:count]
        first = self._tail[0] % MAX_SENDS
        until_end = min(count, MAX_SENDS - first)
        self._order[first : first + until_end] = self._numbers[:until_end]
        self._order[: count - until_end] = self._numbers[until_end:count]
        self._tail[0] = self._tail[0] + count & _MAX_U32
        results: list[int] = []
        indices: list[int] = []
        submitted = 0
        while len(results) < count:
            try:
                submitted += self._call(
                    _IO_URING_ENTER,
                    self._fd,
                    count - submitted,
                    count - len(results),
                    _ENTER_GETEVENTS,
                    None,
                    ctypes.c_size_t(0),
                )
            except InterruptedError:
                pass
            except OSError:
                self.close()
                break
            finally:
                self._take(results, indices)
        if results.count(len(data)) == count:
            return []
        found = dict.fromkeys(range(count), -errno.EAGAIN) | dict(zip(indices, results, strict=True))
        return [(index, result) for index, result in found.items() if result != len(data)]

    def _take(self, results: list[int], indices: list[int]) -> None:
        """Take all entries from the completion queue."""
        head = self._completion_head[0]
        count = self._completion_tail[0] - head & _MAX_U32
        first = head % self._size
        for part in (slice(first, min(first + count, self._size)), slice(0, max(0, first + count - self._size))):
            results += self._results[part].tolist()
            indices += self._indices[part].tolist()
        self._completion_head[0] = head + count & _MAX_U32

    def _call(self, number: int, *arguments: object) -> int:
        result = self._libc.syscall(ctypes.c_long(number), *arguments)
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return int(result)
