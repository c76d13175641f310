"""Encrypt and hash with the present SECRET_KEY the data of former keys, so that they can be removed.

Each row is changed in a transaction of its own, so a run can be interrupted and repeated while the site is served.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Result:
    """The numbers of rows that a run has changed, and of those that no configured key can read."""

    changed: int = 0
    unreadable: int = 0


#: Rekeys the rows of one owner, and counts them.
Rekeyer = Callable[[Result], None]

_rekeyers: list[Rekeyer] = []


def register(rekeyer: Rekeyer) -> None:
    """Call `rekeyer` in each run."""
    _rekeyers.append(rekeyer)


def rekey() -> Result:
    """Encrypt and hash all rows with the present key."""
    result = Result()
    for rekeyer in _rekeyers:
        rekeyer(result)
    return result
