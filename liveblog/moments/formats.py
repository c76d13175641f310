"""How the newsroom reads a moment: in a stated time zone, which is named beside it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from babel.dates import format_date, format_skeleton
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from liveblog.languages import active_locale
from liveblog.moments import zones
from liveblog.times import moment_text, time_element


def day(local: datetime) -> str:
    """Return the day of a local time: '1 November 2026'."""
    return format_date(local, "long", locale=active_locale())


def clock(local: datetime) -> str:
    """Return what the clock shows at a local time: '01:30'."""
    return format_skeleton("Hm", local, locale=active_locale())


def text(moment: datetime, zone: tzinfo) -> str:
    """Return a moment with its day and the offset of a zone: '1 Nov 2026, 01:30 GMT−4'."""
    with timezone.override(zone):
        return moment_text(moment)


def zone_name(zone: tzinfo | str) -> str:
    """Return the full name of a zone: 'Eastern Time, New York'."""
    city, title = zones.city(zone), zones.title(zone)
    return city if city == title else _("%(zone)s, %(city)s") % {"zone": title, "city": city}


def element(moment: datetime, zone: tzinfo) -> SafeString:
    """Return a moment as HTML: the local time of a zone with its offset, and the city of the zone."""
    with timezone.override(zone):
        time = time_element(moment, moment_text(moment))
    return format_html(
        '<span class="moment">{} <span class="zone" title="{}">{}</span></span>',
        time,
        zone_name(zone),
        zones.city(zone),
    )
