"""Send messages from a separate process, so that readers of pages do not wait for encryption and push services.

Encrypting and sending a message takes about a millisecond of processor time, and a process runs Python in one thread at
a time. The process starts with the first messages, has a low priority, and ends when it has been idle for a while or
its parent ends. It reads batches as numbered lines of JSON, and answers each batch when it is done, so a slow push
service delays only its own batches. The end of the input ends the process.

    python -m liveblog.webpush.apart
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock, Thread, Timer
from typing import IO, Any

from liveblog.errors import ProviderError
from liveblog.webpush import sending
from liveblog.webpush.endpoints import Endpoint
from liveblog.webpush.sending import Content, Message

logger = logging.getLogger(__name__)

#: Seconds without a message after which the process ends.
_IDLE_SECONDS = 60.0
#: Seconds that it may take for the batches under way when its parent ends.
_END_SECONDS = 3.0
_NICENESS = 10

#: The error of each message: reason, seconds until it may be tried again, and status.
Errors = list[ProviderError | None]


class Sender:
    """The parent's handle of the process. Any thread may use it; several batches may be under way."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ended = False
        self._used_at = 0.0
        self._number = 0
        #: The batches under way by their numbers, each with the process that has it.
        self._waiting: dict[int, tuple[subprocess.Popen[bytes], Future[Errors]]] = {}
        self._lock = Lock()

    def send_all(self, messages: Sequence[Message]) -> Errors:
        """Send messages as `sending.send_all` does. Raise OSError if the process dies in the meantime, or was ended."""
        if not messages:
            return []
        batch = _written(messages)
        answer: Future[Errors] = Future()
        with self._lock:
            process = self._running()
            self._number += 1
            self._waiting[self._number] = process, answer
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps([self._number, batch]).encode() + b"\n")
                process.stdin.flush()
            except OSError:
                self._waiting.pop(self._number, None)
                raise
        return answer.result()

    def end(self) -> None:
        """End the process. Batches that take more than _END_SECONDS fail."""
        with self._lock:
            self._is_ended = True
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._is_ended:
            raise ConnectionError("The process that sends messages has been ended.")
        self._used_at = time.monotonic()
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ}
            # It would write metrics into the files of its parent.
            environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            Thread(target=self._read, args=(self._process,), daemon=True, name="webpush").start()
            self._end_when_idle()
        return self._process

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on the answers of a process until it ends, or writes something else; then end it."""
        try:
            self._pass_on(process)
        except Exception as error:
            logger.warning("The answers of the process that sends messages are unreadable (%s).", type(error).__name__)
        with self._lock:
            # Nobody would read the answers to further batches.
            if self._process is process:
                self._process = None
            unanswered = [number for number, (asked, _answer) in self._waiting.items() if asked is process]
            answers = [self._waiting.pop(number)[1] for number in unanswered]
        for answer in answers:
            answer.set_exception(ConnectionError("The process that sends messages has ended."))
        _end(process)

    def _pass_on(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                number, found = json.loads(line)
                errors = [None if one is None else ProviderError(one[0], retry_after=one[1]) for one in found]
                with self._lock:
                    self._used_at = time.monotonic()
                    _process, answer = self._waiting.pop(number)
                answer.set_result(errors)

    def _end_when_idle(self) -> None:
        timer = Timer(_IDLE_SECONDS, self._look)
        timer.daemon = True
        timer.start()

    def _look(self) -> None:
        with self._lock:
            process = self._process
            if process is None:
                return
            if self._waiting or time.monotonic() < self._used_at + _IDLE_SECONDS:
                self._end_when_idle()
                return
            self._process = None
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(batches: IO[bytes], answers: IO[bytes]) -> None:
    """Send each batch of messages in a thread, and answer with their errors; return at the end of the input."""
    writing = Lock()

    def work(number: int, batch: dict[str, Any]) -> None:
        errors: Errors
        try:
            errors = sending.send_all(_read(batch))
        except Exception as error:
            # The parent waits for an answer. The text of the error may contain an endpoint.
            logger.warning("Messages could not be sent (%s).", type(error).__name__)
            errors = [ProviderError("nonsense")] * len(batch["messages"])
        answer = [number, [None if error is None else [error.reason, error.retry_after] for error in errors]]
        with writing:
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()

    threads: list[Thread] = []
    for line in batches:
        number, batch = json.loads(line)
        threads = [thread for thread in threads if thread.is_alive()]
        threads.append(Thread(target=work, args=(number, batch), name="batch"))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _written(messages: Sequence[Message]) -> dict[str, Any]:
    """Return messages for JSON. Content that many of them share occurs once."""
    contents = list({one.content: None for one in messages})
    numbers = {content: number for number, content in enumerate(contents)}
    return {
        "contents": [[each.data.decode(), each.topic, each.urgency, each.seconds] for each in contents],
        "messages": [
            [one.endpoint.address, one.endpoint.public_key, one.endpoint.secret, numbers[one.content]]
            for one in messages
        ],
    }


def _read(batch: dict[str, Any]) -> list[Message]:
    contents = [Content(data.encode(), topic, urgency, seconds) for data, topic, urgency, seconds in batch["contents"]]
    return [Message(Endpoint(*endpoint), contents[number]) for *endpoint, number in batch["messages"]]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)
