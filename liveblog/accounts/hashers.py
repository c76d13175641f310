"""Password hashes, of which a process makes two at once: it serves readers, too, and a hash is slow by design."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock, get_native_id

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from liveblog.connections import give_back

#: Number of hashes that are made at once, and of log-ins that wait for their turn at most.
AT_ONCE = 2
MAX_WAITING = 20

#: By so much the threads that hash yield to all others, where the system has priorities of threads (sched(7)): beside
#: threads that never rest, they get a tenth of a processor.
_NICENESS = 10

_lock = Lock()
_waiting = 0


def _yield_to_others() -> None:
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)


_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=_yield_to_others)


def are_busy() -> bool:
    """Return whether so many wait already that nobody else should."""
    return _waiting >= AT_ONCE + MAX_WAITING


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's hasher, in turns. Inside a transaction, whose locks others wait for, it hashes at once."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        global _waiting
        if connection.in_atomic_block:
            return super().encode(password, salt, iterations)
        with _lock:
            _waiting += 1
        try:
            # Others need the connection while this thread waits.
            give_back()
            return _threads.submit(super().encode, password, salt, iterations).result()
        finally:
            with _lock:
                _waiting -= 1
