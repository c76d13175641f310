"""What a desk shows of the other rooms: each app registers what it wants journalists to see beside their coverage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Panel:
    """One line at the side of the desk."""

    #: Translated, or lazily so.
    label: Any
    count: int
    #: Where there is more, empty where the one who asks may not go there.
    url: str = ""


#: (article id, user) to a figure, None where it is nothing for that user.
Counter = Callable[[int, Any], Panel | None]

_counters: list[Counter] = []


def register(counter: Counter) -> None:
    _counters.append(counter)


def panels_for(article_id: int, user: Any) -> list[Panel]:
    """All figures that a user is shown at an article's desk."""
    return [figure for counter in _counters if (figure := counter(article_id, user)) is not None]
