"""Template tags for times, numbers, languages and plural forms (Unicode CLDR, by Babel)."""

import datetime
import json

from babel import Locale
from babel.dates import format_skeleton, format_timedelta, get_datetime_format, get_timezone_location, get_timezone_name
from babel.numbers import format_decimal, format_percent
from django import template
from django.conf import settings
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext, ngettext

from liveblog.languages import direction

register = template.Library()


def _locale() -> Locale:
    return Locale.parse(translation.get_language() or "en")


def _time_element(value: datetime.datetime, day_skeleton: str, *, clock: bool) -> SafeString:
    local = timezone.localtime(value)
    text = format_skeleton(day_skeleton, local, locale=_locale())
    if clock:
        pattern = str(get_datetime_format("medium", locale=_locale())).replace("'", "")
        text = pattern.replace("{1}", text).replace("{0}", format_skeleton("Hm", local, locale=_locale()))
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


@register.filter
def absolute(address: str) -> str:
    """Return an address with the host of the site; addresses of pictures may have another host already."""
    return f"{settings.SITE_URL}{address}" if address.startswith("/") else address


@register.filter
def clock(value: datetime.datetime) -> SafeString:
    """Return day and time in the active language and time zone."""
    return _time_element(value, "MMMd", clock=True)


@register.filter
def day(value: datetime.datetime) -> SafeString:
    """Return day and year in the active language and time zone."""
    return _time_element(value, "yMMMMd", clock=False)


@register.simple_tag
def zone_name() -> str:
    """Return the name of the active time zone: 'Eastern European Time, Bucharest'."""
    zone = timezone.get_current_timezone()
    if str(zone) == "UTC":
        return "UTC"
    name = get_timezone_name(zone, locale=_locale())
    city = get_timezone_location(zone, locale=_locale(), return_city=True)
    return gettext("%(zone)s, %(city)s") % {"zone": name, "city": city}


@register.filter
def percent(value: int) -> str:
    return format_percent(value / 100, locale=_locale())


@register.simple_tag
def votes(number: int) -> str:
    """Return a number of votes with the digits and separators of the language."""
    written = format_decimal(number, locale=_locale())
    return ngettext("%(number)s vote", "%(number)s votes", number) % {"number": written}


@register.filter
def durations(values: tuple[float, ...] | None) -> str:
    """Return spans of time, given in seconds, in words: '12 seconds, 3 minutes'."""
    return ", ".join(format_timedelta(round(value), threshold=1.5, locale=_locale()) for value in values or ())


@register.filter
def dir_of(language: str) -> str:
    return direction(language)


@register.filter
def own_name(language: str) -> str:
    """Return the language's own name with a capital, for lists of languages."""
    name = get_language_info(language)["name_local"]
    return name[:1].upper() + name[1:]


@register.simple_tag
def plural_forms_of_new() -> str:
    """Return the button's label for each plural category of the language, for the browser's Intl.PluralRules."""
    rule = _locale().plural_form
    forms: dict[str, str] = {}
    for number in [*range(1, 200), 0, 1_000_000]:
        forms.setdefault(rule(number), ngettext("%(count)s new update", "%(count)s new updates", number))
    return json.dumps(forms, ensure_ascii=False)
