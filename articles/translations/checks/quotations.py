"""Check quotation marks."""

import re
from typing import NamedTuple

from articles.translations.checks.pair import Pair, base
from articles.translations.checks.typography import ANY_QUOTES, TYPOGRAPHY

_MARK = re.compile(r"[“”„«»‹›‚\"「」『』’]|(?<!\w)‘|(?<=\w)‘(?!\w)|(?<=[.!?,…])‘")
_OPENING_PLACE = re.compile(r"(?<!\S).(?=\w)|(?<=[(\[]).(?=\w)")
_LOOSE_GUILLEMETS = re.compile(r"«(?![\xa0\u202f])|(?<![\xa0\u202f])»")


class _Quotations(NamedTuple):
    all: int
    long: int  # of three words or more: speech; shorter ones may be names or terms
    unbalanced: list[str]
    foreign: list[str]


def quotations_differing(pair: Pair) -> dict[str, list[str]]:
    straight = ' ""' if '"' in pair.source.text else ""
    rules = TYPOGRAPHY.get(base(pair.language))
    source_marks = _quotes(pair.source_language) + straight
    source = _quotations(pair.source.text, source_marks)
    # A quotation over several paragraphs is often opened again in each; the translation may do the same.
    reopens = bool(source.unbalanced)
    if reopens:
        source = _quotations(pair.source.text, source_marks, reopens)
    target = _quotations(pair.target.text, _quotes(pair.language) + straight, reopens, rules.nested if rules else "")
    sound = not (source.unbalanced or source.foreign or target.unbalanced or target.foreign)
    # Some languages quote names of companies and ships, others do not.
    differ = sound and (source.long > target.all or target.long > source.all)
    loose = _LOOSE_GUILLEMETS.findall(pair.target.text) if rules and rules.spaced_quotes else []
    return {
        "quotes_unbalanced": [] if target.foreign else target.unbalanced,
        "quotes_foreign": target.foreign or loose,
        "quotes_count": [f"{source.all} → {target.all}"] if differ else [],
    }


def _quotes(language: str) -> str:
    rules = TYPOGRAPHY.get(base(language))
    return rules.quotes if rules else ANY_QUOTES


def _quotations(text: str, pairs: str, reopens: bool = False, nested: str = "") -> _Quotations:
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
            if not open_marks and mark in nested.replace("‘", "")[::3]:
                foreign.append(mark)
            if not (again and text.endswith("\n", 0, start)):
                open_marks.append((mark, match.end()))
        else:
            opens = _OPENING_PLACE.match(text, start)  # as “ does in English, but closes in German
            (unbalanced if mark in closing.values() and not opens else foreign).append(mark)
    long = sum(len(quotation.split()) >= 3 for quotation in complete)
    return _Quotations(len(complete), long, unbalanced + [mark for mark, _ in open_marks], foreign)
