"""What a poll asks, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from articles.polls.models import Vote
from articles.text import richtext
from articles.text.localized import Text
from articles.translations.selection import ReaderTexts

MIN_CHOICES, MAX_CHOICES = 2, 10


@dataclass(frozen=True)
class Ballot:
    #: What stands around the list, as HTML.
    introduction: str
    choices: list[str]


def parse(body: str) -> Ballot | None:
    """The ballot that a text is; None where it has not exactly one list, or an item of it is empty or has items."""
    blocks = richtext.blocks(body)
    lists = [block for block in blocks if block.startswith(("<ul", "<ol"))]
    if len(lists) != 1 or lists[0].count("<ul") + lists[0].count("<ol") > 1:
        return None
    choices = richtext.items(lists[0])
    return Ballot("".join(block for block in blocks if block is not lists[0]), choices) if all(choices) else None


def _in(update: Any, language: str) -> Ballot | None:
    return parse(getattr(update, f"body_{language}") or "")


def length(update: Any) -> int:
    """How many choices there are."""
    written = _in(update, update.source_language)
    return len(written.choices) if written else 0


def voted_on(update: Any) -> bool:
    """Whether somebody has voted, here or in another article in which the update stands."""
    copies = Q(update__copy_group=update.copy_group) if update.copy_group else Q()
    return Vote.objects.filter(Q(update=update.pk) | copies).exists()


def fits(choices: list[str], asked: list[str]) -> bool:
    """Whether votes for `asked` can stand for `choices`: as many, of which none has been one in another place."""
    moved = (new != old and new in asked for new, old in zip(choices, asked, strict=False))
    return len(choices) == len(asked) and not any(moved)


def choices(update: Any, reading: ReaderTexts) -> list[Text]:
    """The choices as readers get them. Where a translation has another number of them, those of the original."""
    written = _in(update, reading.language)
    language = reading.language
    if written is None or len(written.choices) != length(update):
        written, language = _in(update, update.source_language), update.source_language
    return [Text(choice, language, reading.page_language) for choice in (written.choices if written else ())]


def counts(update: Any) -> list[int]:
    """The published tally, a number for each choice."""
    tally = getattr(update, "tally", None)
    known = list(tally.counts) if tally else []
    return [*known, *[0] * MAX_CHOICES][: length(update)]


def is_open(update: Any, article: Any) -> bool:
    """Whether readers can vote now."""
    if update.state != "published" or article.state == "finished":
        return False
    return update.closes_at is None or update.closes_at > timezone.now()


def results(update: Any, reading: ReaderTexts) -> dict[str, Any]:
    """How the poll stands, for its template."""
    votes = counts(update)
    total = sum(votes)
    return {
        "update": update,
        "total": total,
        "results": [
            {"choice": choice, "votes": count, "percent": round(100 * count / total) if total else 0}
            for choice, count in zip(choices(update, reading), votes, strict=True)
        ],
    }


def context(update: Any, article: Any, reading: ReaderTexts) -> dict[str, Any]:
    written = _in(update, reading.language)
    return results(update, reading) | {
        "introduction": Text(written.introduction if written else "", reading.language, reading.page_language),
        "open": is_open(update, article),
    }
