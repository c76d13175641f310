"""Every link leads to a page, and all its words are in the language that the page declares."""

import datetime
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from articles import changes, demo
from articles.models import Article, GlossaryTerm, Topic, Translation, Update
from articles.page import live_page
from articles.translations import columns, drafting, review
from comments.models import Comment
from comments.templatetags import comments as beside
from liveblog.actors import acting_as
from liveblog.languages import SHIPPED, column, locale_of
from liveblog.pagination import PARAMETERS
from tests import factories, soak, structured_rules, wording_rules
from tests.actors import TEST
from tests.crawler import (
    Fault,
    Page,
    Vocabulary,
    crawl,
    faults_at,
    faults_of,
    faults_of_alternates,
    interface,
    language_in,
    local,
)

ROLES = ("Journalist", "Translator", "Moderator", "Editor")

#: The same headline and text in each language.
HEADLINES = {
    "en": "The Danube keeps rising",
    "de": "Die Donau steigt weiter",
    "fr": "Le Danube continue de monter",
    "es": "El Danubio sigue creciendo",
    "pl": "Dunaj wciąż wzbiera",
    "ro": "Dunărea continuă să crească",
    "uk": "Дунай продовжує підніматися",
    "ar": "منسوب الدانوب يواصل الارتفاع",
}
BODIES = {
    "en": "The water of the Danube is still rising, and 14 villages had to be evacuated during the night.",
    "de": "Das Wasser der Donau steigt weiter, und in der Nacht mussten 14 Dörfer geräumt werden.",
    "fr": "Le niveau du Danube continue de monter et 14 villages ont été évacués pendant la nuit.",
    "es": "El nivel del Danubio sigue subiendo y 14 pueblos han sido evacuados durante la noche.",
    "pl": "Poziom wody w Dunaju wciąż rośnie, a w nocy ewakuowano mieszkańców 14 wsi nad rzeką.",
    "ro": "Nivelul Dunării continuă să crească, iar 14 sate au fost evacuate în timpul nopții.",
    "uk": "Рівень води в Дунаї продовжує зростати, і вночі довелося евакуювати мешканців 14 сіл.",
    "ar": "يواصل منسوب مياه نهر الدانوب ارتفاعه، وقد أُجليت 14 قرية من سكانها خلال الليل.",
}


def in_all(field: str, texts: dict[str, str], *but: str) -> dict[str, str]:
    return {column(field, code): text for code, text in texts.items() if code not in but}


def drafted(update: Update, **states_of: str) -> None:
    """Make machine drafts of an update in all languages, and move the named ones to another state."""
    source = columns.texts_of(update, update.source_language)
    for row in update.translations.exclude(state="reviewed"):
        # The Polish draft has a wrong number, which the checks find.
        text = BODIES[row.language].replace("14", "41") if row.language == "pl" else BODIES[row.language]
        problems = review.problems_of(update, source, {"body": text}, row.language)
        assert drafting.store(row, {"body": f"<p>{text}</p>"}, source=source, engine="deepl", problems=problems)
        if row.language in states_of:
            Translation._base_manager.filter(pk=row.pk).update(state=states_of[row.language])
    update.refresh_from_db()


def flood() -> Article:
    """Create coverage in all languages, with translations in all states."""
    whole = in_all("headline", HEADLINES) | in_all("standfirst", BODIES) | in_all("body", BODIES)
    article = factories.article(slug="flood", languages=list(SHIPPED), **whole)
    for code in SHIPPED:
        of_one = {
            "source_language": code,
            column("headline", code): HEADLINES[code],
            column("body", code): f"<p>{BODIES[code]}</p>",
        }
        factories.update(article, is_key=code == "fr", **of_one)
    drafted(factories.update(article, body_en=f"<p>{BODIES['en']}</p>"), de="review", ar="refused", ro="refused")
    drafted(factories.update(article, source_language="uk", body_uk=f"<p>{BODIES['uk']}</p>"), en="review", ar="review")
    corrected = factories.update(
        article,
        **in_all("body", BODIES),
        pictures=(
            factories.picture(
                alt_en="A street under water",
                caption_en="The main street this morning",
                credit_en="Photo: Ana Ionescu",
            ),
        ),
    )
    corrected.body_en = corrected.body_en.replace("14", "40")
    corrected.correction_note_en = "The number of villages was wrong in an earlier version."
    corrected.save()
    factories.update(article, state="draft", **in_all("body", BODIES))
    factories.update(article, state="scheduled", publish_at=timezone.now() + datetime.timedelta(hours=1))
    withdrawn = factories.update(article, **in_all("headline", HEADLINES))
    withdrawn.state = Update.State.WITHDRAWN
    withdrawn.save()
    missing = Translation.objects.filter(update__article=article, state="missing").first()
    Translation._base_manager.filter(pk=missing.pk).update(failure="timeout")
    for state, code in zip(itertools.cycle(Comment.State.values), SHIPPED, strict=False):
        Comment.objects.create(article=article, language=code, name="Ana", text=BODIES[code], state=state)
        Comment.objects.create(article=article, language=code, name="Олена", text=HEADLINES[code], state="approved")
    GlossaryTerm.objects.create(source_language="en", language="de", source="Danube", target="Donau")
    GlossaryTerm.objects.create(source_language="en", language="ar", source="villages")
    return article


@pytest.fixture(scope="module")
def coverage(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Article]:
    """Create content of all kinds, once for all tests, because no test changes it."""
    with (
        django_db_blocker.unblock(),
        # A configured provider shows its buttons, but no test sends it a request.
        override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"), LIBRETRANSLATE_URL="http://127.0.0.1:9"),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        # Short pages, so lists have several of them.
        patch.setattr(live_page, "PAGE_SIZE", 5)
        patch.setattr(beside, "SIDEBAR_THREADS", 2)
        demo.load()
        with acting_as(TEST):
            article = flood()
        with acting_as(TEST), changes.edit(article):
            article.related.add(Article.objects.get(slug=demo.SLUG))
        # German in name only: its readers get the English original, and no language link leads there.
        original = in_all("headline", HEADLINES, "de", "uk")
        factories.article(slug="half", state="announced", languages=["en", "de", "ar"], **original)
        yield article
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def vocabulary(coverage: Article) -> Vocabulary:
    """Return the words of the interface and of all content, each with its language."""
    made = interface()
    for model in (Article, Update, Topic):
        for item in model.objects.all():
            for name in columns.fields_of(model):
                for code in SHIPPED:
                    made.add_content(getattr(item, column(name, code)) or "", code)
    for comment in Comment.objects.all():
        made.add_content(comment.text, comment.language)
    # Time zones are listed by country, and some countries' names are words of the interface in other languages.
    for code in SHIPPED:
        for country in locale_of(code).territories.values():
            made.add_message(country.replace("%", "%%"), code)
    return made


def visitor(role: str, language: str) -> Client:
    client = Client(raise_request_exception=False)
    client.post("/i18n/setlang/", {"language": language})
    if role in ROLES:
        user = User.objects.create_user(f"{role.lower()}-1", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
    return client


def starts(role: str, language: str, article: Article) -> list[str]:
    """Return the addresses where a crawl starts: the root, and pages of kinds of which it only visits some."""
    if role not in ROLES:
        updates = [update.url(language) for update in article.updates.published()]
        embeds = [f"/embed/{language}/{article.slug}/", f"/embed/{language}/{article.slug}/?teaser=1"]
        return [f"/{language}/", *updates, *embeds, f"{article.url(language)}comments/?sent=1", "/admin/login/"]
    if role == "Moderator":
        return ["/admin/", "/admin/comments/comment/"]
    if role == "Journalist":
        return [
            "/admin/",
            *(f"/admin/articles/update/{pk}/change/?form=1" for pk in one_of_each(article.updates, "state")),
        ]
    if role == "Editor":
        return ["/admin/"]
    rows = Translation.objects.filter(update__article=article)
    found = [*one_of_each(rows, "state"), *one_of_each(rows.filter(outdated=True), "outdated")]
    failed = rows.exclude(failure="").values_list("pk", flat=True)
    return [
        "/admin/",
        "/admin/articles/translation/?state=all",
        *(f"/admin/articles/translation/{pk}/change/" for pk in dict.fromkeys([*found, *failed])),
    ]


def one_of_each(found: Any, field: str) -> list[int]:
    return list({getattr(each, field): each.pk for each in found.all()}.values())


# The crawl ------------------------------------------------------------------------------------------------------------


def crawls() -> list[Any]:
    """Pair each role with a language. All roles together cover both writing directions.

    Readers get Arabic, in which English words are easy to detect. `make soak` pairs all roles with all languages.
    """
    usual = {role: ["de"] for role in ROLES} | {"Editor": ["ar"], "Translator": ["uk"], "Reader": ["ar"]}

    def crawl_of(role: str, language: str) -> Any:
        return (pytest.param if language in usual[role] else soak.only)(role, language, id=f"{role}-{language}")

    return [crawl_of(*both) for both in itertools.product(["Reader", *ROLES], SHIPPED)]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "language"), crawls())
def test_every_page_exists_and_is_in_its_language(
    coverage: Article, vocabulary: Vocabulary, role: str, language: str
) -> None:
    found = Faults(f"{role}, {language}")
    for visit in crawl(visitor(role, language), starts(role, language, coverage), language):
        found.add(visit.address, faults_at(visit, language_in(visit.address) or language, vocabulary))
        if visit.page:
            found.add(visit.address, wording_rules.faults_of_page(visit.page, vocabulary))
        if role == "Reader" and visit.page and language_in(visit.address):
            faults = structured_rules.faults_of_page(visit.page.metas, visit.page.documents)
            found.add(visit.address, map(Fault, faults))
    found.expect_none(pages=20)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de", "ar", *map(soak.only, SHIPPED.keys() - {"de", "ar"})])
def test_errors_are_in_the_language_of_their_page(coverage: Article, vocabulary: Vocabulary, language: str) -> None:
    client, comments = visitor("Reader", language), f"{coverage.url(language)}comments/"
    journalist = visitor("Journalist", language)
    others = [code for code in SHIPPED if code != language]
    factories.article(slug="elsewhere", source_language=others[0], languages=others, **in_all("headline", HEADLINES))
    found = Faults(f"errors, {language}")
    for status, answer in (
        (404, client.get(f"/{language}/nothing/")),
        (404, client.get("/nothing/")),
        (404, client.get(f"/{language}/live/elsewhere/")),
        (403, client.post(comments, headers={"sec-fetch-site": "cross-site"})),
        (
            422,
            client.post(comments, {"name": "", "website": "spam.example"}, headers={"sec-fetch-site": "same-origin"}),
        ),
        (200, client.post("/admin/login/", {"username": "nobody", "password": "nothing"})),
        (403, journalist.get("/admin/comments/comment/")),
        (200, journalist.post("/admin/articles/update/add/", {"article": coverage.pk, "_publish": "1"})),
        (
            200,
            journalist.post("/accounts/password/set/", {"password1": "1", "password2": "2"}),
        ),
    ):
        address = answer.request["PATH_INFO"]
        assert (address, answer.status_code) == (address, status)
        page = Page(answer.content.decode())
        found.add(address, faults_of(page, language, vocabulary))
        found.add(address, wording_rules.faults_of_page(page, vocabulary))
    found.expect_none(pages=6)


@pytest.mark.django_db
def test_language_links_lead_there_and_back(coverage: Article) -> None:
    client, there = Client(), {}
    waiting = [article.url(code) for article in Article.objects.all() for code in article.offered_languages]
    updates = coverage.updates.published().order_by("-first_published_at", "-pk")[: soak.count(3, 100)]
    waiting += [update.url(code) for update in updates for code in SHIPPED]
    middle = coverage.updates.published().order_by("first_published_at", "pk")[3].pk
    waiting += [*(f"{coverage.url('de')}?{name}={middle}" for name in PARAMETERS), *(f"/{code}/" for code in SHIPPED)]
    for address in waiting:
        # The root redirects to a page in a language.
        answer = client.get(address, follow=address == "/")
        if answer.status_code == 200:
            there[address] = Page(answer.content.decode())
            links = [local(href) for _code, href in there[address].alternates]
            waiting += [link for link in links if link and link not in waiting]
    found = Faults("language links")
    for address, page in there.items():
        if page.alternates and address != "/":
            found.add(address, faults_of_alternates(there, language_in(address) or "", address))
    found.expect_none(pages=10)


class Faults:
    """The faults on the pages of one crawl, each with the first page that has it."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.visited: set[str] = set()
        self.found: dict[str, list[tuple[str, str]]] = {}

    def add(self, address: str, faults: Iterable[Fault]) -> None:
        self.visited.add(address)
        for fault in faults:
            self.found.setdefault(fault.what, []).append((address, fault.example))

    def expect_none(self, *, pages: int) -> None:
        """Fail if there are faults, or if the crawl has visited too few pages to prove anything."""
        lines = [f"{len(self.found)} faults ({self.who}):"]
        for what, places in self.found.items():
            address, example = places[0]
            others = len({other for other, _example in places}) - 1
            more = f" (and {others} more)" if others else ""
            lines.append(f"{address}{more}: {what}{f', such as {example}' if example else ''}")
        if self.found:
            pytest.fail("\n".join(lines), pytrace=False)
        assert len(self.visited) >= pages


# The checks themselves ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    made = Vocabulary()
    for code, save, by, name in (
        ("en", "Save", "Reviewed by %(name)s", "Name"),
        ("de", "Sichern", "Geprüft von %(name)s", "Name"),
        ("ar", "حفظ", "راجعها %(name)s", "الاسم"),
    ):
        for message in (save, by, name, f"<strong>{by}</strong> {save}"):
            made.add_message(message, code)
        made.add_content(f"<p>{BODIES[code]}</p>", code)
        made.add_content(HEADLINES[code], code)
    return made


def faults_in(body: str, words: Vocabulary, language: str = "de", root: str = 'lang="de" dir="ltr"') -> list[str]:
    return [fault.what for fault in faults_of(Page(f"<!doctype html><html {root}>{body}</html>"), language, words)]


@pytest.mark.parametrize(
    "body",
    [
        "<title>The Danube keeps rising | Sichern</title><h1>Die Donau steigt weiter</h1><br><p>Name:</p>",
        "<input type=submit value=Sichern><input name=x value=Energie><p>Geprüft von Save &amp; Co.</p>",
        '<p lang="en">The Danube keeps rising</p><option lang="ar" dir="rtl">حفظ</option><bdi lang="ar">حفظ</bdi>',
        '<a href="/x"><bdi>The Danube keeps rising</bdi></a><span dir="auto">Олена</span><p>Kein None-Wert</p>',
        "<script>Save</script><style>Save</style><template>Save</template><p>1, 2 · 3</p>",
        f"<p>{BODIES['de']}</p><p lang='pl'>{BODIES['pl']}</p>",
    ],
)
def test_a_page_in_its_language_has_no_faults(words: Vocabulary, body: str) -> None:
    assert faults_in(body, words) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<button class='x'>Save</button>", "button.x speaks en in the middle of de: Save"),
        ("<title>The Danube keeps rising</title>", "document title has no lang, but texts of other languages"),
        ("<title>Sichern | Save</title>", "document title speaks en in the middle of de: Save"),
        ("<p>حفظ</p>", "document p speaks ar in the middle of de: حفظ"),
        ("<p lang='en'>Sichern</p>", "document p speaks de in the middle of en: Sichern"),
        ("<bdi>Save</bdi>", "document bdi speaks en in the middle of de: Save"),
        ("<p id=p7>Reviewed by Ana</p>", "p.p0 speaks en in the middle of de: Reviewed by .+"),
        ("<input type=submit value=Save>", "document input[value] speaks en in the middle of de: Save"),
        ("<img src=x alt=Save>", "document img[alt] speaks en in the middle of de: Save"),
        ("<a title='Save:'></a>", "document a[title] speaks en in the middle of de: Save"),
        ("<input type=hidden name=x aria-describedby=y>", "document input is hidden and has attributes of ARIA"),
        ("<img alt='' hidden>", "document img has no src"),
        ("<ul role=alert></ul>", "document ul is a list and has role=alert"),
        ("<div disabled></div>", "document div is no control and is disabled"),
        ("<nav aria-label=save></nav>", ""),
        ("<p>The Danube keeps rising</p>", "document p has no lang, but texts of other languages"),
        ("<p>The Danube keeps…</p>", "document p has no lang, but texts of other languages"),
        ("<p>Олена</p>", "document p has no lang, but texts of other languages"),
        (f"<p>{BODIES['pl']}</p>", "document p has no lang, but texts of other languages"),
        ("<p lang='ar'>حفظ</p>", '<p lang="ar"> stands in text that runs ltr'),
        ("<div lang='ar' dir='rtl'><p lang='en'>Save</p></div>", '<p lang="en"> stands in text that runs rtl'),
        ("<p lang='ru'>Да</p>", "document p is marked as 'ru', which is not shipped"),
        *(
            (f"<p>{text}</p>", "document p shows what is no text for people")
            for text in ("None", "Ende: None", "%(count)s Texte", "{{ name }}", "{% if x %}", "%s Texte")
        ),
    ],
)
def test_each_fault_is_found(words: Vocabulary, body: str, fault: str) -> None:
    assert faults_in(body, words) == ([fault] if fault else [])


def wording_of(body: str, words: Vocabulary, language: str = "de") -> list[str]:
    html = f'<!doctype html><html lang="{language}">{body}</html>'
    return [fault.what for fault in wording_rules.faults_of_page(Page(html), words)]


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("de", "<p>Geprüft von <bdi>O'Hara</bdi></p><p>Die Donau steigt weiter</p><h2>Name</h2>"),
        ("de", "<pre>Save 'x'</pre><textarea>It's</textarea><input value=\"it's\"><time>9 o'clock</time>"),
        ("de", "<p><strong>Geprüft von <b>Ana</b></strong> <a>Name</a></p><label>Name: <input></label>"),
        ("fr", "<p>Vraiment\u202f? «\u202fOui\u202f»</p><p>Heure\xa0: 16:52</p><p>Heure\xa0: <b>16:52</b></p>"),
        ("de", "<button>Deutsch</button><th>Rumänien, Name</th><label>Geprüft von Ana</label><a title=Ctrl+Enter></a>"),
    ],
)
def test_a_well_worded_page_has_no_faults(words: Vocabulary, language: str, body: str) -> None:
    for message in ("Vraiment\u202f?", "Vraiment\u202f? «\u202fOui\u202f»", "Heure\xa0: %(time)s", "Heure\xa0:"):
        words.add_message(message, "fr")
    assert wording_of(body, words, language) == []


@pytest.mark.parametrize(
    ("language", "body", "fault"),
    [
        ("de", "<p><b>Name</b>: <bdi>Ana</bdi></p>", "makes a sentence of fragments: a mark behind"),
        ("de", "<p><bdi>Ana</bdi> <span>hat geschrieben</span></p>", "makes a sentence of fragments: a value before"),
        ("fr", "<p>Vraiment ?</p>", "has a wrong space at a French mark"),
        ("fr", "<p>« Oui »</p>", "has a wrong space at a French mark"),
        ("fr", "<a title='Heure :'></a>", "has a wrong space at a French mark"),
        ("fr", "<p>Heure<b>: </b></p>", "has a wrong space at a French mark"),
        ("de", "<p>Geprüft von 'Ana'</p>", "has a straight quotation mark"),
        ("de", '<p>Geprüft von <bdi>Ana</bdi> "Chefin"</p>', "has a straight quotation mark"),
        ("de", "<button>Speichere alles</button>", "shows what is no message in de"),
        ("de", "<a aria-label='Eine Karte'></a>", "shows what is no message in de"),
        ("de", "<p>Geprüft von der Maschine</p>", "says “Maschine” in de; write Übersetzungsdienst"),
    ],
)
def test_each_fault_of_wording_is_found(words: Vocabulary, language: str, body: str, fault: str) -> None:
    words.add_message("hat geschrieben", "de")
    words.add_message("Heure\xa0:", "fr")
    assert fault in "\n".join(wording_of(body, words, language))


def test_a_page_declares_its_language_and_direction(words: Vocabulary) -> None:
    assert faults_in("", words, "ar", 'lang="ar" dir="rtl"') == []
    assert faults_in("", words, "ar", 'lang="ar"') == ["<html> says dir=None, but 'ar' runs rtl"]
    assert faults_in("", words, "de", 'lang="en" dir="ltr"') == ["<html> says lang='en', but the page is in 'de'"]


def linked(*links: tuple[str, str], canonical: str = "/de/") -> Page:
    alternates = "".join(f'<link rel="alternate" hreflang="{code}" href="{href}">' for code, href in links)
    return Page(f'<link rel="canonical" href="{canonical}">{alternates}')


def test_language_links_that_search_engines_reject_are_found() -> None:
    def wrong(german: Page, english: Page | None = None) -> list[str]:
        live_page = {"/de/": german} | ({"/en/": english} if english else {})
        return [fault.what for fault in faults_of_alternates(live_page, "de", "/de/")]

    de, en, default = ("de", "/de/"), ("en", "/en/"), ("x-default", "/en/")
    assert wrong(linked(de, en, default), linked(de, en, default)) == []
    assert wrong(linked()) == []
    assert wrong(linked(de, en, default)) == [
        "hreflang=en leads where there is no page",
        "hreflang=x-default leads where there is no page",
    ]
    assert wrong(linked(de, en, default), linked(en, default)) == [
        "the page at hreflang=en does not have the same language links",
        "the page at hreflang=x-default does not have the same language links",
    ]
    assert wrong(linked(de)) == ["there are language links, but none for hreflang=x-default"]
    assert wrong(linked(en, default), linked(en, default)) == ["the language links do not contain the page itself"]
    assert wrong(linked(de, default, default, en), linked(de, default, default, en)) == [
        "hreflang=x-default stands there more than once"
    ]


class Site:
    """A site whose pages only contain links."""

    def __init__(self, **links: str | int) -> None:
        self.links = links

    def get(self, address: str) -> HttpResponse:
        there = self.links.get(address.partition("?")[0].strip("/").replace("/", "_"), 404)
        if isinstance(there, int):
            return HttpResponse(status=there)
        return HttpResponse("".join(f'<a href="{link}">' for link in there.split()))


def visited(site: Site, start: str = "/de/") -> dict[str, int]:
    return {visit.address: visit.answer.status_code for visit in crawl(site, [start], "de")}


def test_a_crawl_follows_the_links_of_the_site_and_no_others() -> None:
    site = Site(
        de="a/ b#c /static/x.css /i18n/setlang/ http://testserver/de/c https://example.org/ mailto:x@y", de_a="/de/"
    )
    assert visited(site) == {"/de/": 200, "/de/a/": 200, "/de/b": 404, "/de/c": 404}
    lost = [fault for visit in crawl(site, ["/de/"], "de") for fault in faults_at(visit, "", Vocabulary())]
    assert Fault("answers 404, but a link leads there", "/de/") in lost


def test_a_crawl_visits_few_pages_of_a_kind() -> None:
    assert list(visited(Site(de="1/ 2/ 3/ ?page=2 ?page=3 ?page=2&key=1 4/x/"))) == [
        "/de/",
        "/de/1/",
        "/de/2/",
        "/de/?page=2",
        "/de/4/x/",
    ]


def test_a_crawl_of_the_admin_visits_readers_pages_but_not_their_links() -> None:
    site = Site(admin="/admin/x/?_changelist_filters=y /de/", de="/de/a/", admin_x="")
    assert list(visited(site, "/admin/")) == ["/admin/", "/admin/x/", "/de/"]
