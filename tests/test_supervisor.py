"""The supervisor keeps its number of workers, each with a number of its own, whichever of them die."""

from __future__ import annotations

import itertools
import signal
from typing import Any

import pytest

from liveblog import supervisor
from liveblog.supervisor import Supervisor


class Worker:
    """A worker without a process."""

    pids = itertools.count(1)

    def __init__(self, _config: Any, _sockets: Any, slot: int, _prepare: Any) -> None:
        self.slot = slot
        self.pid = next(self.pids)
        self.serves, self.runs, self.end = False, True, "killed by SIGKILL"
        self.began = self.answered = float("inf")

    def start(self) -> None: ...
    def look(self) -> None: ...
    def join(self) -> None: ...

    def terminate(self) -> None:
        self.runs = False


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a supervisor with two workers that serve, of which the first is being replaced."""
    monkeypatch.setattr(supervisor, "Worker", Worker)
    seconds = dict.fromkeys(("start_seconds", "answer_seconds", "drain_seconds"), 60.0)
    made: Any = Supervisor(None, [], 2, prepare=lambda: None, **seconds)  # type: ignore[arg-type]
    made._fill_up()
    for worker in made._workers:
        worker.serves = True
    made._served = True
    made._note(signal.SIGHUP, None)
    look(made)
    assert made._incoming is not None
    return made


def look(running: Any) -> None:
    running._heed_signals()
    running._look_at_workers()
    running._replace_next()
    running._fill_up()


def all_workers(running: Any) -> list[Worker]:
    return [*running._workers, *running._leaving, *([running._incoming] if running._incoming else [])]


@pytest.mark.parametrize("dying", [[0], [1], [0, 1]])
def test_workers_that_die_during_a_deploy_are_replaced_once_and_no_two_have_one_number(
    running: Any, dying: list[int]
) -> None:
    for worker in [running._workers[number] for number in dying]:
        worker.runs = False
    for _ in range(12):
        look(running)
        slots = [worker.slot for worker in all_workers(running)]
        assert len(set(slots)) == len(slots)
        for worker in all_workers(running):
            worker.serves = True
    assert len(running._workers) == 2
    assert running._incoming is None
