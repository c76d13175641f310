"""The live page as a whole: which one an address means, and what is on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Page
from django.db.models import QuerySet

from articles.models import Article, Update
from articles.page import rendering
from articles.text.localized import Text
from articles.translations.selection import ReaderTexts, languages_of, of_article, of_update
from liveblog.delivery.elements import Operation
from liveblog.pagination import Paginator

PAGE_SIZE = 50


def find(slug: str) -> tuple[int, list[str]] | None:
    """The article at an address and the languages in which it appears on this site, None where there is none."""
    article = Article.objects.only("pk", "languages").filter(slug=slug).first()
    return None if article is None else (article.pk, article.offered_languages)


def listed(language: str) -> QuerySet[Article]:
    """The articles that can be opened in a language."""
    found = Article.objects.for_cards().filter(languages__has=language)
    return found if _offered(language) else found.none()


def _offered(language: str) -> bool:
    return any(language == code for code, _name in settings.LANGUAGES)


@dataclass
class LivePage:
    """One page of an article's updates in one language, rendered but for what surrounds it."""

    article: Article
    language: str
    page: Page
    #: What is pinned, which stands on the first page, then what the page's number stands for.
    items: list[Update]
    key_only: bool

    @classmethod
    def of(cls, article: Article, language: str, number: Any, key_only: bool) -> LivePage:
        found = Update.objects.for_pages().filter(article=article).on_page().newest_first()
        found = found.shown_in(language, article.policy(language))
        if key_only:
            found = found.filter(is_key=True)
        page = Paginator(found.filter(pin=None), PAGE_SIZE).get_page(number)
        pinned = [] if page.has_previous() else list(found.exclude(pin=None))
        # What was pinned between the two queries is found by both.
        below = [update for update in page.object_list if update not in pinned]
        return cls(article, language, page, [*pinned, *below], key_only)

    def updates(self) -> list[Operation]:
        return [
            rendering.update_operation(update, update.element, self.article, self.language) for update in self.items
        ]

    def shown(self) -> list[tuple[Update, ReaderTexts]]:
        """The updates on the page with the words that its readers get; not those that were withdrawn."""
        found = []
        for update in self.items:
            if update.state != Update.State.PUBLISHED:
                continue
            update.article = self.article
            if (texts := of_update(update, self.article, self.language)) is not None:
                found.append((update, texts))
        return found

    @property
    def url(self) -> str:
        return self.article.url(self.language)

    @property
    def headline(self) -> Text:
        return of_article(self.article, self.language).text("headline")

    @property
    def standfirst(self) -> Text:
        return of_article(self.article, self.language).text("standfirst")

    def coverage(self) -> str:
        return rendering.coverage_html(self.article, self.language)

    def related(self) -> str:
        return rendering.related_html(self.article, self.language)

    def addresses(self) -> list[dict[str, Any]]:
        """Each language of the article with the page's address in it."""
        return [{"language": code, "url": self.article.url(code)} for code in self.article.offered_languages]

    def alternates(self) -> list[dict[str, Any]]:
        """For search engines: the same page in each language that it really is in, and where all others go."""
        found = [{"language": code, "url": self.article.url(code)} for code in languages_of(self.article)]
        # A page that is not in its own address's language is no alternative to those that are.
        if self.language not in [each["language"] for each in found]:
            return []
        return [*found, {"language": "x-default", "url": self.article.url(self.article.front_language)}]
