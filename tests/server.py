"""Run the real server in a separate process, on the database of the running test."""

from __future__ import annotations

import fcntl
import itertools
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import weakref
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests import fork_server, processes

#: Seconds that a test waits for an event before it fails. Not a promise about speed: a busy machine may need them.
PATIENCE = 60

ROOT = Path(__file__).resolve().parent.parent


@cache
def _ports() -> Iterator[int]:
    """Return an endless iterator of ports that only this process uses.

    They are below the system's ephemeral ports, of which tests use thousands. Each test process locks its own range
    until it ends, so that no other run takes a free port before a server listens at it.
    """
    count, size = 12, 1_000
    first = zlib.crc32(os.environ.get("TEST_RUN_DIRECTORY", "").encode())
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    directory = Path(tempfile.gettempdir()) / f"liveblog-ports-{os.getuid()}"
    directory.mkdir(exist_ok=True)
    for place in range(first + worker, first + worker + count):
        lock = (directory / str(place % count)).open("w")
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _locks.append(lock)
            break
        lock.close()
    start = 20_000 + place % count * size
    return (start + number % size for number in itertools.count(first))


#: Lock files, which stay open until the process ends.
_locks: list[IO[str]] = []


def free_port() -> int:
    return next(filter(_is_free, _ports()))


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def eventually(condition: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait up to `within` seconds for a condition that another thread or process makes true."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "The condition never became true."
        time.sleep(0.05)


def database_url() -> str:
    """Return the address of the test's own database, for another process."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, password = quote(values["USER"] or ""), quote(values["PASSWORD"] or "")
    host = quote(values["HOST"] or "127.0.0.1", safe="")
    return f"postgres://{user}{':' + password if password else ''}@{host}:{values['PORT'] or 5432}/{values['NAME']}"


#: By environment, the ports of its servers, each with the server that has it.
_ports_of: defaultdict[frozenset[tuple[str, str]], dict[int, weakref.ref[Server]]] = defaultdict(dict)


class Server:
    """`manage.py runlive` on a free port. `environment` adds to or replaces variables of this process.

    Its output goes to `log`, if one is given.

    A server gets the port of a former one with the same environment, because the application is loaded once for each
    environment, and that has the port in it.
    """

    def __init__(self, command: list[str] | None = None, log: Path | None = None, **environment: str) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "SECRET_KEY": settings.SECRET_KEY,
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "STATIC_ROOT": str(settings.STATIC_ROOT),
            # Changes in the test's process send no notification to the server's in-process layer.
            "LIVE_POLL_SECONDS": "0.25",
            "LIVE_DRAIN_SECONDS": "0.2",
            "DETECTOR_AT_START": "off",
            # On a busy machine, people wait for longer than the default for their turn to write.
            "DATABASE_LOCK_TIMEOUT": "14",
            # All readers of a test have one address.
            "LIVE_MAX_CONNECTIONS_PER_ADDRESS": "0",
            "PYTHONWARNINGS": "default",
            **environment,
        }
        for name in ("DEBUG", "PYTEST_CURRENT_TEST"):
            self.environment.pop(name, None)
        self.port = self._take_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}"
        self.environment["SITE_URL"] = environment.get("SITE_URL", self.url)
        self._command = command or ["manage.py", "runlive", "--port", str(self.port)]
        self.log = log
        self.process: fork_server.Process | None = None

    def _take_port(self) -> int:
        ports = _ports_of[frozenset(self.environment.items())]
        unused = (port for port, owner in ports.items() if owner() is None and _is_free(port))
        port = next(unused, None) or free_port()
        ports[port] = weakref.ref(self)
        return port

    def start(self) -> Server:
        command = [part.replace("PORT", str(self.port)) for part in self._command]
        with self.log.open("ab") if self.log else nullcontext() as log:
            self.process = fork_server.Process.serving(command, self.environment, log.fileno() if log else None)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return self
            assert self.process.poll() is None, "The server did not start."
            time.sleep(0.1)
        raise AssertionError("The server does not answer.")

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill the server without warning, like a crash."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def hang_up(self) -> None:
        """Send SIGHUP, which makes the server replace its workers, as in a deploy."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        if self.process is not None:
            if self.runs:
                self.process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(15)
            processes.end(self.process)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: Any) -> None:
        self.stop()


#: The same application on a server that does not lend its transport, so frames go through ASGI `send`.
PLAIN_SERVER = [
    *("-m", "uvicorn", "liveblog.asgi:application", "--port", "PORT", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false", "--log-level", "warning", "--timeout-graceful-shutdown", "1"),
]
