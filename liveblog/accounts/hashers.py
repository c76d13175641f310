"""Limit password hashing to two hashes at once per process, which also serves readers: a hash is slow by design."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock, get_native_id

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from liveblog.connections import give_back

#: Number of hashes made at once, and the greatest number of log-ins that wait for a turn.
AT_ONCE = 2
MAX_WAITING = 20

#: The nice value of the threads that hash, where threads have priorities (sched(7)): beside busy threads they get a
#: tenth of a processor.
_NICENESS = 10

_lock = Lock()
_waiting = 0


def _yield_to_others() -> None:
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)


_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash", initializer=_yield_to_others)


def are_busy() -> bool:
    """Return whether the queue is full."""
    return _waiting >= AT_ONCE + MAX_WAITING


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's hasher, with a queue. Inside a transaction it hashes at once, because others may wait for its locks."""

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
