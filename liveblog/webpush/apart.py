"""Send messages from a process of their own, so that readers of pages do not wait for encryption and push services.

Encrypting and sending a message takes about a millisecond of a processor, and a process runs Python in one thread at a
time. The process is started for the first messages, has a low priority, and ends after a while without any, or when
its parent does: it reads batches as lines of JSON, and the end of its input ends it.

    python -m liveblog.webpush.apart
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from threading import Lock, Timer
from typing import IO, Any

from liveblog.errors import ProviderError
from liveblog.webpush import sending
from liveblog.webpush.endpoints import Endpoint
from liveblog.webpush.sending import Message

#: Seconds without a message after which the process ends.
_IDLE_SECONDS = 60.0
_NICENESS = 10


class Sender:
    """The process, from the side of its parent. Any thread may use it; batches are sent one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._used_at = 0.0
        self._lock = Lock()

    def send_all(self, messages: Sequence[Message]) -> list[ProviderError | None]:
        """Send messages as `sending.send_all` does. Raise OSError if the process dies meanwhile."""
        if not messages:
            return []
        with self._lock:
            self._used_at = time.monotonic()
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            batch = [{**asdict(one), "data": one.data.decode()} for one in messages]
            process.stdin.write(json.dumps(batch).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                self._end()
                raise ConnectionError("The process that sends messages has ended.")
            self._used_at = time.monotonic()
        return [None if one is None else ProviderError(one[0], retry_after=one[1]) for one in json.loads(line)]

    def end(self) -> None:
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ}
            # Its measurements would go to the files of its parent.
            environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            self._end_when_idle()
        return self._process

    def _end_when_idle(self) -> None:
        timer = Timer(_IDLE_SECONDS, self._look)
        timer.daemon = True
        timer.start()

    def _look(self) -> None:
        # A batch under way holds the lock.
        with self._lock:
            if time.monotonic() < self._used_at + _IDLE_SECONDS:
                self._end_when_idle()
            else:
                self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(batches: IO[bytes], answers: IO[bytes]) -> None:
    """Send each batch of messages, and answer with their errors; return at the end of the input."""
    for line in batches:
        messages = [_message(fields) for fields in json.loads(line)]
        errors = sending.send_all(messages)
        answer = [None if error is None else [error.reason, error.retry_after] for error in errors]
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _message(fields: dict[str, Any]) -> Message:
    return Message(**fields | {"endpoint": Endpoint(**fields["endpoint"]), "data": fields["data"].encode()})


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)
