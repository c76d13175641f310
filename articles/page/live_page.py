"""The live page as a whole: find it by its address, and select the updates on it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page
from django.db.models import QuerySet

from articles.kinds import summary
from articles.models import Article, Update
from articles.page import rendering
from articles.text.localized import Text
from articles.text.plaintext import first_words, plain_text
from articles.translations.selection import ReaderTexts, languages_of, of_article, of_update
from liveblog.delivery.elements import Operation
from liveblog.pagination import Paginator

PAGE_SIZE = 50


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


@dataclass
class LivePage:
    """One page of an article's updates in one language."""

    article: Article
    language: str
    page: Page
    #: The updates on it. The first page begins with the pinned ones.
    items: list[Update]
    key_only: bool

    @classmethod
    def of(cls, article: Article, language: str, page_number: int, key_only: bool) -> LivePage:
        found = Update.objects.for_pages().filter(article=article).on_page().newest_first()
        found = found.shown_in(language, article.policy(language))
        if key_only:
            found = found.filter(is_key=True)
        page = Paginator(found.filter(pin=None), PAGE_SIZE).get_page(page_number)
        pinned = [] if page.has_previous() else list(found.exclude(pin=None))
        # Both queries find an update that was pinned between them.
        below = [update for update in page.object_list if update not in pinned]
        return cls(article, language, page, [*pinned, *below], key_only)

    def updates(self) -> list[Operation]:
        return [
            rendering.update_operation(update, update.element, self.article, self.language) for update in self.items
        ]

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
    def url(self) -> str:
        return self.article.url(self.language)

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

    def addresses(self) -> list[dict[str, str]]:
        """Return each language of the article with the page's address in it."""
        return [{"language": code, "url": self.article.url(code)} for code in self.article.offered_languages]

    def alternates(self) -> list[dict[str, str]]:
        """Return the links to translations of the page for search engines (hreflang).

        Only languages in which the article has texts count; "x-default" is for readers of all others.
        """
        found = [{"language": code, "url": self.article.url(code)} for code in languages_of(self.article)]
        # A page that shows the original instead of a translation is no alternative to the translations.
        if self.language not in [each["language"] for each in found]:
            return []
        return [*found, {"language": "x-default", "url": self.article.url(self.article.front_language)}]
