import os
import socket
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from uvicorn.supervisors import Multiprocess

from liveblog.delivery.protocol import CLOSE_TIMEOUT_SECONDS, EdgeProtocol, LiveProtocol

#: A connection is cut when data has not been acknowledged for so long: a reader whose network is gone sends nothing.
ACKNOWLEDGE_TIMEOUT_MILLISECONDS = 60_000


class Command(BaseCommand):
    help = "Serve readers and the newsroom: the production server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT", 8000)), help="port (default: %(default)s)"
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=1,
            metavar="N",
            help="processes on the port (default: %(default)s); SIGHUP replaces one after the other",
        )
        parser.add_argument("--access-log", action="store_true", help="log every request")
        parser.add_argument(
            "--forwarded-allow-ips",
            default="127.0.0.1",
            help="proxies whose X-Forwarded-* headers are believed (default: %(default)s)",
        )

    def handle(self, *args: object, **options: Any) -> None:
        config = uvicorn.Config(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            host=options["host"],
            port=options["port"],
            workers=options["processes"],
            http=EdgeProtocol,
            ws=LiveProtocol,
            # uvicorn's compression costs time and memory for each reader; the protocol class has its own.
            ws_per_message_deflate=False,
            # Readers send only pings, pongs and close frames.
            ws_max_size=4096,
            access_log=options["access_log"],
            log_level="info" if options["access_log"] else "warning",
            forwarded_allow_ips=options["forwarded_allow_ips"],
            timeout_graceful_shutdown=int(settings.LIVE_DRAIN_SECONDS + CLOSE_TIMEOUT_SECONDS) + 1,
            server_header=False,
        )
        try:
            listener = _listen(options["host"], options["port"])
        except OSError as error:
            raise CommandError(f"{options['host']} port {options['port']}: {error.strerror}") from error
        with listener:
            if options["processes"] > 1:
                Multiprocess(config, sockets=[listener]).run()
            else:
                uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=4096)
    listener.set_inheritable(True)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted connections inherit the option (tcp(7)).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, ACKNOWLEDGE_TIMEOUT_MILLISECONDS)
    return listener
