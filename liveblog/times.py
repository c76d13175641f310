"""Write moments for people: the one place for the formats of dates, times and zones (Unicode CLDR, by Babel).

Pages stay in caches and are read in any year and in any country. So a moment is written with its year and its offset
from UTC, and means the same without anything that stands beside it. All functions write in the active language and
time zone; every language has the 24-hour clock.

For Django's own pages, the admin, liveblog/formats has the same conventions. In the browser static/liveblog/moments.js
has them.
"""

import datetime
from functools import lru_cache

from babel import Locale
from babel.dates import DateTimePattern, format_date, format_skeleton, get_datetime_format, parse_pattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from liveblog.languages import RIGHT_TO_LEFT, active_locale

_LEFT_TO_RIGHT_MARK = "\u200e"
_MINUS = "\u2212"


def moment_text(moment: datetime.datetime) -> str:
    """Return day, time and offset: '29 Nov 2022, 16:52 GMT+2'."""
    local, locale = timezone.localtime(moment), active_locale()
    return f"{_moment_pattern(locale).apply(local, locale)} {offset_text(local)}"


def moment_in_sentence(moment: datetime.datetime) -> str:
    """Return the same for the middle of a sentence: '29 November 2022 at 16:52 (GMT+2)'."""
    local, locale = timezone.localtime(moment), active_locale()
    return pgettext("a moment in the middle of a sentence", "%(day)s at %(time)s (%(offset)s)") % {
        "day": format_date(local, "long", locale=locale),
        "time": format_skeleton("Hm", local, locale=locale),
        "offset": offset_text(local),
    }


def day_text(moment: datetime.datetime) -> str:
    """Return the day of a moment for a heading: 'Tuesday, 29 November 2022'."""
    return format_date(timezone.localtime(moment), "full", locale=active_locale())


def offset_text(local: datetime.datetime) -> str:
    """Return the offset of an aware time from UTC: 'GMT+5:30', in French 'UTC+5:30'. CLDR: localized GMT format."""
    locale = active_locale()
    offset = local.utcoffset()
    assert offset is not None, "The time is naive."
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    text = f"{hours}:{rest:02}" if rest else str(hours)
    signed = f"{_MINUS if minutes < 0 else '+'}{text}" if minutes else ""
    # Between Arabic letters and digits the sign would move behind the digits (Unicode Bidirectional Algorithm, W2).
    mark = _LEFT_TO_RIGHT_MARK if signed and locale.language in RIGHT_TO_LEFT else ""
    return str(locale.zone_formats["gmt"]) % f"{mark}{signed}"


def time_element(moment: datetime.datetime, text: str) -> SafeString:
    """Return a <time> element. The browser writes its text in the reader's time zone if the reader wants that."""
    return format_html('<time datetime="{}">{}</time>', machine_text(moment), text)


def machine_text(moment: datetime.datetime) -> str:
    """Return date, time and offset for machines (RFC 3339)."""
    return timezone.localtime(moment).isoformat(timespec="seconds")


@lru_cache(maxsize=64)
def _moment_pattern(locale: Locale) -> DateTimePattern:
    day, time = (str(locale.datetime_skeletons[skeleton]) for skeleton in ("yMMMd", "Hm"))
    # In the pattern that joins them, letters are quoted.
    joined = str(get_datetime_format("medium", locale=locale))
    return parse_pattern(joined.replace("{1}", day).replace("{0}", time))
