"""The programs in docs/how-to/ work unchanged with a server."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from articles.models import Article, Update
from liveblog.rest.models import Token
from liveblog.webhooks import signing
from tests import factories, newsroom, processes
from tests.server import ROOT, Server, eventually, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock():
        running = Server()
    with running:
        yield running


def save(page: str, name: str, directory: Path) -> Path:
    """Save the program with this name in a page of the docs, and return its path."""
    text = (ROOT / "docs/how-to" / page).read_text(encoding="utf-8")
    programs = [textwrap.dedent(found) for found in re.findall(r"```python\n(.*?)\n *```", text, re.DOTALL)]
    names = re.findall(r"\*(\w+\.py)\*", text)
    assert name in names
    target = directory / name
    target.write_text(programs[[*dict.fromkeys(names)].index(name)], encoding="utf-8")
    return target


def run(program: Path, *arguments: str, **environment: str) -> int:
    found = subprocess.run(
        [sys.executable, program, *arguments], cwd=program.parent, env=os.environ | environment, timeout=60, check=False
    )
    return found.returncode


@contextmanager
def served(program: Path, *arguments: str, **environment: str) -> Iterator[str]:
    """Run a program with a web server, and yield its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, program, *arguments], cwd=program.parent, env=os.environ | environment | {"PORT": str(port)}
    )
    try:
        eventually(lambda: _listens(port))
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def post(address: str, body: str, headers: dict[str, str] | None = None) -> str:
    request = urllib.request.Request(address, data=body.encode(), headers=headers or {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


def test_a_message_in_the_chat_becomes_one_update(server: Server, tmp_path: Path) -> None:
    article = factories.article(slug="summit")
    ioana = newsroom.user("ioana", "Journalist")
    _token, secret = Token.make(ioana, "Bot", ["create", "publish"], [article], valid_for=timedelta(days=1))
    program = save("post-from-a-chat-bot.md", "chat_bot.py", tmp_path)
    message = {"text": "!live Talks begin.", "post_id": "p1"}
    with served(program, SITE=server.url, ARTICLE="summit", TOKEN=secret) as bot:
        said = [json.loads(post(bot, json.dumps(message)))["text"] for _number in range(2)]
        assert json.loads(post(bot, json.dumps({"text": "Lunch?", "post_id": "p2"}))) == {"text": ""}
        wrong = json.loads(post(bot, json.dumps({"text": "!live", "post_id": "p3"})))["text"]
    update = Update.objects.get()
    assert (update.body_en, update.state, update.written_by) == ("<p>Talks begin.</p>", "published", ioana)
    assert said[0] == said[1]
    assert said[0].endswith(f"/en/live/summit/update/{update.pk}/")
    assert "a headline or text" in wrong


def posts(path: Path) -> dict[int, str]:
    with sqlite3.connect(path) as cms:
        return dict(cms.execute("SELECT id, html FROM posts"))


def test_a_mirror_has_what_readers_see(server: Server, tmp_path: Path) -> None:
    article = factories.article(slug="summit")
    kept, gone = factories.update(article), factories.update(article)
    mirror = save("mirror-into-a-cms.md", "mirror.py", tmp_path)
    receiver = save("mirror-into-a-cms.md", "receiver.py", tmp_path)
    copy, asked = tmp_path / "cms.sqlite", {"SITE": server.url, "ARTICLE": "summit"}
    assert run(mirror, str(copy), **asked) == 0
    assert posts(copy).keys() == {kept.pk, gone.pk}
    kept.body_en = "<p>Fifteen came.</p>"
    kept.save()
    gone.withdraw(leaves_mark=False, reason="")
    gone.save()
    key = signing.new_secret()
    with served(receiver, str(copy), SECRET=key, **asked) as address:
        for untrusted in (signing.headers("msg_1", int(time.time()), "{}", [signing.new_secret()]), {}):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                post(address, "{}", untrusted)
        post(address, "{}", signing.headers("msg_1", int(time.time()), "{}", [key]))
        eventually(lambda: posts(copy).keys() == {kept.pk})
    assert "Fifteen came." in posts(copy)[kept.pk]
    # The server has lost the mirror's state.
    factories.lose_changes(article, Article.objects.get(pk=article.pk).revision - 2)
    factories.log_again(kept)
    assert run(mirror, str(copy), **asked) == 0


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_puts_the_text_into_the_page_of_a_browser_that_takes_compressed_answers(
    server: Server, tmp_path: Path
) -> None:
    article = factories.article(slug="summit")
    factories.update(article, body_en=f"<p>{'Fifteen came. ' * 100}</p>")
    text = (ROOT / "docs/how-to/embed-coverage.md").read_text(encoding="utf-8")
    [places], [page, *_others] = (
        re.findall(rf"```{kind}\n(.*?)```", text.partition("nginx:")[2], re.DOTALL)[:2] for kind in ("nginx", "html")
    )
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    port = free_port()
    (tmp_path / "nginx.conf").write_text(f"""
        daemon off; pid {tmp_path}/pid; user root;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {tmp_path}/1; proxy_temp_path {tmp_path}/2; fastcgi_temp_path {tmp_path}/3;
            uwsgi_temp_path {tmp_path}/4; scgi_temp_path {tmp_path}/5;
            server {{
                listen 127.0.0.1:{port}; root {tmp_path}; default_type text/html;
                {places.replace("https://news.example.org", server.url)}
            }}
        }}""")
    process = processes.start(["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "log")])
    try:
        eventually(lambda: _listens(port))
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/index.html", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            assert b"Fifteen came." in answer.read()
    finally:
        processes.end(process)


def test_a_static_site_shows_the_newest_updates_and_asks_for_nothing_twice(server: Server, tmp_path: Path) -> None:
    article = factories.article(slug="summit")
    for number in range(6):
        factories.update(article, headline_en=f"Take {number} <b>")
    program = save("show-on-a-static-site.md", "live_fragment.py", tmp_path)
    asked = {"SITE": server.url, "ARTICLE": "summit"}
    assert run(program, "live.html", **asked) == 0
    written = (tmp_path / "live.html").read_text(encoding="utf-8")
    assert written.count("<li ") == 5
    assert "Take 5 &lt;b&gt;" in written
    (tmp_path / "live.html").write_text("as before")
    assert run(program, "live.html", **asked) == 0, "A build that finds nothing new goes on."
    assert (tmp_path / "live.html").read_text() == "as before"
