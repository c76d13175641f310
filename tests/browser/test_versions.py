"""Editors read and restore versions of an Arabic update in a German admin, on a phone as well."""

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from articles.models import Article, Update
from liveblog.actors import acting_as
from tests import factories
from tests.browser.conftest import MakeReader
from tests.browser.test_coverage import Desk, journalist  # noqa: F401 - a fixture
from tests.browser.test_translation import shot
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

BEGIN = "<p>قُتل 14 شخصًا في الهجوم على المدينة.</p>"
CORRECTED = "<p>قُتل 40 شخصًا في الهجوم على المدينة ليلًا.</p>"


@pytest.fixture
def update(journalist: User) -> Update:  # noqa: F811
    # An Arabic update with corrections by two users.
    article = factories.article(source_language="ar", headline_ar="تغطية مباشرة من المدينة")
    author = factories.author("ليلى حداد")
    made = factories.update(
        article, source_language="ar", headline_ar="هجوم على المدينة", body_ar=BEGIN, authors=(author,)
    )
    with acting_as(journalist):
        made.body_ar, made.correction_note_ar = CORRECTED, "كان العدد 14."
        made.save()
    with acting_as(User.objects.create_user("greta", first_name="Greta", last_name="Vogel")):
        made.body_de = "<p>Bei dem Angriff auf die Stadt wurden in der Nacht 40 Menschen getötet.</p>"
        made.headline_de, made.is_key = "Angriff auf die Stadt", True
        made.save()
    return made


def test_a_german_admin_shows_and_restores_versions_of_an_arabic_update(
    server: Server,
    reader: MakeReader,
    journalist: User,  # noqa: F811
    update: Update,
) -> None:
    arabic = reader().open(server, update.article, "ar")
    page = reader(locale="de", viewport={"width": 1280, "height": 900}).page
    page.goto(f"{server.url}/admin/login/?next=/admin/articles/update/{update.pk}/change/?form=1")
    page.locator("#id_username").fill(journalist.username)
    page.locator("#id_password").fill("a long password")
    page.locator("input[type=submit]").last.click()
    page.locator(f'a[href$="/{update.pk}/versions/"]').click()

    expect(page.locator(".all-versions li")).to_have_count(3)
    page.locator(".all-versions a").nth(1).click()
    difference = page.locator('.difference[lang="ar"]').last
    shot(page, "versions-de")
    body = page.locator(".language-texts .difference", has_text="شخصًا")
    assert body.evaluate("element => getComputedStyle(element).direction") == "rtl"
    expect(body.locator("del")).to_contain_text("14")
    expect(body.locator("ins").first).to_contain_text("40")
    assert body.locator("ins .visually-hidden").first.get_attribute("lang") == "de"
    expect(difference).to_be_visible()

    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "versions-de-phone")

    page.goto(f"{server.url}/admin/articles/update/{update.pk}/versions/?version=1")
    page.locator(".restore button").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    expect(arabic.page.locator(f"#{update.element} .text")).to_contain_text("14")
    expect(arabic.page.locator(f"#{update.element} .correction")).to_have_count(0)
    expect(page.locator(".all-versions li")).to_have_count(4)


def test_restoring_over_a_newer_version_shows_an_error(
    server: Server,
    reader: MakeReader,
    journalist: User,  # noqa: F811
    update: Update,
) -> None:
    desk = Desk(reader(locale="en").page, server)
    desk.log_in(journalist)
    desk.page.goto(f"{server.url}/admin/articles/update/{update.pk}/versions/?version=1")
    update.body_ar = "<p>نص أحدث.</p>"
    update.save()
    desk.page.get_by_role("button", name="Restore").click()
    expect(desk.page.locator(".messagelist .error")).to_contain_text("Nothing was restored")
    expect(desk.page.locator(".difference ins").first).to_contain_text("نص أحدث")


def test_a_withdrawn_update_leaves_a_mark_if_the_editor_wants_one(
    server: Server,
    reader: MakeReader,
    journalist: User,  # noqa: F811
) -> None:
    article: Article = factories.article()
    update = factories.update(article, body_en="<p>Wrong.</p>", body_ar="<p>خطأ.</p>")
    arabic = reader(viewport={"width": 400, "height": 700}).open(server, article, "ar")
    desk = Desk(reader(locale="en", viewport={"width": 1280, "height": 900}).page, server)
    desk.log_in(journalist)
    desk.page.goto(f"{server.url}/admin/articles/update/{update.pk}/change/?form=1")
    desk.press("Withdraw")
    question = desk.page.locator("#withdraw")
    question.get_by_label("Show readers that").check()
    question.get_by_label("Reason").fill("The source was mistaken.")
    shot(desk.page, "withdraw-question")
    question.get_by_role("button", name="Withdraw").click()
    mark = arabic.page.locator(f"#{update.element}.withdrawn")
    expect(mark.locator(".reason")).to_have_text("The source was mistaken.")
    assert mark.locator(".reason").evaluate("element => getComputedStyle(element).direction") == "ltr"
    expect(arabic.page.get_by_text("خطأ.")).to_have_count(0)
    shot(arabic.page, "mark-ar")
    arabic.page.goto(f"{server.url}{update.url('ar')}")
    expect(arabic.page.locator(".withdrawn")).to_be_visible()
    arabic.complaints = [said for said in arabic.complaints if "410" not in said]


def test_an_update_waits_for_the_release_by_a_second_person(
    server: Server,
    reader: MakeReader,
    journalist: User,  # noqa: F811
) -> None:
    article = factories.article(needs_release=True)
    second = User.objects.create_user("karim", is_staff=True)
    second.groups.add(Group.objects.get(name="Journalist"))
    german = reader().open(server, article, "de")
    writer, other = (Desk(reader(locale="en").page, server) for _ in range(2))
    writer.log_in(journalist)
    writer.page.goto(f"{server.url}/admin/articles/update/add/?article={article.pk}&form=1")
    writer.write("English", "Talks", "They have begun.")
    expect(writer.page.get_by_role("button", name="Publish")).to_have_count(0)
    writer.press("Send for approval")
    writer.page.wait_for_url("**/update/?article*")
    update = Update.objects.get()
    other.log_in(second)
    other.page.goto(f"{server.url}/admin/articles/update/{update.pk}/change/?form=1")
    shot(other.page, "release")
    other.press("Approve")
    expect(german.page.locator(f"#{update.element}")).to_contain_text("They have begun.")
