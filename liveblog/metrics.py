"""Metrics for monitoring at /metrics, in the text format of Prometheus (prometheus.io, "Exposition formats")."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

_registry = CollectorRegistry()


def register(collect: Callable[[], Iterable[GaugeMetricFamily]]) -> None:
    """Add the metrics that `collect` returns. It is called for each request."""

    class _Function(Collector):
        def collect(self) -> Iterable[GaugeMetricFamily]:
            return collect()

        def describe(self) -> Iterable[GaugeMetricFamily]:
            return ()

    _registry.register(_Function())


def _readers() -> Iterator[GaugeMetricFamily]:
    from liveblog.delivery.endpoint import hub

    count: Counter[str] = Counter()
    for stream in list(hub.streams.values()):
        for language, readers in list(stream.readers.items()):
            count[language] += len(readers)
    gauge = GaugeMetricFamily("liveblog_readers", "Open pages that this process serves.", labels=["language"])
    for language, number in sorted(count.items()):
        gauge.add_metric([language], number)
    yield gauge
    yield GaugeMetricFamily("liveblog_rooms", "Articles with open pages in this process.", value=len(hub.streams))


register(_readers)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to clients that send METRICS_TOKEN (RFC 6750), and 404 to everybody else."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)
