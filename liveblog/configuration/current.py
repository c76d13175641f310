"""The stored settings in memory, so that a change reaches all processes without a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from liveblog.configuration.models import StoredSetting
from liveblog.remembered import Remembered


def _read() -> Mapping[str, Any]:
    found = {row.name: row.read() for row in StoredSetting.objects.all()}
    # A value that no key can decrypt counts as none.
    return {name: value for name, value in found.items() if value is not None}


in_memory: Remembered[Mapping[str, Any]] = Remembered(_read, {})


def stored() -> Mapping[str, Any]:
    """Return the stored values by the names of their settings."""
    return in_memory.current()


def digest() -> str:
    """Return a name for exactly these values; "" if there are none. Pages that follow from them are made again."""
    values = {name: value for name, value in stored().items() if name != SETUP_SHOWN}
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:16] if values else ""


#: Not a setting, but kept with them: whether an administrator was led to the page that sets up the site.
SETUP_SHOWN = "SETUP_SHOWN"
