"""Password hashes, of which a process makes two at once: it serves readers, too, and a hash is slow by design."""

from __future__ import annotations

from threading import BoundedSemaphore, Lock

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from liveblog.connections import give_back

#: How many hashes are made at once, and how many log-ins wait for their turn at most.
AT_ONCE = 2
MAX_WAITING = 20

_turns = BoundedSemaphore(AT_ONCE)
_lock = Lock()
_waiting = 0


def are_busy() -> bool:
    """Return whether no more than those who wait already should wait for a hash."""
    return _waiting >= MAX_WAITING


class PasswordHasher(PBKDF2PasswordHasher):
    """Django's hasher, in turns."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        global _waiting
        with _lock:
            _waiting += 1
        try:
            # Others need the connection while this thread waits.
            give_back()
            _turns.acquire()
        finally:
            with _lock:
                _waiting -= 1
        try:
            return super().encode(password, salt, iterations)
        finally:
            _turns.release()
