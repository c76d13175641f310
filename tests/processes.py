"""Start processes that are killed when the tests end, even if the tests are killed.

Each process leads its own process group. A guardian process reads the groups from a pipe. When the test process ends,
the pipe closes, and the guardian kills the remaining groups.
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
    """A process that leads its own process group."""

    pid: int

    def wait(self) -> int: ...


@lru_cache(maxsize=1)
def _guardian() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-ISc", _GUARDIAN]
    # Do not inherit our output, which would otherwise stay open for its readers.
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _tell(sign: str, group: int) -> None:
    pipe = _guardian().stdin
    assert pipe is not None
    pipe.write(f"{sign}{group}\n".encode())
    pipe.flush()


def guard(group: int) -> None:
    """Have the guardian kill a process group when the tests end."""
    _tell("+", group)


def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process in its own group. The options are those of subprocess.Popen."""
    process = subprocess.Popen(command, process_group=0, **options)
    guard(process.pid)
    return process


def end(process: Started) -> None:
    """Kill a process and its group, and wait until the process has ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _tell("-", process.pid)
