"""The wheel has all files that a server needs."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import urllib.request
import venv
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from liveblog import __version__
from liveblog.release import digest_of
from tests import processes
from tests.server import ROOT, eventually, free_port


def test_the_wheel_has_the_directories_that_the_settings_name() -> None:
    hook = runpy.run_path(str(ROOT / "hatch_build.py"))
    files = hook["files"](ROOT)
    assert all(Path(name).exists() for name in files)
    places = {place.removeprefix("liveblog/_site/") for place in files.values()}
    wanted = {Path(settings.TEMPLATES[0]["DIRS"][0]), *map(Path, settings.STATICFILES_DIRS)}
    assert {path.name for path in wanted} <= places
    for language, _name in settings.LANGUAGES:
        assert language == "en" or f"locale/{language}/LC_MESSAGES/django.mo" in places


def test_the_version_is_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", __version__)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'path = "liveblog/__init__.py"' in project
    assert f'"{__version__}"' not in project


@pytest.mark.long
def test_the_command_reads_the_file_with_the_environment(tmp_path: Path) -> None:
    (tmp_path / "liveblog.env").write_text("SECRET_KEY=from-file\nTIME_ZONE=Europe/Kyiv\n")
    kept = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "TIME_ZONE")}
    program = "from django.conf import settings; print(settings.SECRET_KEY, settings.TIME_ZONE)"
    command = [sys.executable, "-m", "liveblog", "shell", "--no-imports", "--verbosity", "0", "--command", program]

    def said(directory: Path, **environment: str) -> str:
        environment = kept | {"PYTHONPATH": str(ROOT)} | environment
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip()

    assert said(tmp_path) == "from-file Europe/Kyiv"
    # A variable that is set has precedence.
    assert said(tmp_path, TIME_ZONE="UTC") == "from-file UTC"
    assert said(ROOT, LIVEBLOG_ENV=str(tmp_path / "liveblog.env")) == "from-file Europe/Kyiv"
    assert "does not exist" in said(ROOT, LIVEBLOG_ENV=str(tmp_path / "none.env"))


@pytest.mark.soak
def test_an_installed_wheel_serves_without_another_step(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True)
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.name == f"liveblog-{__version__}-py3-none-any.whl"
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    [packages] = environment.glob("lib/python*/site-packages")
    # The dependencies are those of the tests.
    [own] = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text(own)
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(install, check=True)
    liveblog = str(environment / "bin" / "liveblog")
    port = free_port()
    variables = {"PATH": os.environ["PATH"], "SECRET_KEY": "wheel", "SITE_URL": f"http://127.0.0.1:{port}"}
    subprocess.run([liveblog, "migrate", "--verbosity", "0"], cwd=tmp_path, env=variables, check=True)
    subprocess.run([liveblog, "load_demo"], cwd=tmp_path, env=variables, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "db.sqlite3").exists()
    program = "from liveblog.release import content_digest; print(content_digest())"
    told = subprocess.run(
        [liveblog, "shell", "--no-imports", "--verbosity", "0", "--command", program],
        cwd=tmp_path,
        env=variables,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert told.stdout.strip() == digest_of(ROOT)
    command = [liveblog, "runlive", "--port", str(port), "--processes", "2"]
    server = processes.start(command, cwd=tmp_path, env=variables)

    def get(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.read().decode()

    def serves() -> bool:
        with suppress(OSError):
            return bool(get("/healthz"))
        return False

    try:
        eventually(serves)
        page = get("/de/live/nato-bucharest-2022/")
        assert "Zum Hauptinhalt springen" in page
        for url in set(re.findall(r'"(/static/[^"]+)"', page)):
            assert get(url)
    finally:
        processes.end(server)
