"""A small server under the supervisor of `manage.py runlive`, for tests: python -m tests.supervised PORT DIRECTORY.

Its workers respond with the text that DIRECTORY/release had when they started. A file `broken` in DIRECTORY prevents
their start, and a file `slow` delays it forever. A request for /hang makes a worker hang.
"""

import logging
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn

from liveblog.http_protocol import EdgeProtocol
from liveblog.supervisor import Supervisor

_directory = Path(sys.argv[2] if len(sys.argv) > 2 else os.environ["SUPERVISED"])


def prepare() -> None:
    if (_directory / "broken").exists():
        raise RuntimeError("This release is broken.")
    if (_directory / "slow").exists():
        time.sleep(600)
    os.environ["RELEASE_OF_WORKER"] = (_directory / "release").read_text()


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    if scope["path"] == "/hang":
        os.kill(os.getpid(), 19)
    body = f"{os.environ['RELEASE_OF_WORKER']} {os.getpid()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    os.environ["SUPERVISED"] = str(_directory)
    config = uvicorn.Config(
        "tests.supervised:app", http=EdgeProtocol, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100) as listener:
        listener.set_inheritable(True)
        supervisor = Supervisor(
            config,
            [listener],
            2,
            prepare=prepare,
            start_seconds=float(os.environ.get("START_SECONDS", 60)),
            answer_seconds=float(os.environ.get("ANSWER_SECONDS", 60)),
            drain_seconds=5,
            directory=_directory,
        )
        sys.exit(0 if supervisor.run() else 1)
