"""The languages in which the product is shipped. The settings import this module before Django is set up."""

from babel import Locale
from django.utils.translation import get_language_info, gettext

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

RIGHT_TO_LEFT = frozenset({"ar"})


def direction(language: str) -> str:
    """Return the value of the HTML `dir` attribute for text in `language`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def language_name(code: str) -> str:
    """Return the name of a language in the active language."""
    return gettext(get_language_info(code)["name"])


def locale_of(language: str) -> Locale:
    """Return the locale of CLDR by which texts in a language write dates, times and names. English is British."""
    return Locale.parse("en_GB" if language == "en" else language, sep="-" if "-" in language else "_")
