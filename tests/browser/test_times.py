"""With the event in New York, the server elsewhere and readers in India, every time is unambiguous and correct."""

import datetime
from time import monotonic

import pytest
from playwright.sync_api import Page, Route, expect

from articles.models import Article, Update
from tests import factories
from tests.browser.conftest import Fresh, MakeReader
from tests.server import PATIENCE, Server, eventually

pytestmark = pytest.mark.django_db(transaction=True)

#: 1 November in New York lasts until 04:00 UTC; an hour of 2 November is repeated there.
EVENING = datetime.datetime(2025, 11, 2, 3, 30, tzinfo=datetime.UTC)

SHIFTS = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve([]), 200);
})"""


def in_new_york(**fields: object) -> Article:
    return factories.article(time_zone="America/New_York", coverage_start=EVENING, **fields)


def update_at(article: Article, hours: float = 0, **fields: object) -> Update:
    return factories.update(article, first_published_at=EVENING + datetime.timedelta(hours=hours), **fields)


def days(page: Page) -> list[str]:
    """Return the visible headings, with the number of updates under each."""
    return page.locator("#updates").evaluate(
        """list => [...list.children].filter(child => !child.hidden && child.tagName !== "P").reduce((found, child) => {
          if (child.matches("h2.day")) return [...found, `${child.textContent}: 0`];
          const [last = ": 0"] = found.slice(-1);
          return [...found.slice(0, -1), last.replace(/\\d+$/, (count) => Number(count) + 1)];
        }, [])"""
    )


def test_a_page_open_over_midnight_has_the_same_days_as_a_fresh_one(
    server: Server, reader: MakeReader, fresh: Fresh
) -> None:
    article = in_new_york()
    page = reader(timezone_id="Asia/Kolkata").open(server, article, "en")
    evening = update_at(article)
    after_midnight = update_at(article, 1)
    page.reaches(2)
    assert days(page.page) == ["Sunday, 2 November 2025: 1", "Saturday, 1 November 2025: 1"]
    assert page.content() == fresh(article, "en")
    # A backdated update, a pinned one, both hours that the clocks repeat, and the last of its day withdrawn.
    update_at(article, -30)
    after_midnight.pin = 1
    after_midnight.save()
    update_at(article, 2)
    update_at(article, 3)
    evening.state = Update.State.WITHDRAWN
    evening.save()
    article.refresh_from_db()
    page.reaches(article.revision)
    assert days(page.page) == [": 1", "Sunday, 2 November 2025: 2", "Friday, 31 October 2025: 1"]
    assert page.content() == fresh(article, "en")
    texts = page.page.locator("#updates article .when time").all_inner_texts()
    assert texts[1:3] == ["2 Nov 2025, 01:30 GMT−5", "2 Nov 2025, 01:30 GMT−4"]


def test_the_heading_of_waiting_updates_waits_with_them(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = in_new_york()
    for _ in range(12):
        update_at(article, body_en=f"<p>{'A long report. ' * 30}</p>")
    page = reader(viewport={"width": 800, "height": 600}).open(server, article, "en")
    page.page.locator("#updates article >> nth=7").evaluate("element => element.scrollIntoView()")
    update_at(article, 24)
    expect(page.page.locator("#new-updates")).to_have_text("1 new update")
    assert days(page.page) == ["Saturday, 1 November 2025: 12"]
    page.page.locator("#new-updates").click()
    assert days(page.page) == ["Sunday, 2 November 2025: 1", "Saturday, 1 November 2025: 12"]
    assert page.content() == fresh(article, "en")


def test_readers_can_choose_their_own_time_zone_and_the_browser_remembers_it(
    server: Server, reader: MakeReader, fresh: Fresh
) -> None:
    article = in_new_york()
    update_at(article, -12)
    one = update_at(article)
    page = reader(timezone_id="Asia/Kolkata").open(server, article, "en")
    time = page.page.locator(f"#{one.element} .when time")
    expect(time).to_have_text("1 Nov 2025, 23:30 GMT−4")
    expect(page.page.locator(".zone")).to_contain_text("Eastern Time, New York")
    page.page.get_by_label("Show times in my time zone").check()
    expect(time).to_have_text("2 Nov 2025, 09:00 GMT+5:30")
    expect(page.page.locator(".zone")).to_contain_text("(India Standard Time)")
    expect(page.page.get_by_text("New York")).to_be_hidden()
    assert days(page.page) == ["Sunday, 2 November 2025: 1", "Saturday, 1 November 2025: 1"]
    # Pushed updates are in the chosen zone, under their day in that zone.
    pushed = update_at(article, -4)
    expect(page.page.locator(f"#{pushed.element} .when time")).to_have_text("2 Nov 2025, 05:00 GMT+5:30")
    assert days(page.page) == ["Sunday, 2 November 2025: 2", "Saturday, 1 November 2025: 1"]
    page.page.goto(f"{server.url}{one.url('en')}")
    expect(time).to_have_text("2 Nov 2025, 09:00 GMT+5:30")
    page.open(server, article, "en")
    expect(time).to_have_text("2 Nov 2025, 09:00 GMT+5:30")
    page.page.get_by_label("Show times in my time zone").uncheck()
    expect(time).to_have_text("1 Nov 2025, 23:30 GMT−4")
    eventually(lambda: page.content() == fresh(article, "en"))


def test_readers_in_the_zone_of_the_event_have_nothing_to_choose(server: Server, reader: MakeReader) -> None:
    page = reader(timezone_id="America/New_York").open(server, in_new_york(), "en")
    expect(page.page.locator(".own-zone")).to_be_hidden()


def test_relative_times_stay_true_while_the_page_is_open(server: Server, reader: MakeReader) -> None:
    # A zone that has the same offset all year.
    article = factories.article(time_zone="Africa/Johannesburg")
    first = factories.update(article)
    second = factories.comment(article, state="approved")
    page = reader(timezone_id="Asia/Kolkata")
    page.page.clock.install()
    page.open(server, article, "de")
    ago = page.page.locator(f"#{first.element} .ago")
    expect(ago).to_have_text("jetzt")
    page.page.clock.run_for(3 * 60_000)
    expect(ago).to_have_text("vor 3 Min.")
    expect(page.page.locator(f"#thread-{second.pk} .ago, #comment-{second.pk} .ago")).to_have_text("vor 3 Min.")
    # The machine slept.
    page.page.clock.fast_forward("02:00:00")
    expect(ago).to_have_text("vor 2 Std.")
    assert page.page.locator(f"#{first.element} .when time").inner_text().count("GMT+2") == 1


@pytest.mark.parametrize(("language", "width"), [("de", 360), ("ar", 1200)])
def test_relative_times_do_not_shift_the_layout(server: Server, reader: MakeReader, language: str, width: int) -> None:
    article = in_new_york()
    # At every width, some of these lines are nearly full.
    for length in range(1, 30, 2):
        update_at(article, authors=(factories.author("M" * length),))
    page = reader(timezone_id="Asia/Kolkata", viewport={"width": width, "height": 5000})
    late: list[Route] = []
    page.page.route("**/times*.js", lambda route: late.append(route))
    page.page.goto(f"{server.url}{article.url(language)}", wait_until="commit")
    page.page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    deadline = monotonic() + PATIENCE
    while not late:
        assert monotonic() < deadline, "The page asks for no such module."
        # Routes are called while the driver works.
        page.page.wait_for_timeout(20)
    late[0].continue_()
    expect(page.page.locator("#updates .ago").first).not_to_be_empty()
    assert page.page.evaluate(SHIFTS) == []


def test_without_scripts_every_time_is_there_and_no_choice_of_zone(server: Server, reader: MakeReader) -> None:
    article = in_new_york()
    update_at(article)
    page = reader(java_script_enabled=False).open(server, article, "en").page
    expect(page.locator("#updates .when time")).to_have_text("1 Nov 2025, 23:30 GMT−4")
    expect(page.locator("#updates h2.day")).to_have_text("Saturday, 1 November 2025")
    expect(page.locator(".own-zone")).to_be_hidden()
