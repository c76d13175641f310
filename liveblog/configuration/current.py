"""The stored settings in memory, so that a change reaches all processes without a restart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liveblog.configuration.models import StoredSetting
from liveblog.remembered import Remembered

#: Not a setting, but stored with them: whether an administrator was redirected to the page that sets up the site.
SETUP_SHOWN = "SETUP_SHOWN"


@dataclass(frozen=True)
class Stored:
    """The stored values by the names of their settings.

    digest   a name for exactly these values, "" if there are none; made from the times of their changes, because
             readers see it in ETags and some values are keys
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


def _read() -> Stored:
    rows = list(StoredSetting.objects.order_by("name"))
    found = {row.name: row.read() for row in rows}
    changes = [f"{row.name} {row.changed_at.timestamp()}" for row in rows if row.name != SETUP_SHOWN]
    return Stored(
        # A value that no key can decrypt counts as missing.
        {name: value for name, value in found.items() if value is not None},
        hashlib.sha256("\n".join(changes).encode()).hexdigest()[:16] if changes else "",
    )


in_memory: Remembered[Stored] = Remembered(_read, Stored())


def stored() -> Mapping[str, Any]:
    """Return the stored values by the names of their settings."""
    return in_memory.current().values


def digest() -> str:
    """Return a digest of the stored values; pages are rendered again when it changes."""
    return in_memory.current().digest
