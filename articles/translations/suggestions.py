"""Suggestions: carry a correction of the original over into a translation that a person has written.

The reviewed text stays where the original is unchanged. If only numbers, names or addresses of links have changed, they
are replaced where that is safe; only other changed sentences are sent to a machine. A suggestion is stored beside the
translation, and no reader ever gets it: a person accepts or edits it.
"""

from __future__ import annotations

import difflib
import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from babel.numbers import NumberFormatError, format_decimal, parse_decimal

from articles.text.plaintext import decoded, plain_text
from articles.text.richtext import blocks, sanitise
from articles.translations import columns, review
from liveblog.languages import locale_of

if TYPE_CHECKING:
    from articles.models import Article, Translation, Update


@dataclass(frozen=True)
class Sentence:
    """A passage of the original that a machine has to draft, as HTML, with the white space after it."""

    source: str
    space: str = ""


#: A passage of the suggestion that is known, or one that a machine has to draft.
Part = str | Sentence


@dataclass(frozen=True)
class Plan:
    """The suggestion for the texts of an item, as far as it is known without a machine."""

    parts: Mapping[str, Sequence[Part]]
    rich: frozenset[str]

    @property
    def sentences(self) -> list[str]:
        """Return the sentences for a machine to draft, in order."""
        return [part.source for found in self.parts.values() for part in found if isinstance(part, Sentence)]

    @property
    def fields(self) -> list[str]:
        """Return the field of each of the `sentences`."""
        return [field for field, found in self.parts.items() for part in found if isinstance(part, Sentence)]

    @property
    def drafted_fields(self) -> set[str]:
        return {field for field, found in self.parts.items() if any(isinstance(part, Sentence) for part in found)}

    def texts(self, drafts: Sequence[str], *, raw: bool = False) -> dict[str, str]:
        """Return the suggestion, given the drafts of `sentences`. `raw`: faults of markup stay, for checks to see."""
        remaining = iter(drafts)
        found = {}
        for field, parts in self.parts.items():
            text = "".join(_drafted(part, next(remaining)) if isinstance(part, Sentence) else part for part in parts)
            if field in self.rich:
                found[field] = text if raw else sanitise(text)
            else:
                found[field] = decoded(text).strip()
        return {field: text for field, text in found.items() if text}


def _drafted(sentence: Sentence, draft: str) -> str:
    return f"{draft.strip()}{sentence.space}"


def plan(item: Article | Update, before: review.Texts, now: review.Texts, written: review.Texts, language: str) -> Plan:
    """Plan the suggestion for a translation that was `written` from the original as it was `before`; it is `now`."""
    rich = frozenset(columns.rich_fields(item))
    parts: dict[str, list[Part]] = {}
    for field, new in now.items():
        old, text = before.get(field, ""), written.get(field, "")
        if old == new:
            parts[field] = [text if field in rich else html.escape(text, quote=False)]
            continue
        carry = _Carry(item.source_language, language)
        if field in rich:
            parts[field] = list(carry.rich(old, new, text))
        else:
            parts[field] = list(carry.passage(*(html.escape(each, quote=False) for each in (old, new, text))))
    return Plan(parts, rich)


def whole(item: Article | Update, source: review.Texts) -> Plan:
    """Plan a draft of all texts."""
    rich = frozenset(columns.rich_fields(item))
    # Plain text is sent as HTML without markup.
    texts = {field: text if field in rich else html.escape(text, quote=False) for field, text in source.items()}
    return Plan({field: [Sentence(text)] for field, text in texts.items()}, rich)


def carried(old: str, now: str, written: str, source_language: str, language: str) -> str | None:
    """Return the translation of a passage, as HTML, with the changes of its original; None if that needs a machine."""
    parts = list(_Carry(source_language, language).passage(old, now, written))
    found = [part for part in parts if not isinstance(part, Sentence)]
    return "".join(found) if len(found) == len(parts) else None


def of(row: Translation, source: review.Texts) -> dict[str, str] | None:
    """Return the suggestion for a translation, if there is one for the texts and the original as they are now."""
    stored = row.suggestion
    if not stored or stored["version"] != row.version or stored["source"] != source:
        return None
    return dict(stored["texts"])


def as_json(row: Translation, source: review.Texts, texts: review.Texts, engine: str) -> dict[str, object]:
    return {"version": row.version, "source": dict(source), "texts": dict(texts), "engine": engine}


# The least change -----------------------------------------------------------------------------------------------------

_BLOCK_TAG = re.compile(r"(</?(?:p|h3|ul|ol|li|blockquote|table|caption|thead|tbody|tr|th|td|br)\b[^>]*>)")
_END = re.compile(r"([.!?…؟。！？][\"'”“’»«›‹)\]]*(?:</\w+>)*)(\s+)(?=\S)")
_TOKEN = re.compile(
    r"(?P<tag></?\w[^>]*>)|(?P<number>\d+(?:[.,\xa0\u202f\u2009٬٫’']\d+)*)|(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)|&#?\w+;|\s+|."
)
#: Languages that put a full stop after ordinals.
_ORDINAL_STOPS = frozenset({"de", "pl"})
_SPACES = re.compile("[\xa0\u202f\u2009]")
_EASTERN_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_WESTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
#: The least similarity of two spellings of one name. Another person's name may need other forms around it.
_SAME_NAME = 0.7
_SAME_BLOCK = 0.5
#: Texts of more passages or words are not compared: the time can grow with the cube of the number.
_MAX_UNITS = 1500
_MAX_WORDS = 100


class _Carry:
    """Carry the changes between two versions of an original over into its translation."""

    def __init__(self, source_language: str, language: str) -> None:
        self._source_language = source_language
        self._language = language

    def rich(self, old: str, now: str, written: str) -> Iterator[Part]:
        """Carry over the changes of rich text: paragraph by paragraph, if both texts have the same ones."""
        before, after, texts = blocks(sanitise(old)), blocks(sanitise(now)), blocks(sanitise(written))
        if len(before) != len(texts):
            before, texts = [], []
        for i, j in _pairs(before, after):
            if i is None:
                yield from _draft(after[j])
            elif before[i] == after[j]:
                yield texts[i]
            else:
                yield from self._block(before[i], after[j], texts[i])

    def _block(self, old: str, now: str, written: str) -> list[Part]:
        """Carry over the changes of a paragraph, list, quote or table: cell by cell, if both texts have the same."""
        before, after, texts = _BLOCK_TAG.split(old), _BLOCK_TAG.split(now), _BLOCK_TAG.split(written)
        found: list[Part] = []
        if before[1::2] != texts[1::2]:
            return list(_draft(now))
        for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if kind == "equal":
                found += texts[a:b]
            elif b - a == d - c and _is_text(before[a:b]) and _is_text(after[c:d]):
                for one, other, text in zip(before[a:b], after[c:d], texts[a:b], strict=True):
                    found += self.passage(one, other, text)
            elif _is_whole(before[a:b]) and _is_whole(after[c:d]):
                found += _draft("".join(after[c:d]))
            else:
                return list(_draft(now))
        return found

    def passage(self, old: str, now: str, written: str) -> Iterator[Part]:
        """Carry over the changes of a passage without paragraphs, as HTML, sentence by sentence."""
        swapped = self._swapped(old, now, written)
        if swapped is not None:
            yield swapped
            return
        before, after = _sentences(old, self._source_language), _sentences(now, self._source_language)
        texts = _sentences(written, self._language)
        if len(before) != len(texts) or len(before) + len(after) == 2:
            yield from _draft(now)
            return
        for i, j in _pairs([core for core, _space in before], [core for core, _space in after]):
            core, space = after[j]
            # The last sentence of a passage has no space after it, and any other needs one.
            space = space or (" " if j < len(after) - 1 else "")
            if i is None:
                yield from _draft(core + space)
            elif before[i][0] == core:
                yield texts[i][0] + space
            else:
                swapped = self._swapped(before[i][0], core, texts[i][0])
                yield from [swapped + space] if swapped is not None else _draft(core + space)

    def _swapped(self, old: str, now: str, written: str) -> str | None:
        """Return the translation with changed numbers, names and tags replaced; None if more changed or in doubt."""
        if not written.strip():
            return None
        before, after, texts = (list(_TOKEN.finditer(text)) for text in (old, now, written))
        if max(map(len, (before, after, texts))) > _MAX_UNITS:
            return None
        replaced: dict[str, re.Match[str]] = {}
        times: Counter[str] = Counter()
        plain_before, plain_after = [each[0] for each in before], [each[0] for each in after]
        for kind, a, b, c, d in difflib.SequenceMatcher(None, plain_before, plain_after, autojunk=False).get_opcodes():
            if kind == "equal":
                continue
            if b - a != d - c:
                return None
            for one, other in zip(before[a:b], after[c:d], strict=True):
                if one.lastgroup is None or one.lastgroup != other.lastgroup:
                    return None
                if replaced.setdefault(one[0], other)[0] != other[0]:
                    return None
                times[one[0]] += 1
        found = [each[0] for each in texts]
        for text, other in replaced.items():
            places = self._places(text, other, found)
            # If it also occurs where it has not changed, the occurrences cannot be matched.
            if len(places) != times[text] or plain_before.count(text) != times[text]:
                return None
            for place, replacement in places.items():
                found[place] = replacement
        return "".join(found)

    def _places(self, old: str, now: re.Match[str], found: list[str]) -> dict[int, str]:
        """Return the positions of a token of the original in a translation, with their replacements."""
        if now.lastgroup == "number":
            pairs = (self._number(old, now[0], token) for token in found)
            return {place: token for place, token in enumerate(pairs) if token is not None}
        if now.lastgroup == "word" and not _is_same_name(old, now[0]):
            return {}
        return {place: now[0] for place, token in enumerate(found) if token == old}

    def _number(self, old: str, now: str, token: str) -> str | None:
        """Return the new number in the notation of `token`, if that is the old number; None if not, or if in doubt."""
        western = token.translate(_WESTERN_DIGITS)
        if not western[:1].isdigit():
            return None
        first, second = self._value(old), self._value(now)
        # Without separators a number is the same in all languages; dates and times stay as they are written.
        forms = {old: now} if old.isdecimal() or first is None else {}
        if first is not None and second is not None:
            if not self._same_plural(first, second):
                return None
            forms[_formatted(first, self._language)] = _formatted(second, self._language)
        for form, replacement in forms.items():
            if _SPACES.sub(" ", form) == _SPACES.sub(" ", western):
                space = _SPACES.search(western)
                result = _SPACES.sub(space[0], replacement) if space else replacement
                return result.translate(_EASTERN_DIGITS) if western != token else result
        return None

    def _value(self, number: str) -> Decimal | None:
        if number.isdecimal():
            return Decimal(number)
        try:
            return parse_decimal(number, locale=locale_of(self._source_language), strict=True)
        except NumberFormatError:
            return None

    def _same_plural(self, first: Decimal, second: Decimal) -> bool:
        """Return whether words beside both numbers have the same form (CLDR, plural rules)."""
        plural = locale_of(self._language).plural_form
        return plural(first) == plural(second)


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int]]:
    """Yield for each passage of the new text the one that it was before; None if it is new."""
    if max(len(before), len(after)) > _MAX_UNITS:
        yield from ((None, j) for j in range(len(after)))
        return
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal" or b - a == d - c:
            yield from zip(range(a, b), range(c, d), strict=True)
            continue
        left = list(range(a, b))
        for j in range(c, d):
            i = next((i for i in left if _alike(before[i], after[j])), None)
            yield i, j
            left = left if i is None else [other for other in left if other > i]


def _is_text(tokens: Sequence[str]) -> bool:
    """Return whether none of the tokens is the tag of a paragraph or cell."""
    return not any(_BLOCK_TAG.fullmatch(token) for token in tokens)


def _is_whole(tokens: Sequence[str]) -> bool:
    """Return whether the tokens are whole elements."""
    opened: list[str] = []
    for token in tokens:
        if not _BLOCK_TAG.fullmatch(token) or token.startswith("<br"):
            continue
        name = re.sub(r"\W", "", token.split()[0])
        if not token.startswith("</"):
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _alike(one: str, other: str) -> bool:
    words, others = (plain_text(text).split()[:_MAX_WORDS] for text in (one, other))
    return difflib.SequenceMatcher(None, words, others, autojunk=False).ratio() >= _SAME_BLOCK


def _sentences(text: str, language: str) -> list[tuple[str, str]]:
    """Return the sentences of a passage, each with the white space after it. Elements are not taken apart."""
    found = []
    start = 0
    for match in _END.finditer(text):
        core = text[start : match.end(1)]
        if _is_abbreviation(core, text[match.end() :], language) or _depth(core) != 0:
            continue
        found.append((core, match[2]))
        start = match.end()
    if text[start:].strip() or not found:
        rest = text[start:]
        found.append((rest.rstrip(), rest[len(rest.rstrip()) :]))
    return found


def _is_abbreviation(before: str, after: str, language: str) -> bool:
    if re.match(r"(?:</?\w[^>]*>)*[^\W\d_]", after) and plain_text(after[:200])[:1].islower():
        return True
    text = plain_text(before)
    if re.search(r"(?<!\w)[^\W\d_]\.$|(?<!\w)(?:Mr|Mrs|Ms|Dr|Prof|St|Nr|No|Mio|Mrd|Abs|Art)\.$", text):
        return True
    return language in _ORDINAL_STOPS and bool(re.search(r"\d\.$", text))


def _depth(text: str) -> int:
    """Return how many elements are open at the end of a passage."""
    return len(re.findall(r"<[a-z]", text)) - len(re.findall(r"</[a-z]", text)) - len(re.findall(r"<br\b", text))


def _draft(text: str) -> Iterator[Part]:
    """Yield a passage of the original to be drafted whole, or its tags if it has no words."""
    core = text.rstrip()
    if plain_text(core).strip():
        yield Sentence(core, text[len(core) :])
    elif text:
        yield text


def _formatted(value: Decimal, language: str) -> str:
    _whole, _mark, fraction = f"{value:f}".partition(".")
    pattern = "#,##0" + ("." + "0" * len(fraction) if fraction else "")
    # Arabic with the digits that its Latin numbering system has; see `_number`.
    return str(format_decimal(value, pattern, locale=locale_of(language), numbering_system="latn"))


def _is_same_name(old: str, now: str) -> bool:
    """Return whether two words are spellings of one name."""
    names = old[0].isupper() and now[0].isupper() and min(len(old), len(now)) >= 4
    return names and difflib.SequenceMatcher(None, old.casefold(), now.casefold()).ratio() >= _SAME_NAME
