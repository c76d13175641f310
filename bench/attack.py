"""Attacks on the server, and the readers and the journalist who must not notice them."""

from __future__ import annotations

import http.client
import itertools
import multiprocessing
import os
import random
import signal
import socket
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread

from articles.models import Article
from bench import coverage
from bench.servers import Server
from tests.clients import Journalist

#: The number of threads that attack at once, and the seconds between two requests of each flooding thread.
LOG_INS, FLOODS = 30, 4
FLOOD_INTERVAL_SECONDS = 0.05
HALF_OPEN = 300

#: The number of pages that readers open, and of updates that the journalist sends, for one figure.
PAGES, SAVES = 300, 20

_numbers = itertools.count()


def _address() -> str:
    """Return a new client address, for the header of a proxy on this machine."""
    number = next(_numbers)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _send(server: Server, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        body = urllib.parse.urlencode(fields) if fields else None
        sent = {"X-Forwarded-For": _address(), "Content-Type": "application/x-www-form-urlencoded", **headers}
        connection.request(method, path, body, sent)
        return connection.getresponse().read()
    finally:
        connection.close()


def _log_in(server: Server, article: Article) -> None:
    """Try a password for a new account and from a new network, so that no limit stops it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        headers = {"X-Forwarded-For": _address()}
        connection.request("GET", "/admin/login/", headers=headers)
        answer = connection.getresponse()
        answer.read()
        token = (answer.headers.get("Set-Cookie") or "").partition("csrftoken=")[2].partition(";")[0]
        fields = {"username": f"x{next(_numbers)}", "password": "guess", "csrfmiddlewaretoken": token}
        headers |= {"Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/admin/login/", urllib.parse.urlencode(fields), headers)
        connection.getresponse().read()
    finally:
        connection.close()


def _comment(server: Server, article: Article) -> None:
    number = next(_numbers)
    fields = {"name": "Ana", "email": f"x{number}@host.example", "text": f"Comment {number} of a flood of comments."}
    _send(server, "POST", f"{article.url('en')}comments/", fields, **{"Sec-Fetch-Site": "same-origin"})
    time.sleep(FLOOD_INTERVAL_SECONDS)


def _flood_caches(server: Server, article: Article) -> None:
    number = next(_numbers)
    name = random.choice(["x", "page", "at", "before", "fresh"])
    path = random.choice([article.url("en"), f"{article.url('de')}changes", "/en/"])
    _send(server, "GET", f"{path}?{name}={number}&after={number}-AAAAAAAA")
    time.sleep(FLOOD_INTERVAL_SECONDS)


def _attack(attack: Callable[[Server, Article], None], threads: int, server: Server, article: Article) -> None:
    """Attack until this process is killed."""
    global _numbers
    os.nice(19)
    # Each attacking process uses its own addresses, names and texts.
    _numbers = itertools.count(os.getpid() * 10_000)

    def work() -> None:
        while True:
            with suppress(OSError, http.client.HTTPException):
                attack(server, article)

    for _ in range(threads):
        Thread(target=work, daemon=True).start()
    signal.pause()


@contextmanager
def _repeated(
    attack: Callable[[Server, Article], None], threads: int, server: Server, article: Article
) -> Iterator[None]:
    """Attack from a process with a low priority, so that the measured client does not wait for the attackers' work."""
    # The connections to the database belong to this process; the forked one must not use them.
    attacker = multiprocessing.get_context("fork").Process(target=_attack, args=(attack, threads, server, article))
    attacker.start()
    try:
        yield
    finally:
        attacker.kill()
        attacker.join()


@contextmanager
def _half_open(server: Server, article: Article) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(HALF_OPEN):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        yield


#: By name: contexts during which an attack runs.
ATTACKS: dict[str, list[Callable[[Server, Article], contextmanager]]] = {  # type: ignore[type-arg]
    "nobody attacks": [],
    f"{LOG_INS} log-ins at once": [lambda *where: _repeated(_log_in, LOG_INS, *where)],
    "a flood of comments": [lambda *where: _repeated(_comment, FLOODS, *where)],
    "a flood of addresses": [lambda *where: _repeated(_flood_caches, FLOODS, *where)],
    f"{HALF_OPEN} half-open connections": [_half_open],
}
ATTACKS["all of these"] = [each for found in list(ATTACKS.values()) for each in found]


def figures(server: Server, article: Article, journalist: Journalist, attack: str) -> tuple[float, float]:
    """Return the 99th percentile of readers' pages and the median of saves at the desk, in ms, during an attack."""
    with ExitStack() as stack:
        for each in ATTACKS[attack]:
            stack.enter_context(each(server, article))
        if ATTACKS[attack]:
            time.sleep(1)
        pages = sorted(_timed(lambda: _send(server, "GET", article.url("en"))) for _ in range(PAGES))
        saves = [
            _timed(
                lambda: journalist.at_desk(
                    article.pk, source_language="en", kind="text", action="publish", body=coverage.BODY
                )
            )
            for _ in range(SAVES)
        ]
    return 1e3 * pages[int(0.99 * PAGES)], 1e3 * statistics.median(saves)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    taken = time.perf_counter() - began
    time.sleep(0.01)
    return taken
