"""The files in deploy/ work: real programs accept them, and they name only existing metrics and settings."""

from __future__ import annotations

import asyncio
import json
import os
import re
import runpy
import shutil
import socket
import ssl
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
import yaml
from asgiref.sync import sync_to_async
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import get_commands
from django.db import connection
from websockets.asyncio.client import connect

from liveblog import __version__, metrics
from tests import factories, processes
from tests.clients import Journalist, get
from tests.server import PATIENCE, ROOT, Server, database_url, eventually, free_port

DEPLOY = ROOT / "deploy"


@lru_cache
def program(name: str, *packages: str) -> str:
    """Return the path of a program, from a Debian package if it is not installed; skip the test without it."""
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


# Files of other programs ----------------------------------------------------------------------------------------------


def yaml_files() -> list[Path]:
    return [*DEPLOY.rglob("*.yml"), *DEPLOY.rglob("*.yaml")]


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: path.name)
def test_yaml_can_be_read(path: Path) -> None:
    assert all(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def test_every_variable_that_the_files_set_is_a_setting() -> None:
    reference = (ROOT / "docs/reference/environment.md").read_text(encoding="utf-8")
    compose = yaml.safe_load((DEPLOY / "docker/compose.yaml").read_text(encoding="utf-8"))
    set_here = set(compose["services"]["server"]["environment"])
    for document in yaml.safe_load_all((DEPLOY / "kubernetes/liveblog.yaml").read_text(encoding="utf-8")):
        found = re.findall(r"'name': '([A-Z][A-Z0-9_]+)'", str(document))
        set_here |= set(found)
    dockerfile = (DEPLOY / "docker/Dockerfile").read_text(encoding="utf-8")
    set_here |= set(re.findall(r"\b([A-Z_]+)=/", dockerfile)) - {"PATH"}
    assert set_here > {"SECRET_KEY", "STATIC_ROOT", "RELEASE"}
    assert {name for name in set_here if f"`{name}`" not in reference} == set()


def commands_in(path: Path) -> set[str]:
    return set(re.findall(r"\bliveblog (?:--\S+ )*([a-z_]+)\b", path.read_text(encoding="utf-8")))


HOUSEKEEPING = {"clearsessions", "clean_comments", "prune_changes", "prune_pictures"}


@pytest.mark.parametrize(
    "name", ["docker/compose.yaml", "kubernetes/liveblog.yaml", "systemd/liveblog-housekeeping.service"]
)
def test_all_housekeeping_is_done(name: str) -> None:
    assert commands_in(DEPLOY / name) >= HOUSEKEEPING
    manual = (ROOT / "docs/how-to/run-in-production.md").read_text(encoding="utf-8")
    daily = manual.partition("Once a day")[2].partition("```sh")[2].partition("```")[0]
    assert set(re.findall(r"manage\.py (\w+)", daily)) == HOUSEKEEPING


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze") or pytest.skip("systemd is missing")
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text(encoding="utf-8")
        for command in re.findall(r"^Exec\w+=-?\S*/liveblog (\w+)", text, re.MULTILINE):
            assert command in get_commands(), command
        (tmp_path / path.name).write_text(text.replace("/opt/liveblog/current/bin/liveblog", "/bin/true"))
    for path in tmp_path.iterdir():
        said = run(analyze, "verify", "--man=no", str(path))
        assert not [line for line in said.splitlines() if "liveblog" in line], said


def test_caddy_takes_its_file() -> None:
    run(program("caddy", "caddy"), "validate", "--adapter", "caddyfile", "--config", "Caddyfile", cwd=DEPLOY / "caddy")


def test_the_image_gets_all_files_of_the_wheel() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    files = runpy.run_path(str(ROOT / "hatch_build.py"))["files"](ROOT)
    needed = {Path(name).relative_to(ROOT).parts[0] for name in files}
    needed |= {"articles", "comments", "liveblog", "hatch_build.py", "manage.py", "pyproject.toml", "README.md"}
    assert needed <= let_in
    assert "scripts/compile_messages.py" in let_in


#: Addresses with a secret in the path, which must not appear in the proxy's log.
SECRET_ADDRESSES = (
    *("/en/comments/unsubscribe/sesame/", "/accounts/invitation/sesame/"),
    "/accounts/password/reset/key/1-sesame/",
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
async def test_pages_and_websockets_come_through_nginx(tmp_path: Path) -> None:
    """Use the files in deploy/nginx, with other ports and a self-signed certificate."""
    nginx = program("nginx", "nginx")
    article = await sync_to_async(factories.article)()
    host, port = "live.example.org", free_port()
    certificate, key = certificate_for(host, tmp_path)
    with await sync_to_async(lambda: Server(SITE_URL=f"https://{host}", TRUSTED_PROXIES="127.0.0.1"))() as server:
        text = (DEPLOY / "nginx/liveblog.conf").read_text(encoding="utf-8")
        changes = {
            r"listen 80;": f"listen 127.0.0.1:{free_port()};",
            r"listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
            r" *listen \[::\].*\n": "",
            r"server 127.0.0.1:8000": f"server 127.0.0.1:{server.port}",
            r"ssl_certificate .*": f"ssl_certificate {certificate};",
            r"ssl_certificate_key .*": f"ssl_certificate_key {key};",
            r"/etc/nginx/liveblog/": f"{DEPLOY}/nginx/",
        }
        for pattern, replacement in changes.items():
            text = re.sub(pattern, replacement, text)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{name}_temp_path {tmp_path}/{name};" for name in kinds)
        main = f"daemon off; user root; pid {tmp_path}/pid; error_log stderr; events {{}}"
        main += f" http {{ access_log {tmp_path}/access.log; {paths} {text} }}"
        (tmp_path / "nginx.conf").write_text(main)
        run(nginx, "-t", "-c", str(tmp_path / "nginx.conf"))
        process = processes.start([nginx, "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.DEVNULL)
        try:
            context = ssl.create_default_context(cafile=str(certificate))

            def ask(path: str) -> tuple[int, str]:
                connection = HTTPSConnection("127.0.0.1", port, context=context)
                connection.sock = context.wrap_socket(
                    socket.create_connection(("127.0.0.1", port)), server_hostname=host
                )
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

            await sync_to_async(eventually)(lambda: accepts(port))
            status, page = await sync_to_async(ask)(f"/en/live/{article.slug}/")
            assert (status, 'data-revision="' in page) == (200, True)
            for path in ("/healthz", "/readyz", "/metrics"):
                assert (await sync_to_async(ask)(path))[0] == 404
            for path in SECRET_ADDRESSES:
                assert (await sync_to_async(ask)(path))[0] in (200, 404)
            log = (tmp_path / "access.log").read_text()
            assert article.slug in log
            assert "sesame" not in log
            address = f"wss://{host}/ws/en/live/{article.slug}/"
            through: dict[str, Any] = {"host": "127.0.0.1", "port": port, "ssl": context, "origin": f"https://{host}"}
            async with connect(address, **through) as websocket:
                await websocket.recv()
                await sync_to_async(factories.update)(article)
                async with asyncio.timeout(PATIENCE):
                    assert json.loads(await websocket.recv())["revision"] == 1
        finally:
            processes.end(process)


def accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def certificate_for(host: str, directory: Path) -> tuple[Path, Path]:
    """Create a self-signed certificate."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key.write_bytes(private.private_bytes(*kind))
    return certificate, key


# From an empty Debian -------------------------------------------------------------------------------------------------

#: Beginnings of commands that change the machine itself, or download packages that are already installed.
NOT_RUN = (
    *("apt-get ", "adduser ", "runuser --user postgres ", "systemctl "),
    "/opt/liveblog/0.1.0/bin/pip install --require-hashes",
)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_the_commands_for_an_empty_debian_make_a_site(tmp_path: Path) -> None:
    """Run the commands from the page, in order, with other directories."""
    page = (ROOT / "docs/how-to/run-in-production.md").read_text(encoding="utf-8")
    section = page.partition("## From an empty Debian\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", section, re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    assert f"/opt/liveblog/{__version__}" in section
    directories = ("/opt/liveblog", "/etc/liveblog", "/var/lib/liveblog", "/var/backups/liveblog")
    for place in ("/var/lib/liveblog", "/etc/systemd/system", "/etc/caddy"):
        (tmp_path / place.lstrip("/")).mkdir(parents=True)
    database = re.sub(r"/[^/]*$", "/set_up_by_hand", database_url())
    if connection.vendor == "sqlite":
        database = f"sqlite:///{tmp_path}/db.sqlite3"
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    variables = {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME")},
        "DJANGO_SUPERUSER_PASSWORD": "a passphrase for 4711 tests",
    }
    answers = f"--no-input --site-url {site} --database-url {database} --email ann@example.org"
    ran = 0
    for line in lines:
        if line.startswith(NOT_RUN):
            continue
        command = line.replace("runuser --user liveblog -- ", "").replace("--owner liveblog --group liveblog ", "")
        for place in (*directories, "/etc/systemd/system", "/etc/caddy"):
            command = re.sub(rf"(?<![\w.])(?={place}\b)", str(tmp_path), command)
        if "liveblog setup" in command:
            command = f"{command} {answers}"
        command = command.replace("python3 -m venv", f"{sys.executable} -m venv")
        done = subprocess.run(
            ["bash", "-euc", command], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        ran += 1
        if "-m venv" in command:
            [packages] = (tmp_path / f"opt/liveblog/{__version__}").glob("lib/python*/site-packages")
            own = [path for path in sys.path if path.endswith("site-packages")]
            (packages / "dependencies.pth").write_text("\n".join(own))
    assert ran >= 8
    assert "live.example.org {" in (tmp_path / "etc/caddy/Caddyfile").read_text()
    assert len(list((tmp_path / "etc/systemd/system").iterdir())) == 5
    program = str(tmp_path / "opt/liveblog/current/bin/liveblog")
    environment = {"PATH": os.environ["PATH"], "LIVEBLOG_ENV": str(tmp_path / "etc/liveblog/liveblog.env")}
    server = processes.start([program, "runlive", "--port", str(port), "--processes", "2"], env=environment)
    try:
        eventually(lambda: accepts(port) and get(f"{site}/readyz"))
        assert get(f"{site}/en/")
        Journalist(site, "admin", "a passphrase for 4711 tests")
    finally:
        processes.end(server)
        if connection.vendor == "postgresql":
            connection.cursor().execute("DROP DATABASE IF EXISTS set_up_by_hand WITH (FORCE)")
