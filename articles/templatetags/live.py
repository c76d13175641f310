"""Times, languages and plural forms as pages write them."""

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


def _written(value: datetime.datetime, day_skeleton: str, *, clock: bool) -> SafeString:
    local = timezone.localtime(value)
    text = format_skeleton(day_skeleton, local, locale=_locale())
    if clock:
        pattern = get_datetime_format("medium", locale=_locale()).replace("'", "")
        text = pattern.replace("{1}", text).replace("{0}", format_skeleton("Hm", local, locale=_locale()))
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


@register.filter
def absolute(address: str) -> str:
    """An address as it is told to others; pictures may be at another host already."""
    return f"{settings.SITE_URL}{address}" if address.startswith("/") else address


@register.filter
def clock(value: datetime.datetime) -> SafeString:
    """Day and time in the reader's language and the article's time zone."""
    return _written(value, "MMMd", clock=True)


@register.filter
def day(value: datetime.datetime) -> SafeString:
    """The day with its year."""
    return _written(value, "yMMMMd", clock=False)


@register.simple_tag
def zone_name() -> str:
    """The time zone of all times on the page, in words: 'Eastern European Time, Bucharest'."""
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
    """So many votes, in words and with the digits and separators of the language."""
    written = format_decimal(number, locale=_locale())
    return ngettext("%(number)s vote", "%(number)s votes", number) % {"number": written}


@register.filter
def durations(values: tuple[float, ...] | None) -> str:
    """Spans of time, given in seconds, in words: '12 seconds, 3 minutes'."""
    return ", ".join(format_timedelta(round(value), threshold=1.5, locale=_locale()) for value in values or ())


@register.filter
def dir_of(language: str) -> str:
    return direction(language)


@register.filter
def own_name(language: str) -> str:
    """The language's name in itself, as a list of languages shows it."""
    name = get_language_info(language)["name_local"]
    return name[:1].upper() + name[1:]


@register.simple_tag
def plural_forms_of_new() -> str:
    """The button's words for each plural category of the page's language (CLDR), for the browser's Intl.PluralRules."""
    rule = _locale().plural_form
    forms: dict[str, str] = {}
    for number in [*range(1, 200), 0, 1_000_000]:
        forms.setdefault(rule(number), ngettext("%(count)s new update", "%(count)s new updates", number))
    return json.dumps(forms, ensure_ascii=False)
