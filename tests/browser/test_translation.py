"""Drafts, reviews and corrections of translations arrive on open pages in their language."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from articles.models import Article, GlossaryTerm, Translation
from tests import factories
from tests.browser.conftest import Fresh, MakeReader, as_new
from tests.browser.desks import log_in
from tests.browser.test_coverage import Desk
from tests.newsroom import user
from tests.server import Server
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db(transaction=True)

UKRAINIAN = "Союзники погодили пакет допомоги на 14 мільйонів євро."
CORRECTED = "Союзники погодили пакет допомоги на 40 мільйонів євро."
GERMAN = "Die Verbündeten einigten sich auf ein Hilfspaket von 14 Millionen Euro."
REVIEWED = "Die Verbündeten haben sich auf Hilfe im Wert von 14 Millionen Euro geeinigt."


@pytest.fixture
def newsroom(transactional_db: None) -> dict[str, User]:
    groups = {"ioana": "Journalist", "greta": "Translator", "karim": "Translator"}
    return {name: user(name, group) for name, group in groups.items()}


@pytest.fixture(scope="module")
def lasting_provider() -> Iterator[TranslationServer]:
    with TranslationServer() as running:
        yield running


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server], lasting_provider: TranslationServer) -> Iterator[Server]:
    with make_server(DEEPL_API_KEY="a key", DEEPL_URL=lasting_provider.url) as running:
        yield running


@pytest.fixture(autouse=True)
def provider(lasting_provider: TranslationServer) -> TranslationServer:
    as_new(lasting_provider)
    lasting_provider.answers[("de", f"<p>{UKRAINIAN}</p>")] = f"<p>{GERMAN}</p>"
    return lasting_provider


@pytest.fixture
def article(transactional_db: None) -> Article:
    GlossaryTerm.objects.create(source_language="uk", language="de", source="Союзники", target="Verbündeten")
    return factories.article(
        source_language="uk", headline_uk="Міністри зустрілися", headline_de="Minister tagen in Bukarest"
    )


def shot(page: Page, name: str) -> None:
    """Save a screenshot if the environment names a directory for screenshots."""
    if directory := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{directory}/{name}.png", full_page=True)


def test_a_reader_translates_a_comment_with_the_keyboard(server: Server, reader: MakeReader, article: Article) -> None:
    comment = factories.comment(article, language="uk", state="approved", text="Дякую за трансляцію.")
    visitor = reader().open(server, article, "de")
    page = visitor.page
    shown = page.locator(f"#{comment.element} .comment")
    button, status = shown.get_by_role("button", name="Übersetzen"), shown.get_by_role("status")
    problem = "Zurzeit ist keine Übersetzung verfügbar."
    faults: list[Callable[[Route], None]] = [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"),
        lambda route: route.fulfill(status=503, json={"problem": problem}),
    ]
    page.route("**/translation/", lambda route: faults.pop(0)(route) if faults else route.continue_())
    button.focus()
    while faults:
        with page.expect_event("requestfinished" if len(faults) < 3 else "requestfailed"):
            page.keyboard.press("Enter")
        expect(status).to_have_text(problem)
        expect(button).not_to_have_attribute("aria-disabled", "true")
        expect(button).to_be_focused()
    assert [complaint for complaint in visitor.complaints if not re.search("50[23] ", complaint)] == []
    visitor.complaints.clear()
    page.keyboard.press("Enter")
    expect(shown.locator(".translated")).to_contain_text("Maschinell übersetzt")
    expect(shown.locator(".translated")).to_be_focused()
    expect(button).to_be_hidden()
    expect(status).to_be_empty()


def open_as(user: User, page: Page, server: Server, path: str, language: str = "en") -> None:
    log_in(page.context, user, server, language)
    page.goto(f"{server.url}{path}")


def test_drafts_reviews_and_corrections_arrive_on_open_pages(
    server: Server, reader: MakeReader, fresh: Fresh, newsroom: dict[str, User], article: Article
) -> None:
    german, arabic = reader().open(server, article, "de"), reader().open(server, article, "ar")
    journalist = Desk(reader(viewport={"width": 1280, "height": 900}, locale="en").page, server)
    journalist.log_in(newsroom["ioana"])
    journalist.page.goto(f"{server.url}/admin/articles/update/add/?article={article.pk}&form=1")
    journalist.page.locator("#id_source_language").select_option("uk")
    journalist.page.get_by_role("tab", name="Українська").click()
    journalist.page.get_by_role("tabpanel", name="Українська").locator(".ProseMirror").click()
    journalist.page.keyboard.type(UKRAINIAN)
    journalist.page.get_by_role("button", name="Publish").click()

    update = german.page.locator("#updates article")
    expect(update.locator(".text")).to_have_text(GERMAN)
    expect(update.locator(".translation-note")).to_contain_text("Maschinelle Übersetzung, nicht geprüft")
    expect(update.locator("details.original div")).to_have_attribute("lang", "uk")
    update.get_by_text("Original anzeigen").click()
    expect(update.get_by_text(UKRAINIAN)).to_be_visible()
    expect(arabic.page.locator("#updates article .translation-note")).to_contain_text("ترجمة آلية")
    shot(german.page, "reader-draft-de")
    shot(arabic.page, "reader-draft-ar")

    row = Translation.objects.get(update__isnull=False, language="de")
    translator = reader(viewport={"width": 1280, "height": 900}, locale="en").page
    open_as(newsroom["greta"], translator, server, "/admin/articles/translation/?language=de")
    shot(translator, "queue")
    translator.locator("#result_list a").first.click()
    editor = translator.locator(".written .ProseMirror").first
    expect(editor).to_have_text(GERMAN)
    expect(translator.locator(".terms")).to_contain_text("Verbündeten")
    editor.click()
    translator.keyboard.press("Control+a")
    translator.keyboard.type(REVIEWED.replace("14", "41"))
    expect(translator.locator(".problems li").first).to_contain_text("Numbers")
    shot(translator, "desk")
    translator.keyboard.press("Control+a")
    translator.keyboard.type(REVIEWED)
    expect(translator.locator(".problems li")).to_have_count(0)
    translator.keyboard.press("Control+Enter")
    expect(update.locator(".text")).to_have_text(REVIEWED)
    expect(update.locator(".translation-note")).to_have_count(0)
    row.refresh_from_db()
    assert (row.state, row.reviewer) == ("reviewed", newsroom["greta"])

    # The journalist corrects the number in the update's form, which has the drafts of all languages in hidden tabs.
    journalist.page.goto(f"{server.url}/admin/articles/update/{row.update_id}/change/?form=1")
    journalist.page.get_by_role("tab", name="Українська").click()
    panel = journalist.page.get_by_role("tabpanel", name="Українська")
    panel.locator(".ProseMirror").click()
    journalist.page.keyboard.press("Control+a")
    journalist.page.keyboard.type(CORRECTED)
    journalist.page.get_by_role("button", name="Save", exact=True).first.click()
    expect(update.locator(".translation-note")).to_contain_text("Das Original wurde inzwischen korrigiert")
    expect(update.locator(".text")).to_have_text(REVIEWED)
    update.locator("summary").click()
    expect(update.get_by_text(CORRECTED)).to_be_visible()
    # The machine drafts its translations again; reviewed ones do not change.
    expect(arabic.page.locator("#updates article .text")).to_contain_text("40")
    row.refresh_from_db()
    assert (row.state, row.outdated) == ("reviewed", True)
    translator.goto(f"{server.url}/admin/articles/translation/{row.pk}/change/")
    expect(translator.locator(".passage .difference:not(.offers *) ins")).to_contain_text("40")
    shot(translator, "desk-outdated")
    update.locator("summary").click()
    german.reaches(arabic.revision)
    assert german.content()["updates"] == fresh(article, "de")["updates"]


WIND = "<p>Швидкість вітру сягнула 130 кілометрів на годину, кажуть рятувальники.</p>"
WIND_AR = "<p>بلغت سرعة الرياح 130 كيلومترًا في الساعة، بحسب رجال الإنقاذ.</p>"


def test_a_translator_is_warned_before_a_wrong_number_is_public(
    server: Server, reader: MakeReader, newsroom: dict[str, User], article: Article, provider: TranslationServer
) -> None:
    article.policies = {"de": "reviewed"}
    article.save()
    update = factories.update(article, source_language="uk", body_uk=WIND)
    german = reader().open(server, article, "de")
    page = reader(viewport={"width": 1280, "height": 900}, locale="en").page
    row = update.translations.get(language="de")
    open_as(newsroom["greta"], page, server, f"/admin/articles/translation/{row.pk}/change/")
    editor = page.locator(".written .ProseMirror").first
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("Der Wind erreichte 150 Kilometer pro Stunde, sagen Rettungskräfte.")
    expect(page.locator(".problems li")).to_contain_text("130, 150")
    page.keyboard.press("Control+Enter")
    named = page.locator("#named-remarks")
    expect(named).to_contain_text("approve it again")
    expect(named).to_contain_text("130, 150")
    expect(named).to_be_focused()
    shot(page, "desk-named")
    expect(german.page.get_by_text("150")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(german.page.locator("#updates article .text")).to_contain_text("150 Kilometer")
    row = update.translations.get(language="de")
    assert [(entry["code"], row.reviewer) for entry in row.accepted] == [("numbers", newsroom["greta"])]


def test_remarks_appear_beside_their_field_in_the_form_of_the_update(
    server: Server, reader: MakeReader, newsroom: dict[str, User], article: Article
) -> None:
    update = factories.update(article, source_language="uk", body_uk=WIND)
    page = reader(viewport={"width": 1280, "height": 900}, locale="en").page
    open_as(newsroom["ioana"], page, server, f"/admin/articles/update/{update.pk}/change/?form=1")
    page.locator("#language-tab-de").click()
    page.locator(".field-body_de .ProseMirror").click()
    page.keyboard.type("Der Wind erreichte 150 Kilometer pro Stunde, sagen Rettungskräfte.")
    expect(page.locator(".field-body_de .remarks li")).to_contain_text("130, 150")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".field-body_de .errorlist")).to_contain_text("130, 150")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    row = update.translations.get(language="de")
    assert (row.state, row.reviewer) == ("reviewed", newsroom["ioana"])


def test_a_translator_accepts_a_suggestion_with_one_key_in_arabic(
    server: Server,
    reader: MakeReader,
    newsroom: dict[str, User],
    article: Article,
    provider: TranslationServer,
    settings: Any,
) -> None:
    # This process makes the correction.
    settings.DEEPL_API_KEY, settings.DEEPL_URL = "a key", provider.url
    update = factories.update(article, source_language="uk", body_uk=WIND, body_ar=WIND_AR)
    assert update.translations.get(language="ar").state == "reviewed"
    factories.update(article, source_language="uk", body_uk=f"<p>{UKRAINIAN}</p>", is_key=True)
    arabic = reader().open(server, article, "ar")
    update.body_uk = WIND.replace("130", "150")
    update.save()
    note = arabic.page.locator(f"#update-{update.pk} .translation-note")
    expect(note).to_contain_text("صُحِّح الأصل")
    expect(arabic.page.locator(f"#update-{update.pk} .text")).to_contain_text("130")
    page = reader(viewport={"width": 1280, "height": 900}, locale="ar").page
    open_as(newsroom["karim"], page, server, "/admin/articles/translation/?language=ar", "ar")
    first = page.locator("#result_list tbody tr").first
    expect(first).to_contain_text("اقتراح")
    shot(page, "queue-suggestion-ar")
    first.locator("a").first.click()
    difference = page.locator(".suggestion .difference")
    expect(difference.locator("ins")).to_contain_text("150")
    expect(difference.locator("del")).to_contain_text("130")
    assert difference.evaluate("element => getComputedStyle(element).direction") == "rtl"
    expect(difference).to_have_attribute("lang", "ar")
    shot(page, "desk-suggestion-ar")
    page.wait_for_load_state()
    page.keyboard.press("Alt+t")
    expect(arabic.page.locator(f"#update-{update.pk} .text")).to_contain_text("150")
    expect(note).to_have_count(0)
    row = update.translations.get(language="ar")
    assert (row.state, row.outdated, row.reviewer) == ("reviewed", False, newsroom["karim"])


def test_a_translator_takes_reviewed_words_over_by_key_paragraph_by_paragraph(
    server: Server, reader: MakeReader, newsroom: dict[str, User], article: Article
) -> None:
    rain, rain_ar = "<p>Уночі в горах ішов сильний дощ.</p>", "<p>هطل مطر غزير في الجبال ليلًا.</p>"
    factories.update(article, source_language="uk", body_uk=f"{WIND}{rain}", body_ar=f"{WIND_AR}{rain_ar}")
    update = factories.update(article, source_language="uk", body_uk=f"{WIND.replace('130', '150')}{rain}")
    row = update.translations.get(language="ar")
    page = reader(viewport={"width": 1280, "height": 900}, locale="ar").page
    open_as(newsroom["karim"], page, server, f"/admin/articles/translation/{row.pk}/change/", "ar")
    editors = page.locator(".written .ProseMirror")
    expect(editors).to_have_count(2)
    first, second = editors.all()
    offers = page.locator(".offers")
    expect(offers).to_have_count(2)
    # The wind has changed: the offer already has the new number, and the differences of both texts are marked.
    expect(offers.first.locator(".difference ins")).to_contain_text("150")
    expect(offers.first.locator(".offered ins")).to_contain_text("150")
    assert offers.first.locator(".offered").evaluate("e => getComputedStyle(e).direction") == "rtl"
    expect(offers.last).to_contain_text("100")
    shot(page, "desk-memory-ar")
    second.click()
    page.keyboard.press("Alt+m")
    expect(second).to_have_text(rain_ar[3:-4])
    expect(first).to_have_text("")
    page.keyboard.press("Alt+m")
    expect(first).to_have_text(WIND_AR[3:-4].replace("130", "150"))
    page.keyboard.press("Control+z")
    expect(first).to_have_text("")
    offers.first.get_by_role("button").click()
    page.keyboard.press("Control+Enter")
    expect(page).not_to_have_url(f"{server.url}/admin/articles/translation/{row.pk}/change/")
    row.refresh_from_db()
    update.refresh_from_db()
    assert (row.state, update.body_ar) == ("reviewed", f"{WIND_AR.replace('130', '150')}{rain_ar}")


def test_two_translators_of_one_text_see_each_other_and_lose_no_work(
    server: Server, reader: MakeReader, newsroom: dict[str, User], article: Article
) -> None:
    update = factories.update(article, source_language="uk", body_uk=f"<p>{UKRAINIAN}</p>")
    row = update.translations.get(language="de")
    path = f"/admin/articles/translation/{row.pk}/change/"
    greta, karim = reader(locale="en").page, reader(locale="en").page
    open_as(newsroom["greta"], greta, server, path)
    open_as(newsroom["karim"], karim, server, path)
    expect(karim.locator("#other-editor")).to_contain_text("greta")
    for page, text in (
        (greta, "Gretas Fassung: Verbündete, 14 Millionen."),
        (karim, "Karims Fassung: Verbündete, 14 Millionen."),
    ):
        page.locator(".written .ProseMirror").first.click()
        page.keyboard.type(text)
    greta.keyboard.press("Control+Enter")
    expect(greta).not_to_have_url(f"{server.url}{path}")
    karim.keyboard.press("Control+Enter")
    expect(karim.locator(".messagelist .error")).to_contain_text("Someone else saved")
    expect(karim.locator(".present")).to_contain_text("Gretas Fassung")
    expect(karim.locator(".written .ProseMirror").first).to_have_text("Karims Fassung: Verbündete, 14 Millionen.")
    shot(karim, "desk-conflict")
    karim.keyboard.press("Control+Enter")
    expect(karim).not_to_have_url(f"{server.url}{path}")
    update.refresh_from_db()
    assert "Karims" in update.body_de


def test_the_queue_updates_by_itself(
    server: Server, reader: MakeReader, newsroom: dict[str, User], article: Article
) -> None:
    page = reader(locale="en").page
    open_as(newsroom["greta"], page, server, "/admin/articles/translation/?language=de")
    before = page.locator("#result_list tbody tr").count()
    factories.update(article, source_language="uk", body_uk=f"<p>{UKRAINIAN}</p>")
    expect(page.locator("#result_list tbody tr")).to_have_count(before + 1)


def test_the_translation_desk_runs_from_right_to_left_in_arabic(
    server: Server, reader: MakeReader, newsroom: dict[str, User], article: Article
) -> None:
    update = factories.update(
        article,
        source_language="uk",
        headline_uk="Домовленість",
        body_uk=f"<p>{UKRAINIAN}</p><ul><li>Перше.</li><li>Друге.</li></ul>",
    )
    row = update.translations.get(language="ar")
    page = reader(locale="ar", viewport={"width": 1280, "height": 900}).page
    open_as(newsroom["karim"], page, server, f"/admin/articles/translation/{row.pk}/change/", "ar")
    pair = page.locator("fieldset.passage .pair").last
    original, written = pair.locator(".original").bounding_box(), pair.locator(".written").bounding_box()
    assert original is not None
    assert written is not None
    assert original["x"] > written["x"]
    assert pair.locator(".original").evaluate("element => getComputedStyle(element).direction") == "ltr"
    assert page.locator(".written .ProseMirror").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    shot(page, "desk-ar")
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "desk-ar-phone")
