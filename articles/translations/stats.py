"""Statistics of translations for editors and monitoring."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q

from articles.models import Translation
from articles.translations.models import TranslationQuerySet

logger = logging.getLogger(__name__)

State = Translation.State

#: Number of updates whose times are measured. The newest ones show how fast the newsroom is now, and the statistics of
#: a week take no longer than those of an hour.
NEWEST_UPDATES = 200


@dataclass
class LanguageStats:
    """The statistics of one language."""

    language: str
    texts: int = 0
    reviewed: int = 0
    machine: int = 0
    missing: int = 0
    outdated: int = 0
    _to_draft: list[timedelta] = field(default_factory=list)
    _to_review: list[timedelta] = field(default_factory=list)

    def share(self, count: int) -> int:
        """Return `count` in per cent of all texts."""
        return round(100 * count / self.texts) if self.texts else 0

    @property
    def shares(self) -> list[int]:
        return [self.share(count) for count in (self.reviewed, self.machine, self.missing, self.outdated)]

    @property
    def to_draft(self) -> tuple[float, float] | None:
        """Return the median and the longest time from publishing to a machine's draft, in seconds."""
        return _median_and_longest(self._to_draft)

    @property
    def to_review(self) -> tuple[float, float] | None:
        """Return the median and the longest time from publishing to a review, in seconds."""
        return _median_and_longest(self._to_review)


def _median_and_longest(waited: list[timedelta]) -> tuple[float, float] | None:
    seconds = [one.total_seconds() for one in waited]
    return (statistics.median(seconds), max(seconds)) if seconds else None


def visible() -> TranslationQuerySet:
    """Return the translations of texts that readers can see."""
    return Translation.objects.filter(Q(update__isnull=True) | Q(update__state="published"))


def by_language(rows: TranslationQuerySet, languages: Iterable[str]) -> list[LanguageStats]:
    """Return the statistics of translations, for each of `languages` that occurs among them.

    The times are those of the newest NEWEST_UPDATES updates.
    """
    found = {language: LanguageStats(language) for language in languages}
    counts = rows.values_list("language", "state", "outdated").annotate(count=Count("pk")).order_by()
    for language, state, outdated, count in counts:
        if figures := found.get(language):
            figures.texts += count
            figures.reviewed += count * (state == State.REVIEWED)
            figures.machine += count * (state == State.MACHINE)
            figures.missing += count * (state == State.MISSING)
            figures.outdated += count * outdated
    newest = rows.filter(update__first_published_at__isnull=False, language__in=found)
    values = newest.order_by("-update__first_published_at", "-update_id").values_list(
        "update_id", "language", "state", "engine", "update__first_published_at", "first_made_at", "first_reviewed_at"
    )
    measured: set[int | None] = set()
    # An update has at most one translation in each language.
    for update, language, state, engine, published, made, reviewed in values[: NEWEST_UPDATES * len(found)]:
        measured.add(update)
        if len(measured) > NEWEST_UPDATES:
            break
        figures = found[language]
        if engine:
            _add_waiting_time(figures._to_draft, published, made)
        if state != State.MACHINE:
            _add_waiting_time(figures._to_review, published, reviewed)
    return [figures for figures in found.values() if figures.texts]


def summary(article_id: int | None) -> dict[str, dict[str, object]]:
    """Return the shares and times by language, of one article or of all that are live; at most 30 seconds old."""

    def make() -> dict[str, dict[str, object]]:
        live = Q(article__state="live") | Q(update__article__state="live")
        rows = visible().filter(live) if article_id is None else visible().of_article(article_id)
        return {
            each.language: {"shares": each.shares, "to_draft": each.to_draft, "to_review": each.to_review}
            for each in by_language(rows, [code for code, _name in settings.LANGUAGES])
        }

    # Every open queue requests them every few seconds.
    try:
        return cache.get_or_set(f"figures-of-translations:{article_id}", make, 30) or {}
    except Exception:
        logger.warning("The cache does not answer; counting without it.", exc_info=True)
        return make()


def _add_waiting_time(waited: list[timedelta], published: datetime | None, done: datetime | None) -> None:
    # Readers did not wait for a text that was translated before it was published.
    if published and done:
        waited.append(max(done - published, timedelta()))


def counted() -> list[tuple[str, str, bool, int]]:
    """Return tuples of language, state, whether outdated, and the number of visible texts of those."""
    rows = visible().values_list("language", "state", "outdated").annotate(count=Count("pk")).order_by()
    return list(rows)
