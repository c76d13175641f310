"""Start processes that end with the tests, even if the tests are killed.

Each process leads a group of its own, and a guardian knows all groups. The guardian reads them from a pipe; the pipe
ends when the process that runs the tests does, and then the guardian kills what is left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from typing import Any, Protocol

_GUARDIAN = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Started(Protocol):
    """A process that leads a group of its own."""

    pid: int

    def wait(self) -> int: ...


@lru_cache(maxsize=1)
def _guardian() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-ISc", _GUARDIAN]
    # It must not inherit our output, which would then stay open for its readers.
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _tell(sign: str, group: int) -> None:
    pipe = _guardian().stdin
    assert pipe is not None
    pipe.write(f"{sign}{group}\n".encode())
    pipe.flush()


def guard(group: int) -> None:
    """Make sure that a group of processes is killed when the tests end."""
    _tell("+", group)


def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, as subprocess.Popen does."""
    process = subprocess.Popen(command, process_group=0, **options)
    guard(process.pid)
    return process


def end(process: Started) -> None:
    """Kill a process with all of its group, and wait until it has ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _tell("-", process.pid)
