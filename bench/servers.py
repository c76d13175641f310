"""Start the measured servers, each alone on the first core. Everything else runs on the second."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / ".cache" / "bench"

#: The load generator and the server that sets the upper bound, both in C.
NATIVE = ROOT / "bench" / "native"

SERVER_CORE, CLIENT_CORE = 0, os.cpu_count() - 1

UVICORN = (sys.executable, "-m", "uvicorn", "--log-level", "critical", "--no-access-log")


def build() -> None:
    """Compile the C programs."""
    BUILT.mkdir(parents=True, exist_ok=True)
    for name in ("fanout_client", "fanout_server"):
        command = ["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", BUILT / name, NATIVE / f"{name}.c"]
        subprocess.run(command, check=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Server:
    def __init__(self, command: list[str], port: int, publish_port: int = 0, **environment: str) -> None:
        self.command = command
        self.port = port
        self.publish_port = publish_port or port
        self.environment = environment
        #: Whether to discard its output.
        self.quiet = False
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        self.process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *self.command],
            cwd=ROOT,
            env=os.environ | {"SITE_URL": self.url} | self.environment,
            stderr=subprocess.DEVNULL if self.quiet else None,
        )
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.command} does not start.")
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def pids(self) -> str:
        """Return the ids of this process and its children; only nginx has children."""
        assert self.process is not None
        listed = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return ",".join([str(self.process.pid), *listed.stdout.split()])

    def queries(self) -> dict[str, int]:
        """Return the number of queries per table that the product's server has made since the previous call."""
        with urllib.request.urlopen(f"{self.url}/bench/queries") as answer:
            return json.load(answer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        yield server.start()
    finally:
        server.kill()


def limit() -> Server:
    port, publish = free_port(), free_port()
    return Server([str(BUILT / "fanout_server"), str(port), str(publish)], port, publish)


def product(*, lent: bool = True, **environment: str) -> Server:
    """Run the product, with a hook that passes frames to the hub. `lent`: use our protocol class, as `runlive` does."""
    port = free_port()
    protocol = "liveblog.delivery.handshake:LiveProtocol" if lent else "httptools"
    command = [*UVICORN, "bench.apps.product:application", "--port", str(port)]
    command += ["--http", protocol, "--ws", "websockets-sansio"]
    return Server([*command, "--ws-per-message-deflate", "false", "--backlog", "8192"], port, **environment)


def runlive(processes: int = 1, **environment: str) -> Server:
    port = free_port()
    command = [sys.executable, "manage.py", "runlive", "--port", str(port), "--processes", str(processes)]
    return Server(command, port, **environment)


def tutorial() -> Server:
    """Run the server of the Channels tutorial: each reader is a consumer in the group and calls `send_json`."""
    port = free_port()
    return Server([*UVICORN, "bench.apps.tutorial:application", "--port", str(port)], port)


def bare(body: Path) -> Server:
    """Run an ASGI application that only responds with the bytes of a file."""
    port = free_port()
    return Server([*UVICORN, "bench.apps.bare:application", "--port", str(port)], port, BODY=str(body))


NGINX = """
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
worker_processes 1; worker_rlimit_nofile {files}; daemon off; pid {directory}/nginx.pid; error_log stderr crit;
events {{ worker_connections {files}; multi_accept on; }}
http {{
    access_log off; client_body_temp_path {directory}; types {{ text/html html; }} tcp_nodelay on;
    proxy_temp_path {directory}; fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{port} backlog=8192;
        location = /subscribe {{ nchan_subscriber websocket; nchan_channel_id live; }}
        location = /publish {{ nchan_publisher; nchan_channel_id live; nchan_message_buffer_length 1; }}
        location = /page.html {{ root {directory}; add_header Content-Encoding br; add_header Vary Accept-Encoding; }}
    }}
}}
"""


@contextmanager
def nginx(page: bytes = b"") -> Iterator[Server]:
    """Run nginx with nchan, and with a page in a static file."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        port, files = free_port(), 20_000
        Path(directory).chmod(0o755)
        (Path(directory) / "page.html").write_bytes(page)
        configuration = Path(directory) / "nginx.conf"
        configuration.write_text(NGINX.format(port=port, directory=directory, files=files))
        server = Server(["nginx", "-e", "stderr", "-c", str(configuration)], port)
        try:
            yield server.start()
        finally:
            assert server.process is not None
            server.process.terminate()
            server.process.wait()


def load(
    server: Server,
    path: str,
    readers: int,
    messages: int = 0,
    *,
    warm_up: int = 3,
    idle: int = 0,
    deflate: bool = False,
    publish: str = "/bench/publish",
) -> dict[str, float]:
    """Run the load generator and return its measurements; `native/fanout_client.c` describes both."""
    options: dict[str, object] = {"port": server.port, "path": path, "readers": readers, "messages": messages}
    options |= {"publish-port": server.publish_port, "publish-path": publish, "pids": server.pids()}
    options |= {"warm-up": warm_up if messages else 0, "idle": idle}
    command = ["taskset", "-c", str(CLIENT_CORE), str(BUILT / "fanout_client")]
    command += [f"--{name}={value}" for name, value in options.items()]
    command += ["--deflate"] if deflate else []
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{command}: {ran.stderr}")
    return json.loads(ran.stdout)
