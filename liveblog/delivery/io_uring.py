"""Send the same bytes to many sockets with one system call, by Linux's io_uring (io_uring(7), since Linux 5.6).

A system call for each reader made up a third of the cost of an update with thousands of readers: entering the kernel,
and giving up and taking back Python's interpreter lock. Only the few parts of the interface that one call of
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

# From linux/io_uring.h and asm-generic/unistd.h. Only Alpha and MIPS have other numbers for these calls.
_IO_URING_SETUP, _IO_URING_ENTER = 425, 426
_OFF_RINGS, _OFF_ENTRIES = 0, 0x10000000
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


class _Queues:
    """The two queues, in memory that the process shares with the kernel, as views of their numbers."""

    def __init__(self, ring: int, parameters: _Parameters) -> None:
        submission, completion = parameters.sq_off, parameters.cq_off
        #: The number of places of the completion queue; the submission queue has MAX_SENDS.
        self.size = parameters.cq_entries
        length = max(submission.array + MAX_SENDS * 4, completion.cqes + self.size * _RESULT_WORDS * 4)
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        shared = memoryview(mmap.mmap(ring, length, flags, offset=_OFF_RINGS))
        self.entries = memoryview(mmap.mmap(ring, MAX_SENDS * _ENTRY.size, flags, offset=_OFF_ENTRIES))
        self.descriptors = self.entries.cast("i")[_FD::_WORDS]
        self.user_data = self.entries.cast("I")[_USER_DATA::_WORDS]
        self.tail = shared[submission.tail :][:4].cast("I")
        self.order = shared[submission.array :][: MAX_SENDS * 4].cast("I")
        self.completion_head = shared[completion.head :][:4].cast("I")
        self.completion_tail = shared[completion.tail :][:4].cast("I")
        completions = shared[completion.cqes :][: self.size * _RESULT_WORDS * 4]
        self.results = completions.cast("i")[_RESULT::_RESULT_WORDS]
        self.indices = completions.cast("I")[::_RESULT_WORDS]

    def take(self, results: list[int], indices: list[int]) -> None:
        """Append all entries of the completion queue, and remove them from the queue."""
        head = self.completion_head[0]
        count = self.completion_tail[0] - head & _MAX_U32
        first = head % self.size
        for part in (slice(first, min(first + count, self.size)), slice(0, max(0, first + count - self.size))):
            results += self.results[part].tolist()
            indices += self.indices[part].tolist()
        self.completion_head[0] = head + count & _MAX_U32


class Ring:
    """A pair of queues for sends.

    Raise OSError if the kernel has no io_uring, or allows no sends by it: Docker's default seccomp profile answers
    EPERM.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._lock = threading.Lock()
        #: Each entry names its own index, and entries are always filled from the first one on.
        self._numbers = array("I", range(MAX_SENDS))
        #: Why the kernel refused, if it did.
        self.error: OSError | None = None
        parameters = _Parameters()
        self._fd = self._call(_IO_URING_SETUP, MAX_SENDS, ctypes.byref(parameters))
        try:
            self._queues: _Queues | None = _Queues(self._fd, parameters)
            self._try()
        except BaseException:
            self.close()
            raise

    def _try(self) -> None:
        """Raise OSError unless a send works: Linux 5.4 has the queues, but not this operation."""
        near, far = socket.socketpair()
        with near, far:
            if incomplete := self.send([near.fileno()], b"x"):
                raise OSError(-incomplete[0], os.strerror(-incomplete[0]))

    def close(self) -> None:
        # The memory is freed together with the views.
        self._queues = None
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    @property
    def closed(self) -> bool:
        return self._fd < 0

    def send(self, sockets: Sequence[int], data: bytes) -> dict[int, int]:
        """Send `data` to each socket, as far as it can take it without waiting.

        Return the result of each send that was not complete, by its place in `sockets`: the number of bytes that were
        sent, or a negated errno. If the kernel refuses, the ring is closed with an `error`, and the sends that the
        kernel has not made have the result -EAGAIN.
        """
        incomplete: dict[int, int] = {}
        with self._lock:
            for start in range(0, len(sockets), MAX_SENDS):
                for index, result in self._send(array("i", sockets[start : start + MAX_SENDS]), data):
                    incomplete[start + index] = result
        return incomplete

    def _send(self, sockets: array[int], data: bytes) -> list[tuple[int, int]]:
        count, queues = len(sockets), self._queues
        results: list[int] = []
        indices: list[int] = []
        if queues is not None:
            try:
                self._fill(queues, sockets, data)
                self._submit(queues, count, results, indices)
            except OSError as error:
                self.error = error
                self.close()
            except BaseException:
                # The kernel must not find entries later whose data are gone.
                self.close()
                raise
        if results.count(len(data)) == count:
            return []
        found = dict.fromkeys(range(count), -errno.EAGAIN) | dict(zip(indices, results, strict=True))
        return [(index, result) for index, result in found.items() if result != len(data)]

    def _fill(self, queues: _Queues, sockets: array[int], data: bytes) -> None:
        """Fill the submission queue. The caller keeps `data` alive until all sends are made."""
        count = len(sockets)
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        entry = _ENTRY.pack(_OP_SEND, 0, 0, 0, 0, address, len(data), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL, 0)
        queues.entries[: count * _ENTRY.size] = entry * count
        queues.descriptors[:count] = sockets
        queues.user_data[:count] = self._numbers[:count]
        tail = queues.tail[0]
        first = tail % MAX_SENDS
        until_end = min(count, MAX_SENDS - first)
        queues.order[first : first + until_end] = self._numbers[:until_end]
        queues.order[: count - until_end] = self._numbers[until_end:count]
        queues.tail[0] = tail + count & _MAX_U32

    def _submit(self, queues: _Queues, count: int, results: list[int], indices: list[int]) -> None:
        """Make `count` sends, and append their results and indices."""
        submitted = 0
        while len(results) < count:
            waits_for = count - len(results)
            try:
                submitted += self._call(
                    _IO_URING_ENTER,
                    self._fd,
                    count - submitted,
                    waits_for,
                    _ENTER_GETEVENTS,
                    None,
                    ctypes.c_size_t(0),
                )
            except InterruptedError:
                pass
            finally:
                queues.take(results, indices)

    def _call(self, number: int, *arguments: object) -> int:
        result = self._libc.syscall(ctypes.c_long(number), *arguments)
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return int(result)
