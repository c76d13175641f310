"""Export a long coverage and import it again, and measure the time and the memory of each command."""

from __future__ import annotations

import datetime
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from articles.models import Article
from bench import coverage
from bench.servers import CLIENT_CORE, ROOT

_names = itertools.count(1)

SITE = "https://www.old-paper.example"


class Cost(NamedTuple):
    """Seconds, and the peak memory of the process in MB."""

    seconds: float
    megabytes: float


def command(*arguments: str) -> Cost:
    """Run a command of `manage.py`, alone on a core, and return its cost, including its start."""
    began = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", str(CLIENT_CORE), sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments}: {said.decode()}")
    return Cost(time.perf_counter() - began, used.ru_maxrss * 1024 / 1e6)


def costs(count: int, directory: Path) -> dict[str, Cost]:
    """Return the costs of moving a coverage with `count` updates, by command."""
    source, name = coverage.article(count), next(_names)
    archive, page = directory / f"{name}.zip", directory / f"{name}.html"
    page.write_text(json_ld_page(count, name))
    moved, foreign = f"moved-{name}", f"foreign-{name}"
    found = {
        "export_liveblog": command("export_liveblog", source.slug, "--to", str(archive)),
        "import_liveblog, of that archive": command("import_liveblog", str(archive), "--slug", moved),
        "the same again: nothing has changed": command("import_liveblog", str(archive), "--slug", moved),
        "import_liveblog, of a page with JSON-LD": command("import_liveblog", str(page), "--slug", foreign),
    }
    for slug in (moved, foreign):
        arrived = Article.objects.get(slug=slug).updates.count()
        if arrived != count:
            sys.exit(f"{arrived} of {count} updates arrived.")
    return found


def json_ld_page(count: int, name: int) -> str:
    """Return a page of another site, with its live blog as JSON-LD for search engines."""
    start = datetime.datetime(2025, 3, 1, 6, tzinfo=datetime.UTC)
    address = f"{SITE}/live/{name}"
    posts = [
        {
            "@type": "BlogPosting",
            "@id": f"{address}#post-{number}",
            "headline": f"District {number} has counted",
            "articleBody": f"{coverage.BODY}<p>District {number}.</p>",
            "datePublished": (start + datetime.timedelta(seconds=10 * number)).isoformat(),
            "author": {"@type": "Person", "name": "Mara Ilie"},
        }
        for number in range(count)
    ]
    blog = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "@id": address,
        "url": address,
        "headline": "Election night",
        "inLanguage": "en",
        "coverageStartTime": start.isoformat(),
        "liveBlogUpdate": posts,
    }
    return f'<!doctype html><html lang="en"><script type="application/ld+json">{json.dumps(blog)}</script></html>'
