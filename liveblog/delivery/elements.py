"""The registry of functions that render the elements of a live page.

The name of an element is its kind, followed by a number if a page has many of the kind ("coverage", "update-17"). It
is also the id of the element in the page. The app that owns a kind registers a function that renders it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import tzinfo
from typing import Literal, NamedTuple, NotRequired, Protocol, TypedDict, TypeVar

from django.utils import timezone, translation


class Operation(TypedDict):
    """One entry of a frame's `changes`: the element as it is now, not the difference from before."""

    op: Literal["put", "remove", "set"]
    id: str
    list: NotRequired[str]
    sort: NotRequired[str]
    html: NotRequired[str]


#: Takes an article id, names of elements of one kind, and languages; returns the operations for each language.
Renderer = Callable[[int, Collection[str], Collection[str]], Mapping[str, Iterable[Operation]]]

_renderers: dict[str, Renderer] = {}

#: By kind: the element that is derived from all elements of the kind, and so changes with each of them.
_derived: dict[str, str] = {}


def register(kind: str, renderer: Renderer, derived: str = "") -> None:
    """Let `renderer` render all elements of `kind`. A change of any of them also changes the element `derived`."""
    _renderers[kind] = renderer
    if derived:
        _derived[kind] = derived


def with_derived(names: Iterable[str]) -> list[str]:
    """Return the names of elements, followed by those of the elements derived from them."""
    names = list(names)
    return list(dict.fromkeys([*names, *(_derived[kind] for kind in map(kind_of, names) if kind in _derived)]))


def kind_of(element: str) -> str:
    """Return the kind in the name of an element."""
    return element.partition("-")[0]


def number_of(element: str) -> int:
    """Return the number in the name of an element. Raise ValueError if it has none."""
    return int(element.partition("-")[2])


def render(article_id: int, elements: Iterable[str], languages: Collection[str]) -> dict[str, list[Operation]]:
    """Return the current state of `elements` in each of `languages`. Each renderer is called once."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for element in elements:
        by_kind[kind_of(element)].append(element)
    operations: dict[str, list[Operation]] = {language: [] for language in languages}
    for kind, names in by_kind.items():
        for language, rendered in _renderers[kind](article_id, names, languages).items():
            operations[language].extend(rendered)
    return operations


class Zoned(Protocol):
    """An article whose pages show times in its time zone."""

    @property
    def zone(self) -> tzinfo: ...


ZonedT = TypeVar("ZonedT", bound=Zoned)


@contextmanager
def page_locale(article: Zoned, language: str) -> Iterator[None]:
    """Activate the language and the time zone of a page about `article`."""
    with translation.override(language), timezone.override(article.zone):
        yield


def in_each_language(
    article: ZonedT | None, languages: Collection[str], make: Callable[[ZonedT, str], list[Operation]]
) -> dict[str, list[Operation]]:
    """Call `make(article, language)` for each language, within its `page_locale`; return {} if there is no article."""
    if article is None:
        return {}
    operations: dict[str, list[Operation]] = {}
    for language in languages:
        with page_locale(article, language):
            operations[language] = make(article, language)
    return operations


class Page(NamedTuple):
    """The page of an article."""

    article_id: int
    #: The languages in which it can be opened.
    languages: Collection[str]
    #: The origins of other sites that may show it; see `liveblog.web_origins`.
    embed_origins: Collection[str] = ()


#: Takes the slug of a page; returns the page, or None.
PageFinder = Callable[[str], Page | None]

_find_page: PageFinder | None = None


def register_pages(finder: PageFinder) -> None:
    """Make `finder` the function that finds pages."""
    global _find_page
    _find_page = finder


def find_page(slug: str) -> Page | None:
    """Call the registered PageFinder."""
    assert _find_page is not None, "No app has registered its pages."
    return _find_page(slug)
