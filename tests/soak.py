"""How much of it: each promise is proved with a small count in every run, and with a large one by `make soak`.

`make soak` sets SOAK=1. It also runs the tests marked `soak`, which repeat a proof under other conditions.
"""

import os
from typing import Any

import pytest

SOAK = os.environ.get("SOAK", "") not in ("", "0")


def count(few: int, many: int) -> int:
    """Return `few`, or `many` if this run is to soak."""
    return many if SOAK else few


def only(*values: Any, **options: Any) -> Any:
    """Return a parameter of a test that only `make soak` runs, as pytest.param does."""
    return pytest.param(*values, marks=pytest.mark.soak, **options)


def marks(*of_soak: pytest.MarkDecorator) -> tuple[pytest.MarkDecorator, ...]:
    """Return the marks if this run is to soak, and none otherwise."""
    return of_soak if SOAK else ()
