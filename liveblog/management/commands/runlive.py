import os
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from liveblog.delivery.protocol import LiveProtocol


class Command(BaseCommand):
    help = "Serve readers and the newsroom: the production server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT", 8000)), help="port (default: %(default)s)"
        )
        parser.add_argument("--access-log", action="store_true", help="log every request")
        parser.add_argument(
            "--forwarded-allow-ips",
            default="127.0.0.1",
            help="proxies whose X-Forwarded-* headers are believed (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        uvicorn.run(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            host=options["host"],
            port=options["port"],
            ws=LiveProtocol,
            # Compression costs time and memory for each reader; frames are small.
            ws_per_message_deflate=False,
            # Readers say nothing but ping, pong and close.
            ws_max_size=4096,
            access_log=options["access_log"],
            log_level="info" if options["access_log"] else "warning",
            forwarded_allow_ips=options["forwarded_allow_ips"],
            timeout_graceful_shutdown=5,
            server_header=False,
        )
