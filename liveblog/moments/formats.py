"""Write moments for people: the one place for the formats of dates, times and zones (Unicode CLDR, by Babel).

Pages stay in caches and are read in any year and country. So a moment is written with its year and its offset from UTC,
and is unambiguous without context. All functions write in the active language; every language has the 24-hour clock.
`zone` is the time zone of the text; None stands for the active one, which on readers' pages is that of the article.
Pages of the newsroom pass it, and show its city beside the moment.

For Django's own pages, the admin, liveblog/formats has the same conventions. In the browser, static/liveblog/moments.js
has them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.dates import (
    TIMEDELTA_UNITS,
    DateTimePattern,
    format_date,
    format_skeleton,
    format_timedelta,
    get_datetime_format,
    parse_pattern,
)
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from liveblog.languages import active_locale
from liveblog.moments import zones

_LEFT_TO_RIGHT_MARK = "\u200e"
_MINUS = "\u2212"


# Texts ----------------------------------------------------------------------------------------------------------------


def moment_text(moment: datetime, zone: tzinfo | None = None) -> str:
    """Return day, time and offset: '29 Nov 2022, 16:52 GMT+2'."""
    local, locale = timezone.localtime(moment, zone), active_locale()
    return f"{_pattern(locale, 'yMMMd').apply(local, locale)} {offset_text(local)}"


def moment_in_sentence(moment: datetime) -> str:
    """Return the same for the middle of a sentence: '29 November 2022 at 16:52 (GMT+2)'."""
    local = timezone.localtime(moment)
    return pgettext("a moment in the middle of a sentence", "%(day)s at %(time)s (%(offset)s)") % {
        "day": day_in_sentence(local),
        "time": clock_text(local),
        "offset": offset_text(local),
    }


def day_text(moment: datetime) -> str:
    """Return the day of a moment for a heading: 'Tuesday, 29 November 2022'."""
    return format_date(timezone.localtime(moment), "full", locale=active_locale())


def month_text(day: date) -> str:
    """Return the month of a day with its year: 'November 2022'."""
    return format_skeleton("yMMMM", day, locale=active_locale())


def month_name(day: date) -> str:
    """Return the name of the month of a day: 'November'."""
    return format_date(day, "LLLL", locale=active_locale())


def day_in_sentence(local: datetime) -> str:
    """Return the day of a local time: '1 November 2026'."""
    return format_date(local, "long", locale=active_locale())


def clock_text(local: datetime) -> str:
    """Return the clock time of a local time: '01:30'."""
    return format_skeleton("Hm", local, locale=active_locale())


def day_and_clock_text(local: datetime) -> str:
    """Return a local time with its day, for lists that also show the complete moments: '29 Nov, 16:52'."""
    locale = active_locale()
    return _pattern(locale, "MMMd").apply(local, locale)


def day_if_other_text(moment: datetime, zone: tzinfo | None = None) -> str:
    """Return the clock time of a moment, with the day unless it is today."""
    local = timezone.localtime(moment, zone)
    is_today = local.date() == timezone.localtime(timezone=zone).date()
    return clock_text(local) if is_today else day_and_clock_text(local)


def span_text(seconds: float) -> str:
    """Return a span of time in a few letters: '12 min', '3 days'."""
    seconds = max(60, _whole(seconds))
    return format_timedelta(seconds, format=_style(seconds), threshold=1, locale=active_locale())


def distance_text(moment: datetime) -> str:
    """Return how far a moment is from now, in a few letters: '2 min ago', 'in 18 min'."""
    seconds = round((moment - timezone.now()).total_seconds())
    at_least = 60 if seconds > 0 else -60
    seconds = seconds if abs(seconds) > 60 else at_least
    # Past times count in whole units, as on the page (static/liveblog/moments.js).
    seconds = seconds if seconds > 0 else -_whole(-seconds)
    return format_timedelta(seconds, format=_style(seconds), threshold=1, add_direction=True, locale=active_locale())


def _whole(seconds: float) -> int:
    """Return a span of time in whole units of its largest unit: three years for three and a half."""
    size = next((size for _unit, size in TIMEDELTA_UNITS if seconds >= size), 1)
    return int(seconds // size) * size


def _style(seconds: float) -> Literal["short", "long"]:
    """Return the length of unit names for a span: everyone knows 'h', but not 'm' for a month or 'a' for a year."""
    return "short" if abs(seconds) < timedelta(days=1).total_seconds() else "long"


def offset_text(local: datetime) -> str:
    """Return the offset of an aware time from UTC: 'GMT+5:30', in French 'UTC+5:30'. CLDR: localized GMT format."""
    locale = active_locale()
    offset = local.utcoffset()
    assert offset is not None, "The time is naive."
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    text = f"{hours}:{rest:02}" if rest else str(hours)
    signed = f"{_MINUS if minutes < 0 else '+'}{text}" if minutes else ""
    # Between Arabic letters and digits the sign would move behind the digits (Unicode Bidirectional Algorithm, W2).
    mark = _LEFT_TO_RIGHT_MARK if signed and locale.text_direction == "rtl" else ""
    return str(locale.zone_formats["gmt"]) % f"{mark}{signed}"


def zone_name(zone: tzinfo | str) -> str:
    """Return the full name of a zone: 'Eastern Time, New York'."""
    city, title = zones.city(zone), zones.title(zone)
    return city if city == title else _("%(zone)s, %(city)s") % {"zone": title, "city": city}


def machine_text(moment: datetime, zone: tzinfo | None = None) -> str:
    """Return date, time and offset for machines (RFC 3339)."""
    return timezone.localtime(moment, zone).isoformat(timespec="seconds")


# HTML -----------------------------------------------------------------------------------------------------------------


def time_element(moment: datetime, text: str, zone: tzinfo | None = None) -> SafeString:
    """Return a <time> element. The browser replaces its text by the reader's local time if the reader wants that."""
    return format_html('<time datetime="{}">{}</time>', machine_text(moment, zone), text)


def element(moment: datetime, zone: tzinfo) -> SafeString:
    """Return a moment as HTML for the newsroom: the local time of a zone with its offset, and the city of the zone."""
    return format_html(
        '<span class="moment">{} <span class="zone" title="{}">{}</span></span>',
        time_element(moment, moment_text(moment, zone), zone),
        zone_name(zone),
        zones.city(zone),
    )


@lru_cache(maxsize=64)
def _pattern(locale: Locale, day_skeleton: str) -> DateTimePattern:
    day, time = (str(locale.datetime_skeletons[skeleton]) for skeleton in (day_skeleton, "Hm"))
    # The pattern that joins them has quoted letters.
    joined = str(get_datetime_format("medium", locale=locale))
    return parse_pattern(joined.replace("{1}", day).replace("{0}", time))
