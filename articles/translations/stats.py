"""How far the translations are, in figures for editors and for monitoring."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q

from articles.models import Translation

logger = logging.getLogger(__name__)

State = Translation.State


@dataclass
class Figures:
    """Of one language."""

    language: str
    texts: int = 0
    reviewed: int = 0
    machine: int = 0
    missing: int = 0
    outdated: int = 0
    _to_draft: list[timedelta] = field(default_factory=list)
    _to_review: list[timedelta] = field(default_factory=list)

    def share(self, count: int) -> int:
        """In per cent of all texts."""
        return round(100 * count / self.texts) if self.texts else 0

    @property
    def shares(self) -> list[int]:
        return [self.share(count) for count in (self.reviewed, self.machine, self.missing, self.outdated)]

    @property
    def to_draft(self) -> tuple[float, float] | None:
        """From publishing to a machine's draft, in seconds: the median and the worst."""
        return _median_and_worst(self._to_draft)

    @property
    def to_review(self) -> tuple[float, float] | None:
        """From publishing until a person stood behind the translation, in seconds."""
        return _median_and_worst(self._to_review)


def _median_and_worst(waited: list[timedelta]) -> tuple[float, float] | None:
    seconds = [one.total_seconds() for one in waited]
    return (statistics.median(seconds), max(seconds)) if seconds else None


def visible() -> Any:
    """The translations of texts that readers can see."""
    return Translation.objects.filter(Q(update__isnull=True) | Q(update__state="published"))


def of(rows: Any, languages: Iterable[str]) -> list[Figures]:
    """The figures of a selection of translations, for each of `languages` that occurs in it."""
    found = {language: Figures(language) for language in languages}
    values = rows.values_list(
        "language", "state", "outdated", "engine", "update__first_published_at", "first_made_at", "first_reviewed_at"
    )
    for language, state, outdated, engine, published, made, reviewed in values.order_by().iterator():
        figures = found.get(language)
        if figures is None:
            continue
        figures.texts += 1
        figures.reviewed += state == State.REVIEWED
        figures.machine += state == State.MACHINE
        figures.missing += state == State.MISSING
        figures.outdated += outdated
        if engine:
            _note(figures._to_draft, published, made)
        if state != State.MACHINE:
            _note(figures._to_review, published, reviewed)
    return [figures for figures in found.values() if figures.texts]


def summary(article_id: int | None) -> dict[str, dict[str, Any]]:
    """Of an article, or of all that are live: by language the shares and times. At most half a minute old."""

    def make() -> dict[str, dict[str, Any]]:
        live = Q(article__state="live") | Q(update__article__state="live")
        rows = visible().filter(live) if article_id is None else visible().of_article(article_id)
        return {
            each.language: {"shares": each.shares, "to_draft": each.to_draft, "to_review": each.to_review}
            for each in of(rows, [code for code, _name in settings.LANGUAGES])
        }

    # Every open queue asks every few seconds.
    try:
        return cache.get_or_set(f"figures-of-translations:{article_id}", make, 30) or {}
    except Exception:
        logger.warning("The cache does not answer; counting without it.", exc_info=True)
        return make()


def _note(waited: list[timedelta], published: datetime | None, done: datetime | None) -> None:
    # What was translated before it was published kept nobody waiting.
    if published and done:
        waited.append(max(done - published, timedelta()))


def counted() -> list[tuple[str, str, bool, int]]:
    """Language, state, whether outdated, and how many texts readers can see in that state."""
    rows = visible().values_list("language", "state", "outdated").annotate(count=Count("pk")).order_by()
    return list(rows)
