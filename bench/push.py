"""Notify many followers through a push service on this machine, and measure readers' pages meanwhile."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from articles.following.models import Follow
from articles.models import Article
from bench.servers import Server, free_port
from liveblog.webpush.models import PushSubscription
from tests.push_service import HOST, Browser


def followers(article: Article, number: int) -> None:
    """Create followers of an article. All share the keys of one browser: encryption costs the same."""
    keys = Browser("").subscription()["keys"]
    PushSubscription.objects.all().delete()
    found = PushSubscription.objects.bulk_create(
        (
            PushSubscription(endpoint=f"{HOST}/send/{one}", public_key=keys["p256dh"], secret=keys["auth"])
            for one in range(number)
        ),
        batch_size=2000,
    )
    Follow.objects.bulk_create((Follow(subscription=one, article=article, language="en") for one in found), 2000)


@contextmanager
def service() -> Iterator[tuple[str, Any]]:
    """Run a push service that accepts each message at once. Yield its address, and the number of accepted messages."""
    port, taken = free_port(), multiprocessing.Value("L", 0)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(port, taken))
    process.start()
    try:
        yield f"http://127.0.0.1:{port}", taken
    finally:
        process.kill()
        process.join()


def _serve(port: int, taken: Synchronized[int]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                # The site has closed the connection.
                break
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            await reader.readexactly(length)
            taken.value += 1
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
            await server.serve_forever()

    asyncio.run(serve())


def page_times(server: Server, article: Article, until: Any) -> list[float]:
    """Load a reader's page again and again until `until` is true. Return the sorted seconds of each load."""
    times = []
    while not until():
        began = time.perf_counter()
        urllib.request.urlopen(f"{server.url}{article.url('en')}").read()
        times.append(time.perf_counter() - began)
        time.sleep(0.01)
    return sorted(times)


def memory(server: Server) -> float:
    """Return the resident memory of the server and its children in MB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in server.pids().split(","))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
