"""Check numbers: amounts, dates and times, as each language writes them."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError

from articles.translations.checks.pair import Pair, base

_GROUPED = r"(?<![\d.,])\d{{1,3}}(?:[{spaces}]\d{{3}})+(?!\d)"
_FRENCH_TIME = re.compile(r"\b(\d{1,2})\s?h\s?(\d\d)\b")
#: 午後5時30分 is half past five in the afternoon.
_EASTERN_TIME = re.compile(r"(午前|午後|上午|下午)?(\d{1,2})[時时点](?:(\d{1,2})分|(半))?")
_EASTERN_MONTH = re.compile(r"\d{1,2}月")
#: Chinese and Japanese count in ten thousands: 4000万 is forty million, 1億2500万 is 125 million.
_ZEROS = {"": 0, "千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12}
_EASTERN_PART = re.compile(r"(\d[\d,]*(?:\.\d+)?)(千?)([万萬億亿兆]?)")
_EASTERN_NUMBER = re.compile(r"(?:\d[\d,]*(?:\.\d+)?(?:千?[万萬億亿兆]|千))+(?:\d[\d,]*)?")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_MERIDIEM = re.compile(r"\s?([ap])\.?\s?m\b", re.IGNORECASE)
_AFTERNOON = re.compile(
    "abend|nachmittag|mittag|soir|après-midi|tarde|noche|wiecz|połudn|seara|amiaz|вечор|дня|ночі|مساء|عصر|ظهر|ليل"
)


class _Number(NamedTuple):
    text: str
    readings: frozenset[str]  # 17.30 may be a time, a price or a version, 29.11 the 29th of November

    @property
    def small(self) -> bool:
        """Return whether it is at most twelve, which most house styles spell out."""
        return any(len(reading) <= 2 and int(reading) <= 12 for reading in self.readings if reading.isdigit())

    @property
    def length(self) -> int:
        return min(map(len, self.readings))

    @property
    def spellable(self) -> bool:
        return all(len(reading.rstrip("0")) <= (2 if len(reading) < 3 else 1) for reading in self.readings)


def numbers_differing(pair: Pair) -> list[str]:
    """Return the numbers without a counterpart, except those that may be spelled out."""
    targets = list(_numbers_of(pair.target.text, pair.language))
    missing, added = [], list(targets)
    for number in _numbers_of(pair.source.text, pair.source_language):
        counterpart = next((other for other in added if other.readings & number.readings), None)
        if counterpart:
            added.remove(counterpart)
        else:
            missing.append(number)
    repeated = frozenset().union(*(number.readings for number in targets))
    changed = any(number.length == other.length for number in missing for other in added)
    if changed or not all(number.small or number.readings & repeated for number in missing):
        return [number.text for number in missing + added]
    return [number.text for number in added if not number.spellable]


def _numbers_of(text: str, language: str) -> Iterator[_Number]:
    decimal = _decimal_mark(language)
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text if c not in "\u200e\u200f\u061c")
    text = re.sub(r"(?<=\d)٬(?=\d)", "", text)
    text = re.sub(r"(?<=\d)[٫،](?=\d)", decimal, text)
    # An ordinary space stands within a number only where commas cannot.
    spaces = "\xa0\u2009\u202f'’" + (" " if decimal == "," else "")
    text = re.sub(_GROUPED.format(spaces=spaces), lambda match: re.sub(r"\D", "", match[0]), text)
    text = _FRENCH_TIME.sub(r"\1:\2", text)
    text = _EASTERN_NUMBER.sub(_in_digits, _EASTERN_MONTH.sub("", _EASTERN_TIME.sub(_as_time, text)))
    for match in _NUMBER.finditer(text):
        if re.fullmatch(r"\d{1,2}\.\d{1,2}\.(\d\d|\d{4})", match[0]):
            yield from (_Number(part, frozenset({_plain(part)})) for part in match[0].split("."))
        else:
            yield _Number(match[0], frozenset(_readings(match[0], decimal, text[match.end() : match.end() + 25])))


def _as_time(match: re.Match[str]) -> str:
    half, hour, minutes, thirty = match.groups()
    meridiem = {"午前": " am", "上午": " am", "午後": " pm", "下午": " pm"}.get(half or "", "")
    minutes = "30" if thirty else minutes
    return f" {hour}{f':{minutes:0>2}' if minutes else ''}{meridiem} "


def _in_digits(match: re.Match[str]) -> str:
    parts = (part.groups() for part in _EASTERN_PART.finditer(match[0]))
    total = sum(
        Decimal(number.replace(",", "")).scaleb(_ZEROS[thousands] + _ZEROS[unit]) for number, thousands, unit in parts
    )
    return f" {total:.0f}万 "


def _readings(number: str, decimal: str, after: str) -> Iterator[str]:
    time = re.fullmatch(r"([01]?\d|2[0-4])(?:[:.]([0-5]\d))?", number)
    meridiem = _MERIDIEM.match(after)
    if time and (meridiem or ":" in number or _AFTERNOON.search(after)):
        hour, minutes = int(time[1]), "" if time[2] in (None, "00") else f":{time[2]}"
        if meridiem:
            yield f"{hour % 12 + 12 * (meridiem[1] in 'pP')}{minutes}"
            return
        yield f"{hour}{minutes}"
        if hour < 12 and _AFTERNOON.search(after):
            yield f"{hour + 12}{minutes}"
    elif time and time[2]:
        yield f"{int(time[1])}:{time[2]}" if time[2] != "00" else str(int(time[1]))
    if day := re.fullmatch(r"([0-2]?\d|3[01])\.(0?\d|1[0-2])", number):
        yield _plain(day[1])
    if after.startswith("万"):
        # Other languages have words for thousands and millions, and write in digits what stands before them.
        for zeros in (3, 6, 9, 12):
            counted = f"{Decimal(number).scaleb(-zeros).normalize():f}"
            if not counted.startswith("0."):
                yield counted
    yield number if ":" in number else _value(number, decimal)


def _value(number: str, decimal: str) -> str:
    marks = re.findall(r"\D", number)
    *groups, last = re.split(r"\D", number)
    if not marks:
        return _plain(last)
    grouping = len(last) == 3 and len(groups[0]) <= 3 and groups[0] != "0"
    if len(set(marks)) == 1 and grouping and (len(marks) > 1 or marks[0] != decimal):
        return _plain("".join((*groups, last)))
    if len(marks) > 1 and marks[-1] == marks[0]:
        return number  # a version or the number of a section
    fraction = last.rstrip("0")
    return _plain("".join(groups)) + (f".{fraction}" if fraction else "")


def _plain(digits: str) -> str:
    return digits.lstrip("0") or "0"


@lru_cache
def _decimal_mark(language: str) -> str:
    try:
        return str(Locale.parse(base(language)).number_symbols["latn"]["decimal"])
    except (UnknownLocaleError, ValueError, KeyError):
        return "."
