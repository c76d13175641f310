"""Notes about losses and doubts of an import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Level = Literal["lost", "doubtful"]

#: The greatest number of examples that are kept for one note.
MAX_EXAMPLES = 20
_EXAMPLE_LENGTH = 120

#: The meaning of each code, and whether something is lost.
CODES: dict[str, tuple[Level, str | Promise]] = {
    "broken": ("lost", _("Entries that couldn’t be read were skipped.")),
    "empty": ("lost", _("Entries without text, picture or embed were skipped.")),
    "refused": ("lost", _("Entries that break a rule of this site were skipped.")),
    "markup": ("lost", _("Unsupported elements were removed; any text in them was kept.")),
    "picture": ("lost", _("Pictures that couldn’t be fetched or used were skipped.")),
    "comments": ("lost", _("Reader comments on the source aren’t imported.")),
    "related": ("lost", _("Related articles that aren’t on this site were skipped.")),
    "part": ("lost", _("Unknown parts of the archive were skipped.")),
    "account": ("lost", _("People without an account on this site appear in the history by name only.")),
    "doubled": ("doubtful", _("Two entries had the same ID; the one changed last was used.")),
    "no-id": ("doubtful", _("Entries without an ID are recognised by their time and text.")),
    "no-time": ("doubtful", _("Entries without a readable time were given the time of the entry before them.")),
    "local-time": ("doubtful", _("Times without a time zone were read in the article’s time zone.")),
    "ambiguous-time": (
        "doubtful",
        _("Times that occurred twice or not at all when the clocks changed were read as the earlier one."),
    ),
    "future-time": ("doubtful", _("Times in the future were replaced by the time of the import.")),
    "early-time": ("doubtful", _("Some times are more than a day before the start of coverage.")),
    "passed-plan": ("doubtful", _("Scheduled updates whose time had passed became drafts.")),
    "cut": ("doubtful", _("Texts that were too long were cut.")),
    "second-embed": ("doubtful", _("An update can have only one embed; any others became links.")),
    "no-credit": ("doubtful", _("Pictures without a credit line were credited to their website.")),
    "no-headline": (
        "doubtful",
        _("The source has no headline, so one was made from the URL slug or the first entry."),
    ),
    "language": (
        "doubtful",
        _("The source gives no language, or one that this site doesn’t offer, so the language was detected."),
    ),
    "partial": ("doubtful", _("The source lists only some of its entries.")),
    "slug": ("doubtful", _("URL slugs that another live blog has or had weren’t used in other languages.")),
    "edited-here": ("doubtful", _("Updates that were edited here were left unchanged.")),
    "missing": ("doubtful", _("Many entries disappeared from the source at once. None of them was withdrawn.")),
}


@dataclass
class Note:
    code: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def level(self) -> Level:
        return CODES[self.code][0]

    @property
    def message(self) -> str:
        """Return the meaning in the active language."""
        return str(CODES[self.code][1])

    @property
    def more(self) -> int:
        """Return the number of cases beyond the examples."""
        return max(0, self.count - len(self.examples))


class Notes:
    """The notes of one import, in order of their first occurrence."""

    def __init__(self) -> None:
        self._notes: dict[str, Note] = {}

    def add(self, code: str, example: str = "") -> None:
        """Count one case of a note. `example` names the entry."""
        if code not in CODES:
            raise ValueError(f"No note is called {code!r}.")
        note = self._notes.setdefault(code, Note(code))
        note.count += 1
        example = example[:_EXAMPLE_LENGTH]
        if example and len(note.examples) < MAX_EXAMPLES and example not in note.examples:
            note.examples.append(example)

    def extend(self, other: Notes) -> None:
        """Count the cases of other notes as well."""
        for theirs in other:
            note = self._notes.setdefault(theirs.code, Note(theirs.code))
            note.count += theirs.count
            new = [example for example in theirs.examples if example not in note.examples]
            note.examples += new[: MAX_EXAMPLES - len(note.examples)]

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes.values())

    def __bool__(self) -> bool:
        return bool(self._notes)

    def as_json(self) -> list[dict[str, object]]:
        return [{"code": note.code, "count": note.count, "examples": note.examples} for note in self]

    @staticmethod
    def from_json(stored: list[dict[str, object]]) -> list[Note]:
        """Return stored notes, without those of codes that a later release no longer has."""
        return [Note(**each) for each in stored if each.get("code") in CODES]  # type: ignore[arg-type]
