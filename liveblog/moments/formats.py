"""How the newsroom reads a moment: day, year and clock in a stated zone, with the zone beside it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from babel.dates import format_date, format_skeleton, get_datetime_format, get_timezone_gmt
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from liveblog.languages import locale_of
from liveblog.moments import zones
from liveblog.moments.local_time import is_repeated


def date_and_time(local: datetime) -> str:
    """Return a local time in the active language: '1 Nov 2026, 01:30'."""
    locale = locale_of(translation.get_language() or "en")
    pattern = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    day = format_skeleton("yMMMd", local, locale=locale)
    return pattern.replace("{1}", day).replace("{0}", clock(local))


def day(local: datetime) -> str:
    """Return the day of a local time in the active language: '1 November 2026'."""
    return format_date(local, "long", locale=locale_of(translation.get_language() or "en"))


def clock(local: datetime) -> str:
    """Return what the clock shows at a local time, as 24 hours where the active language counts so."""
    return format_skeleton("Hm", local, locale=locale_of(translation.get_language() or "en"))


def offset_name(moment: datetime, zone: tzinfo) -> str:
    """Return the offset of a zone at a moment in the active language: 'GMT-04:00'."""
    return get_timezone_gmt(moment.astimezone(zone), locale=locale_of(translation.get_language() or "en"))


def zone_name(zone: tzinfo | str) -> str:
    """Return the full name of a zone: 'Eastern Time, New York'."""
    city, title = zones.city(zone), zones.title(zone)
    return city if city == title else _("%(zone)s, %(city)s") % {"zone": title, "city": city}


def element(moment: datetime, zone: tzinfo) -> SafeString:
    """Return a moment as HTML: the local time of a zone, its city, and its offset where clocks show the time twice."""
    local = moment.astimezone(zone)
    place = zones.city(zone)
    if is_repeated(moment, zone):
        place = _("%(city)s, %(offset)s") % {"city": place, "offset": offset_name(moment, zone)}
    return format_html(
        '<span class="moment"><time datetime="{}">{}</time> <span class="zone" title="{}">{}</span></span>',
        local.isoformat(timespec="seconds"),
        date_and_time(local),
        zone_name(zone),
        place,
    )
