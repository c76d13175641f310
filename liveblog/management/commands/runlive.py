import os
import socket
import sys
import tempfile
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from liveblog import keys, metrics, proxies
from liveblog.delivery.handshake import LiveProtocol
from liveblog.delivery.protocol import CLOSE_TIMEOUT_SECONDS, WebSocketProtocol
from liveblog.preloading import preload
from liveblog.supervisor import Supervisor, Worker

#: The time without acknowledgement after which a connection is cut: a reader whose network is gone sends nothing.
ACKNOWLEDGE_TIMEOUT_MILLISECONDS = 60_000

#: Seconds that a worker may take for everything but the connections when it stops.
_STOP_SECONDS = 10.0


class Command(BaseCommand):
    help = "Serve readers and the newsroom: the production server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT", 8000)), help="port (default: %(default)s)"
        )
        parser.add_argument(
            "--processes",
            type=_positive,
            default=1,
            metavar="N",
            help="processes on the port (default: %(default)s); SIGHUP replaces one after the other",
        )
        parser.add_argument("--access-log", action="store_true", help="log every request")

    def handle(self, *args: object, **options: Any) -> None:
        if problem := proxies.problem():
            raise CommandError(problem)
        keys.check_file()
        config = uvicorn.Config(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            host=options["host"],
            port=options["port"],
            workers=options["processes"],
            http=LiveProtocol,
            ws=WebSocketProtocol,
            # uvicorn's compression costs time and memory for each reader; our protocol class compresses once for all.
            ws_per_message_deflate=False,
            # Readers send only pings, pongs and close frames.
            ws_max_size=4096,
            access_log=options["access_log"],
            # Everything is logged by the handlers of the settings, which mask secrets.
            log_config=None,
            log_level="info" if options["access_log"] else "warning",
            # `liveblog.proxies` does this for any server.
            proxy_headers=False,
            timeout_graceful_shutdown=int(settings.LIVE_DRAIN_SECONDS + CLOSE_TIMEOUT_SECONDS) + 1,
            server_header=False,
        )
        try:
            listener = _listen(options["host"], options["port"])
        except OSError as error:
            raise CommandError(f"{options['host']} port {options['port']}: {error.strerror}") from error
        with listener:
            if options["processes"] == 1:
                uvicorn.Server(config).run(sockets=[listener])
            elif not _supervised(config, listener, options["processes"]):
                raise CommandError("The workers could not start; the log says why.")


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise ArgumentTypeError("a number from 1 to 1000 is needed")
    return int(text)


def _supervised(config: uvicorn.Config, listener: socket.socket, count: int) -> bool:
    _import_from_given_path()
    with tempfile.TemporaryDirectory(prefix="liveblog-metrics-") as directory:
        starts, deaths = metrics.share(Path(directory))

        def on_end(worker: Worker, expected: bool) -> None:
            metrics.forget(worker.slot)
            if not expected:
                deaths.labels("died" if worker.serves else "start").inc()

        return _supervisor(config, listener, count, lambda _worker: starts.inc(), on_end).run()


def _import_from_given_path() -> None:
    """Make new workers import from the path with which this command was called, even if that later leads elsewhere.

    Python resolves symbolic links in it, and workers inherit its list of paths. But a link such as
    /srv/liveblog/current leads to the new release after a deploy.
    """
    given = Path(sys.argv[0]).absolute().parent
    if sys.path[0] == str(given.resolve()):
        sys.path[0] = str(given)


def _supervisor(
    config: uvicorn.Config,
    listener: socket.socket,
    count: int,
    on_start: Callable[[Worker], None],
    on_end: Callable[[Worker, bool], None],
) -> Supervisor:
    return Supervisor(
        config,
        [listener],
        count,
        prepare=preload,
        start_seconds=settings.WORKER_START_SECONDS,
        answer_seconds=settings.WORKER_ANSWER_SECONDS,
        drain_seconds=(config.timeout_graceful_shutdown or 0) + _STOP_SECONDS,
        directory=Path(settings.RUNTIME_DIRECTORY) if settings.RUNTIME_DIRECTORY else None,
        on_start=on_start,
        on_end=on_end,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=4096)
    listener.set_inheritable(True)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted connections inherit the option (tcp(7)).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ACKNOWLEDGE_TIMEOUT_MILLISECONDS)
    return listener
