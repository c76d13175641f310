"""Run the benchmarks: each prints ratios of figures that were measured side by side in one run (`make bench`).

make bench                          all of them
make bench BENCH="fanout pages"     some of them
make bench BENCH="--rounds 1"       quickly
make bench BENCH="--share 0.01"     as a trial, with a hundredth of the followers, embeds and updates
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterable
from operator import truediv
from pathlib import Path
from time import perf_counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
# All readers connect from one machine here, so the limits per address must not apply.
os.environ.setdefault("LIVE_MAX_CONNECTIONS_PER_ADDRESS", "0")
os.environ.setdefault("SECRET_KEY", "bench")
os.environ.setdefault("SECURITY_LOG", "off")
# A server is measured as soon as it answers, and must not still be loading the language detector.
os.environ.setdefault("DETECTOR_AT_START", "off")
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from articles.models import Article
from bench import attack, coverage, interchange, moderation, programs, push, servers, week
from bench.interchange import Cost
from bench.readers import Readers
from liveblog.languages import KNOWN
from liveblog.webpush import vapid
from tests.clients import Journalist


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


#: The fraction of the large counts that a trial run uses.
share = 1.0


def part_of(count: int) -> int:
    """Return a large count, or the fraction of it that a trial run uses."""
    return max(1, round(count * share))


def table(title: str, head: list[str], rows: list[list[object]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(f'{cell:,.3g}' if isinstance(cell, float) else str(cell) for cell in row)} |")
    sys.stdout.flush()


# 1. Fan-out -----------------------------------------------------------------------------------------------------------

#: Pairs of readers and messages in a round.
LOADS = [(1_000, 400), (8_000, 60)]
TUTORIAL_LOAD = (1_000, 8)


def fanout(rounds: int) -> None:
    """Measure deliveries per second of 2 KB updates to readers of one page, as a share of the C program's rate."""
    article = coverage.article()
    path = coverage.socket_path(article)
    for readers, messages in LOADS:
        measured: dict[str, list[dict[str, float]]] = {}

        def measure(name: str, *what: Any, **how: Any) -> None:
            measured.setdefault(name, []).append(servers.load(*what, **how))  # noqa: B023 - called at once

        for _ in range(rounds):
            with servers.running(servers.limit()) as server:
                measure("C, a write for each reader", server, "/", readers, messages)
            with servers.nginx() as server:
                measure("nginx + nchan", server, "/subscribe", readers, messages, publish="/publish")
            with servers.running(servers.product()) as server:
                measure("hub", server, path, readers, messages)
            with servers.running(servers.product(BENCH_WITHOUT_WELCOME="1")) as server:
                measure("hub, frames compressed once", server, path, readers, messages, deflate=True)
            with servers.running(servers.product(lent=False)) as server:
                measure("hub through ASGI send", server, path, readers, messages)
            if readers <= TUTORIAL_LOAD[0]:
                with servers.running(servers.tutorial()) as server:
                    load = servers.load(server, "/", readers, TUTORIAL_LOAD[1], publish="/")
                    measured.setdefault("Channels tutorial, in-process layer", []).append(load)
        limit, nchan = measured["C, a write for each reader"], measured["nginx + nchan"]
        table(
            f"Fan-out to {readers:,} readers, {rounds} interleaved rounds, medians",
            ["", "deliveries/s", "of C", "of nchan", "last reader, ms", "server CPU s per 100,000", "bytes each"],
            [
                [
                    name,
                    f"{median(run['rate'] for run in runs):,.0f}",
                    median(run["rate"] / other["rate"] for run, other in zip(runs, limit, strict=True)),
                    median(run["rate"] / other["rate"] for run, other in zip(runs, nchan, strict=True)),
                    f"{median(run['p50_ms'] for run in runs):.1f}",
                    median(run["cpu_per_100k"] for run in runs),
                    f"{median(run['bytes_per_msg'] for run in runs):,.0f}",
                ]
                for name, runs in measured.items()
            ],
        )


# 2. From save to reader -----------------------------------------------------------------------------------------------


def save(rounds: int) -> None:
    """Measure the time from a post at the desk to its response, and to each of 8,000 readers in eight languages."""
    count, posts = 8_000, 20 * rounds
    article = coverage.article(50)
    languages = list(KNOWN)
    delays: list[float] = []
    lasts: list[float] = []
    answers: list[float] = []
    fixed: list[float] = []
    with servers.running(servers.runlive()) as server:
        readers = Readers(server)
        readers.connect([coverage.socket_path(article, languages[n % len(languages)], 0) for n in range(count)])
        journalist = Journalist(server.url, *coverage.JOURNALIST)
        # A server loads some of its code with the first post, which is therefore not measured.
        for number in range(1, posts + 2):
            begin = perf_counter()
            journalist.at_desk(
                article.pk,
                key=str(uuid.uuid4()),
                source_language="en",
                kind="text",
                action="publish",
                body=coverage.BODY,
            )
            answered = perf_counter() - begin
            moments = [moment - begin for moment in readers.until(number)]
            if number > 1:
                answers.append(answered)
                delays += moments
                lasts.append(max(moments))
                fixed.append(_fixed_work())
        readers.close()
    rows = [
        ("the answer to the journalist", answers),
        ("each reader", delays),
        ("the last reader of a post", lasts),
        ("fixed work without waiting, on this machine", fixed),
    ]
    table(
        f"Save to eye: {count:,} readers in {len(languages)} languages, {posts} posts of the desk",
        ["", "p50, ms", "p99, ms", "max, ms"],
        [[name, *(f"{1e3 * value:.0f}" for value in _spread(values))] for name, values in rows],
    )


def _fixed_work() -> float:
    """Return the seconds that this machine takes for a fixed amount of work, about as much as a save is.

    Their spread is the machine's own: on shared processors, their 99th percentile may be twice the median.
    """
    begin = perf_counter()
    sum(number for number in range(1_000_000))
    return perf_counter() - begin


def _spread(values: list[float]) -> tuple[float, float, float]:
    """Return the median, the 99th percentile and the greatest of some values."""
    ordered = sorted(values)
    return median(ordered), ordered[int(0.99 * len(ordered))], ordered[-1]


# 3. Memory, joining, and the herd -------------------------------------------------------------------------------------


def joining(rounds: int) -> None:
    """Measure the cost of an idle reader, the rate of joining, and the return of all readers after a restart."""
    count = 8_000
    article = coverage.article()
    for _ in range(40):
        coverage.post(article)
    behind = coverage.socket_path(article, after=30)
    measured: dict[str, list[dict[str, float]]] = {}

    def measure(name: str, server: servers.Server, path: str, *, deflate: bool = False) -> None:
        # A server loads some of its code with the first readers. The herd, below, meets a server that has just started.
        servers.load(server, path, 100, deflate=deflate)
        measured.setdefault(name, []).append(servers.load(server, path, count, idle=3, deflate=deflate))

    for _ in range(rounds):
        for name, deflate in (("hub", False), ("hub, compressing", True)):
            with servers.running(servers.product()) as server:
                measure(name, server, behind, deflate=deflate)
        with servers.running(servers.product(lent=False)) as server:
            measure("hub through ASGI send", server, behind)
        with servers.nginx() as server:
            measure("nginx + nchan (no first frame)", server, "/subscribe")
        with servers.running(servers.limit()) as server:
            measure("C (no first frame)", server, "/")
    table(
        f"{count:,} readers who are 10 updates behind come in and wait, medians of {rounds} rounds",
        ["", "joined/s", "KiB of the process each"],
        [
            [name, f"{median(run['setup_rate'] for run in runs):,.0f}", median(run["kib_per_conn"] for run in runs)]
            for name, runs in measured.items()
        ],
    )

    table(
        f"A herd of {count:,} in {len(KNOWN)} languages after a kill -9, all in the same moment",
        ["start of the server, s", "all back, s", "queries", "revisions asked for", "by table"],
        [_herd(article, count) for _ in range(rounds)],
    )


def _herd(article: Article, count: int) -> list[object]:
    languages, revisions = list(KNOWN), range(20, 40)
    paths = [
        coverage.socket_path(article, languages[number % len(languages)], revisions[number % len(revisions)])
        for number in range(count)
    ]
    server = servers.product()
    with servers.running(server):
        readers = Readers(server)
        readers.connect(paths)
        server.kill()
        readers.close()
        begin = perf_counter()
        server.start()
        started = perf_counter() - begin
        server.queries()
        readers = Readers(server)
        back = readers.connect(paths, at_once=count)
        asked = server.queries()
        readers.close()
    return [f"{started:.1f}", f"{back:.1f}", sum(asked.values()), len(revisions), asked]


#: The number of readers, unless the limit of a process's open files is lower.
CROWD = 50_000


def crowd(rounds: int) -> None:
    """Measure one process with as many readers of one page as the machine allows."""
    _soft, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = part_of(min(CROWD, files - 500))
    path = coverage.socket_path(coverage.article(50))
    runs = []
    for _ in range(rounds):
        with servers.running(servers.product(BENCH_WITHOUT_WELCOME="1")) as server:
            runs.append(servers.load(server, path, count, messages=20, idle=5, deflate=True))
    found = {name: median(run[name] for run in runs) for name in runs[0]}
    table(
        f"{count:,} readers of one page in one process, medians of {rounds} rounds",
        ["joined/s", "KiB of the process each", "last reader of an update, ms", "deliveries/s"],
        [[f"{found['setup_rate']:,.0f}", found["kib_per_conn"], f"{found['p50_ms']:.0f}", f"{found['rate']:,.0f}"]],
    )


def processes(rounds: int) -> None:
    """Measure the work of one process with 8,000 readers, and of two with 8,000 each, for the same updates.

    All processes share one core here, so this measures CPU time. With a core each, two processes would serve `scaling`
    times as many readers as one.
    """
    each = part_of(8_000)
    posts = 20
    used: dict[int, list[float]] = {1: [], 2: []}
    shares: dict[int, str] = {}
    for _ in range(rounds):
        for count, found in used.items():
            article = coverage.article(50)
            with servers.running(servers.runlive(count)) as server:
                readers = Readers(server)
                readers.connect([coverage.socket_path(article, "en", 0)] * (each * count))
                coverage.post(article)
                readers.until(1)
                shares[count] = _readers_of_processes(server)
                before = _cpu(server)
                for revision in range(2, posts + 2):
                    coverage.post(article)
                    readers.until(revision)
                found.append((_cpu(server) - before) / posts / (each * count))
                readers.close()
    table(
        f"{posts} updates for {each:,} readers in each process, on {connection.vendor}; medians of {rounds} rounds",
        ["processes", "open files of each", "CPU of a delivery, µs", "scaling"],
        [
            [count, shares[count], f"{1e6 * median(found):.1f}", count * median(map(truediv, used[1], found))]
            for count, found in used.items()
        ],
    )


def _readers_of_processes(server: servers.Server) -> str:
    """Return the numbers of open files of those processes of the server that have readers."""
    counts = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in server.pids().split(",")]
    return " + ".join(f"{count:,}" for count in counts if count > 100)


# 4. Pages -------------------------------------------------------------------------------------------------------------


def pages(rounds: int) -> None:
    """Measure requests per second for a live page with 50 updates, and a stampede on a page that is not cached."""
    article = coverage.article(50)
    coverage.post(article)
    address = article.url("en")
    with servers.running(servers.runlive()) as server:
        asked = urllib.request.Request(server.url + address, headers={"Accept-Encoding": "br"})
        page = urllib.request.urlopen(asked).read()
    file = servers.BUILT / "page.br"
    file.write_bytes(page)
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        with servers.running(servers.runlive()) as server:
            rates.setdefault("live page", []).append(requests_per_second(server, address))
        with servers.running(servers.bare(file)) as server:
            rates.setdefault("bare ASGI application, same bytes", []).append(requests_per_second(server, "/"))
        with servers.nginx(page) as server:
            rates.setdefault("nginx, same bytes from a file", []).append(requests_per_second(server, "/page.html"))
    bare = rates["bare ASGI application, same bytes"]
    table(
        f"The live page with 50 updates ({len(page):,} bytes compressed), medians of {rounds} rounds",
        ["", "requests/s", "of the bare application"],
        [
            [name, f"{median(found):,.0f}", median(one / other for one, other in zip(found, bare, strict=True))]
            for name, found in rates.items()
        ],
    )
    with servers.running(servers.product()) as server:
        urllib.request.urlopen(f"{server.url}/healthz").read()
        rows = [_stampede(server, article, clients) for clients in (1, 100, 1_000)]
    table(
        "A stampede on a page that has just changed: queries in one second of requests",
        ["clients", "renderings (queries for topics, one each)", "by table"],
        rows,
    )


def _stampede(server: servers.Server, article: Article, clients: int) -> list[object]:
    coverage.post(article)
    server.queries()
    requests_per_second(server, article.url("en"), clients=clients, seconds=1)
    asked = server.queries()
    return [clients, asked.get("articles_topic", 0), asked]


def requests_per_second(server: servers.Server, address: str, clients: int = 64, seconds: int = 4) -> float:
    command = ["taskset", "-c", str(servers.CLIENT_CORE), "wrk", "-t1", f"-c{clients}", f"-d{seconds}"]
    command += ["-H", "Accept-Encoding: br", server.url + address]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    if "Non-2xx" in ran.stdout:
        sys.exit(ran.stdout)
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("Requests/sec"))
    return float(line.split()[1])


# 5. Growth ------------------------------------------------------------------------------------------------------------


def growth(rounds: int) -> None:
    """Measure the cost of a change as its page grows, and as more pages are open."""
    rows = [
        [f"{updates:,} updates on the page", *_cost(coverage.article(updates), [], rounds)]
        for updates in (10, 100, 1_000, 10_000)
    ]
    for articles in (1, 100, 1_000):
        others = [coverage.article(1) for _ in range(articles - 1)]
        rows.append([f"{articles:,} articles open", *_cost(coverage.article(50), others, rounds)])
    first = {"update": rows[0], "articl": rows[4]}
    for row in rows:
        base = first["update" if "updates" in str(row[0]) else "articl"]
        row.append(row[1] / base[1])  # type: ignore[operator]
    for row in rows:
        row[1:3] = [f"{row[1]:.1f}", f"{row[2]:.1f}"]
    table(
        "The cost of a change, medians",
        ["", "save to a reader, ms", "server CPU, ms", "queries", "time, of the first"],
        rows,
    )


def _cost(article: Article, others: list[Article], rounds: int) -> list[object]:
    """Return milliseconds from save to receipt, milliseconds of the server's CPU, and the server's queries."""
    posts = 30 * rounds
    with servers.running(servers.product()) as server:
        waiting = Readers(server)
        waiting.connect([coverage.socket_path(other, after=0) for other in others])
        reader = Readers(server)
        reader.connect([coverage.socket_path(article, after=0)])
        coverage.post(article)
        reader.until(1)
        server.queries()
        times, used = [], _cpu(server)
        for revision in range(2, posts + 2):
            begin = perf_counter()
            coverage.post(article)
            times.append(reader.until(revision)[0] - begin)
        used = _cpu(server) - used
        asked = server.queries()
        reader.close()
        waiting.close()
    return [1e3 * median(times), 1e3 * used / posts, round(sum(asked.values()) / posts, 1)]


def _cpu(server: servers.Server) -> float:
    """Return the seconds of CPU that the processes of the server have used."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in server.pids().split(",")]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def a_week(rounds: int) -> None:
    """Measure the time of each screen with the coverage of an hour, and with that of a week."""
    long = week.Size(part_of(week.WEEK.updates), part_of(week.WEEK.comments))
    few, many = week.seconds(week.HOUR, 5 * rounds), week.seconds(long, 5 * rounds)
    table(
        f"Each screen without a cache, with {week.HOUR.updates:,} updates and {week.HOUR.comments:,} comments, and "
        f"with {long.updates:,} and {long.comments:,}; medians of {5 * rounds}",
        ["", "an hour's, ms", "a week's, ms", "of an hour's"],
        [[name, f"{1e3 * few[name]:.0f}", f"{1e3 * many[name]:.0f}", many[name] / few[name]] for name in few],
    )


# 6. Moderation --------------------------------------------------------------------------------------------------------

FEW, MANY = 100, 10_000


def queue(rounds: int) -> None:
    """Measure how long a moderator waits, with few and with many comments in the queue."""
    times = min(20 * rounds, FEW // 2 - 1)
    few, many = moderation.costs(FEW, times), moderation.costs(MANY, times)
    table(
        f"The moderators' queue, server time in ms of {times} requests each",
        ["", f"{FEW:,} waiting, median", f"{MANY:,} waiting, median", "worst", "median, of the first"],
        [
            [
                name,
                *(f"{1e3 * figure:.1f}" for figure in (median(few[name]), median(many[name]), max(many[name]))),
                median(many[name]) / median(few[name]),
            ]
            for name in many
        ],
    )


# 7. Under attack ------------------------------------------------------------------------------------------------------


def under_attack(rounds: int) -> None:
    """Measure what readers and a journalist notice of attacks, as a ratio to the same without one in the same run."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in attack.ATTACKS}
    for _ in range(rounds):
        attacked = servers.runlive(DETECTOR_AT_START="off", TRUSTED_PROXIES="127.0.0.1")
        # Django would log a 404 for each of thousands of addresses.
        attacked.quiet = True
        with servers.running(attacked) as server:
            journalist = Journalist(server.url, *coverage.JOURNALIST)
            for name, found in measured.items():
                found.append(attack.figures(server, coverage.article(200), journalist, name))
    calm = measured["nobody attacks"]
    table(
        "Under attack: a reader's page (99th percentile) and a save at the desk (median)",
        ["", "page, ms", "of the calm", "save, ms", "of the calm"],
        [
            [
                name,
                *itertools.chain.from_iterable(
                    (
                        f"{median(each[which] for each in found):.1f}",
                        median(one[which] / other[which] for one, other in zip(found, calm, strict=True)),
                    )
                    for which in (0, 1)
                ),
            ]
            for name, found in measured.items()
        ],
    )


# 8. Embeds ------------------------------------------------------------------------------------------------------------

#: Page views of another site, each with an embed.
EMBEDS = 1_000
PARTNER = "https://www.partner.example"


def embeds(rounds: int) -> None:
    """Measure another site with a thousand page views that embed the coverage: requests, joining, and an update."""
    article, views = coverage.article(50), part_of(EMBEDS)
    base = f"/embed/en/{article.slug}/"
    addresses = {"the fragment": f"{base}fragment.html", "the page for an iframe": base, "the script": "/embed.js"}
    rates: dict[str, list[float]] = {}
    joined: list[tuple[float, float, float]] = []
    sizes: dict[str, int] = {}
    for _ in range(rounds):
        with servers.running(servers.runlive(EMBED_ORIGINS=PARTNER)) as server:
            for name, address in addresses.items():
                asked = urllib.request.Request(server.url + address, headers={"Accept-Encoding": "br"})
                with urllib.request.urlopen(asked) as answer:
                    body = answer.read()
                sizes[name] = len(body)
                rates.setdefault(name, []).append(requests_per_second(server, address))
        file = servers.BUILT / "embed.br"
        file.write_bytes(bytes(sizes["the fragment"]))
        with servers.running(servers.bare(file)) as server:
            rates.setdefault("bare ASGI application, bytes of a fragment", []).append(requests_per_second(server, "/"))
        with servers.running(servers.product(EMBED_ORIGINS=PARTNER)) as server:
            readers = Readers(server, PARTNER)
            used = _cpu(server)
            seconds = readers.connect([coverage.socket_path(article)] * views)
            used = _cpu(server) - used
            begin = perf_counter()
            coverage.post(article)
            last = max(readers.until(Article.objects.get(pk=article.pk).revision)) - begin
            readers.close()
        joined.append((views / seconds, 1e6 * used / views, 1e3 * last))
    bare = rates["bare ASGI application, bytes of a fragment"]
    table(
        f"Embeds on a page of another site, medians of {rounds} rounds",
        ["", "bytes compressed", "requests/s", "of the bare application"],
        [
            [
                name,
                f"{sizes.get(name, sizes['the fragment']):,}",
                f"{median(found):,.0f}",
                median(one / other for one, other in zip(found, bare, strict=True)),
            ]
            for name, found in rates.items()
        ],
    )
    table(
        f"{views:,} page views of another site at once",
        ["joined/s", "server CPU of a page view, µs", "an update until the last of them has it, ms"],
        [[f"{median(figure[which] for figure in joined):,.0f}" for which in range(3)]],
    )


# 9. Notifications -----------------------------------------------------------------------------------------------------

FOLLOWERS = 100_000


def notifications(rounds: int) -> None:
    """Measure the time and memory to notify all followers, and the time of readers' pages meanwhile."""
    article, followers = coverage.article(50), part_of(FOLLOWERS)
    push.followers(article, followers)
    key = vapid.new_private_key()
    # The follower of edits in this process queues the messages that the server sends.
    settings.VAPID_PRIVATE_KEY = key
    rows = []
    for _ in range(rounds):
        with push.service() as (address, taken):
            serving = servers.runlive(VAPID_PRIVATE_KEY=key, PUSH_ROUTES=f"{push.HOST}={address}")
            with servers.running(serving) as server:
                # The first request renders the page.
                urllib.request.urlopen(server.url + article.url("en")).read()
                ends = perf_counter() + 10
                calm = push.page_times(server, article, lambda end=ends: perf_counter() > end)
                before = push.memory(server)
                began = perf_counter()
                coverage.post(article)
                busy = push.page_times(server, article, lambda count=taken: count.value >= followers)
                seconds = perf_counter() - began
                p99 = [times[int(0.99 * len(times))] for times in (calm, busy)]
                rows.append(
                    [
                        f"{seconds:.0f}",
                        f"{followers / seconds:,.0f}",
                        f"{before:.0f}",
                        f"{push.memory(server):.0f}",
                        *(f"{1e3 * each:.1f}" for each in p99),
                        p99[1] / p99[0],
                    ]
                )
    table(
        f"{followers:,} followers are notified",
        ["s", "per s", "MB before", "MB at the end", "page p99 before, ms", "meanwhile", "of before"],
        rows,
    )


# 10. Feeds and sitemaps -----------------------------------------------------------------------------------------------


def feeds(rounds: int) -> None:
    """Measure requests per second for feeds and sitemaps, and of an application that only sends the same bytes."""
    article = coverage.article(200)
    # News sitemaps only list pages of the last two days.
    coverage.post(article)
    addresses = {
        "Atom feed of a coverage": f"{article.url('en')}feed.atom",
        "JSON Feed of a coverage": f"{article.url('en')}feed.json",
        "Atom feed of the site": "/en/feed.atom",
        "index of sitemaps": "/sitemap.xml",
        "sitemap of the articles": "/sitemap-articles.xml",
        "news sitemap": "/en/news-sitemap.xml",
        "liveblog.json": f"{article.url('en')}liveblog.json",
    }
    beside_bare("Feeds and sitemaps", addresses, rounds)


def beside_bare(title: str, addresses: dict[str, str], rounds: int) -> None:
    """Print the requests per second for some addresses, and of an application that only sends the same bytes."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in addresses}
    sizes: dict[str, int] = {}
    file = servers.BUILT / "answer"
    for _ in range(rounds):
        for name, address in addresses.items():
            with servers.running(servers.runlive()) as server:
                asked = urllib.request.Request(server.url + address, headers={"Accept-Encoding": "br"})
                with urllib.request.urlopen(asked) as answer:
                    body = answer.read()
                sizes[name] = len(body)
                rate = requests_per_second(server, address, seconds=3)
            file.write_bytes(body)
            with servers.running(servers.bare(file)) as server:
                rates[name].append((rate, requests_per_second(server, "/", seconds=3)))
    table(
        f"{title}, medians of {rounds} rounds",
        ["", "bytes compressed", "requests/s", "bare application", "of it"],
        [
            [
                name,
                f"{sizes[name]:,}",
                *(f"{median(each[which] for each in found):,.0f}" for which in (0, 1)),
                median(one / other for one, other in found),
            ]
            for name, found in rates.items()
        ],
    )


# 11. The API ----------------------------------------------------------------------------------------------------------

#: Updates that programs publish in a round.
WRITES = 400


def api(rounds: int) -> None:
    """Measure reading without a token, and publishing by several programs that share a token."""
    article, count = coverage.article(200), part_of(WRITES)
    addresses = {
        "the list of articles": "/api/v1/articles",
        "an article": f"/api/v1/articles/{article.slug}",
        "its updates, a page of them": f"/api/v1/articles/{article.slug}/updates",
    }
    beside_bare("The interface for programs, reading", addresses, rounds)
    rows = []
    for _ in range(rounds):
        with servers.running(servers.runlive(API_REQUESTS_PER_MINUTE="1000000")) as server:
            seconds, times = programs.write(server, coverage.article(200), programs.secret(), count)
        p50, p99 = (f"{1e3 * times[int(share * len(times))]:.0f}" for share in (0.5, 0.99))
        rows.append([f"{count / seconds:,.0f}", p50, p99])
    table(
        f"{programs.PROGRAMS} programs publish {count:,} updates in a coverage with 200",
        ["per s", "request p50, ms", "p99, ms"],
        rows,
    )


# 12. Import and export ------------------------------------------------------------------------------------------------

#: The numbers of updates of a short and a long coverage: the memory must not grow with them.
SHORT, LONG = 100, 10_000


def interchange_(rounds: int) -> None:
    """Measure the speed of exporting and importing a long coverage, and the memory compared with a short one."""
    long = part_of(LONG)
    measured: dict[str, list[tuple[Cost, Cost]]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            few, many = (interchange.costs(count, Path(directory)) for count in (SHORT, long))
        for name, cost in many.items():
            measured.setdefault(name, []).append((few[name], cost))
    table(
        f"A coverage with {long:,} updates in {len(KNOWN)} languages, beside one with {SHORT}, start included",
        ["", "s", "updates/s beyond the first", "MB at most", "MB with few", "memory, of that with few"],
        [
            [
                name,
                f"{median(many.seconds for _few, many in found):.1f}",
                f"{median((long - SHORT) / (many.seconds - few.seconds) for few, many in found):,.0f}",
                f"{median(many.megabytes for _few, many in found):.0f}",
                f"{median(few.megabytes for few, _many in found):.0f}",
                median(many.megabytes / few.megabytes for few, many in found),
            ]
            for name, found in measured.items()
        ],
    )


# ----------------------------------------------------------------------------------------------------------------------

BENCHMARKS: dict[str, Callable[[int], None]] = {
    "fanout": fanout,
    "save": save,
    "joining": joining,
    "crowd": crowd,
    "processes": processes,
    "pages": pages,
    "growth": growth,
    "week": a_week,
    "queue": queue,
    "attack": under_attack,
    "push": notifications,
    "embeds": embeds,
    "feeds": feeds,
    "api": api,
    "interchange": interchange_,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (default: %(default)s)")
    parser.add_argument("--share", type=float, default=1, help="part of the large counts (default: all of them)")
    options = parser.parse_args()
    global share
    share = options.share
    os.sched_setaffinity(0, {servers.CLIENT_CORE})
    missing = {"cc": "gcc libc6-dev", "nginx": "nginx-light libnginx-mod-nchan", "wrk": "wrk"}
    packages = [name for program, names in missing.items() if not shutil.which(program) for name in names.split()]
    if packages:
        subprocess.run([servers.ROOT / "scripts" / "install", *packages], check=True)
    servers.build()
    call_command("migrate", verbosity=0)
    coverage.journalist()
    model = Path("/proc/cpuinfo").read_text().partition("model name")[2].partition("\n")[0].strip(": \t")
    print(
        f"{model}, {os.cpu_count()} cores; {platform.platform()}; Python {platform.python_version()}; "
        f"Django {django.__version__}; {connection.vendor}; "
        f"{'Redis' if os.environ.get('REDIS_URL') else 'in-process'} layer"
    )
    for name in options.names or BENCHMARKS:
        BENCHMARKS[name](options.rounds)


main()
