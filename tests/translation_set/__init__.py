"""A set of right and wrong translations, to measure what the checks of translations find and what they find in vain.

One file per target language, `<language>.jsonl`, holds one entry per line. Right translations come first to their
source, and the wrong ones follow: each is that translation with one fault, the smallest one that changes what
readers are told.

How it was made: one author wrote sources and translations for this set, in the manner of live blogs (war and
diplomacy, elections, storms, sport, markets, courts, trains; posts, headlines, quotations, lists, credit lines,
captions). People, places and offices are named as the news names them, but the sentences are the author's: the
quotations are invented, and nothing here reports what somebody did or said. Nothing was made from a template.

The author had not read the rules of the checks and did not run them, so neither the right nor the wrong entries were
chosen by what a check can see. Do not adapt entries to rules: an entry changes only if it is wrong as a translation,
and the commit says why.

Right entries hold what rules easily mistake for a fault: numbers as words and words as numbers, units converted,
negations that vanish or appear because the language says it the other way round ('not until', 'nobody but',
'refused', double negation), names transliterated and inflected, acronyms that change with the language. Where a
strict reader might still object, their `note` says why they are right. A wrong entry has one kind of fault in
`faults`, and its `note` shows what was changed:

- negation: a word of negation lost or added ('not', 'nobody', 'never', 'without');
- reversal: the opposite said without one ('accepted' for 'refused', 'up' for 'down', 'innocent' for 'guilty');
- number: another number, also written as a word, a fraction, an ordinal, a clock time or a score;
- date: another day, month, year or decade;
- unit: another currency, measure or span of time;
- name: another person, place, team or company;
- acronym: another organisation, or the acronym of another language;
- typography: marks or spaces that the target language does not use;
- link: missing, or leading elsewhere;
- markup: tags broken, escaped or turned into other signs, placeholders mangled;
- omission: a sentence, a clause or an item of a list left out;
- question: turned into a statement;
- untranslated: the text, or a sentence of it, stands in the language of the source;
- language: the text is in a third language;
- script: letters of another script.

Typography is that of newspapers: “…” in English, „…“ in German, « … » with no-break spaces in French and a narrow
one (U+202F) before ? ! ; there, «…» in Spanish, Ukrainian and Arabic, „…” in Polish and Romanian.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "de", "fr", "es", "pl", "ro", "uk", "ar")
FIELDS = ("body", "headline", "credit", "caption")
KINDS = (
    "negation",
    "reversal",
    "number",
    "date",
    "unit",
    "name",
    "acronym",
    "typography",
    "link",
    "markup",
    "omission",
    "question",
    "untranslated",
    "language",
    "script",
)


@dataclass(frozen=True)
class Entry:
    """A translation of one field: `body` is HTML, the other fields are plain text; without `faults` it is right."""

    source_language: str
    target_language: str
    field: str
    source: str
    target: str
    faults: tuple[str, ...]
    note: str

    @property
    def right(self) -> bool:
        return not self.faults


def parse(line: str) -> Entry:
    """Return the entry of a line; raise ValueError or TypeError if it is not well formed."""
    values: dict[str, Any] = json.loads(line)
    entry = Entry(**{**values, "faults": tuple(values["faults"])})
    if entry.source_language == entry.target_language:
        raise ValueError("source and target are in the same language")
    if {entry.source_language, entry.target_language} - set(LANGUAGES):
        raise ValueError("unknown language")
    if entry.field not in FIELDS or set(entry.faults) - set(KINDS):
        raise ValueError("unknown field or kind of fault")
    if len(entry.faults) > 1:
        raise ValueError("more than one fault")
    if not (entry.source.strip() and entry.target.strip()):
        raise ValueError("empty text")
    if entry.faults and not entry.note:
        raise ValueError("no note on the fault")
    return entry


def load(language: str) -> Iterator[Entry]:
    """Yield the entries with this target language, in the order of the file."""
    with (FOLDER / f"{language}.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield parse(line)
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"{language}.jsonl, line {number}: {error}") from error
