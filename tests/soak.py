"""Choose the counts of tests: small ones in each run, large ones in `make soak`.

`make soak` sets SOAK=1. It also runs tests marked `soak`, which repeat a test under other conditions.
"""

import os
from typing import Any

import pytest

SOAK = os.environ.get("SOAK", "") not in ("", "0")


def count(few: int, many: int) -> int:
    """Return `many` in a soak run, or else `few`."""
    return many if SOAK else few


def only(*values: Any, **options: Any) -> Any:
    """Return a pytest.param that only runs in `make soak`."""
    return pytest.param(*values, marks=pytest.mark.soak, **options)


def marks(*of_soak: pytest.MarkDecorator) -> tuple[pytest.MarkDecorator, ...]:
    """Return the marks in a soak run, otherwise none."""
    return of_soak if SOAK else ()
