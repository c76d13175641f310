"""Coverage without recent activity, and the warnings about it that are still valid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from articles.models import Article, CoverageEvent, Update, UpdateVersion

State = Article.State
Kind = CoverageEvent.Kind


@dataclass(frozen=True)
class QuietWarning:
    """A valid warning: since then nobody has worked on the coverage."""

    #: When somebody last worked on the coverage, or something appeared in it.
    since: datetime
    at: datetime

    @property
    def finishes_at(self) -> datetime | None:
        """Return when the coverage is finished automatically; None if the site has turned that off."""
        span = settings.COVERAGE_FINISH_HOURS
        return self.at + timedelta(hours=span) if span else None


def warning_of(article: Article) -> QuietWarning | None:
    """Return the valid warning about a coverage; None if there is none."""
    if article.state == State.FINISHED or not settings.COVERAGE_WARN_HOURS:
        return None
    at = CoverageEvent.objects.filter(article=article, kind=Kind.WARNED).aggregate(at=Max("at"))["at"]
    if at is None or _planned(article.pk).exists():
        return None
    since = quiet_since(article)
    return QuietWarning(since, at) if since < at else None


def quiet_until_now(cutoff: datetime) -> QuerySet[Article]:
    """Return the open coverage in which nothing has appeared since `cutoff`, and for which nothing is scheduled."""
    events = CoverageEvent.objects.filter(article=OuterRef("pk")).exclude(kind=Kind.WARNED)
    appeared = Update.objects.filter(article=OuterRef("pk"), first_published_at__gt=cutoff)
    found = Article.objects.exclude(state=State.FINISHED).filter(coverage_start__lte=cutoff)
    return found.exclude(Exists(appeared) | Exists(_planned(OuterRef("pk"))) | Exists(events.filter(at__gt=cutoff)))


def quiet_since(article: Article) -> datetime:
    """Return when somebody last worked on a coverage, or something appeared in it."""
    published = Update.objects.filter(article=article).aggregate(at=Max("first_published_at"))["at"]
    edited = (
        UpdateVersion.objects.filter(update__article=article)
        .filter(cause=UpdateVersion.Cause.WRITTEN)
        .aggregate(at=Max("at"))["at"]
    )
    events = CoverageEvent.objects.filter(article=article).exclude(kind=Kind.WARNED).aggregate(at=Max("at"))["at"]
    return max(moment for moment in (article.coverage_start, published, edited, events) if moment is not None)


def _planned(article: int | OuterRef) -> QuerySet[Update]:
    scheduled = Update.objects.filter(article=article, state=Update.State.SCHEDULED)
    return scheduled.filter(publish_at__gt=timezone.now())
