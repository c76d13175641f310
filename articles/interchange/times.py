"""Read moments in the notations of other systems."""

from __future__ import annotations

import datetime
import re
from email.utils import parsedate_to_datetime

from liveblog.moments import local_time

#: Later numbers are milliseconds: as seconds, this one is in the year 5138.
_MAX_SECONDS = 100_000_000_000
_NUMBER = re.compile(r"\s*-?[0-9]{1,16}(?:\.[0-9]{1,9})?\s*")
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*")


def read(value: object, zone: datetime.tzinfo) -> tuple[datetime.datetime | None, str]:
    """Return the moment of a value, and the code of a note if that is doubtful; None if there is no moment.

    The value can be seconds or milliseconds since 1970, a date of ISO 8601 or RFC 5322, or MongoDB's Extended JSON. A
    date without a zone is a local time of `zone`; a day without a time is no moment.
    """
    if isinstance(value, dict):
        return read(value.get("$date", value.get("$numberLong", value.get("@value"))), zone)
    if isinstance(value, bool) or value is None:
        return None, ""
    if isinstance(value, int | float):
        return _from_number(float(value)), ""
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return _from_number(float(text)), ""
    if _DATE.fullmatch(text) or len(text) > 60:
        return None, ""
    found = _parsed(text)
    if found is None:
        return None, ""
    if found.tzinfo is not None:
        return _in_range(found), ""
    if not local_time.in_range(found):
        return None, ""
    moments = local_time.moments(found, zone)
    if len(moments) == 1:
        return moments[0].astimezone(datetime.UTC), "local-time"
    # A repeated time is the earlier one; a skipped one is read as if the clocks had not changed yet (PEP 495).
    moment = moments[0] if moments else found.replace(tzinfo=zone, fold=0)
    return moment.astimezone(datetime.UTC), "ambiguous-time"


def _parsed(text: str) -> datetime.datetime | None:
    for parse in (datetime.datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text)
        # The parser of e-mail dates raises errors of many kinds.
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _from_number(number: float) -> datetime.datetime | None:
    seconds = number / 1000 if abs(number) > _MAX_SECONDS else number
    # Nobody blogged in 1970: some systems write 0 for an unknown time.
    if seconds <= 0:
        return None
    try:
        return _in_range(datetime.datetime.fromtimestamp(seconds, datetime.UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _in_range(moment: datetime.datetime) -> datetime.datetime | None:
    try:
        moment = moment.astimezone(datetime.UTC)
    except OverflowError:
        return None
    return moment if local_time.in_range(moment) else None
