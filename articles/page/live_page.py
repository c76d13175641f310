"""The live page as a whole: find it by its address, and select the updates on it.

A page is named by an update: `before` and `after` it, or `at` it with its neighbours. Without one it is the newest
page. A page that includes the newest update, whatever its name, takes in new updates. Pinned updates are at its top,
and on no other page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from articles import kinds
from articles.cards.contents import article_card_url
from articles.kinds import summary
from articles.models import Article, Author, DeletedUpdate, Picture, Topic, Translation, Update
from articles.models.update import UpdateQuerySet
from articles.page import rendering
from articles.page.originals import Originals, originals_of_article
from articles.templatetags.live import absolute
from articles.text.localized import Text
from articles.text.plaintext import first_words, plain_text
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog import pagination
from liveblog.delivery import elements
from liveblog.languages import column
from liveblog.lists import sort_key
from liveblog.pagination import Anchor, Order, Place

PAGE_SIZE = 50

#: The parameters of the address.
PARAMETERS = (*pagination.PARAMETERS, "author", "key", "kind", "order", "page", "topic")

#: The orders of the updates that are not pinned.
BY_TIME = Order(("first_published_at", "pk"))
OLDEST_FIRST = Order(("first_published_at", "pk"), descending=False)

#: The list of key events has only the newest ones. The list of updates has all of them.
MOMENTS_MAX = 100
_TITLE_COLUMNS = ("article", "source_language", "kind", "state", "is_key", "pin", "first_published_at", "embed__title")


def find(slug: str) -> elements.Page | None:
    """Return the page at an address; None if no article has or had this slug.

    A page that is open under a former slug stays connected until it reloads under the present one.
    """
    found = Article.objects.only("pk", "languages", "embedding", "embed_origins")
    article = found.filter(slug=slug).first() or found.filter(known_slugs__slug=slug).first()
    if article is None:
        return None
    return elements.Page(article.pk, article.offered_languages, article.embedding_origins)


def listed(language: str) -> QuerySet[Article]:
    """Return the articles that lists in a language may show."""
    found = Article.objects.listed().for_cards().filter(languages__has=language)
    return found if _offered(language) else found.none()


def _offered(language: str) -> bool:
    return any(language == code for code, _name in settings.LANGUAGES)


class Selection(NamedTuple):
    """The updates of an article that one page of it shows, and their order.

    author   the primary key of an author of the updates, 0 for all
    topic    the primary key of a topic of the updates, 0 for all
    kind     a kind of update, "" for all
    oldest   whether the oldest update comes first
    """

    place: Place = Place()
    key_only: bool = False
    author: int = 0
    kind: str = ""
    topic: int = 0
    oldest: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Selection:
        """Read the selection from a query string. Raise Http404 if it is invalid."""
        return cls(
            Place.of(query),
            pagination.choice(query, "key", ("", "0", "1")) == "1",
            pagination.whole_number(query, "author") if "author" in query else 0,
            pagination.choice(query, "kind", ("", *(kind.code for kind in kinds.ALL))),
            pagination.whole_number(query, "topic") if "topic" in query else 0,
            pagination.choice(query, "order", ("", "newest", "oldest")) == "oldest",
        )

    @property
    def filtered(self) -> bool:
        return self.key_only or bool(self.author) or bool(self.kind) or bool(self.topic)

    @property
    def order(self) -> Order:
        return OLDEST_FIRST if self.oldest else BY_TIME

    @property
    def key(self) -> str:
        """Return a cache key."""
        filters = f"{int(self.key_only)}:{self.author}:{self.kind}:{self.topic}"
        return f"{self.place.relation}{self.place.pk}:{filters}:{int(self.oldest)}"

    @property
    def accepts(self) -> str:
        """Return the CSS selector of the updates that it shows; "" for all."""
        return (
            ("[data-key]" if self.key_only else "")
            + (f'[data-authors~="{self.author}"]' if self.author else "")
            + (f'[data-kind="{self.kind}"]' if self.kind else "")
            + (f'[data-topics~="{self.topic}"]' if self.topic else "")
        )

    def of_updates(self, rows: UpdateQuerySet) -> UpdateQuerySet:
        """Return those of the rows that it shows on any of its pages."""
        if self.key_only:
            rows = rows.filter(is_key=True)
        if self.author:
            rows = rows.filter(authors=self.author)
        if self.topic:
            rows = rows.filter(topics=self.topic)
        return rows.filter(kind=self.kind) if self.kind else rows

    def shows(self, update: Update) -> bool:
        """Return whether it shows an update that is read with its authors and topics."""
        return (
            (update.is_key or not self.key_only)
            and (not self.author or any(author.pk == self.author for author in update.authors.all()))
            and (not self.topic or any(topic.pk == self.topic for topic in update.topics.all()))
            and self.kind in ("", update.kind)
        )

    def at(self, place: Place) -> Selection:
        """Return another page of the same list."""
        return self._replace(place=place)

    def address(self, path: str, fragment: str = "") -> str:
        parameters = {
            **self.place.query,
            "key": int(self.key_only) or None,
            "author": self.author or None,
            "kind": self.kind,
            "topic": self.topic or None,
            "order": "oldest" if self.oldest else "",
        }
        return pagination.address(path, parameters, fragment)


NEWEST = Selection()


class Moved(Exception):  # noqa: N818 - it is no error
    """The page has moved to another address."""

    def __init__(self, selection: Selection, fragment: str) -> None:
        super().__init__(selection, fragment)
        self.selection = selection
        self.fragment = fragment


def anchor_of(article: Article, place: Place) -> Anchor | None:
    """Return the update that names a page, None for the newest page.

    Readers need not see the update any more. Raise Http404 if readers of this article never saw it.
    """
    if not place.relation:
        return None
    for model in (Update, DeletedUpdate):
        found = model._base_manager.filter(pk=place.pk, article=article, first_published_at__isnull=False)
        if values := found.values_list("first_published_at", "pk").first():
            return Anchor(place.pk, values)
    raise Http404


def place_of_page(article: Article, language: str, number: int, selection: Selection) -> Place:
    """Return the present place of a page that an earlier release named by its number. Raise Http404 if it is empty."""
    rows = selection.of_updates(_shown(article, language)).filter(pin=None)
    return selection.order.place_of(rows, number, PAGE_SIZE)


def check(article: Article, selection: Selection) -> None:
    """Raise Http404 if the article has no update of the author or topic: caches must keep no invented pages."""
    if selection.author and not Author.objects.filter(pk=selection.author, updates__article=article).exists():
        raise Http404
    if selection.topic and not Topic.objects.filter(pk=selection.topic, updates__article=article).exists():
        raise Http404


def _shown(article: Article, language: str) -> UpdateQuerySet:
    return Update.objects.filter(article=article).on_page().shown_in(language, article.policy(language))


def _moments(article: Article, language: str) -> list[Update]:
    """Return the newest key events, with only the data for their titles: up to MOMENTS_MAX are on every page."""
    rows = _shown(article, language).published().filter(is_key=True)
    sources = rows.order_by().values_list("source_language", flat=True).distinct()
    languages = {language, *sources}

    def texts(*fields: str) -> list[str]:
        return [column(field, code) for field in fields for code in languages]

    captions = Picture.objects.only("update", *texts("caption", "alt"))
    rows = rows.only(*_TITLE_COLUMNS, *texts("headline", "body", "attribution")).select_related("embed")
    rows = rows.prefetch_related(Prefetch("pictures", captions), Translation.for_readers())
    return list(BY_TIME.sort(rows)[:MOMENTS_MAX])


def all_published(
    article: Article, language: str, place: Place, anchor: Anchor | None, size: int | None = None
) -> pagination.Page[Update]:
    """Return a page of all published updates by time, pinned or not, with all the data that readers get.

    size   how many there are on it, PAGE_SIZE if it is None
    """
    return BY_TIME.page(_shown(article, language).published().for_pages(), place, anchor, size or PAGE_SIZE)


def with_texts(updates: Iterable[Update], article: Article, language: str) -> list[tuple[Update, ReaderTexts]]:
    """Return the published ones of the updates, each with the texts that its readers get."""
    found = []
    for update in updates:
        if update.state != Update.State.PUBLISHED:
            continue
        update.article = article
        if (texts := of_update(update, article, language)) is not None:
            found.append((update, texts))
    return found


def description(article: Article, language: str) -> str:
    """Return the standfirst, or else the first words of the article's own text, which may be empty."""
    texts = of_article(article, language)
    body = plain_text(str(texts.text("body")))
    return str(texts.text("standfirst")) or first_words(body, summary.DESCRIPTION_LENGTH, language)


def around(update: Update, language: str, size: int) -> list[dict[str, Any]]:
    """Return up to `size` updates around one, including it, the newest first: the updates that readers saw then."""
    article = update.article
    assert update.first_published_at is not None
    anchor = Anchor(update.pk, (update.first_published_at, update.pk))
    shown = _shown(article, language).published().for_pages()
    page = BY_TIME.page(shown, Place("at", update.pk), anchor, size)
    return [
        {
            "update": one,
            "title": summary.title(one, texts.language, language),
            "url": one.url(language),
            "here": one.pk == update.pk,
        }
        for one in page.items
        if (texts := of_update(one, article, language)) is not None
    ]


@dataclass
class LivePage:
    """One page of an article's updates in one language."""

    article: Article
    language: str
    selection: Selection
    anchor: Anchor | None
    page: pagination.Page[Update]
    #: The updates on it. The first page begins with the pinned ones.
    items: list[Update]
    #: The key events of the whole coverage, in the order of the page.
    moments: list[Update]

    @classmethod
    def of(
        cls,
        article: Article,
        language: str,
        selection: Selection = NEWEST,
        anchor: Anchor | None = None,
        size: int | None = None,
    ) -> LivePage:
        """Return the page of a selection; `anchor` is the update that names it, and `size` that of `all_published`.

        Raise Moved if there is nothing on that side of the update, or if the update is pinned and therefore on the
        newest page.
        """
        place = selection.place
        shown = _shown(article, language).for_pages()
        pinned = list(shown.exclude(pin=None).newest_first())
        if place.relation == "at" and any(
            one.pk == place.pk and (selection.shows(one) or kinds.of(one).pinned) for one in pinned
        ):
            raise Moved(selection.at(Place()), f"update-{place.pk}")
        page = selection.order.page(selection.of_updates(shown).filter(pin=None), place, anchor, size or PAGE_SIZE)
        if place.relation in ("before", "after") and not page.items:
            raise Moved(selection.at(Place("at", place.pk)), f"update-{place.pk}")
        # Key facts are in the head of every page, other pinned updates at the top of the newest one.
        is_first = page.previous is None
        top = [update for update in pinned if kinds.of(update).pinned or (is_first and selection.shows(update))]
        # Both queries find an update that is pinned between them.
        below = [update for update in page.items if update not in pinned]
        moments = _moments(article, language)
        if selection.oldest:
            moments.reverse()
        return cls(article, language, selection, anchor, page, [*top, *below], moments)

    @property
    def at(self) -> str:
        """Return the element to which the page scrolls, "" if to none."""
        return f"update-{self.selection.place.pk}" if self.selection.place.relation == "at" else ""

    @property
    def at_key(self) -> str:
        """Return the sort key of the place to which the page scrolls."""
        return self.anchor.key if self.at and self.anchor else ""

    # Addresses ------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return the address of the newest page."""
        return self.article.url(self.language)

    @property
    def previous_url(self) -> str:
        return self._turned(self.page.previous)

    @property
    def next_url(self) -> str:
        return self._turned(self.page.next)

    @property
    def first_url(self) -> str:
        return self._turned(Place())

    @property
    def link_relations(self) -> dict[str, str]:
        """Return the pages before and after this one for programs, by relation (HTML, link types)."""
        places = {"prev": self.page.previous, "next": self.page.next}
        return {
            relation: absolute(self.selection.at(place).address(self.url))
            for relation, place in places.items()
            if place is not None
        }

    def _turned(self, place: Place | None) -> str:
        """Return the address of the list at another place, "" if there is no place."""
        return "" if place is None else self.selection.at(place).address(self.url, "updates")

    @cached_property
    def all_url(self) -> str:
        """Return the address of this place in the list of all updates."""
        return self._chosen(key_only=False, author=0, kind="", topic=0)

    @cached_property
    def key_url(self) -> str:
        """Return the address of this place in the list of key events."""
        return self._chosen(key_only=True)

    @cached_property
    def order_url(self) -> str:
        """Return the address of the list in the other order."""
        return self.selection._replace(place=Place(), oldest=not self.selection.oldest).address(self.url, "updates")

    def _chosen(self, **choice: Any) -> str:
        return self.selection._replace(**choice).address(self.url, "updates")

    def filters(self) -> list[dict[str, Any]]:
        """Return the filters of the list, each with the addresses of its choices."""
        language = self.language
        published = Update.objects.published().filter(article=self.article)
        authors = Author.objects.filter(Exists(published.filter(authors=OuterRef("pk"))))
        codes = set(published.order_by().values_list("kind", flat=True).distinct())
        named = [(author.pk, author.name_for(language)) for author in Author.by_name(authors, language)]
        topics = Topic.objects.filter(Exists(published.filter(topics=OuterRef("pk"))))
        source = self.article.source_language
        on = [(topic.pk, rendering.text_of_topic(topic, language, source)) for topic in topics]
        on.sort(key=lambda each: sort_key(each[1].value, language))
        kinds_used = [(one.code, Text(str(one.name), language, language)) for one in kinds.ALL if one.code in codes]
        return [
            {"label": label, "choices": [self._choice(name, value, text) for value, text in choices]}
            for name, label, choices, least in (
                # Even a single topic is a useful filter, because not every update has one.
                ("topic", _("Topic"), on, 1),
                ("author", _("Author"), named, 2),
                ("kind", _("Kind"), kinds_used, 2),
            )
            if len(choices) >= least
        ]

    def _choice(self, name: str, value: int | str, text: Text) -> dict[str, Any]:
        """Return a choice. A selected one links back to the whole list."""
        chosen = getattr(self.selection, name) == value
        return {"text": text, "chosen": chosen, "url": self._chosen(**{name: type(value)() if chosen else value})}

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

        Pages that begin at different updates overlap. The canonical page of some updates is named by the update above
        them; for all pages that include the newest update, and for those of key events, it is the newest page.
        """
        place = Place()
        if self.page.greater and not (self.selection.filtered or self.selection.oldest):
            named = self.selection.place if self.selection.place.relation == "before" else None
            place = named or Place("before", self.page.greater.pk)
        return originals_of_article(self.article, self.language, Selection(place).address(""))

    # Contents -------------------------------------------------------------------------------------------------------

    @cached_property
    def updates(self) -> str:
        return rendering.list_html(self.items, self.article, self.language)

    @property
    def moments_max(self) -> int:
        return MOMENTS_MAX

    @property
    def has_untranslated(self) -> bool:
        """Return whether an update on the page is in another language."""
        return 'untranslated">' in self.updates

    @property
    def has_unreviewed(self) -> bool:
        """Return whether an update on the page is a marked translation beside its original."""
        return 'class="original"' in self.updates and 'class="mark"' in self.updates

    def in_short(self) -> str:
        return rendering.facts_html(self.items, self.article, self.language)

    def key_events(self) -> str:
        return rendering.moments_html(self.moments, self.article, self.language)

    def latest(self) -> str:
        return rendering.latest_html(self.article, self.language)

    def card_url(self) -> str:
        return article_card_url(self.article, self.language)

    def about(self) -> str:
        return rendering.about_html(self.article, self.language)

    def shown(self) -> list[tuple[Update, ReaderTexts]]:
        """Return the published updates on the page, each with the texts that its readers get."""
        return with_texts(self.items, self.article, self.language)

    @property
    def foreign_language(self) -> str:
        """Return an example of another language in which texts may be written, that of the article if possible."""
        languages = (self.article.source_language, *self.article.offered_languages)
        return next((code for code in languages if code != self.language), self.language)

    @property
    def headline(self) -> Text:
        return of_article(self.article, self.language).text("headline")

    @property
    def description(self) -> str:
        return description(self.article, self.language)

    def author_names(self) -> list[Text]:
        return Author.bylines(self.article.authors.all(), self.language)

    def coverage(self) -> str:
        return rendering.coverage_html(self.article, self.language)

    def related(self) -> str:
        return rendering.related_html(self.article, self.language)
