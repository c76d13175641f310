"""Check the wording of whole pages: punctuation, terms, sentences from fragments, and words without a message.

The rules only apply to texts of the interface. Exempt are texts of the newsroom and of readers: the test's content,
isolated names, and texts in elements for such content; and code samples, contents of fields, and moments
(`tests.crawler.Words`). Buttons, labels, table headings and names for screen readers may only contain messages; any
other word in them was never translated.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from babel import Locale
from babel.lists import format_list

from liveblog.languages import SHIPPED, locale_of
from tests.crawler import Fault, Page, Vocabulary, Words

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))

import check_words

#: Replaces an exempt text in a line (Unicode, "object replacement character").
_OTHER = "\ufffc"
_AVOID = check_words.load()["avoid"]
_BREAKING = re.compile(r"[ \t\n\r\f]+")
#: French needs a no-break space before these marks, and no breaking one.
_FRENCH = re.compile(r" (?=[?!;:»])|« |[^\W\d](?=[?!;:](?:\s|$))")
_JOINT = re.compile(r"\s*[,;:…)]")
#: Punctuation that ends a part of a line: no sentence continues across it.
_END = re.compile(r"[.:;,!?…·–—|()/›“”„«»-]\s*$")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
#: Elements and attributes that may only contain texts of the interface.
_OURS = re.compile(
    r"(?:^|\s)(?:button|label|th|legend|summary|dt)(?:\.\S*)?$|\[(?:aria-label|placeholder|value|title)\]$"
)
_KEYS = re.compile(r"\b(?:Ctrl|Alt|Shift)\+\S+")


def faults_of_page(page: Page, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield the faults in the wording of a page."""
    for line in dict.fromkeys(map(tuple, page.runs)):
        if line not in vocabulary.checked:
            vocabulary.checked[line] = list(_faults_of_line(line, vocabulary))
        yield from vocabulary.checked[line]


def _faults_of_line(line: Sequence[Words], vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield the faults of the texts of one line."""
    languages = [words.language for words in line if words.text.strip() and not (words.is_foreign or words.is_name)]
    if not languages or languages[0] not in SHIPPED:
        return
    language, place = languages[0], line[0].place
    ours = [_is_ours(words, language, vocabulary) for words in line]
    text = _BREAKING.sub(
        " ", "".join(words.text if mine else _OTHER for words, mine in zip(line, ours, strict=True))
    ).strip()
    text = re.sub(r"mailto:|https?://", "", text)
    if "'" in text or '"' in text:
        yield Fault(f"{place} has a straight quotation mark", repr(text))
    if language == "fr" and (match := _FRENCH.search(text)):
        yield Fault(f"{place} has a wrong space at a French mark", f"{text!r} at {match.start()}")
    for words in (words for words, mine in zip(line, ours, strict=True) if mine):
        for pattern, better in _AVOID.get(language, {}).items():
            if match := re.search(pattern, _BREAKING.sub(" ", words.text).strip()):
                yield Fault(f"{place} says “{match[0]}” in {language}; write {better or 'something else'}", repr(text))
    if vocabulary.is_line(" ".join("".join(words.text for words in line).split()), language):
        return
    for number, (words, mine) in enumerate(zip(line, ours, strict=True)):
        if not (mine and words.text.strip()):
            continue
        before = next((each for each in reversed(line[:number]) if each.text.strip()), None)
        if before is not None and (joined := _joined(before, line[:number], words, language, vocabulary)):
            yield Fault(f"{place} makes a sentence of fragments: {joined}", repr(text))
        if _OURS.search(words.place) and not _is_known(words.text, language, vocabulary):
            yield Fault(f"{words.place} shows what is no message in {language}", repr(words.text.strip()))


def _is_ours(words: Words, language: str, vocabulary: Vocabulary) -> bool:
    return not (words.is_foreign or words.is_name) and words.language == language and not vocabulary.content(words.text)


def _joined(before: Words, begun: Sequence[Words], words: Words, language: str, vocabulary: Vocabulary) -> str:
    """Return the place where a message and another text form one sentence; "" if there is none."""
    text = words.text
    if _JOINT.match(text) and language in vocabulary.interface(before.text) and not _END.search(before.text):
        return f"a mark behind the message “{before.text.strip()}”"
    bare = text.strip()
    # Adjacent boxes have no space between them, or are not values. A key and its effect are not a sentence.
    spaced = begun[-1].text[-1:].isspace() or text[:1].isspace()
    is_value = before.is_name or before.is_foreign
    if not (spaced and is_value) or before.place.split()[-1].startswith("kbd"):
        return ""
    # CLDR joins lists with words that are messages elsewhere, such as "and".
    if (
        bare[:1].islower()
        and bare not in _names(language)
        and language in vocabulary.interface(bare)
        and not _END.search(before.text)
    ):
        return f"a value before the message “{bare}”"
    return ""


def _is_known(text: str, language: str, vocabulary: Vocabulary) -> bool:
    """Return whether a text is a message, a CLDR name, or a list of them."""
    text = " ".join(text.split())
    if not _LETTERS.search(_KEYS.sub("", text)):
        return True
    if vocabulary.is_line(text, language) or vocabulary.content(text) or text in _names(language):
        return True
    if match := re.fullmatch(r"(.+?) ?\((.+)\)(?: ?:)?", text):
        return all(_is_known(part, language, vocabulary) for part in match.groups())
    for mark in ("\n", " | ", " › ", " · ", " – ", ": ", ", ", "، "):
        parts = text.split(mark)
        if len(parts) > 1:
            return all(_is_known(part, language, vocabulary) for part in parts)
    return False


@cache
def _names(language: str) -> frozenset[str]:
    """Return the names of languages, countries, months and days in a language, and its conjunctions of lists."""
    locale: Locale = locale_of(language)
    own = [Locale.parse(code, sep="-").get_display_name() for code in SHIPPED]
    found = [*locale.languages.values(), *locale.territories.values(), *filter(None, own)]
    for names in (locale.months, locale.days):
        found += [name for forms in names["format"].values() for name in forms.values()]
        found += [name for forms in names["stand-alone"].values() for name in forms.values()]
    found.append(format_list(["", ""], locale=locale).strip())
    return frozenset([*found, *(name[:1].upper() + name[1:] for name in found)])
