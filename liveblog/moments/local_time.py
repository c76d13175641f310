"""Local times, and the moments that they mean: two where a clock is put back, none where it is put forward.

See PEP 495 for the attribute `fold`, by which Python distinguishes the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo

#: The accepted years. Beyond them, Python cannot convert every moment to every zone.
FIRST_YEAR, LAST_YEAR = 1900, 2199

#: A time on the 24-hour clock as people type it, in Western, Arabic or Persian digits: hours and minutes, with or
#: without a separator, or only hours. The pattern works in Python and in the HTML attribute `pattern`.
CLOCK_TIME = r"\s*(D{1,2})(?:\s*[:.,hH٫：]\s*(D{2})?|(D{2}))?\s*".replace("D", "[0-9٠-٩۰-۹]")

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class ClockChange:
    """A change of the clocks of a zone: the local time of that moment by the offset before it, and by that after it."""

    before: datetime
    after: datetime


def in_range(value: datetime) -> bool:
    """Return whether a local time or moment is within the accepted years."""
    return FIRST_YEAR <= value.year <= LAST_YEAR


def clock_time(text: str) -> time | None:
    """Return a time on the 24-hour clock: of '9:05', '0905', '16.52', '16h' or '٩:٠٥'; None for any other text."""
    found = re.fullmatch(CLOCK_TIME, text)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or found[3] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def moments(local: datetime, zone: tzinfo) -> list[datetime]:
    """Return the moments at which the clocks of a zone show a local time: one; two, the earlier first; or none."""
    found: list[datetime] = []
    for fold in (0, 1):
        moment = local.replace(tzinfo=zone, fold=fold)
        # A skipped time does not survive the conversion to UTC and back.
        back = moment.astimezone(UTC).astimezone(zone)
        if back.replace(tzinfo=None) == local and back.utcoffset() not in [other.utcoffset() for other in found]:
            found.append(back)
    return found


def clock_change(local: datetime, zone: tzinfo) -> ClockChange:
    """Return the change that repeats or skips a local time."""
    whole = local.replace(microsecond=0, tzinfo=zone)
    start, end = sorted(whole.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    first, last = start.astimezone(zone).utcoffset(), end.astimezone(zone).utcoffset()
    assert first is not None
    assert last is not None
    while end - start > _SECOND:
        middle = start + (end - start) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == first:
            start = middle
        else:
            end = middle
    return ClockChange(end.astimezone(timezone(first)), end.astimezone(timezone(last)))


def offset(moment: datetime, zone: tzinfo) -> str:
    """Return the offset from UTC that a zone has at a moment, as ISO 8601 writes it: '-04:00'."""
    return moment.astimezone(zone).isoformat(timespec="hours")[len("2026-11-01T01") :]
