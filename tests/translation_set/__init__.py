"""A set of right and wrong translations, to measure the detections and false alarms of the translation checks.

One file per target language, `<language>.jsonl`, has one entry per line. Right translations of a source come first.
Wrong ones follow: each is the right one with a single fault, the smallest that changes the meaning for readers.

One author wrote the sources and translations for this set, in the style of live blogs (war and diplomacy, elections,
storms, sport, markets, courts, trains; posts, headlines, quotations, lists, credit lines, captions). People, places and
offices have their names in the news, but the author invented all sentences and quotations: nothing here reports real
actions or statements. No entry was made from a template.

The author had not read the rules of the checks and did not run them, so the choice of entries does not depend on the
abilities of the checks. Do not adapt entries to rules: an entry changes only if it is wrong as a translation, and the
commit says why.

Right entries contain phrases that rules easily mistake for a fault: numbers as words and words as numbers, converted
units, negations that vanish or appear because the language says it the other way round ('not until', 'nobody but',
'refused', double negation), names transliterated and inflected, acronyms that change with the language. If a strict
reader might still object, `note` says why the entry is right. A wrong entry has one kind of fault in `faults`, and
`note` shows the change:

- negation: a word of negation lost or added ('not', 'nobody', 'never', 'without');
- reversal: the opposite without a negation ('accepted' for 'refused', 'up' for 'down', 'innocent' for 'guilty');
- number: another number, also as a word, a fraction, an ordinal, a clock time or a score;
- date: another day, month, year or decade;
- unit: another currency, measure or span of time;
- name: another person, place, team or company;
- acronym: another organisation, or the acronym of another language;
- typography: punctuation or spaces that the target language does not use;
- link: missing, or with another target;
- markup: tags broken, escaped or turned into other signs, placeholders mangled;
- omission: a sentence, a clause or an item of a list left out;
- question: turned into a statement;
- untranslated: the text, or a sentence of it, is in the source language;
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
    """A translation of one field: `body` is HTML, other fields are plain text. Without `faults`, it is right."""

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
