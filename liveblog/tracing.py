"""Reports to Sentry and OpenTelemetry, if the environment names them: the extras liveblog[sentry] and liveblog[otel].

No report has personal data: no network address, e-mail address, cookie, header, query or body, no variables of the
code, no values from the database. Addresses of pages are reported as their pattern, because some have a secret in them.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from liveblog import logs
from liveblog.release import RELEASE

# Sentry ---------------------------------------------------------------------------------------------------------------

_E_MAIL = re.compile(r"[^\s@<>\"'(){}\[\]=,;:]+@[^\s@<>\"'(){}\[\]=,;:]+")
#: Texts that may be an IPv4 or IPv6 address.
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w)|(?<![\w:])[0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F]*(?!\w)"
)
#: The parts of an event that are sent. The others describe the request, its user and the machine.
_KEPT = {
    *("environment", "event_id", "exception", "fingerprint", "level", "logentry", "logger", "platform"),
    *("release", "sdk", "tags", "timestamp", "transaction", "threads", "type", "contexts"),
}


def start() -> None:
    """Start the reports that the environment configures. Raise ImproperlyConfigured if an extra is not installed."""
    if settings.SENTRY_DSN:
        _need("sentry_sdk", "SENTRY_DSN", "sentry")
        _start_sentry()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        _need("opentelemetry.exporter.otlp.proto.http", "OTEL_EXPORTER_OTLP_ENDPOINT", "otel")
        _tracer()


def _need(module: str, variable: str, extra: str) -> None:
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise ImproperlyConfigured(f"{variable} is set, but what it needs is missing. Install liveblog[{extra}].")


def _start_sentry() -> None:
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        settings.SENTRY_DSN,
        release=RELEASE,
        environment=settings.SENTRY_ENVIRONMENT,
        default_integrations=False,
        integrations=[DjangoIntegration(middleware_spans=False), LoggingIntegration()],
        send_default_pii=False,
        # Variables hold comments, e-mail addresses and keys.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        before_send=scrubbed,
        before_send_transaction=lambda _event, _hint: None,
    )


def scrubbed(event: Any, _hint: object = None) -> Any:
    """Return an event of Sentry without personal data."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in _KEPT}
    kept["contexts"] = {name: value for name, value in kept.get("contexts", {}).items() if name in ("runtime", "trace")}
    if entry := kept.get("logentry"):
        # The parameters may contain texts of readers; the message comes from the code.
        kept["logentry"] = {"message": entry.get("message", "")}
    kept["tags"] = {**kept.get("tags", {}), "request_id": logs.request_id.get() or "none"}
    return _without_addresses(kept)


def _without_addresses(value: Any) -> Any:
    if isinstance(value, str):
        # PostgreSQL adds the values of the row to some of its messages.
        value = logs.masked(value.partition("\nDETAIL:")[0])
        return _ADDRESS.sub(_without_address, _E_MAIL.sub("[e-mail]", value))
    if isinstance(value, Mapping):
        return {name: _without_addresses(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_addresses(each) for each in value]
    return value


def _without_address(match: re.Match[str]) -> str:
    try:
        ipaddress.ip_address(match[0])
    except ValueError:
        # A time, or part of a C++ name.
        return match[0]
    return "[address]"


# OpenTelemetry --------------------------------------------------------------------------------------------------------


class RequestSpan:
    """The span of a request; this one reports nothing."""

    def end(self, route: str, status: int) -> None:
        """Report the request: the pattern of its address, and the status of its response."""


class _ReportedSpan(RequestSpan):
    def __init__(self, request: HttpRequest, *, trusted: bool) -> None:
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind

        # Ignore trace headers that do not come from our proxies: they would mix foreign traces with ours.
        context = extract(request.headers) if trusted else None
        self._method = request.method or ""
        self._span = _tracer().start_span(self._method, context=context, kind=SpanKind.SERVER)

    def end(self, route: str, status: int) -> None:
        from opentelemetry.trace import StatusCode

        self._span.update_name(f"{self._method} {route}")
        self._span.set_attribute("http.request.method", self._method)
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        self._span.set_attribute("liveblog.request_id", logs.request_id.get())
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


def request_span(request: HttpRequest, *, trusted: bool) -> RequestSpan:
    """Begin the span of a request, whose trace a trusted proxy may have begun."""
    return _ReportedSpan(request, trusted=trusted) if settings.OTEL_EXPORTER_OTLP_ENDPOINT else RequestSpan()


@contextmanager
def provider_span(provider: str) -> Iterator[None]:
    """Report the time of a request to another server."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        yield
        return
    from opentelemetry.trace import SpanKind

    with _tracer().start_as_current_span(f"ask {provider}", kind=SpanKind.CLIENT, record_exception=False):
        yield


@lru_cache(maxsize=1)
def _tracer() -> Any:
    """Return the tracer of this process. The library reads OTEL_*; only service and release are set here."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    names = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or "liveblog", "service.version": RELEASE}
    provider = TracerProvider(resource=Resource.create(names))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.get_tracer("liveblog")
