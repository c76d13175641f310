"""The live page as a whole: find it by its address, and select the updates on it.

A page is named by an update: `before` and `after` it, or `at` it with its neighbours. Without one it is the newest
page. A page whose newest edge is open, whatever its name is, takes in what is published; pinned updates stand on it
above all others, and on no other page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, QueryDict

from articles.kinds import summary
from articles.models import Article, DeletedUpdate, Update
from articles.models.update import UpdateQuerySet
from articles.page import rendering
from articles.page.originals import Originals, originals_of_article
from articles.templatetags.live import absolute
from articles.text.localized import Text
from articles.text.plaintext import first_words, plain_text
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog import pagination
from liveblog.pagination import Anchor, Order, Place

PAGE_SIZE = 50

#: The parameters of the address.
PARAMETERS = (*pagination.PARAMETERS, "key", "page")

#: The order of the updates that are not pinned.
BY_TIME = Order(("first_published_at", "pk"))


def find(slug: str) -> tuple[int, list[str]] | None:
    """Return the article's primary key and its languages on this site; None if no article has this slug."""
    article = Article.objects.only("pk", "languages").filter(slug=slug).first()
    return None if article is None else (article.pk, article.offered_languages)


def listed(language: str) -> QuerySet[Article]:
    """Return the articles that can be opened in a language."""
    found = Article.objects.for_cards().filter(languages__has=language)
    return found if _offered(language) else found.none()


def _offered(language: str) -> bool:
    return any(language == code for code, _name in settings.LANGUAGES)


class Selection(NamedTuple):
    """The updates of an article that one page of it shows."""

    place: Place = Place()
    key_only: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Selection:
        """Read the selection from a query string. Raise Http404 if it makes no sense."""
        return cls(Place.of(query), pagination.choice(query, "key", ("", "0", "1")) == "1")

    @property
    def key(self) -> str:
        """Return a name for caches."""
        return f"{self.place.relation}{self.place.pk}:{int(self.key_only)}"

    def address(self, path: str, fragment: str = "") -> str:
        return pagination.address(path, {**self.place.query, "key": int(self.key_only) or None}, fragment)


NEWEST = Selection()


class Moved(Exception):  # noqa: N818 - it is no error
    """The page has moved to another address."""

    def __init__(self, selection: Selection, fragment: str) -> None:
        super().__init__(selection, fragment)
        self.selection = selection
        self.fragment = fragment


def anchor_of(article: Article, place: Place) -> Anchor | None:
    """Return the update by which a page is named, None for the newest page.

    Readers need not see the update any more. Raise Http404 if they never saw such an update of this article.
    """
    if not place.relation:
        return None
    for model in (Update, DeletedUpdate):
        found = model._base_manager.filter(pk=place.pk, article=article, first_published_at__isnull=False)
        if values := found.values_list("first_published_at", "pk").first():
            return Anchor(place.pk, values)
    raise Http404


def place_of_page(article: Article, language: str, number: int, *, key_only: bool) -> Place:
    """Return the present place of a page that an earlier release named by its number. Raise Http404 if it is empty."""
    rows = _shown(article, language, key_only=key_only).filter(pin=None)
    return BY_TIME.place_of(rows, number, PAGE_SIZE)


def _shown(article: Article, language: str, *, key_only: bool) -> UpdateQuerySet:
    found = Update.objects.filter(article=article).on_page().shown_in(language, article.policy(language))
    return found.filter(is_key=True) if key_only else found


@dataclass
class LivePage:
    """One page of an article's updates in one language."""

    article: Article
    language: str
    selection: Selection
    anchor: Anchor | None
    page: pagination.Page[Update]
    #: The updates on it. The newest page begins with the pinned ones.
    items: list[Update]

    @classmethod
    def of(
        cls, article: Article, language: str, selection: Selection = NEWEST, anchor: Anchor | None = None
    ) -> LivePage:
        """Return the page of a selection; `anchor` is the update that names it.

        Raise Moved if there is nothing on that side of the update, or if the update is pinned, and so on the newest
        page.
        """
        place, key_only = selection
        found = _shown(article, language, key_only=key_only)
        if place.relation == "at" and found.filter(pk=place.pk).exclude(pin=None).exists():
            raise Moved(Selection(key_only=key_only), f"update-{place.pk}")
        found = found.for_pages()
        page = BY_TIME.page(found.filter(pin=None), place, anchor, PAGE_SIZE)
        if place.relation in ("before", "after") and not page.items:
            raise Moved(Selection(Place("at", place.pk), key_only), f"update-{place.pk}")
        pinned = [] if page.greater else list(found.exclude(pin=None).newest_first())
        # Both queries find an update that was pinned between them.
        below = [update for update in page.items if update not in pinned]
        return cls(article, language, selection, anchor, page, [*pinned, *below])

    @property
    def key_only(self) -> bool:
        return self.selection.key_only

    @property
    def at(self) -> str:
        """Return the element at which the page opens, "" if at none."""
        return f"update-{self.selection.place.pk}" if self.selection.place.relation == "at" else ""

    @property
    def at_key(self) -> str:
        """Return the sort key of the place at which the page opens."""
        return self.anchor.key if self.at and self.anchor else ""

    # Addresses ------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return the address of the newest page."""
        return self.article.url(self.language)

    @property
    def newer_url(self) -> str:
        return self._turned(self.page.newer)

    @property
    def older_url(self) -> str:
        return self._turned(self.page.older)

    @property
    def newest_url(self) -> str:
        return self._turned(Place())

    @property
    def link_relations(self) -> dict[str, str]:
        """Return the pages before and after this one for programs, by relation (HTML, link types)."""
        places = {"prev": self.page.newer, "next": self.page.older}
        return {
            relation: absolute(Selection(place, self.key_only).address(self.url))
            for relation, place in places.items()
            if place is not None
        }

    def _turned(self, place: Place | None) -> str:
        """Return the address of the list at another place, "" if there is none."""
        return "" if place is None else Selection(place, self.key_only).address(self.url, "updates")

    def _all_url(self, *, key_only: bool) -> str:
        """Return the address of this place in the list of all updates, or of key events."""
        return Selection(self.selection.place, key_only).address(self.url, "updates")

    @cached_property
    def all_url(self) -> str:
        return self._all_url(key_only=False)

    @cached_property
    def key_url(self) -> str:
        return self._all_url(key_only=True)

    def addresses(self) -> list[dict[str, str]]:
        """Return each language of the article with the address of this place in it."""
        fragment = self.at or ("updates" if self.selection.place.relation else "")
        return [
            {"language": code, "url": self.selection.address(self.article.url(code), fragment)}
            for code in self.article.offered_languages
        ]

    @cached_property
    def originals(self) -> Originals:
        """Return the page in its languages, for search engines.

        Pages that begin at different updates overlap. The page of the same updates that is named by the update above
        it stands for the others, and the newest page for all pages with an open newest edge, and of key events.
        """
        place = Place()
        if self.page.greater and not self.key_only:
            named = self.selection.place if self.selection.place.relation == "before" else None
            place = named or Place("before", self.page.greater.pk)
        return originals_of_article(self.article, self.language, Selection(place).address(""))

    # Contents -------------------------------------------------------------------------------------------------------

    def updates(self) -> str:
        return rendering.list_html(self.items, self.article, self.language)

    def shown(self) -> list[tuple[Update, ReaderTexts]]:
        """Return the published updates on the page, each with the texts that its readers get."""
        found = []
        for update in self.items:
            if update.state != Update.State.PUBLISHED:
                continue
            update.article = self.article
            if (texts := of_update(update, self.article, self.language)) is not None:
                found.append((update, texts))
        return found

    @property
    def headline(self) -> Text:
        return of_article(self.article, self.language).text("headline")

    @property
    def description(self) -> str:
        """Return the standfirst, or else the first words of the article's own text; it may be empty."""
        texts = of_article(self.article, self.language)
        body = plain_text(str(texts.text("body")))
        return str(texts.text("standfirst")) or first_words(body, summary.DESCRIPTION_LENGTH)

    def coverage(self) -> str:
        return rendering.coverage_html(self.article, self.language)

    def related(self) -> str:
        return rendering.related_html(self.article, self.language)
