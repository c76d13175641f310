"""Crawl pages, and check the language of all words and the targets of all links."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import django
import polib
from django.apps import apps
from django.conf import settings
from django.test import Client

from liveblog.languages import SHIPPED, direction
from liveblog.translation.detector import language_of

#: Texts with fewer letters are too short for the language detector.
LONG = 60

#: The number of pages of each kind that the crawl visits.
OF_A_KIND = 2

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_UNSEEN = frozenset({"script", "style", "template"})
_TEXT_ATTRIBUTES = ("title", "alt", "placeholder", "aria-label", "label", "data-label", "data-filled", "data-errors")
_FIELDS = frozenset({"text", "search", "submit", "button", "reset"})
_BUTTONS = frozenset({"submit", "button", "reset"})
#: Elements within a sentence; all others are boundaries of sentences.
_INLINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "em", "i", "ins", "kbd"})
_INLINE |= {"mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var"}
#: Elements and classes whose text is not from a catalogue: names, code samples, inputs, moments, and words of the
#: newsroom.
_NOT_OURS = frozenset({"bdi", "code", "kbd", "pre", "samp", "textarea", "time"})
_WRITTEN = frozenset(
    {
        "text",
        "caption",
        "credit",
        "standfirst",
        "choice",
        "difference",
        "offered",
        "original",
        "clip",
        "rows",
        "byline",
        "zone",
    }
)
_SCRIPTS = {"ar": re.compile("[\u0620-\u064a]"), "uk": re.compile("[\u0400-\u052f]")}
_PLACE = r"%\(\w+\)[sd]|%[sd]|\{\w*\}"
_UNRENDERED = re.compile(r"%\(|\{\{|\{%|%s|(?:^|\W)None\W*$")


# A page --------------------------------------------------------------------------------------------------------------


class Words(NamedTuple):
    """A text that readers see or hear, and the language that the page declares for it."""

    text: str
    language: str
    place: str
    #: Whether it is isolated as a name in an unknown language (<bdi>, dir=auto).
    is_name: bool
    #: Whether it is not from a catalogue: code samples, the contents of fields, moments.
    is_foreign: bool = False


class _Element(NamedTuple):
    tag: str
    #: The element as a selector, preceded by its parent if it has neither class nor id.
    place: str
    language: str
    direction: str
    is_name: bool
    unseen: bool
    is_foreign: bool = False


class Page(HTMLParser):
    """The metadata and links of an HTML document, and all its words with the language that they inherit."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root: dict[str, str] = {}
        self.words: list[Words] = []
        #: Runs of texts without a sentence boundary between them, with their white space.
        self.runs: list[list[Words]] = [[]]
        self.links: list[str] = []
        self.canonical = ""
        self.alternates: list[tuple[str, str]] = []
        #: The first value of each <meta>, by name or property, and the JSON-LD documents.
        self.metas: dict[str, str] = {}
        self.documents: list[str] = []
        self._is_document = False
        #: Elements without a dir attribute whose language has another direction than the text around them.
        self.misdirected: list[str] = []
        #: Elements with attributes that HTML or ARIA in HTML forbids on them.
        self.invalid: list[str] = []
        self._open = [_Element("", "document", "", "ltr", is_name=False, unseen=False)]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        around = self._open[-1]
        name = re.sub(r"\d+", "0", (given.get("class", "").split() or [""])[0] or given.get("id", ""))
        here = _Element(
            tag,
            f"{tag}.{name}" if name else f"{around.place.split()[0]} {tag}",
            given.get("lang", around.language),
            given.get("dir") or ("auto" if tag == "bdi" else around.direction),
            around.is_name or tag == "bdi" or given.get("dir") == "auto",
            # Browsers render the template of a shadow root.
            around.unseen or (tag in _UNSEEN and "shadowrootmode" not in given),
            around.is_foreign
            or tag in _NOT_OURS
            or given.get("translate") == "no"
            or not _WRITTEN.isdisjoint(given.get("class", "").split()),
        )
        if tag not in _INLINE or "visually-hidden" in given.get("class", ""):
            self.runs.append([])
        if tag == "html":
            self.root = given
        elif "lang" in given and here.direction not in ("auto", direction(here.language)):
            self.misdirected.append(f'<{tag} lang="{here.language}"> stands in text that runs {here.direction}')
        if not here.unseen:
            self.invalid += [f"{here.place} {fault}" for fault in _forbidden(tag, given)]
        self._take_links(tag, given)
        if tag == "meta":
            self.metas.setdefault(given.get("name") or given.get("property", ""), given.get("content", ""))
        self._is_document = given.get("type") == "application/ld+json"
        spoken = {name: given[name] for name in _TEXT_ATTRIBUTES if name in given}
        kind = given.get("type", "text")
        if tag == "input" and kind in _FIELDS:
            spoken["value"] = given.get("value", "")
        for attribute, text in spoken.items():
            entered = (attribute == "value" and kind not in _BUTTONS) or tag in ("img", "link")
            self._say(
                text, here._replace(is_foreign=here.is_foreign or entered), f"{here.place}[{attribute}]", alone=True
            )
        if tag not in _VOID:
            self._open.append(here)

    def _take_links(self, tag: str, given: dict[str, str]) -> None:
        address = given.get("href", "")
        if tag == "a" and address:
            self.links.append(address)
        elif tag == "link" and given.get("rel") == "canonical":
            self.canonical = address
        elif tag == "link" and given.get("rel") == "alternate" and "hreflang" in given:
            self.alternates.append((given["hreflang"], address))
        elif tag == "link" and given.get("rel") == "alternate" and address:
            # The feeds.
            self.links.append(address)

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass
        if tag not in _INLINE:
            self.runs.append([])

    def handle_data(self, data: str) -> None:
        here = self._open[-1]
        if here.tag == "script" and self._is_document:
            self.documents.append(data)
        if not here.unseen:
            self._say(data, here, here.place)

    def _say(self, text: str, here: _Element, place: str, *, alone: bool = False) -> None:
        raw = Words(text, here.language, place, here.is_name, here.is_foreign)
        if alone:
            self.runs.insert(-1, [raw])
        else:
            self.runs[-1].append(raw)
        # Titles and breadcrumbs join several texts, and HTML cannot mark the language of parts of a title.
        parts = re.split(r"\s[|›]\s", f" {text} ")
        is_name = here.is_name or (here.tag == "title" and len(parts) > 1)
        for part in parts:
            if any(map(str.isalpha, part)):
                self.words.append(Words(" ".join(part.split()), here.language, place, is_name, here.is_foreign))


# The languages of texts ----------------------------------------------------------------------------------------------


class Vocabulary:
    """Texts with known languages: messages of the interface, and a test's content."""

    def __init__(self) -> None:
        self._interface: dict[str, set[str]] = defaultdict(set)
        self._content: dict[str, set[str]] = defaultdict(set)
        self._forms: dict[str, set[str]] = defaultdict(set)
        #: Patterns of messages with markup or placeholders, as rendered in a line.
        self._lines: dict[str, set[str]] = defaultdict(set)
        self._compiled_lines: dict[str, re.Pattern[str]] = {}
        self._compiled: dict[str, re.Pattern[str]] = {}
        self._found: dict[str, set[str]] = {}
        #: The faults of checked lines, because most pages share many lines.
        self.checked: dict[tuple[Words, ...], list[Fault]] = {}

    def add_content(self, text: str, language: str) -> None:
        """Add a text of a test's content, with or without markup, and each of its passages with several words."""
        self.checked.clear()
        for words in Page(text).words:
            if " " in words.text:
                self._content[_bare(words.text)].add(language)

    def add_message(self, message: str, language: str) -> None:
        """Add a text of a catalogue, which may have placeholders and markup."""
        self.checked.clear()
        parts = re.split(r"<[^>]*>", message)
        line = re.split(_PLACE, " ".join("".join(parts).replace("%%", "%").split()))
        if len(parts) + len(line) > 2 and sum(map(str.isalpha, "".join(line))) > 1:
            self._lines[language].add(".*".join(map(re.escape, line)))
            self._compiled_lines.clear()
        for part in parts:
            literal = re.split(_PLACE, part)
            if len(literal) == 1:
                # A single word beside markup may occur in sentences of other languages.
                if len(parts) == 1 or len(part.split()) > 1:
                    self._add_label(part.replace("%%", "%"), language)
            elif sum(map(str.isalpha, "".join(literal))) >= 8:
                self._forms[language].add(".+".join(re.escape(re.sub(r"\s+", " ", piece)) for piece in literal))
                self._compiled.clear()

    def _add_label(self, text: str, language: str) -> None:
        """Add a label, also with an initial capital. One or two letters do not identify a language."""
        bare = _bare(text)
        if sum(map(str.isalpha, bare)) > 2:
            self._interface[bare].add(language)
            self._interface[bare[:1].upper() + bare[1:]].add(language)

    def add_catalogue(self, path: Path, language: str) -> None:
        for entry in polib.pofile(str(path)):
            if not entry.obsolete and not entry.fuzzy:
                for message in filter(None, (entry.msgid, entry.msgid_plural)):
                    self.add_message(message, "en")
                for message in filter(None, (entry.msgstr, *entry.msgstr_plural.values())):
                    self.add_message(message, language)

    def interface(self, text: str) -> set[str]:
        """Return the languages in which a text renders a message of the interface correctly."""
        if text not in self._found:
            found = set(self._interface.get(_bare(text), ()))
            if not self._compiled:
                self._compiled = {code: re.compile("|".join(sorted(forms))) for code, forms in self._forms.items()}
            found |= {code for code, forms in self._compiled.items() if forms.fullmatch(text)}
            self._found[text] = found
        return self._found[text]

    def message(self, text: str) -> str:
        """Return the English message of which a text is a rendering."""
        bare = _bare(text)
        if bare in self._interface:
            return bare
        return min(form for forms in self._forms.values() for form in forms if re.fullmatch(form, text)).replace(
            "\\", ""
        )

    def is_line(self, text: str, language: str) -> bool:
        """Return whether a line is one message, with or without markup and values."""
        if not self._compiled_lines:
            self._compiled_lines = {code: re.compile("|".join(sorted(lines))) for code, lines in self._lines.items()}
        text = " ".join(text.split())
        lines = self._compiled_lines.get(language)
        return language in self.interface(text) or bool(lines and lines.fullmatch(text))

    def content(self, text: str) -> set[str]:
        """Return the languages in which the content has a text, or the full version of a truncated text."""
        begun = _bare(text)
        if text.endswith("…") and " " in begun:
            return {code for known, codes in self._content.items() if known.startswith(begun) for code in codes}
        return self._content.get(begun, set())


def _bare(text: str) -> str:
    """Return a text for comparisons: without the colon of a label or the suffix of a title."""
    return " ".join(text.split()).strip(" :….*")


def interface() -> Vocabulary:
    """Return the texts of all catalogues in use: ours, Django's, and those of the installed apps."""
    made = Vocabulary()
    for directory in (
        Path(django.__file__).parent / "conf/locale",
        *(Path(app.path) / "locale" for app in apps.get_app_configs()),
        *map(Path, settings.LOCALE_PATHS),
    ):
        for language in SHIPPED:
            path = directory / language / "LC_MESSAGES/django.po"
            if path.exists():
                made.add_catalogue(path, language)
    return made


# Faults of a page ----------------------------------------------------------------------------------------------------


def _forbidden(tag: str, attributes: dict[str, str]) -> Iterator[str]:
    """Yield attributes that HTML and ARIA in HTML (W3C) forbid on an element. `make audit` validates readers' pages."""
    if tag == "input" and attributes.get("type") == "hidden" and any(name.startswith("aria-") for name in attributes):
        yield "is hidden and has attributes of ARIA"
    if tag == "img" and not attributes.keys() & {"src", "srcset"}:
        yield "has no src"
    if tag in ("ul", "ol") and attributes.get("role") in ("alert", "status"):
        yield f"is a list and has role={attributes['role']}"
    if tag in ("div", "span") and "disabled" in attributes:
        yield "is no control and is disabled"


class Fault(NamedTuple):
    what: str
    #: An example, if many texts have the same fault in the same place.
    example: str = ""


def faults_of(page: Page, language: str, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield the faults of a page that should be in `language`."""
    if page.root.get("lang") != language:
        yield Fault(f"<html> says lang={page.root.get('lang')!r}, but the page is in {language!r}")
    if page.root.get("dir") != direction(language):
        yield Fault(f"<html> says dir={page.root.get('dir')!r}, but {language!r} runs {direction(language)}")
    yield from map(Fault, [*page.misdirected, *dict.fromkeys(page.invalid)])
    for words in dict.fromkeys(page.words):
        yield from _faults_of_words(words, vocabulary)


def _faults_of_words(words: Words, vocabulary: Vocabulary) -> Iterator[Fault]:
    text, language = words.text, words.language
    languages = vocabulary.interface(text)
    if _UNRENDERED.search(text):
        yield Fault(f"{words.place} shows what is no text for people", text)
    if language not in SHIPPED:
        yield Fault(f"{words.place} is marked as {language!r}, which is not shipped")
    elif languages:
        if language not in languages | vocabulary.content(text):
            spoken, message = "/".join(sorted(languages)), vocabulary.message(text)
            yield Fault(f"{words.place} speaks {spoken} in the middle of {language}: {message}", repr(text))
    elif not words.is_name and (found := _languages_of(text, language, vocabulary)) and language not in found:
        yield Fault(f"{words.place} has no lang, but texts of other languages", f"{text!r}, {'/'.join(sorted(found))}")


def _languages_of(text: str, language: str, vocabulary: Vocabulary) -> set[str]:
    """Return the possible languages of a text that is not from the interface; none if they are unknown."""
    if known := vocabulary.content(text):
        return known
    if written := {code for code, script in _SCRIPTS.items() if script.search(text)}:
        return written
    detected = _detected(text) if sum(map(str.isalpha, text)) > LONG else None
    return {detected} if detected else set()


@cache
def _detected(text: str) -> str | None:
    found = language_of(text, SHIPPED)
    return found and found[0]


def faults_of_alternates(pages: dict[str, Page], language: str, address: str) -> Iterator[Fault]:
    """Yield the language links of a page that search engines would reject. `pages` are all targets of its links."""
    page = pages[address]
    if not page.alternates:
        return
    codes = [code for code, _href in page.alternates]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Fault(f"hreflang={code} stands there more than once")
    if "x-default" not in codes:
        yield Fault("there are language links, but none for hreflang=x-default")
    if (language, page.canonical) not in page.alternates:
        yield Fault("the language links do not contain the page itself", page.canonical)
    for code, href in page.alternates:
        target = pages.get(local(href) or "")
        if target is None:
            yield Fault(f"hreflang={code} leads where there is no page", href)
        elif sorted(target.alternates) != sorted(page.alternates):
            yield Fault(f"the page at hreflang={code} does not have the same language links", href)


# From page to page ---------------------------------------------------------------------------------------------------

_PAGE_OF_ARTICLE = re.compile("/[a-z]+/live/[^/]+/")
_NOT_PAGES = re.compile(r"/(?:api|media|static|i18n|ws)/|/admin/(?:logout|jsi18n)/")


def local(address: str, base: str = "/") -> str | None:
    """Return an address within the site as path and query, or None if it is on another site or not a page."""
    parts = urlsplit(urljoin(base, address))
    ours = {"", "testserver", urlsplit(settings.SITE_URL).netloc}
    if parts.scheme not in ("", "http", "https") or parts.netloc not in ours or _NOT_PAGES.match(parts.path):
        return None
    # The admin's parameters for the return to a list do not make it another page.
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not key.startswith("_")]
    return f"{parts.path}?{urlencode(query)}" if query else parts.path


def language_in(address: str) -> str | None:
    """Return the language in the address of a reader's page."""
    first = address.split("/")[1]
    return first if first in SHIPPED else None


def _kind(address: str, language: str) -> str:
    """Return the pattern that an address shares with all pages of its kind."""
    path, _, query = address.partition("?")
    if language_in(path) not in (None, language):
        path = re.sub("^/[a-z]+/(live/[^/]+)?", "/elsewhere/", path)
    elif query or not _PAGE_OF_ARTICLE.fullmatch(path):
        # Articles differ by state, so each article's page is its own kind. Pages below it are alike.
        path = re.sub("/live/[^/]+/", "/live/#/", path)
    return re.sub(r"\d+", "#", f"{path}?{','.join(sorted(key for key, _value in parse_qsl(query)))}")


class Visit(NamedTuple):
    address: str
    #: The page that links to it.
    came_from: str
    answer: Any
    #: None for a redirect, an error or a file.
    page: Page | None


def faults_at(visit: Visit, language: str, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Yield the faults of the response to an address, and of its page."""
    status = visit.answer.status_code
    if visit.page:
        yield from faults_of(visit.page, language, vocabulary)
    elif status == 500:
        yield Fault(f"fails: {visit.answer.exc_info[1]!r}")
    elif status not in (200, 301, 302):
        yield Fault(f"answers {status}, but a link leads there", visit.came_from)


def crawl(client: Client, starts: Collection[str], language: str) -> Iterator[Visit]:
    """Visit all addresses that are reachable from `starts`, but only a few pages of each kind."""
    waiting = deque((start, "") for start in starts)
    known, visited = set(starts), Counter[str]()
    side = _side(waiting[0][0])
    while waiting:
        address, came_from = waiting.popleft()
        kind = _kind(address, language)
        if came_from and visited[kind] >= _limit(kind):
            continue
        visited[kind] += 1
        answer = client.get(address)
        is_page = answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html")
        visit = Visit(address, came_from, answer, Page(answer.content.decode()) if is_page else None)
        yield visit
        links = [answer["Location"]] if 300 <= answer.status_code < 400 else []
        # Pages link to other languages, and the admin to readers' pages. These must exist, but other crawls follow
        # their links.
        if visit.page and _side(address) == side:
            links = visit.page.links
        for link in links:
            found = local(link, address)
            if found and found not in known:
                known.add(found)
                waiting.append((found, address))


def _side(address: str) -> str:
    return "admin" if address.startswith("/admin/") else language_in(address) or "readers"


def _limit(kind: str) -> int:
    """Return how many pages of a kind to visit. Of a list with many filters and orders, one at a time is enough."""
    parameters = kind.partition("?")[2]
    return OF_A_KIND if not parameters else int("," not in parameters)
