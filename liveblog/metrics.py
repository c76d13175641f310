"""Metrics for monitoring at /metrics, in the text format of Prometheus (prometheus.io, "Exposition formats")."""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

_registry = CollectorRegistry()


def register(collect: Callable[[], Iterable[Metric]]) -> None:
    """Add the metrics that `collect` returns. It is called for each request."""

    class _Function(Collector):
        def collect(self) -> Iterable[Metric]:
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
    """Return the metrics to clients on this machine or a private network, and 404 to everybody else."""
    try:
        if not ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_private:
            raise Http404
    except ValueError as error:
        raise Http404 from error
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)
