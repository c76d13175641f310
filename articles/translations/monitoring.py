"""Metrics of translations."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from articles.models import Translation
from articles.translations import stats


def collect() -> Iterator[GaugeMetricFamily]:
    texts = GaugeMetricFamily(
        "liveblog_translations",
        "Texts that readers can see, by language and state of their translation.",
        labels=["language", "state", "outdated"],
    )
    for language, state, outdated, count in stats.counted():
        texts.add_metric([language, state, str(outdated).lower()], count)
    yield texts
    due = Translation.objects.filter(due_at__isnull=False)
    yield GaugeMetricFamily("liveblog_drafts_due", "Machine drafts that wait or are being made.", value=due.count())
    late = due.filter(due_at__lte=timezone.now()).count()
    yield GaugeMetricFamily(
        "liveblog_drafts_late", "Machine drafts that nobody has begun though it is time.", value=late
    )
    failing = Translation.objects.exclude(failure="").count()
    yield GaugeMetricFamily("liveblog_drafts_failing", "Texts whose last machine draft failed.", value=failing)
