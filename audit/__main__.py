"""Measure the reader's pages, and fail if a page misses a limit (`make audit`).

make audit                              all measurements
make audit AUDIT="accessibility weight" some of them
make audit AUDIT="lighthouse --runs 1"  quickly

Timings are meaningful only on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
# The browser's driver runs an event loop in this thread, so Django mistakes the code for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
django.setup()

from playwright.sync_api import Browser, sync_playwright

from audit import browser, tools
from audit.site import LANGUAGES, Site, running

#: The least score in each category of Lighthouse.
SCORE_MIN = 100
#: The limit for a first visit to a live page with 50 updates, compressed, without pictures.
KIB_MAX = 65
#: The limit, in milliseconds of CPU time, from the reader's action to its visible effect, with 500 updates and a
#: quarter of the CPU's speed.
RESPONSE_MAX = 100

#: The names of the measurements that missed their limit.
missed: list[str] = []


def report(name: str, value: object, *, good: bool) -> None:
    print(f"  {'ok  ' if good else 'MISS'} {name}: {value}", flush=True)
    if not good:
        missed.append(name)


def lighthouse(site: Site, _browser: Browser, runs: int) -> None:
    for name in ("live page", "permalink", "index", "topic", "finished page"):
        url = site.pages("en")[name]
        for device in ("mobile", "desktop"):
            found = [tools.lighthouse(url, device) for _run in range(runs)]
            scores = [score for score, _lost in found]
            medians = {category: statistics.median(score[category] for score in scores) for category in scores[0]}
            good = min(medians.values()) >= SCORE_MIN
            report(f"Lighthouse, {name}, {device}", medians if good else (medians, found[-1][1]), good=good)


def accessibility(site: Site, chromium: Browser, _runs: int) -> None:
    for language in LANGUAGES:
        for scheme in ("light", "dark"):
            for size in (browser.DESKTOP, browser.PHONE):
                for name, faults in browser.faults(chromium, site.pages(language), scheme, size):
                    report(f"axe, {name}, {language}, {scheme}, {size['width']} px", faults or 0, good=not faults)


def validity(site: Site, _browser: Browser, _runs: int) -> None:
    for language in LANGUAGES:
        pages = {name: site.html(url) for name, url in site.pages(language).items()}
        for name, errors in tools.invalid(pages).items():
            report(f"HTML, {name}, {language}", errors or 0, good=not errors)


def weight(site: Site, chromium: Browser, _runs: int) -> None:
    for size in (browser.DESKTOP, browser.PHONE):
        kib = browser.weight(chromium, f"{site.url}{site.live.url('en')}", size)
        report(f"weight, {size['width']} px", f"{kib:.1f} KiB", good=kib <= KIB_MAX)


def shift(site: Site, chromium: Browser, _runs: int) -> None:
    for language in LANGUAGES:
        for size in (browser.DESKTOP, browser.PHONE):
            for scrolled in (0, 900):
                for motion in ("no-preference", "reduce"):
                    moved = browser.shift(chromium, site, language, size, scrolled, motion)
                    report(f"shift, {language}, {size['width']} px, {scrolled} down, {motion}", moved, good=moved == 0)


def response(site: Site, chromium: Browser, runs: int) -> None:
    for size in (browser.DESKTOP, browser.PHONE):
        found = [browser.responses(chromium, site, size) for _run in range(runs)]
        for name in found[0]:
            duration = statistics.median(one[name].duration for one in found)
            work = statistics.median(one[name].work for one in found)
            value = f"{duration:.0f} ms; main thread {work:.0f} ms"
            report(f"response, {name}, {size['width']} px", value, good=work <= RESPONSE_MAX)


MEASURES: dict[str, Callable[[Site, Browser, int], None]] = {
    "weight": weight,
    "shift": shift,
    "response": response,
    "accessibility": accessibility,
    "validity": validity,
    "lighthouse": lighthouse,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the reader's pages.")
    parser.add_argument("measures", nargs="*", metavar="measure", help=", ".join(MEASURES))
    parser.add_argument("--runs", type=int, default=5, help="of Lighthouse and of responses; medians count")
    chosen = parser.parse_args()
    if unknown := set(chosen.measures) - MEASURES.keys():
        parser.error(f"unknown: {', '.join(unknown)}")
    with running() as site, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"])
        for name in chosen.measures or MEASURES:
            print(f"== {name}")
            MEASURES[name](site, chromium, chosen.runs)
        chromium.close()
    if missed:
        sys.exit("Missed: " + "; ".join(missed))


main()
