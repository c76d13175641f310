"""Fixtures: the real server, with its static files as in production, and readers in real Chromium."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from articles.models import Article
from tests.clients import Place
from tests.server import PATIENCE, Server

# The browser's driver runs an event loop in the thread of the tests, so Django mistakes them for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture
def media(media_of_all: Path) -> Path:
    """Return the directory in which the servers of all tests store files."""
    return media_of_all


@pytest.fixture(scope="session")
def lasting_servers() -> list[Server]:
    """Return the list of all servers that outlast a test."""
    return []


@pytest.fixture(scope="session")
def make_server(
    django_db_setup: None, django_db_blocker: Any, media_of_all: Path, lasting_servers: list[Server]
) -> Callable[..., Server]:
    """Return a function that creates servers that outlast a test."""

    def make(**environment: str) -> Server:
        with django_db_blocker.unblock():
            lasting_servers.append(Server(MEDIA_ROOT=str(media_of_all), **environment))
        return lasting_servers[-1]

    return make


@pytest.fixture(scope="session")
def lasting_server(make_server: Callable[..., Server]) -> Iterator[Server]:
    """Start a server for all tests. Modules whose tests need another environment override this fixture."""
    with make_server() as server:
        yield server


@pytest.fixture
def server(transactional_db: None, lasting_server: Server, lasting_servers: list[Server]) -> Server:
    """Run a single server on an empty database.

    Another server would claim jobs from the same database, and run them in a wrong environment.

    Its caches cannot hold stale articles, because ids and slugs are never reused.
    """
    for other in lasting_servers:
        if other is not lasting_server and other.runs:
            other.stop()
    if not lasting_server.runs:
        lasting_server.start()
    return lasting_server


def as_new(provider: Any) -> None:
    """Reset a provider that outlasts tests (a dataclass) to its initial values."""
    for field in dataclasses.fields(provider):
        made = field.default_factory
        setattr(provider, field.name, field.default if made is dataclasses.MISSING else made())


class Reader:
    """A reader with an open page in a browser. Collects the browser's errors."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        # Some tests are about a server that cannot be reached or refuses a request.
        expected = ("ERR_", "WebSocket", "403 (Forbidden)", "409 (Conflict)", "422 (Unprocessable")
        if message.type == "error" and not any(words in message.text for words in expected):
            self.complaints.append(message.text)

    def open(self, server: Place, article: Article, language: str, query: str = "") -> Reader:
        self.page.goto(f"{server.url}{article.url(language)}{query}")
        return self

    @property
    def revision(self) -> int:
        return int(self.page.locator("main").get_attribute("data-revision") or 0)

    def reaches(self, revision: int, within: float = PATIENCE) -> None:
        """Wait until the page shows this revision. `within` is in seconds."""
        # A page that reloads has the revision before it has all updates.
        self.page.wait_for_function(
            "revision => document.readyState === 'complete' &&"
            " Number(document.querySelector('main').dataset.revision) >= revision",
            arg=revision,
            # By default, Playwright makes the browser paint the page sixty times a second.
            polling=50,
            timeout=within * 1000,
        )

    def runs(self, module: str) -> None:
        """Wait until a module has run that the page imports after loading."""
        self.page.evaluate(RUNS, f"/{module}.")

    def content(self) -> dict[str, Any]:
        """Return the coverage on the page, for comparisons."""
        return self.page.evaluate(CONTENT)

    def updates(self) -> list[str]:
        """Return the ids of the updates on the page, from top to bottom."""
        return self.page.eval_on_selector_all("#updates article:not([hidden])", "found => found.map(one => one.id)")


#: Waits until the page has imported a module, and for its execution: another import returns the same module.
RUNS = """async (name) => {
  const found = () => performance.getEntriesByType("resource").find((file) => file.name.includes(name));
  const end = performance.now() + 60_000;
  while (!found()) {
    if (performance.now() > end) throw new Error(`not loaded: ${name}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  await import(found().name);
}"""

CONTENT = """() => {
  const text = (element) => {
    const copy = element?.cloneNode(true);
    // A relative time may be another word a moment later.
    for (const ago of copy?.querySelectorAll(".ago") ?? []) ago.textContent = "";
    // Two readers have different new updates, and lists of another length.
    copy?.classList.remove("unread", "far");
    // It may be on its way to its place.
    copy?.removeAttribute("style");
    if (!copy?.className) copy?.removeAttribute("class");
    for (const link of copy?.querySelectorAll("[aria-current=location]") ?? []) link.removeAttribute("aria-current");
    return copy?.outerHTML.replace(/\\s+/g, " ") ?? null;
  };
  const list = (id) => [...document.getElementById(id).children].filter((one) => one.tagName !== "P").map(text);
  return {
    revision: document.querySelector("main").dataset.revision,
    coverage: text(document.getElementById("coverage")),
    about: text(document.getElementById("about")),
    latest: text(document.getElementById("latest")),
    related: text(document.getElementById("related")),
    short: list("in-short"),
    moments: list("moments"),
    updates: list("updates"),
    comments: list("comments"),
  };
}"""


@pytest.fixture
def reader(browser: Browser, transactional_db: None) -> Iterator[Callable[..., Reader]]:
    """Return a function that creates readers, each with a browser profile. Fail if a reader's browser had an error.

    Their browsers close before the database is emptied.
    """
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def make(**options: Any) -> Reader:
        # The pulsing badge of live coverage would make the browser paint each open page sixty times a second. A service
        # worker would be another process for each reader.
        context = browser.new_context(**{"reduced_motion": "reduce", "service_workers": "block"} | options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        readers.append(Reader(context.new_page()))
        return readers[-1]

    yield make
    complaints = [complaint for each in readers for complaint in each.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


MakeReader = Callable[..., Reader]
Fresh = Callable[[Article, str], dict[str, Any]]


@pytest.fixture
def fresh_on(reader: MakeReader) -> Callable[[Server], Fresh]:
    """Return a function that opens a new page of a server and returns its content."""

    def on(server: Server) -> Fresh:
        # A unique address, because a cached copy may be a second old, from which an open page would catch up.
        query = (f"?fresh={number}" for number in itertools.count())
        return lambda article, language: reader().open(server, article, language, next(query)).content()

    return on


@pytest.fixture
def fresh(fresh_on: Callable[[Server], Fresh], server: Server) -> Fresh:
    return fresh_on(server)
