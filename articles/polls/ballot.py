"""The question, choices and results of a poll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from articles.polls.models import Vote
from articles.text import richtext
from articles.text.localized import Text
from articles.translations.selection import ReaderTexts
from liveblog.languages import column

if TYPE_CHECKING:
    from articles.models import Article, Update

MIN_CHOICES, MAX_CHOICES = 2, 10


@dataclass(frozen=True)
class Ballot:
    #: The text around the list, as HTML.
    introduction: str
    choices: list[str]


def parse(body: str) -> Ballot | None:
    """Return the ballot in a text; None unless it has exactly one list, without empty items and nested lists."""
    blocks = richtext.blocks(body)
    lists = [block for block in blocks if block.startswith(("<ul", "<ol"))]
    if len(lists) != 1 or lists[0].count("<ul") + lists[0].count("<ol") > 1:
        return None
    choices = richtext.items(lists[0])
    return Ballot("".join(block for block in blocks if block is not lists[0]), choices) if all(choices) else None


def _in(update: Update, language: str) -> Ballot | None:
    return parse(getattr(update, column("body", language)) or "")


def length(update: Update) -> int:
    """Return the number of choices."""
    written = _in(update, update.source_language)
    return len(written.choices) if written else 0


def has_votes(update: Update) -> bool:
    """Return whether somebody has voted, on this update or on a copy of it in another article."""
    copies = Q(update__copy_group=update.copy_group) if update.copy_group else Q()
    return Vote.objects.filter(Q(update=update.pk) | copies).exists()


def keeps_votes(new: list[str], old: list[str]) -> bool:
    """Return whether votes on `old` choices stay valid for `new` ones: as many, and none moved to another place."""
    moved = (choice != before and choice in old for choice, before in zip(new, old, strict=False))
    return len(new) == len(old) and not any(moved)


def choices(update: Update, texts: ReaderTexts) -> list[Text]:
    """Return the choices for readers; those of the source language if a translation has another number of them."""
    written = _in(update, texts.language)
    language = texts.language
    if written is None or len(written.choices) != length(update):
        written, language = _in(update, update.source_language), update.source_language
    return [Text(choice, language, texts.page_language) for choice in (written.choices if written else ())]


def counts(update: Update) -> list[int]:
    """Return the published number of votes for each choice."""
    tally = getattr(update, "tally", None)
    published = list(tally.counts) if tally else []
    return [*published, *[0] * MAX_CHOICES][: length(update)]


def is_open(update: Update, article: Article) -> bool:
    """Return whether readers can vote now."""
    if update.state != "published" or article.state == "finished":
        return False
    return update.closes_at is None or update.closes_at > timezone.now()


def results(update: Update, texts: ReaderTexts) -> dict[str, object]:
    """Return the results for the template."""
    votes = counts(update)
    total = sum(votes)
    return {
        "update": update,
        "total": total,
        "results": [
            {"choice": choice, "votes": count, "percent": round(100 * count / total) if total else 0}
            for choice, count in zip(choices(update, texts), votes, strict=True)
        ],
    }


def context(update: Update, article: Article, texts: ReaderTexts) -> dict[str, object]:
    """Return the template's variables: the results, the introduction, and whether readers can vote."""
    written = _in(update, texts.language)
    return results(update, texts) | {
        "introduction": Text(written.introduction if written else "", texts.language, texts.page_language),
        "open": is_open(update, article),
    }
