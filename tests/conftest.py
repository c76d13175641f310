import fcntl
import gc
import hashlib
import importlib
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.db import IntegrityError, OperationalError, connections
from django.test import TransactionTestCase
from django.test.client import ClientHandler
from django.urls import get_resolver
from django.utils import timezone, translation
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis
from pytest_django.plugin import blocking_manager_key

from liveblog import actors, limits
from liveblog.branding import current as branding
from liveblog.branding.current import Branding
from liveblog.configuration import current as configuration
from liveblog.wording import current as words
from tests import databases, soak
from tests.actors import TEST, nobody_acting
from tests.mail_server import MailServer
from tests.server import PATIENCE

# A slow machine must not fail a test, and every run uses the same examples. Failing examples are not shrunk, because
# that may take minutes. --hypothesis-profile=other tries other examples, and shrinks them.
hypothesis.register_profile("other", deadline=None, suppress_health_check=list(HealthCheck))
hypothesis.register_profile(
    "same",
    hypothesis.get_profile("other"),
    derandomize=True,
    database=None,
    max_examples=soak.count(30, 300),
    phases=[Phase.explicit, Phase.generate],
)
hypothesis.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent

#: The name of this test process.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

_RUN = "TEST_RUN_DIRECTORY"


# One run of the suite -------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        # This process starts the workers, so it prepares everything for them.
        os.environ[_RUN] = tempfile.mkdtemp(prefix="liveblog-tests-")
        runpy.run_path(str(ROOT / "scripts" / "compile_messages.py"))["main"]()
        os.environ["STATIC_ROOT"] = str(_place_of_static_files())
        # Compressing the static files takes as long as loading the tests.
        threading.Thread(target=_collect_static_files, args=[Path(os.environ["STATIC_ROOT"])]).start()
        # On SIGTERM, stop all child processes, as on Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings.STATIC_ROOT = os.environ["STATIC_ROOT"]
    databases.name_template(_directory())
    TransactionTestCase._fixture_teardown = _empty_databases
    # Hashing a password takes a quarter of a second on purpose. `fork_server` does the same in servers.
    PBKDF2PasswordHasher.iterations = 1
    _take_redis_of_worker()
    # Only servers serve static files. For each client of a test, this middleware would stat a thousand files. It is
    # also asynchronous, so each request would start an event loop and change threads.
    settings.MIDDLEWARE.remove("liveblog.staticfiles.StaticFilesMiddleware")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _RUN in os.environ:
        with config.stash[blocking_manager_key].unblock():
            databases.drop_template(_directory())
        shutil.rmtree(os.environ.pop(_RUN), ignore_errors=True)


def _directory() -> Path:
    return Path(os.environ[_RUN])


def _place_of_static_files() -> Path:
    """Return the directory for the present static files, and delete directories of former runs."""
    digest = hashlib.sha256((ROOT / "liveblog" / "staticfiles.py").read_bytes())
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}".encode())
    place = ROOT / ".cache" / "tests" / "static"
    place.mkdir(parents=True, exist_ok=True)
    directory = place / digest.hexdigest()[:16]
    for other in place.iterdir():
        # No run takes a day, so these files are unused.
        with suppress(FileNotFoundError):
            if other.is_dir() and other != directory and other.stat().st_mtime < time.time() - 24 * 3600:
                shutil.rmtree(other, ignore_errors=True)
    return directory


def _collect_static_files(directory: Path) -> None:
    """Collect the static files unless another process has done so or is doing so; then wait for it."""
    with (directory.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            partial = directory.parent / "partial"
            shutil.rmtree(partial, ignore_errors=True)
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
            subprocess.run(command, cwd=ROOT, env=os.environ | {"STATIC_ROOT": str(partial)}, check=True)
            partial.rename(directory)
        os.utime(directory)


def _empty_databases(test: TransactionTestCase) -> None:
    for alias in test._databases_names(include_mirrors=False):
        for attempt in range(5):
            try:
                databases.empty(connections[alias])
                break
            except (IntegrityError, OperationalError):
                # A job of a running server has written a row that refers to one of the rows being deleted, or has
                # locked some of them in another order.
                if attempt == 4:
                    raise


def _take_redis_of_worker() -> None:
    """Use this worker's Redis: parallel tests have separate databases, so they must not share a cache or a layer."""
    addresses = os.environ.get("REDIS_URLS", "").split()
    if addresses:
        address = addresses[int(WORKER.removeprefix("gw")) % len(addresses)]
        os.environ["REDIS_URL"] = address
        settings.CACHES["default"]["LOCATION"] = settings.CACHES["limits"]["LOCATION"] = address
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [address]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import all test modules, starting with a different one in each worker.

    Rewriting the assertions takes long. The first worker that imports a module caches the result for all, but if all
    workers began with the same module, each would compile it.
    """
    number, count = int(WORKER.removeprefix("gw")), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if count == 1:
        return
    for chosen in map(Path, session.config.args):
        names = [f"tests.{path.stem}" for path in sorted((ROOT / chosen).glob("test_*.py"))]
        first = len(names) * number // count
        for name in names[first:] + names[:first]:
            # pytest reports errors when it collects the module.
            with suppress(Exception, pytest.skip.Exception):
                importlib.import_module(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left_out = [], []
    for item in items:
        if "browser" in Path(item.path).relative_to(ROOT).parts:
            item.add_marker("browser")
        elif _commits(item) and not item.get_closest_marker("one_database"):
            # These tests use several connections to the database.
            item.add_marker("database")
        (kept if soak.SOAK or not item.get_closest_marker("soak") else left_out).append(item)
    # If a long test began last, the other workers would have nothing left to do meanwhile.
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("long") is None)
    config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load the URL patterns, and exclude modules, tests and Django from garbage collection.

    The first use of the URL patterns fixes their languages, which must not be the LANGUAGES of a single test. The
    collector took a tenth of the run.
    """
    _collect_static_files(Path(settings.STATIC_ROOT))
    get_resolver().url_patterns  # noqa: B018 - loads the patterns
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _commits(item: Any) -> bool:
    """Return whether the test commits, so that other threads see its changes."""
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in item.fixturenames or bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    own = databases.copy(_directory(), WORKER)
    with django_db_blocker.unblock():
        own.__enter__()
    yield
    with django_db_blocker.unblock():
        own.__exit__(None, None, None)


# Each test ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def media_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture
def media(media_of_all: Path) -> Iterator[Path]:
    """Return the directory in which tests store files; it is empty at the start of each test."""
    yield media_of_all
    for path in media_of_all.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(autouse=True)
def nothing_left_over(
    request: pytest.FixtureRequest, media: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Start each test with an empty cache, because a rolled-back database assigns the same ids again.

    Also reset the language and the time zone, which the last request of the previous test has set.
    """
    settings.MEDIA_ROOT = media
    settings.JOBS_IN_THREADS = _commits(request.node)
    cache.clear()
    limits.forget()
    # The site's look stays the default until a test saves one.
    branding.in_memory.keep(Branding(), 86_400)
    configuration.in_memory.keep(configuration.Stored({configuration.SETUP_SHOWN: True}), 86_400)
    words.forget()
    translation.deactivate()
    timezone.deactivate()
    # A test saves as a machine. A request starts without an actor, and sets its own.
    answer = ClientHandler.__call__

    def answered(handler: ClientHandler, environ: Any) -> Any:
        with nobody_acting():
            return answer(handler, environ)

    monkeypatch.setattr(ClientHandler, "__call__", answered)
    with actors.acting_as(TEST):
        yield
    translation.deactivate()
    timezone.deactivate()
    cache.clear()


@pytest.fixture
def one_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the rate limits, so that the whole test is in one window."""
    now = time.time()
    monkeypatch.setattr("liveblog.limits.time", SimpleNamespace(time=lambda: now, monotonic=time.monotonic))


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_CONFIGURED = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, PATIENCE
        yield server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = ["background-networking", "component-update", "gpu", "quic", "sync"]
    found = (shutil.which(name) for name in ("chromium-headless-shell", "chromium"))
    return browser_type_launch_args | {
        "executable_path": os.environ.get("CHROMIUM") or next(filter(None, found), None),
        "args": ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)],
    }
