"""Primary keys that are never used a second time, not even after a restore.

A sequence of the database is restored together with the rows, and then gives the keys of the lost rows to others. An
open page, a bookmark or a form would take the new row for the lost one. A key that begins with the time goes on.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import zlib
from collections.abc import Sequence
from typing import Any

from django.db import models

#: 2025-01-01T00:00:00Z in milliseconds since 1970.
_EPOCH_MILLISECONDS = 1_735_689_600_000

#: The lowest bits tell processes apart. 41 bits of time make 53, as many as JavaScript's numbers have, until 2094.
_PROCESS_BITS = 12

#: The largest key.
LARGEST = 2**53 - 1

_HOST = zlib.crc32(socket.gethostname().encode())

_lock = threading.Lock()
_last_milliseconds = 0


def new_identifier() -> int:
    """Return a number greater than all that this process returned before, and different from those of all others.

    Processes of one machine are told apart by their process ids, machines by their names. If two processes of different
    machines have the same bits by chance (1 in 4096), they still differ unless both save a row in the same millisecond;
    the database then refuses the second one.
    """
    global _last_milliseconds
    with _lock:
        _last_milliseconds = max(_last_milliseconds + 1, time.time_ns() // 1_000_000 - _EPOCH_MILLISECONDS)
        milliseconds = _last_milliseconds
    # A process may be forked after this module was loaded, so its id is asked for each time.
    process = (_HOST + os.getpid()) % (1 << _PROCESS_BITS)
    return milliseconds << _PROCESS_BITS | process


def sortable(key: int) -> str:
    """Return a key as a text that sorts as the number does."""
    return f"{key:0{len(str(LARGEST))}d}"


class LastingAutoField(models.BigAutoField):
    """A primary key that an instance gets when it is saved for the first time: the `default_auto_field` of our apps."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # That there is a default tells Django that a new row has to be inserted, without trying an UPDATE before.
        self.default = new_identifier

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, positional, options = super().deconstruct()
        options.pop("default", None)
        return name, path, positional, options

    def get_default(self) -> None:
        """Return None: until it is saved, an instance has no key."""
        return

    def get_pk_value_on_save(self, instance: models.Model) -> int:
        return new_identifier()
