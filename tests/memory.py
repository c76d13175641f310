"""Measure the memory of the test's own process."""

from __future__ import annotations

import gc
from pathlib import Path

_PROCESS = Path("/proc/self")


class PeakMemory:
    """Measure by how many bytes the resident memory grows at most within a block (proc_pid_status(5)).

    Garbage is collected as often as in a program, not as late as in a test run.
    """

    growth = 0

    def __enter__(self) -> PeakMemory:
        self._thresholds = gc.get_threshold()
        gc.collect()
        gc.set_threshold(700, 10, 10)
        # The highest value so far becomes the present one (proc_pid_clear_refs(5)).
        (_PROCESS / "clear_refs").write_text("5")
        self._before = _bytes("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.growth = _bytes("VmHWM") - self._before
        gc.set_threshold(*self._thresholds)


def _bytes(name: str) -> int:
    for line in (_PROCESS / "status").read_text().splitlines():
        key, _colon, value = line.partition(":")
        if key == name:
            return int(value.removesuffix("kB")) * 1024
    raise AssertionError(name)
