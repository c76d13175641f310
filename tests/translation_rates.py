"""Measure the checks of translations on the set of right and wrong translations (`tests/translation_set`).

`python -m tests.translation_rates` prints the tables of docs/reference/translation-checks.md, `--write` writes them to
that page, and `--verbose` also prints each right translation with a remark and each wrong one without.

A hash of the source divides the set. Half of it was read while the rules were written (`seen`). Of one quarter, only
the false alarms were read, once (`alarms seen`). The last quarter was only measured (`unseen`; half of its German
entries had been read before), so it predicts the rates for other texts.
"""

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    django.setup()

from articles.translations.checks import Problem, check
from tests.translation_set import KINDS, LANGUAGES, Entry, load

PAGE = Path(__file__).parent.parent / "docs/reference/translation-checks.md"
START, END = "<!-- measured -->\n", "<!-- end of what is measured -->\n"
PARTS = ("seen", "alarms seen", "unseen")
_PART_OF_REMAINDER = ("seen", "alarms seen", "seen", "unseen")


@dataclass(frozen=True)
class Result:
    entry: Entry
    problems: tuple[Problem, ...]

    @property
    def part(self) -> str:
        return _PART_OF_REMAINDER[hashlib.sha256(self.entry.source.encode()).digest()[0] % 4]


def results() -> list[Result]:
    """Return the remarks on every entry of the set. This takes some seconds."""
    return [Result(entry, tuple(_problems(entry))) for language in LANGUAGES for entry in load(language)]


def _problems(entry: Entry) -> list[Problem]:
    return check(entry.source, entry.target, entry.source_language, entry.target_language, html=entry.field == "body")


def tables(found: list[Result]) -> str:
    """Return the tables as Markdown."""
    wrong = [result for result in found if not result.entry.right]
    right = [result for result in found if result.entry.right]
    codes = sorted({problem.code for result in right for problem in result.problems})
    lines = ["Wrong translations with a remark, of all, by kind of fault and target language:", ""]
    lines += _table(
        "fault",
        LANGUAGES,
        {
            kind: [_share(result for result in wrong if _is(result, kind, language)) for language in LANGUAGES]
            + [_share(result for result in wrong if _is(result, kind))]
            for kind in KINDS
        }
        | {
            "all": [_share(result for result in wrong if _is(result, None, language)) for language in LANGUAGES]
            + [_share(wrong)]
        },
    )
    lines += ["", "Right translations with a remark (false alarms), by check and target language:", ""]
    lines += _table(
        "check",
        LANGUAGES,
        {
            f"`{code}`": [str(_alarms(right, code, language)) for language in LANGUAGES] + [str(_alarms(right, code))]
            for code in codes
        }
        | {
            "any, of all": [_share(result for result in right if _is(result, None, language)) for language in LANGUAGES]
            + [_share(right)]
        },
    )
    lines += ["", "By part of the set:", ""]
    lines += _table(
        "part",
        ("wrong ones found", "false alarms"),
        {
            part: [_share(r for r in wrong if r.part == part), _share(r for r in right if r.part == part)]
            for part in PARTS
        },
        total=False,
    )
    return "\n".join(lines) + "\n"


def _is(result: Result, kind: str | None, language: str | None = None) -> bool:
    return (kind is None or kind in result.entry.faults) and language in (None, result.entry.target_language)


def _alarms(right: list[Result], code: str, language: str | None = None) -> int:
    return Counter(problem.code for result in right if _is(result, None, language) for problem in result.problems)[code]


def _share(found: Iterable[Result]) -> str:
    remarks = [bool(result.problems) for result in found]
    return f"{sum(remarks)}/{len(remarks)}" if remarks else "–"


def _table(first: str, columns: Iterable[str], rows: dict[str, list[str]], *, total: bool = True) -> Iterator[str]:
    heads = [first, *columns, *(["all"] if total else [])]
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"


def measured(page: str) -> str:
    """Return the tables on the page."""
    return page.partition(START)[2].partition(END)[0].strip("\n") + "\n"


def main() -> None:
    found = results()
    if "--verbose" in sys.argv:
        for result in found:
            if result.entry.right == bool(result.problems):
                print(result.part, result.entry, [(problem.code, problem.details) for problem in result.problems])
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.partition(START)[0], page.partition(END)[2]
        PAGE.write_text(f"{before}{START}\n{tables(found)}\n{END}{after}", encoding="utf-8")
    else:
        print(tables(found))


if __name__ == "__main__":
    main()
