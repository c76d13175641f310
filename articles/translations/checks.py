"""Checks of a translation against its original, the same for a machine's and a person's.

They look for what a reader would be misled by and stay silent in doubt: an editor who is warned for nothing learns
to read past warnings. Only what must never be stored is blocking.
"""

import html as entities
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext_lazy, pgettext

from articles.translations.detector import known, language_of
from articles.translations.terms import Term, occurring
from liveblog.languages import SHIPPED

_MESSAGES = {
    "empty": gettext_lazy("There is no text."),
    "markup": gettext_lazy("The markup is broken: %(details)s."),
    "bidi": gettext_lazy("Invisible characters turn the direction of the text around: %(details)s."),
    "invisible": gettext_lazy("There are invisible characters in the text: %(details)s."),
    "language": gettext_lazy("This does not seem to be in the language of the translation: %(details)s."),
    "truncated": gettext_lazy("The text breaks off in mid-sentence: %(details)s."),
    "length": gettext_lazy("The length is out of proportion to the original: %(details)s."),
    "structure": gettext_lazy("Links, list items or paragraphs are not those of the original: %(details)s."),
    "numbers": gettext_lazy("Numbers are not those of the original: %(details)s."),
    "terms": gettext_lazy("Terms of the glossary are missing: %(details)s."),
    "names": gettext_lazy("Names of the original are missing: %(details)s."),
    "quotes_unbalanced": gettext_lazy("A quotation mark lacks its counterpart: %(details)s."),
    "quotes_foreign": gettext_lazy("These are not the quotation marks of the language: %(details)s."),
    "quotes_count": gettext_lazy("The number of quotations is not that of the original: %(details)s."),
}
_BLOCKING = frozenset({"empty", "markup", "bidi"})


@dataclass(frozen=True)
class Problem:
    """Something an editor should look at; `details` say what exactly, in no language of the interface."""

    code: str
    blocking: bool
    details: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One sentence for the translator in the active language."""
        message = _MESSAGES.get(self.code) or gettext_lazy("Please check: %(details)s.")
        return str(message) % {"details": pgettext("between the items of a list", ", ").join(self.details)}

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "blocking": self.blocking, "details": list(self.details)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Problem":
        return cls(stored["code"], bool(stored["blocking"]), tuple(stored.get("details", ())))


def check(
    source: str,
    translation: str,
    source_language: str,
    language: str,
    *,
    terms: Iterable[Term] = (),
    html: bool = False,
) -> list[Problem]:
    """What is wrong, or looks wrong, with `translation`; of rich text with `html`, of plain text otherwise."""
    original, target = _read(source, html), _read(translation, html)
    if original.text.strip() and not target.text.strip():
        return [Problem("empty", True)]
    pair = _Pair(original, target, source_language, language)
    found = {
        "markup": _markup(pair),
        "bidi": _characters(_BIDI, target.text),
        "invisible": _characters(_INVISIBLE, target.text),
        "language": _foreign_text(pair),
        "truncated": _broken_off(pair),
        "length": _out_of_proportion(pair),
        "structure": _structure(pair),
        "numbers": _numbers(pair),
        "terms": [term.expected for term in occurring(terms, original.text) if not _says(term, target.text, language)],
        "names": _names(pair),
        **_quotes(pair),
    }
    return [
        Problem(code, code in _BLOCKING, tuple(dict.fromkeys(details))) for code, details in found.items() if details
    ]


# Reading --------------------------------------------------------------------------------------------------------------

_TAGS = frozenset({"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "span"})
_BLOCKS = frozenset({"p", "li", "blockquote"})


class _Reading(HTMLParser):
    """The blocks of text in a piece of rich text, and what is around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)  # so that a "<" in the text can only be a tag that was cut off
        self.blocks: list[str] = [""]
        self.links: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.broken: list[str] = []
        self._open: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.blocks)

    def read(self, html: str) -> None:
        try:
            self.feed(html)
            self.close()
        except AssertionError:  # the parser's way to say that a declaration makes no sense
            self.broken.append("<!")
        self.broken += [f"<{tag}>" for tag in self._open]
        self.blocks = [block for block in self.blocks if block.strip()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.broken.append(f"<{tag}>")
        if tag == "br":
            self.blocks[-1] += "\n"
            return
        self.counts[tag] += 1
        self._open.append(tag)
        if tag in _BLOCKS:
            self.blocks.append("")
        if tag == "a":
            self.links[dict(attrs).get("href") or ""] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.blocks.append("")
        if self._open and self._open[-1] == tag:
            self._open.pop()
        elif tag != "br":
            self.broken.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            self.broken.append("<")
        self.blocks[-1] += data

    def handle_entityref(self, name: str) -> None:
        self.blocks[-1] += entities.unescape(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.blocks[-1] += entities.unescape(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.broken.append("<!")

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)


def _read(text: str, html: bool) -> _Reading:
    reading = _Reading()
    if html:
        reading.read(text)
    else:
        reading.blocks = [text]
    return reading


class _Pair(NamedTuple):
    source: _Reading
    target: _Reading
    source_language: str
    language: str


# Form -----------------------------------------------------------------------------------------------------------------

_CODE = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]\w+);")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff]")


def _markup(pair: _Pair) -> list[str]:
    """Broken tags, and tags or entities a reader would see as such."""
    seen = [] if _CODE.search(pair.source.text) else _CODE.findall(pair.target.text)
    return pair.target.broken + seen


def _characters(which: re.Pattern[str], text: str) -> list[str]:
    return [f"U+{ord(character):04X}" for character in which.findall(text)]


def _structure(pair: _Pair) -> list[str]:
    source, target = pair.source, pair.target
    lost = [f"−{link}" for link in source.links - target.links]
    added = [f"+{link}" for link in target.links - source.links]
    fewer = (source.counts - target.counts).keys() & _BLOCKS
    return lost + added + [f"<{tag}> {source.counts[tag]} → {target.counts[tag]}" for tag in sorted(fewer)]


# Extent ---------------------------------------------------------------------------------------------------------------

_END = tuple(".!?…؟۔。！？")
_AFTER_END = " \t\r\n\xa0\u202f\u200e\u200f\u061c\"'”“’‘»«›‹)]」』*"
#: Characters that a language needs for what takes English one.
_EXTENT = {"de": 1.1, "fr": 1.15, "es": 1.12, "pl": 1.05, "ro": 1.1, "ar": 0.88, "ja": 0.45, "zh": 0.35, "ko": 0.5}


def _broken_off(pair: _Pair) -> list[str]:
    """Blocks that do not end where a sentence does, though those of the original do."""
    sources, targets = pair.source.blocks, pair.target.blocks
    if len(sources) != len(targets):
        sources, targets = sources[-1:], targets[-1:]
    ends = [(one.rstrip(_AFTER_END), other.rstrip(_AFTER_END)) for one, other in zip(sources, targets, strict=False)]
    return [
        "…" + target[-30:]
        for source, target in ends
        if source.endswith(_END) and not _is_question(source) and not target.endswith((*_END, ":"))
    ]


def _is_question(block: str) -> bool:
    """A headline that asks in one language may state in another."""
    return block.endswith(("?", "؟", "？")) and not _SENTENCE_END.search(block)


def _out_of_proportion(pair: _Pair) -> list[str]:
    source, target = (len(" ".join(reading.text.split())) for reading in (pair.source, pair.target))
    expected = source * _EXTENT.get(_base(pair.language), 1) / _EXTENT.get(_base(pair.source_language), 1)
    if source < 60 or 0.62 < target / expected < 1.65:
        return []
    return [f"{source} → {target}"]


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()


# Language -------------------------------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])[\s”“»«\"’]+|\n+")


#: What a text may turn out to be in. Among all languages, Arabic is hardly ever told from its dialects.
_LIKELY = frozenset(SHIPPED) | {"bg", "cs", "fa", "it", "ja", "nl", "pt", "ru", "tr", "zh"}


def _foreign_text(pair: _Pair) -> list[str]:
    language = _base(pair.language)
    untouched: list[str] = []
    if language != _base(pair.source_language):
        originals = set(_sentences(pair.source.text))
        untouched = [sentence for sentence in _sentences(pair.target.text) if sentence in originals]
    if language in known():
        for text in (pair.target.text, *pair.target.blocks):
            detected = language_of(text, _LIKELY | {language, _base(pair.source_language)})
            if detected and detected[0] != language:
                untouched.append(" ".join(text.split()))
    return [text if len(text) <= 50 else text[:49] + "…" for text in untouched]


def _sentences(text: str) -> list[str]:
    """Sentences of more than a name: a credit may well read the same in two languages."""
    sentences = (sentence.strip(' \xa0\u202f“”„«»"') for sentence in _SENTENCE_END.split(text))
    return [sentence for sentence in sentences if len(re.findall(r"\b[^\W\d_A-Z]\w+", sentence)) >= 3]


# Numbers --------------------------------------------------------------------------------------------------------------

_GROUPED = r"(?<![\d.,])\d{{1,3}}(?:[{spaces}]\d{{3}})+(?!\d)"
_FRENCH_TIME = re.compile(r"\b(\d{1,2})\s?h\s?(\d\d)\b")
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
        """House styles differ in which numbers they spell out; up to twelve most do."""
        return any(len(reading) <= 2 and int(reading) <= 12 for reading in self.readings if reading.isdigit())

    @property
    def length(self) -> int:
        return min(map(len, self.readings))

    @property
    def spellable(self) -> bool:
        return all(len(reading.rstrip("0")) <= (2 if len(reading) < 3 else 1) for reading in self.readings)


def _numbers(pair: _Pair) -> list[str]:
    """Numbers without a counterpart, unless they may stand there as words."""
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
    for match in _NUMBER.finditer(text):
        if re.fullmatch(r"\d{1,2}\.\d{1,2}\.(\d\d|\d{4})", match[0]):
            yield from (_Number(part, frozenset({_plain(part)})) for part in match[0].split("."))
        else:
            yield _Number(match[0], frozenset(_readings(match[0], decimal, text[match.end() : match.end() + 25])))


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
        return str(Locale.parse(_base(language)).number_symbols["latn"]["decimal"])
    except (UnknownLocaleError, ValueError, KeyError):
        return "."


# Words ----------------------------------------------------------------------------------------------------------------

#: Letters that take each other's place when a Ukrainian word is inflected: Київ, Києва; міст, моста.
_UKRAINIAN_VOWELS = str.maketrans("іеє", "ооо")
_ACRONYM = re.compile(r"(?<![\w.-])[A-ZÀ-ÖØ-Þ]{2,}(?!\w)")
_NAME = re.compile(r"\b[A-ZÀ-ÖØ-Þ]\w*[a-zß-ÿ]\w*(?:[ \xa0][A-ZÀ-ÖØ-ÞŁŚŻȘȚĂ]\w*[a-zß-ÿ]\w*)+")
_TITLE = re.compile(
    r"presiden|präsident|présiden|prezyden|președin|minist|premier|chancel|kanzler|canciller|kancler|secretar|"
    r"sekret|secrétaire|mr$|mrs$|ms$|dr$|herr$|frau$|madame$|monsieur$|pan[ia]?$|señora?$|domnul$|doamna$",
    re.IGNORECASE,
)
#: Acronyms that other languages make of the same words, and those that are mostly put into words.
_LOCALISED = [
    {"NATO", "OTAN"},
    {"EU", "UE"},
    {"UN", "UNO", "ONU", "VN"},
    {"WHO", "OMS"},
    {"IMF", "FMI", "IWF", "MFW"},
    {"ECB", "EZB", "BCE", "EBC"},
    {"GDP", "BIP", "PIB", "PKB"},
    {"AI", "KI", "IA", "SI"},
    {"NGO", "ONG", "NRO"},
    {"OSCE", "OSZE", "OBWE"},
    {"IAEA", "IAEO", "AIEA", "OIEA", "MAEA"},
]
_WORDED = frozenset({"US", "USA", "UK", "UN", "GB", "TV", "PM", "MP", "AM", "CEO", "EUR", "USD", "UTC", "GMT"})


def _says(term: Term, text: str, language: str) -> bool:
    """Whether `text` has the expected form; inflected, as prefixed or in a compound, but never transliterated."""
    if not term.target:
        return term.source in text
    folded, words = _fold(text, language), re.findall(r"\w+", _fold(term.target, language))
    return all(re.search(_stem(word, _base(language)), folded) for word in words)


def _stem(word: str, language: str) -> str:
    before = r"(?<!\w)"
    if language == "ar":
        before += "[وفبكلا]{0,4}"  # and, so, in, as, for, the
        word = word.removeprefix("ال")
    stem = word if len(word) <= 3 else word[: max(3, round(len(word) * 0.7))]
    if language == "de" and len(word) > 5:
        before = ""
    return before + re.escape(stem)


def _fold(text: str, language: str = "") -> str:
    """Without case, accents and Arabic vowels."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    folded = "".join(letters).casefold()
    return folded.translate(_UKRAINIAN_VOWELS) if _base(language) == "uk" else folded


def _names(pair: _Pair) -> list[str]:
    """Acronyms and surnames that are gone; only between Latin alphabets, others transliterate."""
    source, target = pair.source.text, pair.target.text
    if not (_is_latin(source) and _is_latin(target)):
        return []
    return [acronym for acronym in _ACRONYM.findall(source) if not _has_acronym(acronym, target)] + [
        name for name in _surnames(source, target) if not _near(name, target)
    ]


def _is_latin(text: str) -> bool:
    """Without other alphabets, and not in capitals throughout, where a name would not stand out."""
    return bool(re.search("[a-z]", text)) and not re.search("[\u0370-\u1dff\u3000-\ud7ff]", text)


def _has_acronym(acronym: str, text: str) -> bool:
    forms = {acronym}.union(*(group for group in _LOCALISED if acronym in group))
    return acronym in _WORDED or any(form in text for form in forms)


def _surnames(source: str, target: str) -> Iterator[str]:
    """Last words of names: what is capitalised after a title, or after a first name that the translation keeps."""
    for match in _NAME.finditer(source):
        *before, name = match[0].split()
        kept = len(before[-1]) > 3 and re.search(rf"\b{re.escape(before[-1])} [A-ZÀ-Þ]", target)
        untitled = [word for word in before if not _TITLE.match(word)]
        gone = len(untitled) < len(before) and not any(_near(word, target) for word in untitled)
        if len(name) > 3 and not _TITLE.match(name) and (kept or gone):
            yield name


def _near(name: str, text: str) -> bool:
    """Whether `text` has the name, perhaps in another spelling: Zelensky, Selenskyj; Putin, Poutine."""
    words = {_fold(word) for word in re.findall(r"\w{2,}", text) if word[0].isupper()}
    name = _fold(name)
    return any(word.startswith(name[:4]) for word in words) or bool(get_close_matches(name, words, 1, 0.7))


# Quotations -----------------------------------------------------------------------------------------------------------

#: First of each pair the opening mark. ’ is a mark only where ‘ or ‚ is open: otherwise it is an apostrophe.
_QUOTES = {
    "en": "“” ‘’",
    "de": "„“ ‚‘ »« ›‹",
    "fr": "«» “” ‹› ‘’",
    "es": "«» “” ‘’",
    "pl": "„” «» ‚’",
    "ro": "„” «»",
    "uk": "«» „“",
    "ar": "«» “”",
    "ja": "「」 『』",
}
_ANY_QUOTES = "“” ‘’ „“ «» ‹› 「」 『』"
_MARK = re.compile(r"[“”„«»‹›‚\"「」『』’]|(?<!\w)‘|(?<=\w)‘(?!\w)|(?<=[.!?,…])‘")
_OPENING_PLACE = re.compile(r"(?<!\S).(?=\w)|(?<=[(\[]).(?=\w)")
_LOOSE_GUILLEMETS = re.compile(r"«(?![\xa0\u202f])|(?<![\xa0\u202f])»")


class _Quotations(NamedTuple):
    all: int
    long: int  # of three words or more: speech, where others may be a name or a way of putting it
    unbalanced: list[str]
    foreign: list[str]


def _quotes(pair: _Pair) -> dict[str, list[str]]:
    straight = ' ""' if '"' in pair.source.text else ""
    source_marks = _QUOTES.get(_base(pair.source_language), _ANY_QUOTES) + straight
    source = _quotations(pair.source.text, source_marks)
    # A quotation over several paragraphs is often opened again in each; then it may be so in the translation.
    reopens = bool(source.unbalanced)
    if reopens:
        source = _quotations(pair.source.text, source_marks, reopens)
    target = _quotations(pair.target.text, _QUOTES.get(_base(pair.language), _ANY_QUOTES) + straight, reopens)
    sound = not (source.unbalanced or source.foreign or target.unbalanced or target.foreign)
    # Some languages quote names of companies and ships where others do not.
    differ = sound and (source.long > target.all or target.long > source.all)
    loose = _LOOSE_GUILLEMETS.findall(pair.target.text) if _base(pair.language) == "fr" else []
    return {
        "quotes_unbalanced": [] if target.foreign else target.unbalanced,
        "quotes_foreign": target.foreign or loose,
        "quotes_count": [f"{source.all} → {target.all}"] if differ else [],
    }


def _quotations(text: str, pairs: str, reopens: bool = False) -> _Quotations:
    closing = dict(zip(pairs[::3], pairs[1::3], strict=True))
    complete: list[str] = []
    unbalanced: list[str] = []
    foreign: list[str] = []
    open_marks: list[tuple[str, int]] = []
    for match in _MARK.finditer(text):
        mark, start = match[0], match.start()
        if open_marks and mark == closing[open_marks[-1][0]]:
            complete.append(text[open_marks.pop()[1] : start])
        elif mark == "’":
            continue
        elif mark in closing:
            again = reopens and open_marks and open_marks[-1][0] == mark
            if not (again and text[:start].endswith("\n")):
                open_marks.append((mark, match.end()))
        else:
            opens = _OPENING_PLACE.match(text, start)  # as “ does in English, but closes in German
            (unbalanced if mark in closing.values() and not opens else foreign).append(mark)
    long = sum(len(quotation.split()) >= 3 for quotation in complete)
    return _Quotations(len(complete), long, unbalanced + [mark for mark, _ in open_marks], foreign)
