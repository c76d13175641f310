"""Readers' pages are accessible and small, and do not shift while updates arrive. `make audit` measures the rest."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from articles import changes
from articles.models import Article, Update
from liveblog.languages import SHIPPED, direction, own_name, tag
from tests import factories, soak
from tests.browser.conftest import MakeReader
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
#: The greatest compressed size of a first visit, with 50 updates and without pictures.
KIB_MAX = 65


def accessible(page: Page) -> None:
    """Fail if axe finds a fault. The page bypasses the Content-Security-Policy, which would block styles of axe."""
    # After a click, the style sheets of the new page may still be loading.
    page.wait_for_load_state()
    report = Axe().run(page, options={"preload": False})
    assert report.violations_count == 0, report.generate_report()


def posted(article: Article, count: int, **fields: Any) -> list[Update]:
    """Publish reports of several lengths, some of them key events."""
    return [
        factories.update(
            article,
            headline_en=f"Report {number} of the evening",
            body_en=f"<p>{f'The ministers said this {number} times. ' * (3 + number % 4 * 4)}</p>",
            is_key=number % 5 == 0,
            **fields,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [
        ("en", "dark", DESKTOP),
        ("ar", "light", PHONE),
        soak.only("en", "light", PHONE),
        soak.only("ar", "dark", DESKTOP),
    ],
)
def test_axe_finds_no_fault_on_the_pages_of_readers(
    server: Server, reader: MakeReader, language: str, scheme: str, size: dict[str, int]
) -> None:
    article = factories.article()
    key = posted(article, 6)[-1]
    factories.update(
        article, kind="facts", pin=1, body_en="<ul><li>One.</li><li>Two.</li><li>Three.</li></ul>", headline_en="Facts"
    )
    page = reader(color_scheme=scheme, viewport=size, bypass_csp=True).open(server, article, language).page
    accessible(page)
    page.locator("#updates .share").first.click()
    expect(page.locator(".share-menu")).to_be_visible()
    if size == PHONE:
        page.keyboard.press("Escape")
        page.locator(".dock .here").click()
    accessible(page)
    page.goto(f"{server.url}{key.url(language)}")
    accessible(page)
    # The pages around the coverage; on phones the sections are a menu.
    page.goto(f"{server.url}/{language}/")
    if size == PHONE:
        page.locator(".menu-button").click()
        expect(page.locator("#sections")).to_be_visible()
    accessible(page)
    page.goto(f"{server.url}/{language}/search/?q=report")
    accessible(page)


def test_a_first_visit_loads_no_more_than_was_promised(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    posted(article, 50)
    page = reader(viewport=DESKTOP).open(server, article, "en").page
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate(
        """() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
          .filter(({ initiatorType }) => initiatorType !== "img")
          .map(({ name, encodedBodySize }) => [encodedBodySize, name])"""
    )
    assert sum(size for size, _name in sizes) <= KIB_MAX * 1024, sorted(sizes)[-8:]


WATCH_SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift" });
}"""


@pytest.mark.parametrize(
    ("size", "scrolled", "motion"),
    [
        (PHONE, 0, "no-preference"),
        (DESKTOP, 900, "reduce"),
        soak.only(DESKTOP, 0, "no-preference"),
        soak.only(DESKTOP, 900, "no-preference"),
        soak.only(PHONE, 900, "no-preference"),
        soak.only(PHONE, 0, "reduce"),
    ],
)
def test_nothing_shifts_when_updates_arrive_and_the_reader_goes_up_to_them(
    server: Server, reader: MakeReader, size: dict[str, int], scrolled: int, motion: str
) -> None:
    article = factories.article()
    posted(article, 8)
    page = reader(viewport=size, reduced_motion=motion).open(server, article, "en")
    page.reaches(8)
    page.page.evaluate("y => scrollTo(0, y)", scrolled)
    page.page.evaluate(WATCH_SHIFTS)
    # Each update arrives while the page is still animating the previous one.
    for update in [*posted(article, soak.count(3, 10)), factories.update(article, pin=1), *posted(article, 1)]:
        page.page.wait_for_selector(f"#{update.element}", state="attached")
    page.page.evaluate("() => scrollTo(0, 0)")
    page.page.evaluate(UNTIL_STILL)
    assert page.page.evaluate("shifted") == 0


UNTIL_STILL = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const glides = () => document.getAnimations().filter(({ effect }) => effect.getTiming().iterations < Infinity);
  do {
    for (let frames = 0; frames < 4; frames += 1) await frame();
    await Promise.all(glides().map(({ finished }) => finished.catch(() => {})));
  } while (glides().length);
}"""


#: Whether the title and the button show the same number of updates, lower than a given one.
COUNTS_FEWER_THAN = """(most) => {
  const number = (text) => Number(/[0-9]+/.exec(text)?.[0]);
  const shown = number(document.title);
  return shown < most && shown === number(document.getElementById("new-updates").textContent);
}"""


def test_a_returning_reader_reads_nothing_twice_and_misses_nothing(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    posted(article, 3)
    visitor = reader(viewport=PHONE, has_touch=True, is_mobile=True).open(server, article, "ar")
    page = visitor.page
    headline = page.title()
    page.goto("about:blank")
    # The list has pages of 50.
    missed = [update.element for update in posted(article, soak.count(6, 60))]
    pass_an_hour(page)
    visitor.open(server, article, "ar")
    since = page.locator("#since")
    expect(since).to_be_visible()
    assert number_in(since.inner_text()) == len(missed)
    assert unread(page) == missed
    # The line is below the first unread update, because the newest updates are on top.
    assert page.locator(f"#{missed[0]} + .reading-line").count() == 1
    # Updates in view are read, and the button and the title count the others.
    button = page.locator("#new-updates")
    expect(button).to_be_visible()
    page.wait_for_function(COUNTS_FEWER_THAN, arg=len(missed))
    since.get_by_role("button", name="البدء بالأقدم").tap()
    expect(page.locator(f"#{missed[0]}")).to_be_in_viewport()
    expect(page.locator(".reading-line")).to_be_in_viewport()
    read_upwards(page, missed)
    expect(button).to_be_hidden()
    expect(page).to_have_title(headline)
    visitor.open(server, article, "ar")
    expect(page.locator(f"#{missed[-1]}")).to_be_attached()
    page.wait_for_function("document.querySelector('#moments [aria-current]')")
    assert unread(page) == []
    expect(since).to_be_hidden()


def test_an_open_page_leads_the_reader_to_the_oldest_of_the_updates_that_came(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    posted(article, 12)
    factories.update(article, pin=1, headline_en="How to help")
    visitor = reader(viewport=PHONE, has_touch=True, is_mobile=True).open(server, article, "ar")
    page = visitor.page
    headline = page.title()
    page.evaluate("scrollTo(0, 2000)")
    place = "(id) => document.getElementById(id).getBoundingClientRect().top"
    read = page.evaluate(
        "[...document.querySelectorAll('#updates .update')].find((one) => one.getBoundingClientRect().top > 100).id"
    )
    before = page.evaluate(place, read)
    pass_an_hour(page)
    came = [update.element for update in posted(article, soak.count(5, 60))]
    button = page.locator("#new-updates")
    page.wait_for_function("count => document.title.startsWith(`(${count})`)", arg=len(came))
    assert number_in(button.inner_text()) == len(came)
    # The text before the reader does not move.
    assert abs(page.evaluate(place, read) - before) < 1
    button.tap()
    expect(page.locator(f"#{came[0]}")).to_be_in_viewport()
    expect(page.locator(f"#{came[0]} + .reading-line")).to_be_attached()
    read_upwards(page, came)
    expect(button).to_be_hidden()
    expect(page).to_have_title(headline)


def test_an_update_that_is_corrected_before_it_is_seen_stays_new_until_it_is_read(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    posted(article, 12)
    visitor = reader(viewport=PHONE, has_touch=True, is_mobile=True).open(server, article, "en")
    page = visitor.page
    headline = page.title()
    page.evaluate("scrollTo(0, 2000)")
    update = factories.update(article, headline_en="Thirteen came")
    expect(page).to_have_title(f"(1) {headline}")
    with changes.edit(update):
        update.headline_en = "Fourteen came"
        update.save()
    expect(page.locator(f"#{update.element}")).to_contain_text("Fourteen came")
    expect(page).to_have_title(f"(1) {headline}")
    page.locator("#new-updates").tap()
    read_upwards(page, [update.element])
    expect(page).to_have_title(headline)


def pass_an_hour(page: Page) -> None:
    """Advance the browser's clock by an hour, on this page and on pages that it opens."""
    script = "{ const { now } = Date; Date.now = () => now() + 3_600_000; }"
    page.add_init_script(script)
    page.evaluate(script)


def number_in(text: str) -> int:
    """Return the first number of a text. Pages in Arabic have European digits."""
    return int(re.findall(r"\d+", text)[0])


def read_upwards(page: Page, elements: list[str]) -> None:
    """Scroll to each update in turn until it counts as read."""
    for element in elements:
        page.locator(f"#{element}").evaluate("element => element.scrollIntoView({ block: 'center' })")
        page.wait_for_function(IS_READ, arg=element)


IS_READ = """(id) => {
  const key = Object.keys(localStorage).find((name) => name.startsWith("read:"));
  const { upTo, seen } = JSON.parse(localStorage.getItem(key));
  const { sort } = document.getElementById(id).dataset;
  return sort <= upTo || seen.includes(sort);
}"""


def unread(page: Page) -> list[str]:
    """Return the updates that the page shows as new, from the oldest to the newest."""
    return page.eval_on_selector_all("#updates .unread", "found => found.map(one => one.id).reverse()")


#: At 200 % zoom, a laptop has 640 x 400 pixels. WCAG 1.4.10 demands no horizontal scrolling down to 320.
@pytest.mark.parametrize("language", ["ar", soak.only("de")])
def test_a_page_fits_every_width_and_its_controls_every_thumb(
    server: Server, reader: MakeReader, language: str
) -> None:
    article = factories.article()
    posted(article, 2)
    factories.comment(article, state="approved")
    page = reader(viewport=PHONE).open(server, article, language).page
    for width, height in ((1280, 800), (820, 1180), (640, 400), (390, 844), (320, 568)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL_TARGETS) == [], width
    for address in (f"/{language}/", f"/{language}/search/?q=Report"):
        page.goto(f"{server.url}{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SMALL_TARGETS) == [], address


#: Controls smaller than 24 px, except links within sentences and inputs with larger labels (WCAG 2.5.8).
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, input, textarea")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".honeypot, .skip, .text, .help"))
  .map((one) => one.closest("label") ?? one)
  .filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    return width && (width < 23.5 || height < 23.5);
  })
  .map((one) => one.outerHTML.slice(0, 120))"""


#: In addition to the eight languages: scripts of all widths, three of them right-to-left, and long names.
MORE = [
    "pt-br",
    "zh-hans",
    "zh-hant",
    "he",
    "fa",
    "ur",
    "ja",
    "ko",
    "sr-latn",
    "bs-cyrl",
    "es-419",
    "hi",
    "ta",
    "el",
    "it",
    "nl",
    "sv",
    "nb",
    "cs",
    "hu",
    "bg",
    "tr",
]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_a_menu_of_thirty_languages_fits_any_screen_and_scrolls(
    server: Server, reader: MakeReader, language: str, scheme: str
) -> None:
    article = factories.article(languages=list(SHIPPED))
    page = reader(color_scheme=scheme, viewport=PHONE, has_touch=True).open(server, article, language).page
    page.evaluate(
        """(names) => {
          const list = document.querySelector("#languages ul");
          for (const [tag, name, dir] of names) {
            const item = list.lastElementChild.cloneNode(true);
            item.querySelector("a").removeAttribute("aria-current");
            Object.assign(item.querySelector("bdi"), { lang: tag, dir, textContent: name });
            list.append(item);
          }
        }""",
        [(tag(code), own_name(code), direction(code)) for code in MORE],
    )
    button, menu = page.locator(".language-button"), page.locator("#languages")
    links = menu.get_by_role("link")
    for size in (PHONE, {"width": 820, "height": 1180}, {"width": 844, "height": 390}, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        button.tap()
        expect(menu).to_be_visible()
        expect(links).to_have_count(30)
        box = menu.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert box["y"] + box["height"] <= size["height"]
        assert menu.evaluate("(menu) => menu.scrollWidth <= menu.clientWidth")
        # No name is cut off or overlaps another, and each is large enough for touch.
        boxes = links.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().toJSON())")
        assert min(each["height"] for each in boxes) >= 36
        assert all(each["left"] >= box["x"] and each["right"] <= box["x"] + box["width"] for each in boxes)
        assert len({(each["left"], each["top"]) for each in boxes}) == len(boxes)
        # By keyboard: from the button into the menu, and to its end.
        page.keyboard.press("Tab")
        expect(links.first).to_be_focused()
        page.keyboard.press("Shift+Tab")
        links.last.focus()
        expect(links.last).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        expect(button).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
