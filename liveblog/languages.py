"""The languages in which the product is shipped. The settings import this module before Django is set up."""

from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info, gettext

#: Code (BCP 47) to English name; Django translates the names.
SHIPPED = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pl": "Polish",
    "ro": "Romanian",
    "uk": "Ukrainian",
    "ar": "Arabic",
}

#: Code to language and territory, as Open Graph names locales (https://ogp.me/#optional). English is British here.
#: "ar_AR" is the name of Arabic in the lists of the platforms that read it, although there is no such territory.
LOCALES = {
    "en": "en_GB",
    "de": "de_DE",
    "fr": "fr_FR",
    "es": "es_ES",
    "pl": "pl_PL",
    "ro": "ro_RO",
    "uk": "uk_UA",
    "ar": "ar_AR",
}

RIGHT_TO_LEFT = frozenset({"ar"})

#: Code to the variety (BCP 47) in which the product's own words, dates and clocks are written, if the code leaves it
#: open. English is British throughout.
VARIETIES = {"en": "en-GB"}


def variety(language: str) -> str:
    """Return the language tag of the product's own words in `language`: 'en-GB' for 'en'."""
    return VARIETIES.get(language, language)


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Return the formats of dates, numbers and zones in `language` (Unicode CLDR)."""
    return Locale.parse(variety(language), sep="-")


def active_locale() -> Locale:
    """Return the formats of the active language."""
    return locale_of(get_language() or "en")


def direction(language: str) -> str:
    """Return the value of the HTML `dir` attribute for text in `language`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def language_name(code: str) -> str:
    """Return the name of a language in the active language, as it is written within a sentence (Unicode CLDR)."""
    return _names_in(get_language() or "en").get(code.replace("-", "_")) or gettext(get_language_info(code)["name"])


def language_title(code: str) -> str:
    """Return the name of a language in the active language with a capital, for lists and tables."""
    return capfirst(language_name(code))


def own_name(code: str) -> str:
    """Return the language's own name with a capital: 'Українська'."""
    name = _names_in(code).get(code.replace("-", "_")) or get_language_info(code)["name_local"]
    return capfirst(name)


def _names_in(language: str) -> Mapping[str, str]:
    return locale_of(language).languages
