"""An open page shows new updates, keeps the reader's place, and recovers from lost connections."""

import pytest
from playwright.sync_api import expect

from articles import changes
from articles.models import Article, Topic, Update
from comments.models import Comment
from liveblog.actors import acting_as
from tests import factories, soak
from tests.actors import TEST
from tests.browser.conftest import Fresh, MakeReader
from tests.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), *soak.marks(pytest.mark.embedded)]


def test_pushed_updates_look_as_on_a_fresh_page(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = factories.article()
    first = factories.update(article, body_en="<p>One.</p>")
    page = reader().open(server, article, "de")
    second = factories.update(article, body_en="<p>Two.</p>", headline_en="Second", is_key=True)
    first.body_en = "<p>One, corrected.</p>"
    first.correction_note_en = "It was one."
    first.save()
    article.refresh_from_db()
    article.state = Article.State.FINISHED
    article.save()
    comment = Comment.objects.create(article=article, language="uk", name="Олена", text="Так.", state="approved")
    page.reaches(5)
    assert page.updates() == [second.element, first.element]
    expect(page.page.locator(f"#{comment.element}")).to_be_visible()
    assert page.content() == fresh(article, "de")


def test_a_withdrawn_update_disappears(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    update = factories.update(article)
    page = reader().open(server, article, "en")
    expect(page.page.locator(f"#{update.element}")).to_be_visible()
    update.state = Update.State.WITHDRAWN
    update.save()
    expect(page.page.locator(f"#{update.element}")).to_have_count(0)
    expect(page.page.get_by_text("There are no updates yet.")).to_be_visible()
    # After the end, the page must not say that there are no updates "yet".
    article.refresh_from_db()
    article.state = Article.State.FINISHED
    article.save()
    expect(page.page.get_by_text("There were no updates.")).to_be_visible()
    expect(page.page.locator(".so-far:visible")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["1 new update", "2 new updates", "3 new updates"]),
        ("uk", ["1 нове оновлення", "2 нові оновлення", "3 нові оновлення"]),
        ("ar", ["تحديث واحد جديد", "تحديثان جديدان", "3 تحديثات جديدة"]),
    ],
)
def test_new_updates_wait_while_the_reader_is_scrolled_down(
    server: Server, reader: MakeReader, language: str, words: list[str]
) -> None:
    article = factories.article()
    posted = [factories.update(article, body_en=f"<p>{'A long report. ' * 30}</p>") for _ in range(20)]
    page = reader(viewport={"width": 800, "height": 600}).open(server, article, language)
    page.reaches(20)
    read = page.page.locator(f"#{posted[10].element}")
    read.evaluate("element => element.scrollIntoView({block: 'start'})")
    before = read.bounding_box()
    button = page.page.locator("#new-updates")
    for text in words:
        factories.update(article)
        expect(button).to_have_text(text)
    assert read.bounding_box() == before
    assert len(page.updates()) == 20
    # The button leads to the oldest new update. Once all have been in view, none are new.
    button.click()
    assert len(page.updates()) == 23
    oldest = article.updates.order_by("pk")[20]
    expect(page.page.locator(f"#{oldest.element}")).to_be_in_viewport()
    assert page.page.evaluate("document.activeElement.closest('.update').id") == oldest.element
    page.page.evaluate("scrollTo(0, 200)")
    expect(button).to_be_hidden()


def test_scrolling_back_up_shows_waiting_updates(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    for _ in range(20):
        factories.update(article, body_en=f"<p>{'A long report. ' * 30}</p>")
    page = reader(viewport={"width": 800, "height": 600}).open(server, article, "en")
    page.page.locator("#updates article >> nth=7").evaluate("element => element.scrollIntoView()")
    new = factories.update(article)
    expect(page.page.locator("#new-updates")).to_be_visible()
    page.page.evaluate("scrollTo(0, 0)")
    expect(page.page.locator(f"#{new.element}")).to_be_visible()
    expect(page.page.locator("#new-updates")).to_be_hidden()


def test_an_offline_reader_is_told_and_misses_nothing(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = factories.article()
    page = reader().open(server, article, "ar")
    page.reaches(0)
    page.page.context.set_offline(True)
    notice = page.page.locator("#connection")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("أنت غير متصل")
    factories.update(article, body_en="<p>Meanwhile.</p>", body_ar="<p>في هذه الأثناء.</p>")
    page.page.context.set_offline(False)
    page.reaches(1)
    expect(notice).to_be_hidden()
    assert page.content() == fresh(article, "ar")


def test_the_page_polls_where_websockets_are_blocked(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = factories.article()
    page = reader()
    page.page.add_init_script(
        """window.WebSocket = class extends EventTarget {
          constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 }))); }
          close() {}
        };"""
    )
    page.open(server, article, "de")
    factories.update(article)
    page.reaches(1)
    expect(page.page.locator("#connection")).to_be_hidden()
    assert page.content() == fresh(article, "de")


def test_a_page_of_a_topic_takes_in_the_updates_on_it(server: Server, reader: MakeReader) -> None:
    energy = Topic(slug="energy", name_en="Energy")
    energy.save()
    article = factories.article()
    first = factories.update(article, topics=(energy,))
    page = reader().open(server, article, "en", f"?topic={energy.pk}")
    assert page.updates() == [first.element]
    factories.update(article)
    second = factories.update(article, topics=(energy,))
    page.reaches(3)
    assert page.updates() == [second.element, first.element]
    # The update loses the topic.
    with acting_as(TEST), changes.edit(second):
        second.topics.clear()
    page.reaches(4)
    assert page.updates() == [first.element]


def test_a_page_of_key_events_only_shows_key_events(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader().open(server, article, "en", "?key=1")
    factories.update(article)
    key = factories.update(article, is_key=True)
    # A key event also has an entry in the list beside the updates.
    page.reaches(3)
    assert page.updates() == [key.element]
    expect(page.page.locator(f"#moment-{key.pk}")).to_be_attached()
    key.is_key = False
    key.save()
    page.reaches(5)
    assert page.updates() == []


def test_an_older_page_only_changes_by_corrections(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    made = [factories.update(article) for _ in range(52)]
    page = reader().open(server, article, "en", f"?before={made[2].pk}")
    made[0].body_en = "<p>Corrected.</p>"
    made[0].save()
    factories.update(article)
    page.reaches(54)
    assert page.updates() == [made[1].element, made[0].element]
    expect(page.page.locator(f"#{made[0].element}")).to_contain_text("Corrected.")


def test_a_pinned_update_moves_from_an_older_page_to_the_top(server: Server, reader: MakeReader, fresh: Fresh) -> None:
    article = factories.article()
    made = [factories.update(article) for _ in range(52)]
    newest, older = (reader().open(server, article, "en", query) for query in ("", f"?before={made[2].pk}"))
    for update, pin in ((made[0], 1), (made[40], 2)):
        update.pin = pin
        update.save()
    newest.reaches(54)
    older.reaches(54)
    assert older.updates() == [made[1].element]
    assert newest.updates()[:3] == [made[40].element, made[0].element, made[51].element]
    made[0].pin = None
    made[0].save()
    newest.reaches(55)
    assert made[0].element not in newest.updates()


def test_a_change_of_the_whole_page_reloads_it(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    page = reader().open(server, article, "en")
    page.reaches(0)
    article.time_zone = "Asia/Tokyo"
    article.save()
    expect(page.page.locator(".zone")).to_contain_text("Japan Time")


def test_the_page_can_be_read_without_javascript(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    factories.update(article, headline_uk="Заява", body_uk="<p>Текст.</p>", headline_en="A", body_en="<p>A</p>")
    page = reader(java_script_enabled=False).open(server, article, "uk").page
    expect(page.get_by_role("heading", name="Заява")).to_be_visible()
    expect(page.get_by_text("Текст.", exact=True)).to_be_visible()
    # The driver switches scripts off only after the parser has decided to skip <noscript>.
    assert "Завантажити нові оновлення" in page.content()


def test_arabic_runs_from_right_to_left_and_foreign_text_in_its_own_direction(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    update = factories.update(article, headline_en="In English", body_en="<p>Only in English.</p>")
    page = reader(viewport={"width": 1200, "height": 800}).open(server, article, "ar").page
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    foreign = page.locator(f"#{update.element} .text")
    assert foreign.evaluate("element => getComputedStyle(element).direction") == "ltr"
    report, beside = page.locator(".main-column").bounding_box(), page.locator(".side-column").bounding_box()
    assert report is not None
    assert beside is not None
    assert report["x"] > beside["x"]


@pytest.mark.parametrize("language", ["de", "ar"])
def test_a_phone_needs_no_sideways_scrolling(server: Server, reader: MakeReader, language: str) -> None:
    article = factories.article(headline_de="Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 2)
    factories.update(article, body_en=f"<p>{'https://example.org/' + 'x' * 200}</p>")
    page = reader(viewport={"width": 360, "height": 740}).open(server, article, language).page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
