"""The site that is measured: the demo, an evening that is live, and one with 500 updates, on a server of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.core.management import call_command

from articles.demo import SLUG
from articles.models import Article, Update
from liveblog.actors import Machine, acting_as
from tests import factories

LANGUAGES = ("en", "ar")


@dataclass(frozen=True)
class Site:
    """A running server, and what it shows."""

    url: str
    live: Article
    long: Article
    announced: Article
    update: Update

    def pages(self, language: str) -> dict[str, str]:
        """Return the address of each kind of page in a language."""
        pages = {
            "live page": self.live.url(language),
            "permalink": self.update.url(language),
            "index": f"/{language}/",
            "finished page": f"/{language}/live/{SLUG}/",
            "announced page": self.announced.url(language),
            "comments": f"/{language}/live/{SLUG}/comments/",
        }
        topic = re.search(rf'href="(/{language}/topics?/[^"]+)"', self.html(f"/{language}/live/{SLUG}/"))
        if topic:
            pages["topic"] = topic[1]
        return {name: f"{self.url}{path}" for name, path in pages.items()}

    def html(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as response:
            return str(response.read().decode())


def posted(article: Article, count: int, first: int = 0) -> list[Update]:
    """Publish reports of several lengths, one in five of them a key event."""
    with acting_as(Machine("Audit")):
        return [
            factories.update(
                article,
                headline_en=f"Report {number} of the evening",
                body_en=f"<p>{f'The ministers said this {number} times. ' * (3 + number % 4 * 4)}</p>",
                is_key=number % 5 == 0,
            )
            for number in range(first, first + count)
        ]


@contextmanager
def running() -> Iterator[Site]:
    """Fill the database, and serve it."""
    call_command("load_demo", verbosity=0)
    call_command("load_demo_comments", SLUG, verbosity=0)
    with acting_as(Machine("Audit")):
        live, long = factories.article(slug="audit-live"), factories.article(slug="audit-long")
        announced = factories.article(slug="audit-announced", state=Article.State.ANNOUNCED)
        points = "<ul>" + "<li>What matters this evening, in one line.</li>" * 4 + "</ul>"
        factories.update(live, kind="facts", pin=1, headline_en="In short", body_en=points)
        for number in range(5):
            factories.comment(live, name=f"Reader {number}", state="approved")
    update = posted(live, 50)[-2]
    posted(long, 500)
    url = os.environ["SITE_URL"]
    command = [sys.executable, "manage.py", "runlive", "--port", url.rpartition(":")[2]]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _await(f"{url}/healthz", server)
        yield Site(url, live, long, announced, update)
    finally:
        server.terminate()
        server.wait()


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    for _attempt in range(120):
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        if server.poll() is not None:
            break
        time.sleep(0.5)
    sys.exit("The server does not start.")
