"""What tests start ends with them, however that comes about."""

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
    """Return whether a process is there and has not ended; who has ended may wait for somebody to notice."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_process_outlives_neither_its_end_nor_that_of_the_tests() -> None:
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
