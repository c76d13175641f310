"""Start programs as forks of a process that has loaded their libraries, because a new interpreter takes seconds.

Loaders are processes that wait for requests on a socket. One loader for all tests has the libraries. For each
environment of a server, it forks another loader, which also loads the application with the settings of that
environment. Each server is a fork of such a loader, in which no request has run.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, NoReturn

from tests import processes

#: Libraries that load slowly and read neither the environment nor the settings on import.
_LIBRARIES = (
    *("aiohttp", "anyascii", "babel.dates", "babel.numbers", "cryptography.x509", "defusedxml.ElementTree"),
    *("django.contrib.admin.options", "django.contrib.staticfiles.storage", "django.db.models", "django.forms"),
    *("django.test.utils", "django.views.generic", "fido2.server", "fontTools.ttLib", "httpx", "jinja2", "lxml.html"),
    *("marshmallow", "multiprocessing.spawn", "nh3", "PIL.Image", "PIL.ImageDraw", "prometheus_client"),
    *("psycopg_pool", "pydantic.main", "pydantic.types", "rapidfuzz.fuzz", "redis.asyncio", "regex", "requests"),
    *("rich.console", "selectolax.lexbor", "simplemma", "uvicorn", "websockets.server", "websockets.sync.client"),
)

#: The longest request or answer, in bytes: an environment and a command.
_MAX_MESSAGE = 1 << 20


# In the loaders -------------------------------------------------------------------------------------------------------


class _Loader:
    """The loop of a loader. Its socket carries a message for each request, and for each fork that ended."""

    def __init__(self, connection: socket.socket, before_second_fork: Callable[[], None] | None = None) -> None:
        self._connection = connection
        self._before_second_fork = before_second_fork
        self._forks = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(connection, selectors.EVENT_READ)

    def serve(self) -> None:
        """Answer requests until the other end of the socket closes."""
        while True:
            for key, _events in self._selector.select():
                if key.fileobj is not self._connection:
                    self._report_end_of(key.data, key.fd)
                    continue
                message, descriptors, _flags, _address = socket.recv_fds(self._connection, _MAX_MESSAGE, 2)
                if not message:
                    return
                self._fork(json.loads(message), descriptors)

    def _fork(self, request: dict[str, Any], descriptors: list[int]) -> None:
        self._forks += 1
        if self._forks == 2 and self._before_second_fork:
            self._before_second_fork()
        if pid := os.fork():
            self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
            for descriptor in descriptors:
                os.close(descriptor)
            self._connection.sendall(json.dumps({"started": pid}).encode())
            return
        self._selector.close()
        self._connection.close()
        os.setpgid(0, 0)
        os.environ.clear()
        os.environ.update(request["environment"])
        if request["command"]:
            _run(request["command"], *descriptors)
        _load_application(socket.socket(fileno=descriptors[0]))

    def _report_end_of(self, pid: int, descriptor: int) -> None:
        self._selector.unregister(descriptor)
        os.close(descriptor)
        _pid, status = os.waitpid(pid, 0)
        with suppress(OSError):
            self._connection.sendall(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def _run(command: list[str], *outputs: int) -> NoReturn:
    """Run a Python program as the interpreter does, and end this process. `outputs` are for stderr and stdout."""
    for output, number in zip(outputs, (2, 1), strict=False):
        os.dup2(output, number)
        os.close(output)
    warnings.resetwarnings()
    if wanted := os.environ.get("PYTHONWARNINGS"):
        warnings.simplefilter(wanted)  # type: ignore[arg-type]
    else:
        for ignored in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", ignored)
    code = 0
    try:
        if command[0] == "-m":
            sys.argv = command[1:]
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        elif command[0] == "-c":
            sys.argv = ["-c", *command[2:]]
            exec(command[1], {"__name__": "__main__"})
        else:
            sys.argv = command
            runpy.run_path(command[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        # As the interpreter does.
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    # Wait for non-daemon threads.
    threading._shutdown()  # type: ignore[attr-defined]
    os._exit(code)


def _load_application(connection: socket.socket) -> NoReturn:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    importlib.import_module("liveblog.asgi")
    importlib.import_module("liveblog.management.commands.runlive")
    # Hashing a password takes a quarter of a second on purpose.
    importlib.import_module("django.contrib.auth.hashers").PBKDF2PasswordHasher.iterations = 1
    # Most servers start once. Compiling all templates pays off from the second start.
    _Loader(connection, importlib.import_module("liveblog.preloading").preload).serve()
    os._exit(0)


def _load_libraries() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    _Loader(socket.socket(fileno=int(sys.argv[1]))).serve()


# In the tests ---------------------------------------------------------------------------------------------------------


class Loader:
    """The tests' end of a loader's socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        #: Exit codes by process id.
        self._codes: dict[int, int] = {}

    def ask(self, environment: dict[str, str], command: list[str], *descriptors: int) -> int:
        """Make the loader fork, and return the id of the new process."""
        with self._lock:
            request = json.dumps({"environment": environment, "command": command}).encode()
            socket.send_fds(self._connection, [request], list(descriptors))
            while not (pid := self._read()):
                pass
        processes.guard(pid)
        return pid

    def code_of(self, pid: int, timeout: float | None = None) -> int | None:
        """Return the exit code of a process; None if it still runs after `timeout` seconds."""
        if pid not in self._codes and not _has_ended(pid, timeout):
            return None
        with self._lock:
            while pid not in self._codes:
                self._read()
            return self._codes[pid]

    def _read(self) -> int:
        """Read one message. Return the id of a started process; 0 if the message is about an ended one."""
        message = self._connection.recv(_MAX_MESSAGE)
        assert message, "The loader of the servers has ended."
        told = json.loads(message)
        if "ended" in told:
            self._codes[told["ended"]] = told["code"]
        return told.get("started", 0)


def _has_ended(pid: int, timeout: float | None) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        ended = bool(selector.select(timeout))
    os.close(descriptor)
    return ended


@lru_cache(maxsize=1)
def _libraries() -> Loader:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.fork_server", str(theirs.fileno())]
    processes.start(command, pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)
    theirs.close()
    return Loader(ours)


@lru_cache(maxsize=8)
def _application(environment: tuple[tuple[str, str], ...]) -> Loader:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    _libraries().ask(dict(environment), [], theirs.fileno())
    theirs.close()
    return Loader(ours)


class Process:
    """A fork that runs a program, with the methods of subprocess.Popen that tests use."""

    def __init__(self, loader: Loader, command: list[str], environment: dict[str, str], *outputs: int) -> None:
        self._loader = loader
        self.pid = loader.ask(environment, command, *outputs)
        self.returncode: int | None = None

    @classmethod
    def serving(cls, command: list[str], environment: dict[str, str], stderr: int | None = None) -> Process:
        """Start `manage.py` with the application loaded, and other programs with only the libraries."""
        whole = command[0] == "manage.py"
        loader = _application(tuple(sorted(environment.items()))) if whole else _libraries()
        return cls(loader, command, environment, *([] if stderr is None else [stderr]))

    def poll(self) -> int | None:
        return self._code(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("a server", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _code(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.returncode = self._loader.code_of(self.pid, timeout)
        return self.returncode


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with only the libraries loaded, and return its output."""
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryFile("w+") as output:
        process = Process(_libraries(), command, environment, errors.fileno(), output.fileno())
        code = process.wait()
        processes.end(process)
        for file in (errors, output):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, output.read(), errors.read())


if __name__ == "__main__":
    _load_libraries()
