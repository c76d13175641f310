"""Operators can monitor the server: with correct metrics, one log, and reports without personal data."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import brotli
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client
from prometheus_client.parser import text_string_to_metric_families

from liveblog import logs, metrics, tracing
from liveblog.middleware import ObservingMiddleware
from tests import factories
from tests.clients import OpenPage
from tests.server import ROOT, Server, eventually

TOKEN = {"Authorization": "Bearer secret"}

# Metrics --------------------------------------------------------------------------------------------------------------


def scraped(url: str, token: str = "") -> dict[str, float]:
    """Read /metrics as Prometheus does: by IP address, with a host name that is not the site's."""
    headers = {"Host": "10.1.2.3:8000", "Authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/metrics", headers=headers)) as answer:
        text = answer.read().decode()
    return {
        sample.name + "".join(f",{value}" for _name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
async def test_metrics_add_up_over_processes_and_the_log_says_what_happens_to_them(tmp_path: Path) -> None:
    article = await sync_to_async(factories.article)()
    log = tmp_path / "log"
    command = ["manage.py", "runlive", "--port", "PORT", "--processes", "2"]
    environment = {
        "LOG_FORMAT": "json",
        "METRICS_TOKEN": "secret-of-sixteen",
        "RELEASE": "r1",
        "RUNTIME_DIRECTORY": str(tmp_path),
    }

    def ask() -> dict[str, float]:
        return scraped(server.url, "secret-of-sixteen")

    def said() -> list[dict[str, Any]]:
        lines = log.read_text().splitlines()
        assert [line for line in lines if not line.startswith("{")] == []
        return [json.loads(line) for line in lines]

    with await sync_to_async(lambda: Server(command, log, **environment))() as server:
        with pytest.raises(urllib.error.HTTPError, match="404"):
            scraped(server.url)
        await sync_to_async(eventually)(lambda: ask().get("liveblog_processes,r1") == 2)
        for _ in range(20):
            await sync_to_async(not_found)(f"{server.url}/en/nothing/")
        route = "liveblog_request_seconds_count,GET,none,4xx"
        assert (await sync_to_async(ask)())[route] == 20

        pages = [OpenPage([server], article.slug, language) for language in ("de", "de", "uk")]
        opened = [asyncio.create_task(page.stay_open()) for page in pages]
        try:
            figures: dict[str, float] = {}

            def all_are_counted() -> bool:
                figures.clear()
                figures.update(ask())
                return (figures.get("liveblog_readers,de"), figures.get("liveblog_readers,uk")) == (2, 1)

            await sync_to_async(eventually)(all_are_counted)
            await sync_to_async(factories.update)(article)
            for page in pages:
                await page.reaches(1)
            await sync_to_async(eventually)(lambda: ask()["liveblog_frame_delay_seconds_count"] >= 1)
            assert sum(figures.get(f"liveblog_joins_total,{page}", 0) for page in ("current", "catch_up")) == 3
            assert figures["liveblog_worker_starts_total"] == 2
            assert figures["liveblog_memory_bytes"] > 10_000_000
            assert figures["liveblog_queue_rows,comments.checking"] == 0
            assert "liveblog_pool_connections,default" in figures or "sqlite" in server.environment["DATABASE_URL"]

            # Counters outlive their process.
            before = figures["liveblog_cpu_seconds_total"]
            [victim, *_] = [line["pid"] for line in map(worker_of, said()) if line]
            os.kill(victim, 9)
            await sync_to_async(eventually)(lambda: ask()["liveblog_worker_deaths_total,died"] == 1)
            await sync_to_async(eventually)(lambda: ask().get("liveblog_processes,r1") == 2)
            figures = await sync_to_async(ask)()
            assert figures[route] == 20
            assert figures["liveblog_cpu_seconds_total"] >= before
        finally:
            for task in opened:
                task.cancel()
    messages = [entry["message"] for entry in said()]
    assert f"Worker {victim} died: killed by SIGKILL. Another one is started." in messages
    assert messages[-1] == "The server stops."
    [missing, *_] = [entry for entry in said() if entry["message"] == "Not Found: /en/nothing/"]
    assert re.fullmatch("[0-9a-f]{32}", missing["request_id"])
    assert (missing["release"], missing["level"], missing["logger"]) == ("r1", "WARNING", "django.request")
    assert not [entry for entry in said() if "metrics" in entry["message"] or "healthz" in entry["message"]]


def not_found(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(url)


def worker_of(entry: dict[str, Any]) -> dict[str, int]:
    match = re.match(r"Worker (\d+) serves", entry["message"])
    return {"pid": int(match[1])} if match else {}


@pytest.mark.django_db
def test_a_database_that_is_down_hides_only_its_own_figures(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> Any:
        raise OperationalError

    monkeypatch.setattr(metrics, "_collectors", [fails, *metrics._collectors])
    settings.METRICS_TOKEN = "secret"
    text = client.get("/metrics", headers=TOKEN).content.decode()
    assert "liveblog_figures_missing 1.0" in text
    assert "liveblog_queue_rows" in text


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "secret"])
def test_the_metrics_are_for_those_who_send_the_token(client: Client, settings: Any, token: str) -> None:
    settings.METRICS_TOKEN = token

    def status(**headers: str) -> int:
        return client.get("/metrics", headers=headers).status_code

    assert status() == 404
    assert status(authorization="Bearer ") == 404
    assert status(authorization="Bearer other") == 404
    assert status(authorization="Bearer secret") == (200 if token else 404)


@pytest.mark.django_db
@pytest.mark.parametrize("path", logs.PROBES)
def test_probes_ask_by_address_and_leave_no_line_in_the_log(
    client: Client, settings: Any, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    settings.ALLOWED_HOSTS = ["news.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    settings.METRICS_TOKEN = "secret"
    assert client.get(path, HTTP_HOST="10.0.0.7:8000", headers=TOKEN).status_code == 200
    assert not caplog.records
    assert client.get("/en/", HTTP_HOST="10.0.0.7:8000").status_code == 400


# The log --------------------------------------------------------------------------------------------------------------


def logged(formatter: logging.Formatter, message: str, *arguments: object, **options: Any) -> str:
    return formatter.format(
        logging.LogRecord("a", logging.ERROR, __file__, 1, message, arguments, options.get("error"))
    )


def test_a_line_names_process_release_and_request() -> None:
    token = logs.request_id.set("abc")
    formatter = logs.LineFormatter("{levelname} {name} [{where}]: {message}", style="{")
    try:
        assert re.fullmatch(rf"ERROR a \[{os.getpid()} \S+ abc\]: Two: 2", logged(formatter, "Two: %s", 2))
    finally:
        logs.request_id.reset(token)


def test_a_json_line_has_the_exception_and_what_was_added() -> None:
    try:
        raise ValueError("wrong\nin two lines")
    except ValueError:
        line = logged(logs.JsonFormatter(), "It failed: %s", "é", error=sys.exc_info())
    assert "\n" not in line
    entry = json.loads(line)
    assert entry["message"] == "It failed: é"
    assert "ValueError: wrong" in entry["exception"]
    assert entry["process"] == os.getpid()


def test_the_access_log_leaves_probes_out() -> None:
    def shown(path: str) -> bool:
        arguments = ("1.2.3.4:5", "GET", path, "1.1", 200)
        record = logging.LogRecord("uvicorn.access", logging.INFO, "", 1, '%s - "%s %s HTTP/%s" %d', arguments, None)
        return logs.WithoutProbes().filter(record)

    assert [path for path in ("/en/", "/healthz", "/readyz?x", "/metrics") if shown(path)] == ["/en/"]


@pytest.mark.parametrize(
    ("port", "given", "kept"),
    [(0, "from-proxy-1", True), (4711, "from-anybody", False), (0, "two words", False), (0, "x" * 65, False)],
)
async def test_an_id_of_a_request_is_only_taken_from_a_trusted_proxy(port: int, given: str, kept: bool) -> None:
    seen: list[str] = []

    async def answer(_request: HttpRequest) -> HttpResponse:
        seen.append(logs.request_id.get())
        return HttpResponse()

    request = AsyncRequestFactory().get("/admin/", headers={"X-Request-ID": given})
    request.scope["client"] = ("192.0.2.1", port)  # type: ignore[attr-defined]
    response = await ObservingMiddleware(answer)(request)  # type: ignore[arg-type,misc]
    assert (seen[0] == given) is kept
    assert response["X-Request-ID"] == seen[0]


# Reports --------------------------------------------------------------------------------------------------------------

REPORTING = """
import logging, sys
import django; django.setup()
from django.test import Client
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
client = Client(raise_request_exception=False, headers={"User-Agent": "Private/1.0", "Referer": "https://private.example"})
client.cookies["sessionid"] = "private-cookie"
print(client.get("/en/?q=private-query", REMOTE_ADDR="198.51.100.23", HTTP_X_FORWARDED_FOR="2001:db8::23").status_code)
print(client.post("/vote/en/1/", {"text": "private-body"}, REMOTE_ADDR="198.51.100.23").status_code)
try:
    private = "private-variable"
    raise ValueError("ann@private.example at 198.51.100.23 or 2001:db8::23\\nDETAIL:  Key (name)=(private-name)")
except ValueError:
    logging.getLogger("comments").exception("Not sent to %s.", "private-argument")
import sentry_sdk; sentry_sdk.flush()
from opentelemetry import trace; trace.get_tracer_provider().shutdown()
"""


def test_reports_reach_sentry_and_opentelemetry_without_personal_data(httpserver: Any, tmp_path: Path) -> None:
    httpserver.expect_request("/api/1/envelope/").respond_with_data("{}")
    httpserver.expect_request("/v1/traces").respond_with_data(b"")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "liveblog.settings",
        "SECRET_KEY": "reports",
        # The database is empty, so that pages fail.
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "STATIC_ROOT": os.environ["STATIC_ROOT"],
        "SITE_URL": "http://127.0.0.1:8000",
        "SENTRY_DSN": f"http://key@127.0.0.1:{httpserver.port}/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{httpserver.port}",
        "RELEASE": "r1",
    }
    done = subprocess.run(
        [sys.executable, "-c", REPORTING], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    bodies: dict[str, bytes] = {"/api/1/envelope/": b"", "/v1/traces": b""}
    for request, _answer in httpserver.log:
        decode = {"br": brotli.decompress, "gzip": gzip.decompress}.get(request.headers.get("Content-Encoding"), bytes)
        bodies[request.path] += decode(request.get_data())
    events, traces = bodies["/api/1/envelope/"], bodies["/v1/traces"]
    assert b"ValueError" in events
    assert b"OperationalError" in events
    assert b"Not sent to %s." in events
    assert b"[e-mail] at [address] or [address]" in events
    assert b'"release":"r1"' in events
    assert b"GET /<language>/" in traces
    assert b"liveblog" in traces
    for body in (events, traces):
        for private in (b"private", b"Private", b"198.51.100", b"2001:db8", b"sessionid", b"key@"):
            assert private not in body, private


def test_nothing_is_reported_unless_the_environment_says_so() -> None:
    assert type(tracing.request_span(HttpRequest(), trusted=False)) is tracing.RequestSpan


@pytest.mark.parametrize("text", ["10:30", "12:30:45", "version 5.2.19", "1.2.3", "std::vector"])
def test_what_only_looks_like_an_address_stays_in_a_report(text: str) -> None:
    assert tracing.scrubbed({"logger": text})["logger"] == text
