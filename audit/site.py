"""The measured site: the demo, a live evening, and an evening with 500 updates, on a separate server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.core.management import call_command

from articles.demo import SLUG
from articles.models import Article, Author, Topic, Update
from comments.models import Comment
from liveblog.actors import Machine, acting_as
from tests import factories

LANGUAGES = ("en", "ar")

#: Authors and a topic for the updates of the long evening, so that its list can be filtered.
_DESKS = ("Evening desk", "Night desk")
_TOPIC = "summit"


@dataclass(frozen=True)
class Site:
    """A running server and its content."""

    url: str
    live: Article
    long: Article
    announced: Article
    empty: Article
    #: Coverage in a single language.
    english: Article
    update: Update
    finished: Article

    def pages(self, language: str) -> dict[str, str]:
        """Return the address of each kind of page in a language."""
        conversation = Comment.objects.filter(article=self.finished, state="approved", thread=None).earliest("pk")
        author = Author.objects.filter(articles=self.finished).earliest("pk")
        topic = Topic.objects.filter(articles=self.finished).earliest("pk")
        month = self.finished.coverage_start
        assert month is not None
        pages = {
            "live page": self.live.url(language),
            "permalink": self.update.url(language),
            "index": f"/{language}/",
            "topic": topic.url(language),
            "finished page": self.finished.url(language),
            "announced page": self.announced.url(language),
            "empty page": self.empty.url(language),
            "topics": f"/{language}/topics/",
            "authors": f"/{language}/authors/",
            "author": author.url(language),
            "archive": f"/{language}/archive/",
            "month": f"/{language}/archive/{month.year}/{month.month}/",
            "search": f"/{language}/search/?q=report",
            "comments": f"{self.finished.url(language)}comments/",
            "conversation": f"{self.finished.url(language)}comments/{conversation.pk}/",
            "privacy": f"{self.finished.url(language)}comments/privacy/",
            "following": f"/{language}/following/",
            "frame on another site": f"/embed/{language}/{self.live.slug}/",
            "missing page": f"/{language}/live/no-such-coverage/",
            "missing language": self.english.url(language),
        }
        return {name: f"{self.url}{path}" for name, path in pages.items()}

    def html(self, url: str) -> str:
        """Return the HTML of a page, including error pages."""
        try:
            with urllib.request.urlopen(url, timeout=60) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as missing:
            return missing.read().decode()


def posted(article: Article, count: int, first: int = 0) -> list[Update]:
    """Publish reports of several lengths, one in five of them a key event."""
    authors, topics = list(Author.objects.filter(name_en__in=_DESKS)), list(Topic.objects.filter(slug=_TOPIC))
    with acting_as(Machine("Audit")):
        return [
            factories.update(
                article,
                headline_en=f"Report {number} of the evening",
                body_en=f"<p>{f'The ministers said this {number} times. ' * (3 + number % 4 * 4)}</p>",
                is_key=number % 5 == 0,
                authors=(authors[number % 2],),
                topics=tuple(topics) if number % 3 == 0 else (),
            )
            for number in range(first, first + count)
        ]


@contextmanager
def running() -> Iterator[Site]:
    """Fill the database, and run a server on it."""
    call_command("load_demo", verbosity=0)
    call_command("load_demo_comments", SLUG, verbosity=0)
    with acting_as(Machine("Audit")):
        for name in _DESKS:
            factories.author(name)
        Topic.objects.create(slug=_TOPIC, name_en="Summit", name_ar="القمة")
        live, long = factories.article(slug="audit-live"), factories.article(slug="audit-long")
        announced = factories.article(slug="audit-announced", state=Article.State.ANNOUNCED)
        empty = factories.article(slug="audit-empty")
        english = factories.article(slug="audit-english", languages=["en"])
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
        yield Site(url, live, long, announced, empty, english, update, Article.objects.get(slug=SLUG))
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
