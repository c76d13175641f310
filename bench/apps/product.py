"""The product's application, with two hooks for measurements."""

import asyncio
import json
import os
import re
import sys
from collections import Counter
from typing import Any

from django.db.backends.signals import connection_created

from liveblog.asgi import application as liveblog
from liveblog.delivery.endpoint import hub
from liveblog.delivery.frames import Frame
from liveblog.delivery.states import State
from liveblog.delivery.stream import ArticleStream, Reader

queries: Counter[str] = Counter()


def _count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', sql)
    queries[table[1] if table else sql.split(" ", 1)[0]] += 1
    return execute(sql, params, many, context)


def _watch(connection: Any, **_: Any) -> None:
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


connection_created.connect(_watch)


class Ready(Frame):
    """A frame with a text from the load generator."""

    def __init__(self, text: str) -> None:
        self.state = State(sys.maxsize, "")
        self.text = text


def _without_welcome(self: ArticleStream, reader: Reader) -> Any:
    # The load generator only counts compressed frames, so it would count a welcome frame as an update.
    self.readers[reader.language][reader] = None
    return asyncio.sleep(0)


if os.environ.get("BENCH_WITHOUT_WELCOME"):
    ArticleStream.join = _without_welcome


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http" or not scope["path"].startswith("/bench/"):
        await liveblog(scope, receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = b"{}"
    if scope["path"] == "/bench/publish":
        frame = Ready(body.decode())
        for stream in hub.streams.values():
            stream.write_all(dict.fromkeys(stream.readers, frame))
    else:
        answer = json.dumps(queries).encode()
        queries.clear()
    headers = [(b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
