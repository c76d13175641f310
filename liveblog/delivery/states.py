"""Names of the states that the page of an article goes through.

The revision of an article counts its changes. After a failover or a restore that loses the last ones, the database
counts the same numbers a second time, with other contents. So each state has a random token as well: states with the
same revision in different histories have different names.
"""

from __future__ import annotations

import secrets
import string
from typing import NamedTuple

from liveblog.numbers import number

#: 62**8 tokens: for a million pairs of states with the same revision, the chance of one equal pair is 1 in 200 million.
TOKEN_LENGTH = 8

_ALPHABET = string.ascii_letters + string.digits


def new_token() -> str:
    """Return a random token for a new state."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LENGTH))


class State(NamedTuple):
    """A state of a page: a revision in one history."""

    revision: int
    token: str

    def __str__(self) -> str:
        """Return the name of the state for addresses, entity tags and cache keys, such as "42-Kd81mNq0"."""
        return f"{self.revision}-{self.token}"

    @classmethod
    def parse(cls, name: str | None) -> State | None:
        """Return the state with this name; None if it is malformed. Pages of earlier releases send only a revision."""
        revision, _, token = (name or "").partition("-")
        value = number(revision)
        if value is None or len(token) != TOKEN_LENGTH or not (token.isascii() and token.isalnum()):
            return None
        return cls(value, token)
