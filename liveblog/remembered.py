"""Values of the database that every page needs: each process keeps them in memory and refreshes them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DatabaseError, transaction

from liveblog import notify

_T = TypeVar("_T")

logger = logging.getLogger(__name__)

#: Seconds for which another process may still use the former value.
LOOK_SECONDS = 2.0


class Remembered(Generic[_T]):
    """A value that is read at most every LOOK_SECONDS. `default` is used until the database has answered once."""

    def __init__(self, read: Callable[[], _T], default: _T) -> None:
        self._read = read
        self._default = default
        self._value: _T | None = None
        self._look_at = 0.0

    def current(self) -> _T:
        """Return the value. While the database does not answer, it is the last known one."""
        now = time.monotonic()
        if self._value is None or now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            try:
                self._value = self._read()
            except DatabaseError:
                if self._value is None:
                    return self._default
                logger.debug("A setting could not be read; going on with the one that is known.", exc_info=True)
        return self._value

    def refresh(self) -> None:
        """Read the value again, and make pages in memory be validated, after a change in this process."""
        self._look_at = 0.0
        notify.run_change_callbacks()

    def refresh_after_commit(self, **_: Any) -> None:
        """Refresh the value once the transaction is committed; for `post_save` and `post_delete`."""
        transaction.on_commit(self.refresh)

    def keep(self, value: _T, seconds: float) -> None:
        """Use a value for some seconds without asking the database (for tests)."""
        self._value, self._look_at = value, time.monotonic() + seconds
