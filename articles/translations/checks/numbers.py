"""Check numbers: amounts, dates and times, in the notation of each language."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError

from articles.translations.checks import number_words
from articles.translations.checks.pair import Pair, base
from articles.translations.checks.units import ARABIC_DUALS, Unit, differ, same_amount, unit_at
from liveblog.translation.inflection import without_arabic_marks

_GROUPED = r"(?<![\d.,])\d{{1,3}}(?:[{spaces}]\d{{3}})+(?!\d)"
_FRENCH_TIME = re.compile(r"\b(\d{1,2})\s?h\s?(\d\d)\b")
#: 午後5時30分 is half past five in the afternoon.
_EASTERN_TIME = re.compile(r"(午前|午後|上午|下午)?(\d{1,2})[時时点](?:(\d{1,2})分|(半))?")
_EASTERN_MONTH = re.compile(r"\d{1,2}月")
#: Chinese and Japanese count in ten thousands: 4000万 is forty million, 1億2500万 is 125 million.
_ZEROS = {"": 0, "千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12}
_EASTERN_PART = re.compile(r"(\d[\d,]*(?:\.\d+)?)(千?)([万萬億亿兆]?)")
_EASTERN_NUMBER = re.compile(r"(?<!\d)(?<!\d,)(?:\d[\d,]*(?:\.\d+)?(?:千?[万萬億亿兆]|千))+(?:\d[\d,]*)?")
_SCORE = re.compile(r"(?<![\d.,:/–-])(\d{1,2})[-–](\d{1,2})(?![\d.,]*\d|[-–:/])")
#: 6:1 is no time of day.
_TENNIS = re.compile(r"(?<![\d:.,])(\d{1,2}):(?=\d(?![\d:]))")
_ROMAN = re.compile(r"\b[IVX]{2,}\b")
_ROMAN_FORM = re.compile(r"X{0,3}(IX|IV|V?I{0,3})")
#: The 1990s, die 1990er: other languages write the nineties.
_DECADE = re.compile(r"[12]\d(\d0)(?:s|er|ern|-(?:х|ті|тих))?\b")
_NO_10 = re.compile(r"\bN(?:o|umber)\.? 10$")
#: The greatest number of pairs to compare. Texts with more, such as a table of results, are not checked.
_MAX_PAIRS = 250_000
#: The greatest distance in characters between the start of a pattern and the number at its end.
_LONGEST_BEFORE = 20
#: 9/11 names a day; other languages write the 11th of September.
_CALENDAR = re.compile(r"\d{1,2}/\d{1,2}\b")
_CALENDAR_END = re.compile(r"\d{1,2}/\d{1,2}$")
_PER_CENT = re.compile(r"\b(?:per|pour|por|la)[ \xa0\u202f]$", re.IGNORECASE)
_FORTNIGHT = re.compile(r"fortnight|vierzehn Tage|quinze jours|quinzaine\b|quince días", re.IGNORECASE)
_SHORT_SCALE = re.compile(r"(bn|k|m)\b", re.IGNORECASE)
_SHORT_SCALES = {"bn": 10**9, "k": 10**3, "m": 10**6}
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_MERIDIEM = re.compile(r"\s?([ap])\.?\s?m\b", re.IGNORECASE)
_AFTERNOON = re.compile(
    "abend|nachmittag|mittag|soir|après-midi|tarde|noche|wiecz|połudn|seara|amiaz|вечор|дня|ночі|مساء|عصر|ظهر|ليل"
)


class Number(NamedTuple):
    """A number in a text, and its possible meanings: 17.30 may be a time or a price, 29.11 the 29th of November."""

    text: str
    readings: frozenset[str]
    start: int
    end: int
    #: Whether it is written as a word, an ordinal, a fraction or a rough amount, which translations often drop.
    word: bool = False
    vague: bool = False
    unit: Unit | None = None

    @property
    def small(self) -> bool:
        """Return whether it is at most twelve, which most house styles spell out."""
        return any(len(reading) <= 2 and int(reading) <= 12 for reading in self.readings if reading.isdigit())

    @property
    def optional(self) -> bool:
        return self.small or self.vague

    @property
    def spellable(self) -> bool:
        return all(len(reading.rstrip("0")) <= (2 if len(reading) < 3 else 1) for reading in self.readings)


def numbers_differing(pair: Pair) -> dict[str, list[str]]:
    """Return numbers without a counterpart, except those that may be dropped or converted; and units that differ."""
    sources = numbers_of(pair.source.text, pair.source_language)
    targets = numbers_of(pair.target.text, pair.language)
    if len(sources) * len(targets) > _MAX_PAIRS:
        return {"numbers": [], "units": []}
    matched, missing, added = _match(sources, targets)
    units = [
        f"{source.text} {source.unit.text} → {target.text} {target.unit.text}"
        for source, target in matched
        if source.unit and target.unit and differ(source.unit, target.unit) and not _matches_elsewhere(source, targets)
    ]
    missing, added = _without_converted(missing, added, sources, targets)
    known = base(pair.language) in number_words.languages()
    repeated = frozenset().union(*(number.readings for number in targets))
    repeated_source = frozenset().union(*(number.readings for number in sources))
    missing = [number for number in missing if not number.readings & repeated]
    added = [number for number in added if not number.readings & repeated_source or not number.vague]
    differing: list[Number] = []
    if any(_comparable(number, other) for number in missing for other in added):
        differing = missing + added
    elif not all(number.optional for number in missing):
        differing = [number for number in missing if not number.optional] + [n for n in added if not n.optional]
    else:
        differing = [number for number in added if not (number.vague or (number.small if known else number.spellable))]
    return {"numbers": [number.text for number in differing] + _scores_differing(pair), "units": units}


def _match(
    sources: Sequence[Number], targets: Sequence[Number]
) -> tuple[list[tuple[Number, Number]], list[Number], list[Number]]:
    matched, missing, added = [], [], list(targets)
    for number in sorted(sources, key=lambda number: number.vague):
        candidates = [other for other in added if other.readings & number.readings]
        same_unit = [c for c in candidates if number.unit and c.unit and not differ(number.unit, c.unit)]
        if candidates:
            counterpart = (same_unit or candidates)[0]
            added.remove(counterpart)
            matched.append((number, counterpart))
        else:
            missing.append(number)
    return matched, missing, added


def _matches_elsewhere(number: Number, others: Sequence[Number]) -> bool:
    return any(
        other.readings & number.readings and other.unit and number.unit and not differ(other.unit, number.unit)
        for other in others
    )


def _without_converted(
    missing: list[Number], added: list[Number], sources: Sequence[Number], targets: Sequence[Number]
) -> tuple[list[Number], list[Number]]:
    """Omit amounts that the other text has in another unit: 15 inches, 380 millimetres."""
    return (
        [number for number in missing if not any(_converted(number, other) for other in targets)],
        [number for number in added if not any(_converted(other, number) for other in sources)],
    )


def _converted(one: Number, other: Number) -> bool:
    if one.unit is None or other.unit is None:
        return False
    return any(
        same_amount(float(first), one.unit, float(second), other.unit)
        for first in one.readings
        for second in other.readings
        if _is_decimal(first) and _is_decimal(second)
    )


def _is_decimal(reading: str) -> bool:
    return reading.replace(".", "", 1).isdigit() and len(reading) < 20


def _comparable(missing: Number, added: Number) -> bool:
    """Return whether one number may have been written in place of the other."""
    dates = "/" in missing.text + added.text
    return not (dates or (missing.readings <= {"1", "2"} and missing.word) or added.readings <= {"1"})


def _scores_differing(pair: Pair) -> list[str]:
    """Return results of matches that differ, even if only their sides are exchanged."""
    source, target = (
        [match.groups() for match in _SCORE.finditer(_TENNIS.sub(r"\1–", content.text))]
        for content in (pair.source, pair.target)
    )
    lost, added = ([pair for pair in one if pair not in other] for one, other in ((source, target), (target, source)))
    if len(source) != len(target) or len(lost) != len(added):
        return []
    return [f"{a}–{b} → {c}–{d}" for (a, b), (c, d) in zip(lost, added, strict=True)]


@lru_cache(maxsize=256)
def numbers_of(text: str, language: str) -> tuple[Number, ...]:
    """Return the numbers of a text, whether written in digits or as words."""
    return tuple(_read(text, language))


def _read(text: str, language: str) -> Iterator[Number]:
    name = base(language)
    decimal = _decimal_mark(language)
    text = _normalized(text, decimal)
    digits: list[tuple[int, int]] = []
    both_readings = name not in number_words.languages()
    text = _TENNIS.sub(r"\1–", text)
    for match in _NUMBER.finditer(text):
        end = match.end()
        if re.fullmatch(r"\d{1,2}\.\d{1,2}\.(\d\d|\d{4})", match[0]):
            yield from (Number(part, frozenset({_plain(part)}), match.start(), end) for part in match[0].split("."))
            digits.append(match.span())
            continue
        readings = set(_readings(match[0], decimal, text[end : end + 25]))
        decade = _DECADE.match(text, match.start())
        if decade:
            readings.add(decade[1])
        if any(reading.endswith(".5") for reading in readings):
            readings |= {reading[:-2] + ":30" for reading in readings if reading.endswith(".5")}
        if _NO_10.search(text, max(0, end - _LONGEST_BEFORE), end):
            digits.append((match.start(), end))
            continue
        scaled = number_words.scale_after(text, end, name) if not both_readings else None
        if scaled:
            factor, end = scaled
            value = _value(match[0], decimal)
            if _is_decimal(value):
                readings = {f"{(Decimal(value) * factor).normalize():f}"}
        elif short := _SHORT_SCALE.match(text, end):
            value = _value(match[0], decimal)
            if _is_decimal(value):
                readings |= {f"{(Decimal(value) * _SHORT_SCALES[short[1].lower()]).normalize():f}"}
                end = short.end()
        digits.append((match.start(), end))
        written = " ".join(text[match.start() : end].split())
        calendar = _CALENDAR.match(text, match.start()) or _CALENDAR_END.search(
            text, max(0, match.end() - _LONGEST_BEFORE), match.end()
        )
        unit = None if decade else unit_at(text, match.start(), end, name)
        yield Number(written, frozenset(readings), match.start(), end, unit=unit, vague=bool(calendar))
    for spelled in number_words.spelled(text, name):
        if any(start < spelled.end and spelled.start < end for start, end in digits):
            continue
        number = _from_words(spelled, text, name)
        if number:
            yield number
    if name == "ar":
        for dual in _WORD.finditer(text):
            if unit_name := ARABIC_DUALS.get(dual[0].removeprefix("و")):
                unit = Unit(unit_name, "", dual.start(), dual.end())
                yield Number(dual[0], frozenset({"2"}), dual.start(), dual.end(), True, True, unit)
    for match in _ROMAN.finditer(text):
        roman = _roman(match[0])
        if roman:
            yield Number(match[0], frozenset({str(roman)}), match.start(), match.end(), word=True, vague=True)


def _from_words(spelled: number_words.Spelled, text: str, language: str) -> Number | None:
    if spelled.value == 1:
        return None
    value = f"{spelled.value.normalize():f}"
    written = text[spelled.start : spelled.end]
    if spelled.value == 100 and (
        written.lstrip("ب") in ("المئة", "المائة") or _PER_CENT.search(text, max(0, spelled.start - 6), spelled.start)
    ):
        return None
    readings = {f"{spelled.kind}{value}" if spelled.kind in ("~", "/") else value}
    if spelled.kind == "~" and spelled.value < 20:
        readings.add(value)  # une dizaine is about ten
    if value == "1.5":
        readings.add("/2")
    if _FORTNIGHT.match(text, spelled.start):
        readings |= {"2", "14", "15"}
    if spelled.value <= 12 and _AFTERNOON.search(text[spelled.end : spelled.end + 25]):
        readings.add(str(int(spelled.value) + 12))
    vague = bool(spelled.kind) or spelled.value <= 12
    unit = unit_at(text, spelled.start, spelled.end, language)
    return Number(written, frozenset(readings), spelled.start, spelled.end, True, vague, unit)


def _normalized(text: str, decimal: str) -> str:
    """Return the text with European digits, without group separators, and with times as 16:12."""
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text if c not in "\u200e\u200f\u061c")
    text = without_arabic_marks(text)
    text = re.sub(r"(?<=\d)½", ".5" if decimal == "." else ",5", text)
    text = re.sub(r"(?<=\d)٬(?=\d)", "", text)
    text = re.sub(r"(?<=\d)[٫،](?=\d)", decimal, text)
    # An ordinary space is a group separator only where commas cannot be one.
    spaces = "\xa0\u2009\u202f'’" + (" " if decimal == "," else "")
    text = re.sub(_GROUPED.format(spaces=spaces), lambda match: re.sub(r"\D", "", match[0]), text)
    text = _FRENCH_TIME.sub(r"\1:\2", text)
    return _EASTERN_NUMBER.sub(_in_digits, _EASTERN_MONTH.sub("", _EASTERN_TIME.sub(_as_time, text)))


def _roman(text: str) -> int:
    """Return the value of a Roman numeral up to 39, as in names of kings; 0 if it is none."""
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    total = sum(-one if one < other else one for one, other in zip(values, [*values[1:], 0], strict=True))
    return total if _ROMAN_FORM.fullmatch(text) else 0


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
        # Other languages write digits before words for thousands and millions.
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
