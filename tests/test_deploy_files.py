"""What is in deploy/ works: real programs read it, and it names nothing that does not exist."""

from __future__ import annotations

import json
import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

from liveblog import metrics
from tests.server import ROOT

DEPLOY = ROOT / "deploy"


@lru_cache
def program(name: str, *packages: str) -> str:
    """Return the path of a program, from a Debian package if it is not installed; skip the test if there is none."""
    found = subprocess.run([ROOT / "scripts/program", name, *packages], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(found.stderr.strip().splitlines()[-1])
    return found.stdout.strip()


def run(*command: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# Monitoring -----------------------------------------------------------------------------------------------------------


def names_of_metrics() -> set[str]:
    names = {"liveblog_worker_starts_total", "liveblog_worker_deaths_total"}
    for family in metrics.registry().collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        names |= {family.name, *(family.name + suffix for suffix in suffixes)}
    return names


@pytest.mark.django_db
@pytest.mark.parametrize("file", ["prometheus/alerts.yml", "grafana/liveblog.json"])
def test_alerts_and_dashboard_name_metrics_that_exist(file: str) -> None:
    named = set(re.findall(r"\bliveblog_\w+", (DEPLOY / file).read_text(encoding="utf-8")))
    assert named
    assert named <= names_of_metrics()


def test_prometheus_takes_the_alerts_and_they_fire() -> None:
    promtool = program("promtool", "prometheus")
    run(promtool, "check", "rules", "alerts.yml", cwd=DEPLOY / "prometheus")
    run(promtool, "test", "rules", "alerts_test.yml", cwd=DEPLOY / "prometheus")
    run(promtool, "check", "config", "--syntax-only", "scrape.yml", cwd=DEPLOY / "prometheus")


def test_prometheus_reads_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    dashboard = json.loads((DEPLOY / "grafana/liveblog.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [{"record": f"q{n}", "expr": q.replace("$__rate_interval", "5m")} for n, q in enumerate(queries)]
    # JSON is YAML.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    run(program("promtool", "prometheus"), "check", "rules", "rules.yml", cwd=tmp_path)
