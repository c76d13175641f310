"""Child processes of tests end with the tests, even if the tests are killed."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests import processes
from tests.server import ROOT, eventually

PARENT = """
import sys
from tests import processes
child = [sys.executable, "-c", "import time; time.sleep(600)"]
print(processes.start(child).pid, flush=True)
sys.stdin.read()
"""


def runs(pid: int) -> bool:
    """Return whether a process is running; one that has ended may still wait for its parent as a zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_process_ends_when_it_is_stopped_or_when_the_tests_end() -> None:
    sleeping = processes.start([sys.executable, "-c", "import time; time.sleep(600)"])
    assert runs(sleeping.pid)
    processes.end(sleeping)
    assert not runs(sleeping.pid)

    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ)
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert runs(child)
        parent.kill()
        eventually(lambda: not runs(child))
