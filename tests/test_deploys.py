"""Two releases run side by side: nobody notices a deploy, and a failing deploy reports an error and changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import uvicorn
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import AsyncRequestFactory

from liveblog import staticfiles
from liveblog.delivery.handshake import LiveProtocol
from liveblog.http_protocol import EdgeProtocol, PatientProtocol
from liveblog.staticfiles import ModuleManifestStorage, StaticFilesMiddleware
from tests import clients, processes
from tests.server import PATIENCE, ROOT, eventually, free_port

DAY = 86_400


# Static files ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def static_root(tmp_path: Path, settings: Any) -> Path:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STATIC_KEEP_DAYS = 7
    return tmp_path


def collect(root: Path, release: str, monkeypatch: pytest.MonkeyPatch, **files: str) -> ModuleManifestStorage:
    """Collect static files like collectstatic, for a release with these scripts."""
    monkeypatch.setattr(staticfiles, "content_digest", lambda: release)
    storage = ModuleManifestStorage(location=str(root), base_url="/static/")
    for name, text in files.items():
        (root / f"{name}.js").write_text(text)
    list(storage.post_process({f"{name}.js": (storage, f"{name}.js") for name in files}))
    return ModuleManifestStorage(location=str(root), base_url="/static/")


def pass_time(root: Path, days: float) -> None:
    """Move the times of all files and notes in a directory back by some days."""
    noted = root / "releases.json"
    releases = json.loads(noted.read_text())
    noted.write_text(json.dumps({name: since and since - days * DAY for name, since in releases.items()}))
    for path in root.rglob("*"):
        stat = path.stat()
        os.utime(path, (stat.st_atime - days * DAY, stat.st_mtime - days * DAY))


def test_files_of_a_release_are_kept_for_a_week_after_it_was_replaced(
    static_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = collect(static_root, "1", monkeypatch, page="one()" * 200).url("page.js")
    # The old release was the newest for a month.
    pass_time(static_root, 30)
    new = collect(static_root, "2", monkeypatch, page="two()" * 200).url("page.js")
    assert old != new
    there = {f"/static/{path.name}" for path in static_root.iterdir()}
    assert {old, f"{old}.br", new, f"{new}.br"} <= there
    pass_time(static_root, 6)
    collect(static_root, "3", monkeypatch, page="three()")
    assert (static_root / Path(old).name).exists()
    pass_time(static_root, 2)
    collect(static_root, "3", monkeypatch, page="three()")
    names = {path.name for path in static_root.iterdir()}
    assert not any(name.startswith(Path(old).name) for name in names)
    assert {"staticfiles-2.json", "staticfiles-3.json"} <= names
    assert "staticfiles-1.json" not in names
    assert Path(new).name in names


def test_a_file_of_several_releases_is_kept_as_long_as_one_of_them_is(
    static_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for release in "123":
        url = collect(static_root, release, monkeypatch, same="same()", page=f"of{release}()").url("same.js")
        pass_time(static_root, 8)
    assert (static_root / Path(url).name).exists()


def test_collecting_again_never_takes_a_file_away(static_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = collect(static_root, "1", monkeypatch, page="one()" * 200).url("page.js")
    files = [static_root / Path(url).name, static_root / f"{Path(url).name}.br"]
    written = [file.stat().st_ino for file in files]
    assert collect(static_root, "2", monkeypatch, page="one()" * 200).url("page.js") == url
    assert [file.stat().st_ino for file in files] == written


def test_each_release_reads_its_own_manifest(static_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = collect(static_root, "1", monkeypatch, page="one()").url("page.js")
    new = collect(static_root, "2", monkeypatch, page="two()").url("page.js")

    def url_for(release: str) -> str:
        # A worker of this release that starts now.
        monkeypatch.setattr(staticfiles, "content_digest", lambda: release)
        return ModuleManifestStorage(location=str(static_root), base_url="/static/").url("page.js")

    assert (url_for("1"), url_for("2")) == (old, new)
    # A release whose files were not collected uses the newest ones.
    assert url_for("3") == new


async def get(middleware: StaticFilesMiddleware, url: str, **headers: str) -> Any:
    return await middleware(AsyncRequestFactory().get(url, headers=headers))


async def test_a_process_serves_files_of_releases_before_and_after_its_own(
    static_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rest(_request: Any) -> HttpResponse:
        return HttpResponse(status=404)

    former = collect(static_root, "1", monkeypatch, page="one()").url("page.js")
    own = collect(static_root, "2", monkeypatch, page="two()")
    monkeypatch.setattr("servestatic.middleware.staticfiles_storage", own)
    middleware = StaticFilesMiddleware(rest)
    later = collect(static_root, "3", monkeypatch, page="three()").url("page.js")
    for url in (former, own.url("page.js"), later):
        answer = await get(middleware, url)
        assert answer.status_code == 200, url
        assert "immutable" in answer["Cache-Control"]
        assert answer.content == (static_root / Path(url).name).read_bytes()
    part = await get(middleware, later, range="bytes=1-3")
    assert (part.status_code, part.content, part["Content-Range"]) == (206, b"hre", f"bytes 1-3/{len('three()')}")
    assert (await get(middleware, later, **{"if-none-match": part["ETag"]})).status_code == 304
    head = await middleware(AsyncRequestFactory().head(later))
    assert (head.content, head["Content-Length"]) == (b"", str(len("three()")))
    (static_root / "secret.0123456789ab").mkdir()
    for url in (
        "/static/none.0123456789ab.js",
        "/static/../settings.0123456789ab.py",
        "/static/%2e%2e/settings.0123456789ab.py",
        "/static/secret.0123456789ab/",
        "/static/a\0.0123456789ab.js",
        "/static/releases.json",
    ):
        assert (await get(middleware, url)).status_code == 404, url


# Workers --------------------------------------------------------------------------------------------------------------


class Supervised:
    """tests/supervised.py in a separate process."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.log = directory / "log"
        (directory / "release").write_text("1")
        self.process = processes.start(
            [sys.executable, "-m", "tests.supervised", str(self.port), str(directory)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stderr=self.log.open("ab"),
        )

    def state(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            return json.loads((self.directory / "runlive.json").read_text())
        return {"serving": 0, "reloads": 0}

    def until_serving(self) -> Supervised:
        eventually(lambda: self.state()["serving"] == 2)
        return self

    def get(self, path: str = "/") -> tuple[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
            release, pid = answer.read().decode().split()
        return release, int(pid)

    def releases(self) -> set[str]:
        return {self.get()[0] for _ in range(20)}

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.log.read_text()) is not None


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Any]:
    started: list[Supervised] = []

    def start(**environment: str) -> Supervised:
        started.append(Supervised(tmp_path, **environment))
        return started[-1]

    yield start
    for each in started:
        processes.end(each.process)


def test_workers_are_replaced_while_others_serve_and_the_deploy_waits_for_it(supervised: Any, settings: Any) -> None:
    server = supervised().until_serving()
    settings.RUNTIME_DIRECTORY = str(server.directory)
    assert server.releases() == {"1"}
    (server.directory / "release").write_text("2")
    call_command("reload", stdout=io.StringIO())
    eventually(lambda: server.releases() == {"2"})

    # A release that cannot start causes a critical message and replaces nothing.
    (server.directory / "broken").touch()
    with pytest.raises(CommandError, match="could not start"):
        call_command("reload")
    eventually(
        lambda: server.says(r"CRITICAL Worker \d+ could not start: exit status 3\. The deploy has stopped: 0 of 2")
    )
    assert server.says("RuntimeError: This release is broken")
    assert server.releases() == {"2"}

    # A worker that dies meanwhile is replaced once workers can start again.
    _release, pid = server.get()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: server.says(rf"ERROR Worker {pid} died: killed by SIGKILL"))
    eventually(lambda: server.says("The next attempt is in"))
    assert server.releases() == {"2"}
    (server.directory / "broken").unlink()
    server.until_serving()
    server.process.terminate()
    assert server.process.wait(PATIENCE) == 0
    assert not (server.directory / "runlive.json").exists()


def test_a_server_whose_workers_cannot_start_ends_with_an_error(supervised: Any, tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    server = supervised()
    assert server.process.wait(60) == 1
    assert server.says(r"CRITICAL Worker \d+ could not start: exit status 3\. The server stops\.")


def test_a_worker_that_takes_too_long_to_start_is_given_up(supervised: Any, tmp_path: Path) -> None:
    (tmp_path / "slow").touch()
    server = supervised(START_SECONDS="1")
    assert server.process.wait(60) == 1
    assert server.says(r"does not serve after 1 s \(WORKER_START_SECONDS\)")


def test_a_worker_that_hangs_is_replaced(supervised: Any) -> None:
    server = supervised(ANSWER_SECONDS="2").until_serving()
    with suppress(OSError):
        server.get("/hang")
    eventually(lambda: server.says(r"has not answered for 2 s \(WORKER_ANSWER_SECONDS\)"))
    server.until_serving()

    def serves() -> bool:
        # On a busy machine, a worker that only responds late may be replaced, too.
        with suppress(OSError):
            return server.releases() == {"1"}
        return False

    eventually(serves)


def test_workers_end_with_their_supervisor(supervised: Any) -> None:
    server = supervised().until_serving()
    server.process.kill()
    server.process.wait()

    def refuses() -> bool:
        try:
            server.get()
        except OSError:
            return True
        return False

    eventually(refuses)


@pytest.mark.parametrize("protocol", [PatientProtocol, LiveProtocol])
async def test_a_request_that_comes_while_a_server_stops_is_answered(protocol: type[asyncio.Protocol]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), http=protocol, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:
            await asyncio.sleep(0.01)
        new, used, idle = [await asyncio.open_connection("127.0.0.1", server.config.port) for _ in range(3)]
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        used[1].write(request)
        assert (await used[0].readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        while len(server.server_state.connections) < 3:
            await asyncio.sleep(0.01)
        server.should_exit = True
        while not all(connection._stopping for connection in server.server_state.connections):
            await asyncio.sleep(0.01)
        for reader, writer in (new, used):
            writer.write(request)
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"connection: close" in answer
        assert await idle[0].read() == b""
        await serving


async def test_a_page_that_connects_while_a_server_stops_goes_to_another_one() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("The page would stay.")

    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), http=LiveProtocol, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    handshake = "GET /ws/en/live/a/ HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    handshake += f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'a' * 22}==\r\n\r\n"
    async with asyncio.timeout(PATIENCE):
        while not server.started:
            await asyncio.sleep(0.01)
        pages = [await asyncio.open_connection("127.0.0.1", server.config.port) for _ in range(2)]
        # The second head comes in pieces, so uvicorn's parser reads it.
        pages[1][1].write(handshake[:9].encode())
        while not any(isinstance(each, EdgeProtocol) for each in server.server_state.connections):
            await asyncio.sleep(0.01)
        server.should_exit = True
        while not all(connection._stopping for connection in server.server_state.connections):
            await asyncio.sleep(0.01)
        pages[0][1].write(handshake.encode())
        pages[1][1].write(handshake[9:].encode())
        for reader, _writer in pages:
            assert (await reader.read()).startswith(b"HTTP/1.1 503")
        await serving


def test_nothing_to_reload_is_an_error(tmp_path: Path, settings: Any) -> None:
    with pytest.raises(CommandError, match="RUNTIME_DIRECTORY is not set"):
        call_command("reload")
    settings.RUNTIME_DIRECTORY = str(tmp_path)
    with pytest.raises(CommandError, match="No server"):
        call_command("reload")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    state = {"pid": ended.pid, "reloads": 0, "reload_failed": False, "serving": 2}
    (tmp_path / "runlive.json").write_text(json.dumps(state))
    with pytest.raises(CommandError, match="does not run any more"):
        call_command("reload")


# A whole deploy -------------------------------------------------------------------------------------------------------

PARTS = ("articles", "comments", "liveblog", "locale", "locale_django", "static", "templates", "manage.py")


def make_release(place: Path, name: str, *, newer: bool) -> Path:
    """Copy the code. The newer release has another page, another script and another column."""
    release = place / name
    for part in PARTS:
        copy: Any = shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile
        (release / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, release / part)
    shutil.copyfile(ROOT / "requirements.txt", release / "requirements.txt")
    page = release / "templates/base.html"
    page.write_text(page.read_text().replace("<head>", f'<head><meta name="of" content="{name}">'))
    for name_of_file in ("page.css", "connection.js"):
        file = release / "static" / "liveblog" / name_of_file
        file.write_text(f"{file.read_text()}\n/* of {name} */\n")
    if newer:
        models = release / "articles/models/__init__.py"
        column = 'from django.db import models\nArticle.add_to_class("drill", models.IntegerField(null=True))\n'
        models.write_text(f"{models.read_text()}\n{column}")
        (release / "articles/migrations/0002_drill.py").write_text(
            "from django.db import migrations, models\n"
            "class Migration(migrations.Migration):\n"
            "    dependencies = [('articles', '0001_initial')]\n"
            "    operations = [migrations.AddField('article', 'drill', models.IntegerField(null=True))]\n"
        )
    return release


class Deployed:
    """A site whose link `current` points to the release of its next workers."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "REDIS_URL"},
            "SECRET_KEY": "deploys",
            "SITE_URL": self.url,
            "DATABASE_URL": f"sqlite:///{place / 'db.sqlite3'}",
            "MEDIA_ROOT": str(place / "media"),
            "STATIC_ROOT": str(place / "static"),
            "RUNTIME_DIRECTORY": str(place),
            "LIVE_POLL_SECONDS": "0.2",
            "LIVE_DRAIN_SECONDS": "1",
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, str(self.place / "current" / "manage.py"), *arguments]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def release(self, release: Path) -> None:
        """Make a release the present one, migrate, and collect its static files."""
        partial = self.place / "next"
        partial.symlink_to(release)
        partial.replace(self.place / "current")
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")

    def serve(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(self.place / "current" / "manage.py"), "runlive"]
        server = processes.start([*command, "--port", str(self.port), "--processes", "2"], env=self.environment)

        def serves() -> bool:
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz"):
                return True
            return False

        eventually(serves)
        return server


def load(site: Deployed, language: str) -> str:
    """Load a page with all its files, like a browser without a cache, and return its release."""
    page = clients.get(f"{site.url}/{language}/live/nato-bucharest-2022/?{random.random()}")
    [of] = re.findall(r'<meta name="of" content="(\w+)">', page)
    files = dict.fromkeys(re.findall(r'"(/static/[^"]+)"', page))
    marked = 0
    while unread := [url for url, content in files.items() if content is None]:
        for url in unread:
            assert re.search(r"\.[0-9a-f]{12}\.\w+$", url), url
            files[url] = content = clients.get(f"{site.url}{url}")
            if url.endswith(".js"):
                # Ignore imports in comments, which name types.
                imports = re.findall(
                    r"""(?:^(?:import|export)\b[^"'`;]*|await import\()["'](\.[^"']+)["']""", content, re.MULTILINE
                )
                files = dict.fromkeys(urljoin(url, each) for each in imports) | files
            if "/* of" in content:
                marked += 1
                assert f"/* of {of} */" in content, url
    assert marked == 2
    return of


@pytest.mark.soak
async def test_nobody_notices_a_deploy_nor_a_roll_back(tmp_path: Path) -> None:
    one, two = (make_release(tmp_path, name, newer=name == "two") for name in ("one", "two"))
    site = Deployed(tmp_path)
    site.release(one)
    site.manage("load_demo")
    server = site.serve()
    deployed = threading.Event()
    loaded: list[str] = []

    def read(number: int) -> None:
        while not deployed.is_set() or len(loaded) < 1000:
            loaded.append(load(site, ("en", "de", "uk", "ar")[number % 4]))

    def deploy() -> None:
        journalist = clients.Journalist(site.url, "editor", "demo")
        with sqlite3.connect(tmp_path / "db.sqlite3") as database:
            [[article]] = database.execute("SELECT id FROM articles_article WHERE slug = 'nato-bucharest-2022'")
        for release, text in ((two, "On two."), (one, "Back on one.")):
            site.release(release)
            site.manage("reload")
            journalist.publish(article, source_language="en", body_en=f"<p>{text}</p>")
            eventually(lambda name=release.name: loaded[-1:] == [name])  # type: ignore[misc]
        deployed.set()

    # The page of a reader who stays.
    page = clients.OpenPage([site], "nato-bucharest-2022", "en")
    staying = asyncio.create_task(page.stay_open())
    try:
        await asyncio.gather(asyncio.to_thread(deploy), *(asyncio.to_thread(read, number) for number in range(8)))
        assert set(loaded) == {"one", "two"}
        async with asyncio.timeout(PATIENCE):
            while "Back on one." not in str(page.shown()):
                await asyncio.sleep(0.1)
        assert "On two." in str(page.shown())
        assert (set(page.codes), page.reloads) == ({1012}, 0)
    finally:
        deployed.set()
        staying.cancel()
        processes.end(server)
