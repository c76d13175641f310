"""The supervisor of `manage.py runlive`: it keeps worker processes serving, and replaces them one after the other.

uvicorn's own supervisor has one time limit for all workers to answer, keeps restarting a worker that cannot start, and
logs neither. This one uses uvicorn's process with its pipe (`uvicorn.supervisors`).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Process

logger = logging.getLogger(__name__)

#: Seconds between two checks of the workers.
_INTERVAL_SECONDS = 0.1

#: The longest pause before a worker that could not start is started again, in seconds.
_LONGEST_PAUSE_SECONDS = 30.0

#: The file of `State` in the runtime directory.
STATE_FILE = "runlive.json"


class Worker(Process):
    """A process that serves. All workers have the same listening sockets."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], slot: int, prepare: Callable[[], None]
    ) -> None:
        super().__init__(config, sockets)
        #: A small number, unique among the running workers.
        self.slot = slot
        self._prepare = prepare
        self._supervisor = os.getpid()
        self.began = self.answered = time.monotonic()
        self.serves = False
        self._asked = False

    def start(self) -> None:
        # The new process inherits the present environment.
        os.environ["RUNLIVE_WORKER"] = str(self.slot)
        super().start()
        self.began = self.answered = time.monotonic()
        logger.info("Worker %s starts.", self.pid)

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; this runs in the new process."""
        # Ctrl-C reaches all processes of a terminal, but the supervisor stops its workers itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # Only the supervisor may hold its end of the pipe, so that the pipe ends with the supervisor.
        self.parent_conn.close()
        try:
            self._prepare()
        except Exception:
            logger.critical("This worker cannot start.", exc_info=True)
            sys.exit(STARTUP_FAILURE)
        super().target(sockets)

    def always_pong(self) -> None:
        with suppress(OSError, EOFError):
            super().always_pong()
        # Without a supervisor, nothing would ever stop or replace this worker. The pipe of a process that dies ends a
        # moment before its children get another parent; the pipe also ends when the supervisor stops the worker.
        time.sleep(1)
        if os.getppid() != self._supervisor:
            logger.critical("The supervisor has died, and this worker stops.")
            os.kill(os.getpid(), signal.SIGTERM)

    def look(self) -> None:
        """Read the answer to the last ping, and send another one. This never waits."""
        with suppress(OSError, EOFError):
            while self.parent_conn.poll(0):
                self.serves = self.parent_conn.recv() or self.serves
                self.answered, self._asked = time.monotonic(), False
            if not self._asked:
                self.parent_conn.send(b"ping")
                self._asked = True

    @property
    def runs(self) -> bool:
        return self.process.is_alive()

    @property
    def end(self) -> str:
        """Return a description of how it ended."""
        code = self.exitcode
        return f"killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit status {code}"


class Supervisor:
    """Run `count` workers until SIGTERM or SIGINT. SIGHUP replaces each by a new one, which runs the code on the disk.

    start_seconds     how long a worker may take until it serves
    answer_seconds    how long a serving worker may fail to answer before it is killed and replaced
    prepare           called in each new process before it serves; it loads all files from the disk
    drain_seconds     how long a worker may take to end
    directory         where the state of the supervisor is written, for `manage.py reload`; None: nowhere
    on_start, on_end  called with a worker that has just been started, or has ended
    """

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[socket.socket],
        count: int,
        *,
        prepare: Callable[[], None],
        start_seconds: float,
        answer_seconds: float,
        drain_seconds: float,
        directory: Path | None = None,
        on_start: Callable[[Worker], None] = lambda _worker: None,
        on_end: Callable[[Worker, bool], None] = lambda _worker, _expected: None,
    ) -> None:
        self._config = config
        self._sockets = sockets
        self._count = count
        self._prepare = prepare
        self._start_seconds = start_seconds
        self._answer_seconds = answer_seconds
        self._drain_seconds = drain_seconds
        self._directory = directory
        self._on_start = on_start
        self._on_end = on_end
        self._workers: list[Worker] = []
        #: Workers that were told to end, with the time at which they are killed.
        self._leaving: dict[Worker, float] = {}
        #: Workers that still have to be replaced, and the new one that will replace the first of them.
        self._outgoing: list[Worker] = []
        self._incoming: Worker | None = None
        self._reloads = 0
        self._reload_failed = False
        #: Whether a worker has served yet; failures to start since one last did; the time before which none is started.
        self._served = False
        self._failures = 0
        self._pause_until = 0.0
        self._signals: list[int] = []
        self._stopping = False
        self._failed = False

    def run(self) -> bool:
        """Supervise, and return whether it went well: False if the workers cannot start."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)
        logger.info("The server starts with %s workers.", self._count)
        self._write_state()
        while not self._stopping:
            self._heed_signals()
            self._look_at_workers()
            self._replace_next()
            self._fill_up()
            time.sleep(_INTERVAL_SECONDS)
        for worker in [*self._workers, *self._replacements()]:
            self._dismiss(worker)
        while self._leaving:
            self._look_at_leaving()
            time.sleep(_INTERVAL_SECONDS / 2)
        logger.info("The server stops.")
        if self._directory is not None:
            (self._directory / STATE_FILE).unlink(missing_ok=True)
        return not self._failed

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _heed_signals(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if number != signal.SIGHUP:
                self._stopping = True
                return
            logger.info("All workers are replaced, one after the other.")
            # A worker that is starting may have read the former code.
            if self._incoming is not None:
                self._dismiss(self._incoming)
                self._incoming = None
            self._outgoing = list(self._workers)
            self._reload_failed = False
            self._write_state()

    # Workers ----------------------------------------------------------------------------------------------------------

    def _replacements(self) -> list[Worker]:
        """Return the worker that starts to replace another one, if there is one."""
        return [] if self._incoming is None else [self._incoming]

    def _start(self) -> Worker:
        used = {worker.slot for worker in (*self._workers, *self._leaving, *self._replacements())}
        slot = next(slot for slot in range(len(used) + 1) if slot not in used)
        worker = Worker(self._config, self._sockets, slot, self._prepare)
        worker.start()
        self._on_start(worker)
        return worker

    def _dismiss(self, worker: Worker) -> None:
        worker.terminate()
        self._leaving[worker] = time.monotonic() + self._drain_seconds

    def _look_at_leaving(self) -> None:
        for worker, until in list(self._leaving.items()):
            if not worker.runs:
                del self._leaving[worker]
                logger.info("Worker %s has stopped.", worker.pid)
                self._on_end(worker, True)
            elif time.monotonic() > until:
                logger.warning("Worker %s does not stop and is killed.", worker.pid)
                worker.kill()
                self._leaving[worker] = time.monotonic() + self._drain_seconds

    def _look_at_workers(self) -> None:
        self._look_at_leaving()
        for worker in list(self._workers):
            if problem := self._problem_of(worker):
                self._workers.remove(worker)
                self._outgoing = [each for each in self._outgoing if each is not worker]
                self._on_end(worker, False)
                if worker.serves:
                    logger.error("Worker %s died: %s. Another one is started.", worker.pid, problem)
                else:
                    self._could_not_start(worker, problem)

    def _problem_of(self, worker: Worker) -> str | None:
        """Check a worker. If there is a problem, return it; the worker has then ended."""
        if not worker.runs:
            worker.join()
            return worker.end
        served, now = worker.serves, time.monotonic()
        worker.look()
        if worker.serves:
            if not served:
                logger.info("Worker %s serves after %.1f s.", worker.pid, now - worker.began)
                self._served, self._failures = True, 0
                self._write_state()
            if now - worker.answered <= self._answer_seconds:
                return None
            problem = f"it has not answered for {self._answer_seconds:g} s (WORKER_ANSWER_SECONDS)"
        elif now - worker.began <= self._start_seconds:
            return None
        else:
            problem = f"it does not serve after {self._start_seconds:g} s (WORKER_START_SECONDS)"
        worker.kill()
        worker.join()
        return problem

    def _could_not_start(self, worker: Worker, problem: str) -> None:
        self._failures += 1
        if not self._served or not any(each.serves for each in self._workers):
            logger.critical("Worker %s could not start: %s. The server stops.", worker.pid, problem)
            self._failed = self._stopping = True
            return
        pause = min(2.0**self._failures, _LONGEST_PAUSE_SECONDS)
        self._pause_until = time.monotonic() + pause
        logger.error("Worker %s could not start: %s. The next attempt is in %g s.", worker.pid, problem, pause)

    def _fill_up(self) -> None:
        if not self._stopping and time.monotonic() >= self._pause_until:
            # If the worker to be replaced has died, its replacement is one of the number.
            coming = 0 if self._outgoing else len(self._replacements())
            while len(self._workers) + coming < self._count:
                self._workers.append(self._start())

    # Replacing --------------------------------------------------------------------------------------------------------

    def _replace_next(self) -> None:
        if self._incoming is not None:
            new = self._incoming
            if problem := self._problem_of(new):
                self._incoming = None
                self._on_end(new, False)
                done = self._count - len(self._outgoing)
                self._outgoing = []
                self._end_reload(failed=True)
                logger.critical(
                    "Worker %s could not start: %s. The deploy has stopped: %s of %s workers run the new release.",
                    *(new.pid, problem, done, self._count),
                )
            elif new.serves:
                self._incoming = None
                self._workers.append(new)
                if self._outgoing:
                    old = self._outgoing.pop(0)
                    self._workers.remove(old)
                    self._dismiss(old)
                if not self._outgoing:
                    self._end_reload(failed=False)
                    logger.info("All workers have been replaced.")
        # Only one worker leaves at a time, so that not all readers reconnect at once.
        elif self._outgoing and not self._leaving:
            self._incoming = self._start()

    def _end_reload(self, *, failed: bool) -> None:
        self._reloads += 1
        self._reload_failed = failed
        self._write_state()

    def _write_state(self) -> None:
        if self._directory is None:
            return
        state = {
            "pid": os.getpid(),
            "serving": sum(worker.serves for worker in self._workers),
            "reloads": self._reloads,
            "reload_failed": self._reload_failed,
        }
        partial = self._directory / f"{STATE_FILE}.part"
        partial.write_text(json.dumps(state), encoding="utf-8")
        partial.replace(self._directory / STATE_FILE)
