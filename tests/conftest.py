import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

# A slow machine refutes nothing; and a change is judged by the same examples wherever it is tested. Others are looked
# for with --hypothesis-profile=other.
hypothesis.register_profile("same", deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
hypothesis.register_profile("other", deadline=None, suppress_health_check=list(HealthCheck))
hypothesis.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    database = connections.databases["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # Hub and views work in threads of their own, which an in-memory database would not let in at once.
        (ROOT / ".cache").mkdir(exist_ok=True)
        database["TEST"]["NAME"] = str(ROOT / ".cache" / "test.sqlite3")
    else:
        # A pool would keep connections to a database that is to be dropped. The servers under test have theirs.
        database["OPTIONS"].pop("pool", None)
    _take_redis_of_worker()
    # Each client of a test makes its middleware anew, which would look at a thousand files; servers serve them.
    settings.SERVESTATIC_USE_MANIFEST = settings.SERVESTATIC_USE_STATIC_ROOT = False


def _take_redis_of_worker() -> None:
    """Tests that run in parallel have a database each; so they must not share a cache and a channel layer."""
    addresses = os.environ.get("REDIS_URLS", "").split()
    if addresses:
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        address = addresses[worker % len(addresses)]
        os.environ["REDIS_URL"] = address
        settings.CACHES["default"]["LOCATION"] = address
        settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [address]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(item.path).relative_to(ROOT).parts:
            item.add_marker("browser")


@pytest.fixture(autouse=True)
def nothing_left_over(tmp_path_factory: pytest.TempPathFactory, settings: Any) -> Iterator[None]:
    """Each test begins with an empty cache; databases that are rolled back give out the same numbers again."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def one_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a test does falls into one stretch of time that limits are for, whenever it is run."""
    now = time.time()
    monkeypatch.setattr("liveblog.limits.time", SimpleNamespace(time=lambda: now))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = ["background-networking", "component-update", "gpu", "quic", "sync"]
    return browser_type_launch_args | {
        "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium"),
        "args": ["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)],
    }
