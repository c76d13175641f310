"""Akismet, as far as the project uses it (akismet.com/developers): a server that speaks its protocol, with faults.

with AkismetServer() as server:
    settings.AKISMET_API_KEY, settings.AKISMET_URL = server.key, server.url
    server.spam = lambda fields: "viagra" in fields["comment_content"]
    server.fault = "500"
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

FAULTS = ("500", "429", "hang up", "slow", "trickle", "endless", "nonsense", "empty", "html", "redirect")


@dataclass
class AkismetServer:
    """What it was asked is in `requests`: (what was called, the fields)."""

    key: str = "a key"
    spam: Callable[[dict[str, str]], bool] = lambda fields: "casino" in fields.get("comment_content", "")
    #: Sends the tip that what is spam need not be kept.
    discard: bool = False
    fault: str | None = None
    #: The number of a message to the account's owner.
    alert: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/mirror"

    def __enter__(self) -> AkismetServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, what: str = "comment-check") -> list[dict[str, str]]:
        return [fields for called, fields in self.requests if called == what]


def _handler(server: AkismetServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = dict(parse_qsl(body, keep_blank_values=True))
            what = self.path.rpartition("/")[2]
            server.requests.append((what, fields))
            if not self.path.startswith("/mirror/1.1/"):
                self.answer("no such place", 404)
            elif server.fault:
                self.fail(server.fault)
            elif fields.get("api_key") != server.key:
                self.answer("invalid", headers={"X-akismet-debug-help": "We were unable to parse your blog URI"})
            elif what == "comment-check":
                spam = server.spam(fields)
                tip = {"X-akismet-pro-tip": "discard"} if spam and server.discard else {}
                self.answer("true" if spam else "false", headers=tip)
            else:
                self.answer("Thanks for making the web a better place.")

        def fail(self, fault: str) -> None:
            assert fault in FAULTS
            if fault in ("500", "429"):
                self.answer("false", int(fault))
            elif fault == "hang up":
                self.close_connection = True
            elif fault == "slow":
                server.closing.wait(30)
                self.close_connection = True
            elif fault == "trickle":
                self.trickle(b"f", 30)
            elif fault == "endless":
                self.trickle(b"f" * 65536, 0)
            elif fault == "redirect":
                self.answer("", 302, {"Location": "http://127.0.0.1:9/"})
            else:
                self.answer({"nonsense": "maybe", "empty": "", "html": "<html>true</html>"}[fault])

        def trickle(self, piece: bytes, pause: float) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(10**9))
            self.end_headers()
            with suppress(OSError):
                while not server.closing.is_set():
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(min(pause, 0.1))
            self.close_connection = True

        def answer(self, text: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
            body = text.encode()
            self.send_response(status)
            alert = {"X-akismet-alert-code": server.alert, "X-akismet-alert-msg": "pay"} if server.alert else {}
            for name, value in {**(headers or {}), **alert, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
