"""Template tags for times, numbers, languages and plural forms (Unicode CLDR, by Babel)."""

import datetime
import json
from collections.abc import Callable
from functools import cache

from babel.core import Locale
from babel.dates import format_timedelta
from babel.numbers import format_decimal, format_percent
from django import template
from django.conf import settings
from django.db import models
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext, pgettext

from articles.text.localized import titled
from liveblog.languages import active_locale, direction, own_name, short_name, tag, variety
from liveblog.lists import listed
from liveblog.moments import formats
from liveblog.webpush import vapid

register = template.Library()
register.filter(own_name)
register.filter(listed)
register.filter("language_tag", tag)


@register.filter
def absolute(address: str) -> str:
    """Return an address with the host of the site; addresses of pictures may have another host already."""
    return f"{settings.SITE_URL}{address}" if address.startswith("/") else address


@register.filter
def clock(value: datetime.datetime) -> SafeString:
    """Return a moment in the active language and time zone: '29 Nov 2022, 16:52 GMT+2'."""
    return formats.time_element(value, formats.moment_text(value))


@register.filter
def clock_face(value: datetime.datetime) -> SafeString:
    """Return the clock time of a moment, to show beside the complete moment: '16:52'."""
    return format_html(
        '<span data-clock="{}">{}</span>', formats.machine_text(value), formats.clock_text(timezone.localtime(value))
    )


@register.filter
def day_and_clock(value: datetime.datetime) -> SafeString:
    """Return day and clock time of a moment, for a list of several days: '29 Nov, 16:52'."""
    text = formats.day_and_clock_text(timezone.localtime(value))
    return format_html('<span data-clock="{}" data-day-too>{}</span>', formats.machine_text(value), text)


@register.filter
def clock_in_sentence(value: datetime.datetime) -> SafeString:
    """Return a moment for the middle of a sentence: '29 November 2022 at 16:52 (GMT+2)'."""
    return formats.time_element(value, formats.moment_in_sentence(value))


@register.filter
def ago(value: datetime.datetime) -> SafeString:
    """Return an element in which the script shows how long ago a moment was, which a cached page cannot contain."""
    return format_html('<span class="ago" data-moment="{}"></span>', formats.machine_text(value))


@register.filter
def day_attributes(value: datetime.datetime) -> SafeString:
    """Return the attributes by which the script puts an update under the heading of its day."""
    day = timezone.localtime(value).date().isoformat()
    return format_html('data-day="{}" data-day-name="{}"', day, formats.day_text(value))


@register.simple_tag
def locale_tag() -> str:
    """Return the language tag of dates and numbers for the browser's Intl: 'en-GB'."""
    return variety(translation.get_language() or "en")


@register.simple_tag
def push_key() -> str:
    """Return the key with which browsers subscribe to notifications; "" if there are none on this site."""
    return vapid.public_key()


@register.simple_tag
def zone_id() -> str:
    """Return the name of the active time zone in the tz database: 'Europe/Bucharest'."""
    return str(timezone.get_current_timezone())


@register.simple_tag
def zone_name() -> str:
    """Return the name of the active time zone: 'Eastern European Time, Bucharest'."""
    return formats.zone_name(timezone.get_current_timezone())


@register.filter
def percent(value: int) -> str:
    return format_percent(value / 100, locale=active_locale())


@register.simple_tag
def page_title(part: object, whole: object) -> SafeString:
    """Return the title of a page: its own part, and the name of the site or the headline of its article."""
    title = pgettext("title of a page", "%(part)s – %(whole)s") % {"part": "{part}", "whole": "{whole}"}
    return format_html(title, part=part, whole=whole)


@register.filter
def decimal(value: float) -> str:
    """Return a number with the decimal separator of the language: '0,8' in German."""
    return format_decimal(value, locale=active_locale())


@register.simple_tag
def votes(number: int) -> str:
    """Return a number of votes with the digits and separators of the language."""
    written = format_decimal(number, locale=active_locale())
    return ngettext("%(number)s vote", "%(number)s votes", number) % {"number": written}


@register.filter
def durations(values: tuple[float, ...] | None) -> str:
    """Return spans of time, given in seconds, as text: '12 seconds, 3 minutes'."""
    return listed(format_timedelta(round(value), threshold=1.5, locale=active_locale()) for value in values or ())


@register.filter
def in_own_words(article: models.Model) -> SafeString:
    """Return the headline of an article as HTML: in the active language if it is translated, or else the original."""
    title = titled(article, translation.get_language() or "en")
    return format_html("<bdi{}>{}</bdi>", title.attributes, title.value)


@register.filter
def isolated(name: str) -> SafeString:
    """Return a name as HTML for a message that has no element around it: it may be written in another direction."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def short_name_of(language: str) -> str:
    return short_name(language)


@register.filter
def dir_of(language: str) -> str:
    return direction(language)


@register.simple_tag
def plural_forms_of_new() -> str:
    return _plural_forms(lambda number: ngettext("%(count)s new update", "%(count)s new updates", number))


@register.simple_tag
def plural_forms_of_updates() -> str:
    return _plural_forms(lambda number: ngettext("%(count)s update", "%(count)s updates", number))


@register.simple_tag
def plural_forms_of_readers() -> str:
    return _plural_forms(lambda number: ngettext("%(count)s reader", "%(count)s readers", number))


@register.simple_tag
def plural_forms_of_key() -> str:
    return _plural_forms(
        lambda number: ngettext("%(count)s of them a key event", "%(count)s of them key events", number)
    )


def _plural_forms(text: Callable[[int], str]) -> str:
    """Return a text for each plural category of the language as JSON, for the browser's Intl.PluralRules."""
    forms = {category: text(number) for category, number in _examples(active_locale()).items()}
    return json.dumps(forms, ensure_ascii=False)


@cache
def _examples(locale: Locale) -> dict[str, int]:
    """Return a number of each plural category of a language."""
    return {locale.plural_form(number): number for number in (1_000_000, 0, *range(199, 0, -1))}
