"""The garbage collector and threads do not stop the loop that serves the readers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.server import ROOT

#: Starts the application as a server does, and prints the interpreter's settings before the first connection.
_START = """
import asyncio, gc, json, sys
from liveblog.asgi import application

async def main():
    requests, started = asyncio.Queue(), asyncio.Event()
    requests.put_nowait({"type": "lifespan.startup"})

    async def send(message):
        started.set()

    server = asyncio.create_task(application({"type": "lifespan", "asgi": {"version": "3.0"}}, requests.get, send))
    await started.wait()
    tracked = len(gc.get_objects())
    print(json.dumps([gc.get_freeze_count(), tracked, gc.get_threshold()[0], sys.getswitchinterval()]))
    requests.put_nowait({"type": "lifespan.shutdown"})
    await server

asyncio.run(main())
"""


def test_each_process_that_serves_keeps_all_that_is_loaded_out_of_the_garbage_collector() -> None:
    environment = os.environ | {"DETECTOR_AT_START": "off", "DATABASE_URL": "sqlite:///:memory:"}
    run = subprocess.run([sys.executable, "-c", _START], cwd=ROOT, env=environment, capture_output=True, text=True)
    frozen, tracked, threshold, switch_seconds = json.loads(run.stdout.splitlines()[-1])
    assert frozen > 100_000 > 10 * tracked
    assert threshold >= 10_000
    assert switch_seconds == 0.001
