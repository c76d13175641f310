"""Measurements in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

from audit.site import Site, posted

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


#: Controls that open parts of a page. A page may have none of them.
CONTROLS = (
    ".menu-button",
    ".language-button",
    "#updates .share",
    "details.filter summary",
    "details.background summary",
    ".dock .here",
    "#comments-form summary",
)


#: Rules for the page around a frame.
OF_WHOLE_PAGES = ("landmark-one-main", "page-has-heading-one", "region")


def faults(browser: Browser, pages: dict[str, str], scheme: str, size: ViewportSize) -> Iterator[tuple[str, list[str]]]:
    """Yield the axe rules that each page breaks, by its name: as loaded, and with each of its controls opened."""
    # axe sets styles that the Content-Security-Policy forbids.
    context = browser.new_context(
        bypass_csp=True,
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        viewport=size,
        service_workers="block",
    )
    page = context.new_page()
    for name, url in pages.items():
        page.goto(url, wait_until="networkidle")
        found = _faults(page)
        for control in CONTROLS:
            if page.locator(control).first.is_visible():
                page.locator(control).first.click()
                found += [f"{fault} after {control}" for fault in _faults(page) if fault not in found]
                page.keyboard.press("Escape")
        if "frame" in name:
            found = [fault for fault in found if not fault.startswith(OF_WHOLE_PAGES)]
        yield name, found
    context.close()


def _faults(page: Page) -> list[str]:
    results = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{rule['id']} ({len(rule['nodes'])}): {rule['nodes'][0]['html'][:120]}" for rule in results]


def weight(browser: Browser, url: str, size: ViewportSize) -> float:
    """Return the size of a first visit in KiB, compressed and without pictures."""
    context = browser.new_context(viewport=size, service_workers="block")
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    total: int = page.evaluate(
        """() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
          .filter(({ initiatorType }) => initiatorType !== "img")
          .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
    )
    context.close()
    return total / 1024


_WATCH_SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


def shift(browser: Browser, site: Site, language: str, size: ViewportSize, scrolled: int, motion: str) -> float:
    """Return the layout shift of a page until ten updates have arrived and the reader has scrolled to the top."""
    context = browser.new_context(
        viewport=size,
        reduced_motion=motion,  # type: ignore[arg-type]
        service_workers="block",
    )
    page = context.new_page()
    page.goto(f"{site.url}{site.live.url(language)}", wait_until="networkidle")
    page.evaluate(_WATCH_SHIFTS)
    page.evaluate("y => scrollTo(0, y)", scrolled)
    for update in (posted(site.live, 1, first=number)[0] for number in range(10)):
        page.wait_for_selector(f"#{update.element}", state="attached")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1500)
    moved: float = page.evaluate("shifted")
    context.close()
    return round(moved, 6)


_WATCH_EVENTS = """() => {
  window.durations = [0];
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) window.durations.push(duration);
  }).observe({ type: "event", durationThreshold: 16 });
}"""

#: The factor by which the reader's CPU is slower than this one.
SLOWED = 4


@dataclass(frozen=True)
class Response:
    """The time in milliseconds that a page took to show the effect of a click.

    duration   the reader's wait, with a throttled CPU; other programs make it longer
    work       the CPU time of the page's main thread from the click to the next frame, as long as on the
               reader's CPU; other programs hardly change it
    """

    duration: int
    work: int


def responses(browser: Browser, site: Site, size: ViewportSize) -> dict[str, Response]:
    """Return the time that a page of 500 updates takes to show the effect of each action of a reader."""
    phone = size == PHONE
    context = browser.new_context(
        viewport=size, timezone_id="America/New_York", has_touch=phone, is_mobile=phone, service_workers="block"
    )
    page = context.new_page()
    page.goto(f"{site.url}{site.long.url('en')}", wait_until="networkidle")
    while page.locator("nav.pages a[rel=next]").count():
        before = page.locator("#updates article").count()
        page.locator("nav.pages a[rel=next]").click()
        page.wait_for_function("n => document.querySelectorAll('#updates article').length > n", arg=before)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(2000)
    page.evaluate(_WATCH_EVENTS)
    session = context.new_cdp_session(page)
    steps = {
        "open share": "#updates .share",
        "close share": "h1",
        "own time zone": ".own-zone input",
        "event's time zone": ".own-zone input",
        "sound": "#sound",
        "open filter": "details.filter summary",
        "close filter": "h1",
        "open comment form": "#comments-form summary",
        **({"open key events": ".dock .here"} if phone else {}),
        "jump to a key event": "#moments li:nth-child(40) a",
    }
    found = {}
    for name, selector in steps.items():
        if page.locator(selector).first.is_visible():
            found[name] = _response(page, session, selector)
    page.evaluate("scrollTo(0, document.getElementById('updates').offsetTop + 3000)")
    posted(site.long, 3, first=1000)
    page.locator("#new-updates:visible").wait_for()
    page.wait_for_timeout(2000)
    found["go to new updates"] = _response(page, session, "#new-updates")
    context.close()
    return found


def _response(page: Page, session: CDPSession, selector: str) -> Response:
    """Click an element while the CPU is throttled, and return the times."""
    target = page.locator(selector).first
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None, f"{selector} has no place."
    page.mouse.move(box["x"] + min(box["width"], 100) / 2, box["y"] + min(box["height"], 30) / 2)
    page.wait_for_timeout(700)
    events: list[dict[str, Any]] = []
    complete: list[object] = []
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.once("Tracing.tracingComplete", lambda data: complete.append(data))
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.evaluate("durations.splice(1)")
    session.send("Tracing.start", {"categories": "devtools.timeline,disabled-by-default-devtools.timeline,toplevel"})
    # A locator's click first queries the page about its target several times, which a reader's click does not.
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(1500)
    session.send("Tracing.end")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    while not complete:
        page.wait_for_timeout(50)
    return Response(round(page.evaluate("Math.max(...durations)")), round(_work(events)))


def _work(events: list[dict[str, Any]]) -> float:
    """Return the main thread's CPU time in ms from the first event of a click to the frame after the last one.

    Chromium's threads: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    """
    main = {
        (e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    own = [e for e in events if e.get("ph") == "X" and (e["pid"], e["tid"]) in main]
    presses = [
        e
        for e in own
        if e["name"] == "EventDispatch"
        and e["args"]["data"]["type"] in ("pointerdown", "mousedown", "pointerup", "mouseup", "click")
    ]
    if not presses:
        return 0
    begins, last = min(e["ts"] for e in presses), max(e["ts"] for e in presses)
    pictures = [e["ts"] + e["dur"] for e in own if e["name"] == "Commit" and e["ts"] > last]
    ends = min(pictures, default=last)
    tasks = [e for e in own if e["name"] == "RunTask" and e["ts"] + e["dur"] >= begins and e["ts"] <= ends]
    return sum(e.get("tdur", e["dur"]) for e in tasks) / 1000
