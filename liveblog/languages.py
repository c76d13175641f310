"""The languages whose texts the database stores. The settings import this module before Django is set up.

A code is a language tag (BCP 47, RFC 5646) in lower case, as in Django and in addresses: 'en',
'pt-br', 'zh-hans'. `tag` returns the usual spelling: 'pt-BR', 'zh-Hans'.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

#: Code to English name of the languages that come with the product; Django translates the names.
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

#: Code to English name of all languages for which the database has columns: the shipped ones, and those that the site
#: has added (ADDED_LANGUAGES). The settings fill it before any model is defined.
KNOWN = dict(SHIPPED)

#: Codes that people would mistake for those of countries.
_SHORT_NAMES = {"uk": "UKR"}

#: The longest code that is stored, as RFC 5646, section 4.4.1, recommends.
MAX_CODE_LENGTH = 35

#: Code to language and territory, as Open Graph names locales (https://ogp.me/#optional). English is British on this
#: platform. "ar_AR" is the name of Arabic in the lists of the platforms that read it, although there is no such
#: territory.
_OPEN_GRAPH = {
    "en": "en_GB",
    "ar": "ar_AR",
}

#: Scripts (ISO 15924) that are written from right to left.
_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"})

#: Code to the variety (BCP 47) in which the product's own words, dates and clocks are written, if the code leaves it
#: open. English is British throughout.
VARIETIES = {"en": "en-GB"}

#: A language, and then a script, a territory or variants: no extensions and no private use, which name no language.
_CODE = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*")

#: A code of this form in an address, even if the site does not offer the language.
CODE_IN_ADDRESS = r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}"


def add(tags: Iterable[str]) -> list[str]:
    """Store texts in further languages as well, and return their codes.

    Raise ValueError, with a message for the operator, if a tag names no language.
    """
    added = [code_of(tag) for tag in tags]
    KNOWN.update((code, _english_name(code)) for code in added if code not in KNOWN)
    return added


def code_of(tag: str) -> str:
    """Return the code of a language tag in any case: 'pt-br' for 'pt_BR'. Raise ValueError if it names no language."""
    code = tag.strip().replace("_", "-").lower()
    if not _CODE.fullmatch(code) or len(code) > MAX_CODE_LENGTH:
        raise ValueError(
            f"{tag!r} is no language tag. Write a language and, if need be, its script or country, as in pt-BR, "
            "zh-Hans and sr-Latn (BCP 47)."
        )
    language = code.partition("-")[0]
    if newer := _aliases().get(language):
        raise ValueError(f"{tag!r} has an old code of a language. Its present code is {newer.replace('_', '-')!r}.")
    names = Locale("en")
    if language not in names.languages:
        raise ValueError(f"{tag!r} names no language that Unicode CLDR knows.")
    for subtag in code.split("-")[1:]:
        if len(subtag) == 4 and subtag.isalpha() and subtag.title() not in names.scripts:
            raise ValueError(f"{tag!r} names no script that Unicode CLDR knows.")
        if len(subtag) == 2 and subtag.upper() not in names.territories:
            raise ValueError(f"{tag!r} names no country that Unicode CLDR knows.")
    return code


def _aliases() -> Mapping[str, str]:
    """Return the old two-letter codes of languages that have another one now ('iw'), with the present one."""
    return {old: new for old, new in get_global("language_aliases").items() if len(old) == 2 and old not in SHIPPED}


@lru_cache(maxsize=256)
def tag(code: str) -> str:
    """Return the language tag of a code as it is usually written (RFC 5646, section 2.1.1): 'pt-BR', 'zh-Hans'."""
    language, *rest = code.replace("_", "-").lower().split("-")
    shaped = (
        part.title() if len(part) == 4 and part.isalpha() else part.upper() if len(part) == 2 else part for part in rest
    )
    return "-".join([language, *shaped])


@lru_cache(maxsize=4096)
def column(field: str, language: str) -> str:
    """Return the name of the column with the texts of a translated field in a language: 'headline_pt_br'."""
    # The settings import this module, and modeltranslation needs the settings.
    from modeltranslation.utils import build_localized_fieldname

    return build_localized_fieldname(field, language)


def split_column(name: str) -> tuple[str, str] | None:
    """Return the translated field and the language of a column, None if the column is for all languages."""
    # The longest code first: "headline_pt_br" also ends like columns in Breton.
    for code in sorted(KNOWN, key=len, reverse=True):
        if name.endswith(end := column("", code)):
            return name.removesuffix(end), code
    return None


def field_of(name: str) -> str | None:
    """Return the translated field of a column, None if the column is for all languages."""
    found = split_column(name)
    return found[0] if found else None


def base(code: str) -> str:
    """Return the language of a code without its script, territory and variants: 'pt' for 'pt-br'."""
    return code.replace("_", "-").partition("-")[0].lower()


def parents(code: str) -> list[str]:
    """Return the code, then the codes of which it is a variety, the nearest first: 'zh-hant-hk', 'zh-hant', 'zh'."""
    parts = code.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def nearest(code: str, among: Iterable[str]) -> str | None:
    """Return the best of the languages `among` for readers of `code`: that one, or a variety in the same script.

    A variety without a territory precedes one with another territory: 'pt-pt' for 'pt-ao', but 'zh-hans'
    for 'zh-cn' and never 'zh-hant'. None if none is near.
    """
    offered = list(among)
    language, dash, rest = code.partition("-")
    code = f"{_aliases().get(language, language)}{dash}{rest}"
    for each in parents(code):
        if each in offered and script_of(each) == script_of(code):
            return each
    return next((each for each in offered if base(each) == base(code) and script_of(each) == script_of(code)), None)


@lru_cache(maxsize=256)
def _likely(code: str) -> tuple[str, str, str]:
    """Return language, script and territory of a code; likely subtags replace missing ones (Unicode CLDR)."""
    language, *rest = tag(code).split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    territory = next((part for part in rest if part.isupper() and len(part) == 2), "")
    subtags = get_global("likely_subtags")
    for key in (f"{language}_{script}_{territory}", f"{language}_{territory}", f"{language}_{script}", language):
        if likely := subtags.get(key):
            _language, *found = likely.split("_")
            script = script or next((part for part in found if len(part) == 4), "")
            territory = territory or next((part for part in found if len(part) < 4), "")
    return language, script or "Latn", territory


def script_of(code: str) -> str:
    """Return the script (ISO 15924) in which a language is written: 'Hans' for 'zh', 'Latn' for 'sr-latn'."""
    return _likely(code)[1]


def open_graph_locale(code: str) -> str:
    """Return language and territory as Open Graph names locales: 'pt_BR', 'he_IL'."""
    language, _script, territory = _likely(code)
    return _OPEN_GRAPH.get(code) or (f"{language}_{territory}" if territory else language)


def variety(language: str) -> str:
    """Return the language tag of the product's own words in `language`: 'en-GB' for 'en'."""
    return VARIETIES.get(language) or tag(language)


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Return the locale of `language` for dates, numbers and zones, or the nearest one in Unicode CLDR."""
    for each in parents(language):
        try:
            return Locale.parse(variety(each), sep="-")
        except UnknownLocaleError:
            continue
    return Locale.parse("en-GB", sep="-")


def active_locale() -> Locale:
    """Return the locale of the active language; see `locale_of`."""
    return locale_of(get_language() or "en")


def direction(language: str) -> str:
    """Return the value of the HTML `dir` attribute for text in `language`."""
    return "rtl" if is_right_to_left(language) else "ltr"


def is_right_to_left(language: str) -> bool:
    """Return whether `language` is written from right to left."""
    return script_of(language) in _RIGHT_TO_LEFT


def short_name(language: str) -> str:
    """Return the abbreviation of a language where there is little room; people would read "UK" as a country."""
    return _SHORT_NAMES.get(language, language.upper())


def language_name(code: str) -> str:
    """Return the name of a language in the active language, as it is written within a sentence (Unicode CLDR)."""
    return _named(code, get_language() or "en") or gettext(_english_name(code))


def language_title(code: str) -> str:
    """Return the name of a language in the active language with a capital, for lists and tables."""
    return capfirst(language_name(code))


def own_name(code: str) -> str:
    """Return the language's own name with a capital: 'Українська', 'Português (Brasil)'."""
    return capfirst(_named(code, code) or _english_name(code))


def _english_name(code: str) -> str:
    return KNOWN.get(code) or _named(code, "en") or tag(code)


@lru_cache(maxsize=1024)
def _named(code: str, language: str) -> str | None:
    """Return the name of a language in another language; None if Unicode CLDR does not have it."""
    locale = locale_of(language)
    if code == language and base(code) != locale.language:
        return None
    names = locale.languages
    language_of_code, *rest = tag(code).split("-")
    for length in range(len(rest), -1, -1):
        if name := names.get("_".join([language_of_code, *rest[:length]])):
            more = [locale.scripts.get(part) or locale.territories.get(part) or part for part in rest[length:]]
            return f"{name} ({', '.join(more)})" if more else name
    return None
