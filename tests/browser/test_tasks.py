"""Three users do the tasks of a coverage by keyboard alone and by touch alone, in English and in Arabic.

An editor invites a journalist and finishes the coverage; the journalist logs in for the first time, starts it and
publishes a picture, a poll and a quote; a translator who is also a moderator approves a translation and a comment.
`pytest -s` prints the steps and seconds of each task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from articles.models import Article, Translation, Update
from comments.models import Comment, State
from tests import factories, newsroom, soak
from tests.browser.conftest import MakeReader
from tests.browser.desks import log_in
from tests.browser.hands import Finger, Hands, Keyboard
from tests.newsroom import PASSWORD
from tests.queues import QUEUE
from tests.server import Server, eventually
from tests.translation_servers import TranslationServer

pytestmark = pytest.mark.django_db(transaction=True)

TRANSLATIONS = "/admin/articles/translation/"


@dataclass(frozen=True)
class Words:
    """Texts that users write, and labels of controls that they choose."""

    #: The language into which the coverage is translated.
    other: str
    invite: str
    finish: str
    name: str
    happening: str
    picture: str
    alt: str
    question: str
    choices: tuple[str, str]
    quote: str
    speaker: str
    #: Added to a machine's draft, in the other language.
    added: str
    comment: str


WORDS = {
    "en": Words(
        other="ar",
        invite="invite",
        finish="finish",
        name="Lina Haddad",
        happening="Storm closes the port of Constanta",
        picture="The ferries stay in the port.",
        alt="Ferries at the pier",
        question="Should the port open tomorrow?",
        choices=("Yes, at noon", "No, not yet"),
        quote="Nobody leaves the harbour tonight.",
        speaker="The harbour master",
        added=" بحسب المصدر",
        comment="Are the buses still running?",
    ),
    "ar": Words(
        other="en",
        invite="دعوة",
        finish="إنهاء",
        name="لينا حداد",
        happening="العاصفة تغلق ميناء كونستانتسا",
        picture="العبّارات باقية في الميناء.",
        alt="عبّارات عند الرصيف",
        question="هل يُفتح الميناء غدًا؟",
        choices=("نعم، عند الظهر", "لا، ليس بعد"),
        quote="لن يغادر أحد الميناء الليلة.",
        speaker="مدير الميناء",
        added=" according to the source",
        comment="هل ما زالت الحافلات تعمل؟",
    ),
}

#: The most steps of a task: by keyboard, by touch.
MOST_STEPS = {
    "invite": (7, 9),
    "accept": (2, 4),
    "start": (2, 2),
    "picture": (8, 7),
    "poll": (6, 8),
    "quote": (5, 7),
    "log in": (2, 3),
    "translate": (5, 4),
    "approve": (4, 2),
    "finish": (3, 3),
}


@pytest.fixture(scope="module")
def provider() -> Iterator[TranslationServer]:
    with TranslationServer() as running:
        yield running


@pytest.fixture(scope="module")
def lasting_server(make_server: Callable[..., Server], provider: TranslationServer) -> Iterator[Server]:
    with make_server(DEEPL_API_KEY="a key", DEEPL_URL=provider.url) as running:
        yield running


class Course:
    """The tasks, each done by the user with that role."""

    def __init__(self, server: Server, words: Words) -> None:
        self.server = server
        self.words = words
        self.lines: list[str] = []
        self.faults: list[str] = []

    @contextmanager
    def task(self, name: str, hands: Hands) -> Iterator[None]:
        """Count the steps of a task, and check the screen at its end."""
        hands.page.set_viewport_size(hands.viewport)
        steps, letters, started = hands.steps, hands.letters, time.monotonic()
        yield
        steps, letters = hands.steps - steps, hands.letters - letters
        self.lines.append(f"{name:10} {steps:3} steps {letters:4} letters {time.monotonic() - started:6.1f} s")
        self.check(name, hands)
        if steps > MOST_STEPS[name][isinstance(hands, Finger)]:
            self.faults.append(self.lines[-1])

    def check(self, name: str, hands: Hands) -> None:
        """Record the faults of the screen."""
        hands.look(name)
        page = hands.page
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.faults.append(f"{name}: wider than the screen")
        if hands.language == "ar":
            self.faults += (f"{name}: {text}" for text in page.evaluate(IN_LATIN))
        # A module creates and labels the editors.
        expect(page.locator(".richtext:not(:has(.ProseMirror[aria-label]))")).to_have_count(0)
        if soak.SOAK:
            report = Axe().run(page, options={"preload": False})
            if report.violations_count:
                self.faults.append(f"{name}: {report.generate_report()}")
        self.faults += (f"{name}: {text}" for text in hands.said)
        hands.said.clear()

    def home(self, hands: Hands) -> None:
        hands.page.goto(f"{self.server.url}/admin/")
        self.is_home(hands)

    def is_home(self, hands: Hands) -> None:
        # The page handles keys once it has listed the present users.
        expect(hands.page.locator("#here li")).not_to_have_count(0)

    def go(self, hands: Hands, query: str) -> None:
        """Open a page with the command palette."""
        hands.do("Control+k", "#user-tools [data-palette]")
        hands.write(query)
        option = hands.page.locator("#palette [role=option]")
        expect(option).to_have_count(1)
        hands.do("Enter", "#palette [role=option]")

    def invite(self, hands: Hands) -> str:
        """Return the link, which the editor sends on."""
        self.home(hands)
        page = hands.page
        with self.task("invite", hands):
            self.go(hands, self.words.invite)
            expect(page.locator("#id_email")).to_be_focused()
            hands.fill("#id_email", "lina@example.org")
            hands.fill("#id_name", self.words.name)
            hands.use("[name=roles][value=Journalist]")
            hands.do("Enter", "[type=submit].default")
            expect(page.locator("[data-copy]")).to_be_focused()
            hands.use("[data-copy]")
            expect(page.locator("[data-copy] + [role=status]")).not_to_be_empty()
        return str(page.evaluate("navigator.clipboard.readText()"))

    def accept(self, hands: Hands, link: str) -> None:
        page = hands.page
        page.goto(link)
        hands.look("welcome")
        with self.task("accept", hands):
            expect(page.locator("#id_password1")).to_be_focused()
            hands.fill("#id_password1", PASSWORD)
            hands.fill("#id_password2", PASSWORD)
            hands.do("Enter", "main [type=submit]")
            expect(page).to_have_url(f"{self.server.url}/admin/")
            self.is_home(hands)
            expect(page.locator("html")).to_have_attribute("lang", hands.language)

    def start(self, hands: Hands) -> None:
        with self.task("start", hands):
            hands.do("c", "#start-headline")
            expect(hands.page.locator("#start-headline")).to_be_focused()
            hands.write(self.words.happening)
            hands.do("Enter", ".start-line button")
            expect(editor(hands.page)).to_be_focused()

    def picture(self, hands: Hands) -> None:
        page = hands.page
        with self.task("picture", hands), self.published(hands, 1):
            hands.do("Alt+3", ".kinds [value=pictures]")
            hands.fill(f"{COMPOSER} .ProseMirror", self.words.picture)
            with page.expect_file_chooser() as chosen:
                if isinstance(hands, Keyboard):
                    hands.use(f"{COMPOSER} [data-action=choose]")
                else:
                    hands.use(f"{COMPOSER} [data-do=gallery]")
            name, content = "pier.png", factories.photo().read()
            chosen.value.set_files([{"name": name, "mimeType": "image/png", "buffer": content}])
            expect(page.locator(f"{COMPOSER} [name=pictures]")).to_have_count(1)
            hands.fill(f"{COMPOSER} [data-field=alt]", self.words.alt)
            hands.fill(f"{COMPOSER} [data-field=credit]", self.words.name)

    def poll(self, hands: Hands) -> None:
        with self.task("poll", hands), self.published(hands, 2):
            hands.do("Alt+7", ".kinds [value=poll]")
            hands.fill(f"{COMPOSER} [name=headline]", self.words.question)
            first, second = self.words.choices
            hands.fill(f"{COMPOSER} [data-choices] li:first-child input", first)
            hands.do("Enter", f"{COMPOSER} [data-choices] li:nth-child(2) input")
            hands.write(second)

    def quote(self, hands: Hands) -> None:
        with self.task("quote", hands), self.published(hands, 3):
            hands.do("Alt+2", ".kinds [value=quote]")
            hands.fill(f"{COMPOSER} .ProseMirror", self.words.quote)
            hands.fill(f"{COMPOSER} [name=attribution]", self.words.speaker)

    @contextmanager
    def published(self, hands: Hands, count: int) -> Iterator[None]:
        """Publish the text that the block writes, and wait until the composer is empty and has the focus."""
        yield
        hands.look(f"update-{count}")
        hands.do("Control+Enter", f"{COMPOSER} [data-chord]")
        expect(hands.page.locator("#timeline > li")).to_have_count(count)
        expect(editor(hands.page)).to_have_text("")
        expect(editor(hands.page)).to_be_focused()

    def log_in(self, hands: Hands) -> None:
        page = hands.page
        page.goto(f"{self.server.url}{TRANSLATIONS}?language={self.words.other}")
        hands.look("log-in")
        with self.task("log in", hands):
            expect(page.locator("[name=username]")).to_be_focused()
            hands.fill("[name=username]", "samir")
            hands.fill("[name=password]", PASSWORD)
            hands.do("Enter", "#login-form [type=submit]")
            # After logging in, the user is on the requested page.
            expect(page.locator("#result_list")).to_be_visible()
            expect(page).to_have_url(f"{self.server.url}{TRANSLATIONS}?language={self.words.other}")

    def translate(self, hands: Hands, reader: Page) -> None:
        self.home(hands)
        page = hands.page
        with self.task("translate", hands):
            hands.do("g t", f".tab-bar [href='{TRANSLATIONS}']")
            expect(page.locator("#result_list tbody tr")).not_to_have_count(0)
            hands.look("translations")
            if isinstance(hands, Keyboard):
                hands.press("j")
            hands.use("#result_list tbody a")
            self.can_translate(hands)
            draft = page.url
            hands.fill(
                "#translation-desk .written :is(.ProseMirror, textarea:not(.prose-editor textarea), input)",
                self.words.added,
            )
            hands.look("translation")
            hands.do("Control+Enter", "[name=_accept]")
            expect(page).not_to_have_url(draft)
            self.can_translate(hands)
        expect(reader.get_by_text(self.words.added.strip()).first).to_be_visible()
        assert Translation.objects.filter(state="reviewed", reviewer__username="samir").count() == 1

    def can_translate(self, hands: Hands) -> None:
        expect(hands.page.locator("#translation-desk")).to_be_visible()
        if isinstance(hands, Keyboard):
            # The text has the focus from the start.
            expect(hands.page.locator(".written :focus")).to_have_count(1)

    def approve(self, hands: Hands, comment: Comment) -> None:
        page = hands.page
        with self.task("approve", hands):
            hands.do("Escape g c", f".tab-bar [href='{QUEUE}']")
            card = page.locator(f"#comment-{comment.pk}")
            expect(card).to_be_focused()
            hands.look("comments")
            hands.do("a", f"#comment-{comment.pk} [data-act=approved]")
            expect(card.locator(".log")).to_be_visible()
            expect(card).to_be_focused()
        comment.refresh_from_db()
        assert comment.state == State.APPROVED

    def finish(self, hands: Hands, reader: Page) -> None:
        self.home(hands)
        page = hands.page
        with self.task("finish", hands):
            self.go(hands, self.words.finish)
            question = page.locator("#question")
            expect(question).to_be_visible()
            hands.look("question")
            hands.do("Enter", "#question .default")
            expect(page.locator("#coverage-state .state-finished")).to_be_visible()
            expect(page.locator(":is(#coverage-state, .ProseMirror):focus")).to_have_count(1)
        expect(reader.locator("#coverage[data-state=finished]")).to_have_count(1)


COMPOSER = "#composer-place .composer"


def editor(page: Page) -> Locator:
    return page.locator(f"{COMPOSER} .ProseMirror")


@pytest.mark.parametrize(
    ("language", "kind"),
    [("ar", Keyboard), soak.only("ar", Finger), soak.only("en", Keyboard), soak.only("en", Finger)],
)
@pytest.mark.long
def test_three_people_cover_an_event_with_one_kind_of_input(
    server: Server, reader: MakeReader, language: str, kind: type[Hands]
) -> None:
    words = WORDS[language]
    # New coverage starts with the usual languages of the site.
    factories.article(languages=["en", "ar"], state="finished")

    def person() -> Hands:
        touch = {"has_touch": True, "is_mobile": True} if kind is Finger else {}
        permissions = ["clipboard-read", "clipboard-write"]
        page = reader(viewport=kind.viewport, locale=language, permissions=permissions, bypass_csp=True, **touch).page
        return kind(page, language)

    course = Course(server, words)
    edda, lina, samir = person(), person(), person()
    log_in(edda.page.context, newsroom.user("edda", "Editor", is_superuser=True), server, language)
    newsroom.user_who_logs_in("samir", "Translator", "Moderator")
    course.accept(lina, course.invite(edda))
    course.start(lina)
    course.picture(lina)
    article = Article.objects.latest("pk")
    audience = reader().open(server, article, words.other).page
    course.poll(lina)
    course.quote(lina)
    expect(audience.locator("#updates article")).to_have_count(3)
    assert set(Update.objects.values_list("kind", flat=True)) == {"pictures", "poll", "quote"}
    comment = factories.comment(article, language=language, text=words.comment)
    eventually(lambda: Translation.objects.filter(update__isnull=False, state="machine").count() >= 3)
    course.log_in(samir)
    course.translate(samir, audience)
    course.approve(samir, comment)
    course.finish(edda, audience)
    print(f"\n{language}, {kind.__name__.lower()}", *course.lines, sep="\n")
    assert course.faults == []


#: Texts in Latin letters on an Arabic page without a declared language. Names of keys and files are exempt.
IN_LATIN = r"""() => {
  const inWords = ":is([lang]:not(html, [lang^=ar]), bdi, code, kbd)";
  const foreign = `${inWords}, :is(script, style, template, noscript, iframe, .material-icons)`;
  const named = /\b(Ctrl|Alt|Shift|Enter|Esc|Tab|UTC|[A-Z]|\w+\.png)\b/g;
  const isLatin = (text) => /\p{Script=Latin}{2}/u.test((text ?? "").replace(named, ""));
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(foreign) || !element.checkVisibility()) continue;
    for (const name of ["title", "aria-label", "placeholder", "alt"]) {
      if (isLatin(element.getAttribute(name))) found.push(`${name}=${element.getAttribute(name)}`);
    }
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && isLatin(node.data)) found.push(node.data.trim());
    }
  }
  return found;
}"""
