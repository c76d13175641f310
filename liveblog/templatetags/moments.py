"""Template filters for moments on pages of the newsroom."""

from datetime import datetime, tzinfo

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from liveblog.lists import listed
from liveblog.moments import formats, zones

register = template.Library()


@register.filter
def city(zone: tzinfo) -> str:
    """Return the name of the city that stands for a time zone."""
    return zones.city(zone)


@register.filter
def moment(value: datetime, zone: tzinfo) -> SafeString:
    """Return a moment in a time zone, with the name of the zone."""
    return formats.element(value, zone)


@register.filter
def clock_or_day(value: datetime, zone: tzinfo) -> SafeString:
    """Return a moment in a time zone for a short line: only the clock time if it is today, otherwise with the day."""
    return formats.time_element(value, formats.day_if_other_text(value, zone), zone)


@register.filter
def day_of(value: datetime) -> str:
    """Return the day of a moment in the time zone of the site: 'Thursday, 26 November 2026'."""
    return formats.day_text(timezone.localtime(value))


@register.filter
def site_clock(value: datetime) -> str:
    """Return the clock time of a moment in the site's time zone, with the city: '19:42, Bucharest'."""
    zone = timezone.get_default_timezone()
    return listed([formats.clock_text(timezone.localtime(value, zone)), zones.city(zone)])


@register.filter
def distance(value: datetime) -> SafeString:
    """Return how far a moment is from now: '2 min ago', 'in 18 min'."""
    return formats.time_element(value, formats.distance_text(value))


@register.filter
def waited(value: datetime) -> str:
    """Return the time since something began to wait: '4 min'."""
    return formats.span_text((timezone.now() - value).total_seconds())


@register.filter
def site_moment(value: datetime) -> SafeString:
    """Return a moment that belongs to no article, in the time zone of the site."""
    return formats.element(value, timezone.get_default_timezone())
