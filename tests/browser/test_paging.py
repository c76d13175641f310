"""Readers of older pages miss nothing while the list grows and shrinks."""

import datetime
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from articles import changes
from articles.models import Article, Update
from comments.models import Comment
from tests import factories, soak
from tests.browser.conftest import MakeReader, Reader
from tests.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), *soak.marks(pytest.mark.embedded)]

NEWER = {"en": "Newer updates", "ar": "تحديثات أحدث"}


def covered(number: int) -> tuple[Article, list[Update]]:
    """Create coverage with `number` updates, oldest first, a minute apart, and long enough to scroll."""
    article = factories.article()
    start = timezone.now() - datetime.timedelta(hours=9)
    text = {"source_language": "en", "body_en": f"<p>{'A long report. ' * 20}</p>", "state": "published"}
    made = [
        Update(article=article, first_published_at=start + datetime.timedelta(minutes=minute), **text)
        for minute in range(number)
    ]
    return article, list(Update._base_manager.bulk_create(made))


def turn(page: Reader, name: str) -> None:
    with page.page.expect_navigation():
        page.page.get_by_role("link", name=name).first.click()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_reader_of_an_older_page_misses_none_of_twelve_new_updates(
    server: Server, reader: MakeReader, language: str
) -> None:
    article, made = covered(120)
    page = reader(viewport={"width": 900, "height": 700}).open(server, article, language)
    # Open the next page as without scripts; with scripts, older updates are added to the list.
    older = page.page.get_by_role("link", name={"en": "Older updates", "ar": "تحديثات أقدم"}[language])
    page.page.goto(f"{server.url}{older.get_attribute('href')}")
    # Turning a page scrolls to the list.
    assert page.page.url.endswith("#updates")
    expect(page.page.locator("#updates > :first-child")).to_be_in_viewport()
    second = page.updates()
    assert second == [update.element for update in made[69:19:-1]]
    new = [factories.update(article) for _ in range(12)]
    page.reaches(12)
    assert page.updates() == second
    turn(page, NEWER[language])
    newer = page.updates()
    assert newer == [update.element for update in made[119:69:-1]]
    turn(page, NEWER[language])
    assert page.updates() == [update.element for update in reversed(new)]
    # This is the newest page, so it shows new updates.
    latest = factories.update(article)
    expect(page.page.locator(f"#{latest.element}")).to_be_attached()
    expect(page.page.get_by_role("link", name=NEWER[language])).to_have_count(0)


def test_older_updates_come_into_the_list_and_the_address_follows(server: Server, reader: MakeReader) -> None:
    article, made = covered(120)
    page = reader(viewport={"width": 900, "height": 700}).open(server, article, "en")
    page.page.get_by_role("link", name="Older updates").click()
    page.page.wait_for_url(f"**/?at={made[69].pk}#{made[69].element}")
    assert page.updates() == [update.element for update in made[119:19:-1]]
    # A correction reaches the loaded updates, and an update that is older than all belongs on the next page.
    corrected = Update.objects.get(pk=made[40].pk)
    corrected.body_en = "<p>Corrected.</p>"
    corrected.save()
    expect(page.page.locator(f"#{made[40].element}")).to_contain_text("Corrected.")
    page.page.get_by_role("link", name="Older updates").click()
    expect(page.page.get_by_role("link", name="Older updates")).to_have_count(0)
    assert page.updates() == [update.element for update in made[119::-1]]


#: The height and the line above each update and heading, once the browser has laid out all of them.
LOOKS = """async () => {
  for (const far of document.querySelectorAll("#updates .far")) far.classList.remove("far");
  await new Promise(requestAnimationFrame);
  return [...document.querySelectorAll("#updates :is(.update, .day)")].map((item) => {
    const [own, before] = [getComputedStyle(item), getComputedStyle(item, "::before")];
    const line = before.content === "none" ? "" : before.borderBlockStart;
    return [item.textContent, item.getBoundingClientRect().height, own.borderBlockStart, own.marginBlockStart, line];
  });
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_updates_that_were_loaded_into_the_list_look_like_those_of_the_server(
    server: Server, reader: MakeReader, width: int
) -> None:
    article, made = covered(120)
    # The days change within batches and between them.
    for number, update in enumerate(made):
        moment = update.first_published_at - datetime.timedelta(days=(119 - number) // 25)
        Update._base_manager.filter(pk=update.pk).update(first_published_at=moment)
    page = reader(viewport={"width": width, "height": 800}).open(server, article, "en")
    page.page.get_by_role("link", name="Older updates").click()
    page.page.wait_for_url("**/?at=*")
    loaded = page.page.evaluate(LOOKS)
    other = reader(viewport={"width": width, "height": 800}).open(server, article, "en", f"?before={made[70].pk}")
    served = other.page.evaluate(LOOKS)
    # Both lists end with the same update. The first heading and update of a page have nothing above them.
    assert len(served) > 50
    assert loaded[2 - len(served) :] == served[2:]


def test_updates_in_batches_are_replaced_removed_and_marked_in_place(server: Server, reader: MakeReader) -> None:
    article, made = covered(100)
    Update._base_manager.filter(pk__in=[made[45].pk, made[99].pk]).update(is_key=True)
    page = reader(viewport={"width": 1280, "height": 800}).open(server, article, "en")
    page.page.get_by_role("link", name="Older updates").click()
    page.page.wait_for_url("**/?at=*")
    assert page.page.locator("#updates > .batch").count() == 10
    page.page.locator(f"#moment-{made[45].pk} a").click()
    expect(page.page.locator(f"#{made[45].element}")).to_be_in_viewport()
    expect(page.page.locator("#moments [aria-current]")).to_have_attribute("data-update", made[45].element)
    for update in made[30:40]:
        update.refresh_from_db()
        update.state = Update.State.WITHDRAWN
        update.save()
    update = Update.objects.get(pk=made[44].pk)
    update.headline_en = "Corrected"
    update.save()
    expect(page.page.locator(f"#{update.element} h2")).to_have_text("Corrected")
    # The batch whose updates are all withdrawn leaves no gap.
    page.reaches(article.revision + 11)
    assert page.updates() == [each.element for each in [*made[:-61:-1], *made[29::-1]]]


def test_the_address_of_an_update_scrolls_to_it(server: Server, reader: MakeReader) -> None:
    article, made = covered(120)
    page = reader(viewport={"width": 900, "height": 700})
    page.page.goto(f"{server.url}{made[40].url('ar')}")
    # The update is in view before the page has loaded the others.
    with page.page.expect_navigation():
        page.page.locator("a.action").click()
    for _ in range(2):
        here = page.page.locator(f"#{made[40].element}")
        expect(here).to_be_in_viewport()
        assert here.evaluate("element => element.matches(':target')")
        assert page.updates() == [update.element for update in made[65:15:-1]]
        # An invalid address, as from a typing error.
        page.page.goto(f"{server.url}{article.url('ar')}?at={made[40].pk}")
    # Once it is withdrawn, its address shows the next update.
    made[40].refresh_from_db()
    made[40].state = Update.State.WITHDRAWN
    made[40].save()
    page.page.goto(f"{server.url}{article.url('en')}?at={made[40].pk}")
    expect(page.page.locator(f"#{made[39].element}")).to_be_in_viewport()
    assert made[40].element not in page.updates()


def test_a_middle_page_shows_new_updates_of_its_own_range_and_the_next_starts_at_its_end(
    server: Server, reader: MakeReader
) -> None:
    article, made = covered(110)
    page = reader().open(server, article, "en", f"?before={made[80].pk}")
    shown = page.updates()
    assert shown == [update.element for update in made[79:29:-1]]

    def back_dated(after: Update) -> Update:
        late = factories.update(article, state="draft")
        moment = after.first_published_at + datetime.timedelta(seconds=30)
        with changes.edit(late):
            Update.objects.filter(pk=late.pk).update(state="published", first_published_at=moment)
        return Update.objects.get(pk=late.pk)

    page.page.evaluate("scrollTo(0, 0)")
    at_the_top, at_the_end, elsewhere = back_dated(made[79]), back_dated(made[29]), back_dated(made[28])
    page.reaches(3)
    assert page.updates() == [at_the_top.element, *shown, at_the_end.element]
    older = page.page.get_by_role("link", name="Older updates")
    expect(older).to_have_attribute("href", f"{server.url}{article.url('en')}?before={at_the_end.pk}#updates")
    at_the_end.state = Update.State.WITHDRAWN
    at_the_end.save()
    expect(page.page.locator(f"#{at_the_end.element}")).to_have_count(0)
    page.page.goto(older.get_attribute("href") or "")
    assert page.updates()[:2] == [made[29].element, elsewhere.element]


def test_readers_can_turn_pages_without_javascript(server: Server, reader: MakeReader) -> None:
    article, made = covered(60)
    page = reader(java_script_enabled=False, viewport={"width": 900, "height": 700})
    page.page.goto(f"{server.url}{made[5].url('en')}")
    page.page.locator("a.action").click()
    expect(page.page.locator(f"#{made[5].element}")).to_be_in_viewport()
    page.page.get_by_role("link", name="Newer updates").first.click()
    expect(page.page.locator(f"#{made[31].element}")).to_be_attached()
    expect(page.page.locator(f"#{made[30].element}")).to_have_count(0)
    page.page.get_by_role("button", name="English").click()
    page.page.get_by_role("link", name="Deutsch").click()
    expect(page.page).to_have_url(f"{server.url}{article.url('de')}?after={made[30].pk}#updates")


def test_a_new_comment_appears_on_the_page_where_it_belongs(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    common: dict[str, Any] = {"article": article, "language": "en", "name": "Ana", "state": "approved", "shown": True}
    made = Comment.objects.bulk_create(Comment(text=f"Number {number}.", **common) for number in range(60))
    page = reader().open(server, article, "en", f"comments/?before={made[55].pk}")
    expect(page.page.locator("#comments > *")).to_have_count(50)
    factories.comment(article, state="approved")
    answer = factories.comment(article, state="approved", parent=made[20])
    page.reaches(4)
    expect(page.page.locator(f"#comment-{made[20].pk}")).to_contain_text(answer.text)
    expect(page.page.locator("#comments > *")).to_have_count(50)
