import json
import os
import signal
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from liveblog.supervisor import STATE_FILE


class Command(BaseCommand):
    help = "Replace the workers of `runlive --processes` one after the other, wait, and fail if one cannot start."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=600, metavar="SECONDS", help="how long to wait (default: %(default)s)"
        )

    def handle(self, *args: object, **options: Any) -> None:
        if not settings.RUNTIME_DIRECTORY:
            raise CommandError("RUNTIME_DIRECTORY is not set. It must name the same directory as for runlive.")
        path = Path(settings.RUNTIME_DIRECTORY, STATE_FILE)
        before = _read(path)
        try:
            os.kill(before["pid"], signal.SIGHUP)
        except ProcessLookupError:
            raise CommandError(f"The server that wrote {path} does not run any more.") from None
        deadline = time.monotonic() + options["timeout"]
        while (state := _read(path))["reloads"] == before["reloads"]:
            if time.monotonic() > deadline:
                raise CommandError(f"The workers are not replaced after {options['timeout']:g} s; the log says why.")
            time.sleep(0.2)
        if state["reload_failed"]:
            raise CommandError("A new worker could not start; the log says why. The workers of before go on.")
        self.stdout.write(f"All workers have been replaced; {state['serving']} serve.")


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return state
    raise CommandError(f"No server with several processes runs here: there is no {path}.")
