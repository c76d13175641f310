"""Time zones: those that a form offers, and their names in the active language.

Zones are those of the IANA time zone database, their names those of Unicode CLDR, by Babel.
"""

from __future__ import annotations

import unicodedata
import zoneinfo
from collections import defaultdict
from datetime import tzinfo
from functools import cache

from babel import Locale
from babel.core import get_global
from django.utils import translation

from liveblog.languages import active_locale

#: Value and label of one choice of a form.
Choice = tuple[str, str]

#: A language for which CLDR has every city, because its script is not Latin.
_WHOLE_LIST = "ar"

#: Apostrophes in names of places: people type another one in “Nuku‘alofa” and “Côte d’Ivoire”, or none.
_APOSTROPHES = frozenset("'‘’ʻʼ`")


@cache
def offered() -> tuple[str, ...]:
    """Return the names of the zones that forms offer: those of places, without former names, and UTC."""
    known = zoneinfo.available_timezones()
    places = (name for name in get_global("zone_territories") if name in known and not name.startswith("Etc/"))
    return ("UTC", *sorted(places))


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of this name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def city(zone: tzinfo | str) -> str:
    """Return the name of the city or island that stands for a zone: 'New York'."""
    name = str(zone)
    if name in ("UTC", "Etc/UTC"):
        return "UTC"
    found = active_locale().time_zones.get(_cldr_name(name), {}).get("city")
    return str(found or name.rpartition("/")[2].replace("_", " "))


def title(zone: tzinfo | str) -> str:
    """Return the name of the time in a zone: 'Eastern Time'; if it has none, the name of its city."""
    name, locale = str(zone), active_locale()
    names = locale.meta_zones.get(get_global("meta_zones").get(_cldr_name(name), ""), {}).get("long", {})
    return str(names.get("generic") or names.get("standard") or city(name))


def country(zone: str) -> str:
    """Return the name of the country or territory of a zone; '' if it has none."""
    territory = get_global("zone_territories").get(zone, "")
    return str(active_locale().territories.get(territory, "")) if territory != "001" else ""


def choices(kept: str = "") -> list[Choice | tuple[str, list[Choice]]]:
    """Return the offered zones as choices of a form: UTC, then those of each country, in the active language.

    `kept`: a zone that an item has although forms do not offer it.
    """
    flat = dict.fromkeys(["UTC", *([kept] if kept and kept not in offered() else [])])
    return [*((name, name) for name in flat), *_by_country(translation.get_language() or "en")]


@cache
def _by_country(language: str) -> list[tuple[str, list[Choice]]]:
    with translation.override(language):
        groups: dict[str, list[Choice]] = defaultdict(list)
        for name in offered():
            label = city(name) if city(name) == title(name) else f"{city(name)} – {title(name)}"
            groups[country(name) or city(name)].append((name, label))
        del groups["UTC"]
        for zones in groups.values():
            zones.sort(key=lambda choice: folded(choice[1]))
        return sorted(groups.items(), key=lambda group: folded(group[0]))


def folded(text: str) -> str:
    """Return a text without case, accents and apostrophes, by which names are sorted and found."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter) and letter not in _APOSTROPHES)


def search_terms(zone: str) -> str:
    """Return the words by which a zone is found in the list: city, country and time, in English too, and its name."""
    return _search_terms(zone, translation.get_language() or "en")


@cache
def _search_terms(zone: str, language: str) -> str:
    words: list[str] = [zone, zone.replace("_", " ")]
    for code in dict.fromkeys([language, "en"]):
        with translation.override(code):
            words += [city(zone), country(zone), title(zone)]
    return folded(" ".join(dict.fromkeys(words)))


@cache
def _cldr_name(zone: str) -> str:
    """Return the name of a zone in CLDR, which keeps the first name that a zone had: Europe/Kiev for Europe/Kyiv."""
    known = Locale.parse(_WHOLE_LIST).time_zones
    if zone in known:
        return zone
    former = sorted(name for name, present in get_global("zone_aliases").items() if present == zone)
    return next((name for name in former if name in known), zone)
