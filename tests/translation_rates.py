"""Measure the checks of translations on the set of right and wrong translations (`tests/translation_set`).

`python -m tests.translation_rates` prints the tables of docs/reference/translation-checks.md; `VERBOSE=1` also prints
each right translation with a remark and each wrong one without.

A hash of the source divides the set. The rules were written with half of it in view (`seen`); of one quarter only the
false alarms were looked at once (`alarms seen`), and nobody has looked at the last quarter while writing rules
(`unseen`). So that quarter says what to expect of other texts.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cache

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    django.setup()

from articles.translations.checks import Problem, check
from tests.translation_set import LANGUAGES, Entry, load

PARTS = ("seen", "alarms seen", "seen", "unseen")


@dataclass(frozen=True)
class Result:
    entry: Entry
    problems: tuple[Problem, ...]

    @property
    def part(self) -> str:
        return PARTS[hashlib.sha256(self.entry.source.encode()).digest()[0] % 4]


@cache
def results() -> tuple[Result, ...]:
    """Return the remarks on every entry of the set, which takes some seconds."""
    return tuple(Result(entry, tuple(_problems(entry))) for language in LANGUAGES for entry in load(language))


def _problems(entry: Entry) -> list[Problem]:
    return check(entry.source, entry.target, entry.source_language, entry.target_language, html=entry.field == "body")
