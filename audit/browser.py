"""Measurements in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from audit.site import Site, posted

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


#: What opens something on a page; None of them needs to be on it.
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


def faults(
    browser: Browser, pages: dict[str, str], scheme: str, size: ViewportSize
) -> Iterator[tuple[str, list[str]]]:
    """Yield the rules of axe that each page breaks, as it is and with what its controls open, by the page's name."""
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
    """Return what a first visit loads, compressed and without pictures, in KiB."""
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
    """Return the layout shift of a page from its beginning until ten updates have come and the reader has gone up."""
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


def responses(browser: Browser, site: Site, size: ViewportSize) -> dict[str, int]:
    """Return how long a page of 500 updates takes to show what the reader did, in milliseconds, by what it was.

    The processor has a quarter of its speed.
    """
    phone = size == PHONE
    context = browser.new_context(
        viewport=size, timezone_id="America/New_York", has_touch=phone, is_mobile=phone, service_workers="block"
    )
    page = context.new_page()
    page.goto(f"{site.url}{site.long.url('en')}", wait_until="networkidle")
    while page.locator("nav.pages a[rel=next]").count():
        before = page.locator("#updates > article").count()
        page.locator("nav.pages a[rel=next]").click()
        page.wait_for_function("n => document.querySelectorAll('#updates > article').length > n", arg=before)
    page.evaluate("scrollTo(0, 0)")
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.wait_for_timeout(2000)
    page.evaluate(_WATCH_EVENTS)
    steps = {
        "share": "#updates .share",
        "own time zone": ".own-zone input",
        "sound": "#sound",
        "filter": "details.filter summary",
        **({"key events": ".dock .here"} if phone else {}),
        "jump to a key event": "#moments li:nth-child(40) a",
    }
    found = {}
    for name, selector in steps.items():
        page.evaluate("durations.splice(1)")
        if page.locator(selector).first.is_visible():
            page.locator(selector).first.click()
            page.wait_for_timeout(1500)
            found[name] = round(page.evaluate("Math.max(...durations)"))
    posted(site.long, 3)
    page.locator("#new-updates:visible").wait_for()
    page.wait_for_timeout(2000)
    page.evaluate("durations.splice(1)")
    page.locator("#new-updates").click()
    page.wait_for_timeout(1500)
    found["new updates"] = round(page.evaluate("Math.max(...durations)"))
    context.close()
    return found
