"""Template filters for the moments that the newsroom reads."""

from datetime import datetime, tzinfo

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from liveblog.moments import formats, zones

register = template.Library()


@register.filter
def city(zone: tzinfo) -> str:
    """Return the name of the city that stands for a time zone."""
    return zones.city(zone)


@register.filter
def moment(value: datetime, zone: tzinfo) -> SafeString:
    """Return a moment in a time zone, which is named beside it."""
    return formats.element(value, zone)


@register.filter
def site_moment(value: datetime) -> SafeString:
    """Return a moment that belongs to no article, in the time zone of the site."""
    return formats.element(value, timezone.get_default_timezone())
