"""The canonical addresses of a page in several languages, for search engines and social networks.

Each language has an address, but not always a text: without a translation, the page shows the original instead.
Such a page is a duplicate of the page in the language of its text (RFC 6596, rel=canonical), and no localised version
(https://developers.google.com/search/docs/specialty/international/localized-versions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from articles.choices import Policy
from articles.models import Article, Update
from articles.templatetags.live import absolute
from articles.translations.models import Translation
from articles.translations.selection import of_article, of_update
from liveblog.languages import column, open_graph_locale, tag

State = Translation.State


@dataclass(frozen=True)
class Originals:
    """One page in all its languages.

    language   that of the reader's address
    texts      the language of the text that each address shows, None for an address without a text
    source     the language in which the text was written first
    address    takes a language and returns the path of the page in it
    """

    language: str
    texts: Mapping[str, str | None]
    source: str
    address: Callable[[str], str]
    #: The page that asks readers for their language, if there is one.
    default: str = ""

    @property
    def languages(self) -> list[str]:
        """Return the languages in which the page has its own text."""
        return [language for language, text in self.texts.items() if language == text]

    @property
    def canonical_language(self) -> str:
        """Return the language of the canonical address."""
        text = self.texts.get(self.language)
        if text is None or text in self.languages:
            return text or self.language
        # The site does not offer the language of the text. The first address that shows it is canonical for all.
        return next(language for language, other in self.texts.items() if other == text)

    @property
    def canonical(self) -> str:
        return absolute(self.address(self.canonical_language))

    @property
    def alternates(self) -> list[dict[str, str]]:
        """Return the hreflang links: the languages of the page, and "x-default" for readers of all others."""
        languages = self.languages
        # A page that shows the original instead of a translation is not an alternative to translations.
        if self.language not in languages:
            return []
        default = self.default or self.address(self.source if self.source in languages else languages[0])
        addresses = [(language, self.address(language)) for language in languages] + [("x-default", default)]
        return [{"language": tag(language), "url": absolute(url)} for language, url in addresses]

    @property
    def locale(self) -> str:
        """Return the locale of the text (Open Graph)."""
        return open_graph_locale(self.texts.get(self.language) or self.language)

    @property
    def other_locales(self) -> list[str]:
        locales = map(open_graph_locale, self.languages)
        return [locale for locale in dict.fromkeys(locales) if locale != self.locale]


def originals_of_article(article: Article, language: str, suffix: str = "") -> Originals:
    """Return the live page of an article; `suffix` is the rest of the address, which is the same in all languages."""
    texts = {code: of_article(article, code).language for code in article.offered_languages}
    return Originals(language, texts, article.source_language, lambda code: f"{article.url(code)}{suffix}")


def originals_of_update(update: Update, article: Article, language: str) -> Originals:
    """Return the page of an update, which must have its translations prefetched."""
    shown = {code: of_update(update, article, code) for code in article.offered_languages}
    texts = {code: found.language if found else None for code, found in shown.items()}
    return Originals(language, texts, update.source_language, update.url)


def in_own_words(language: str) -> QuerySet[Article]:
    """Return the articles for which `of_article` selects a text in this language."""
    rows = Translation.objects.filter(article=OuterRef("pk"), language=language)
    unreviewed = Q(policies__has_key=language) & ~Q(**{f"policies__{language}": Policy.MACHINE})
    translated = Q(Exists(rows.filter(state=State.REVIEWED))) | (
        Q(Exists(rows.filter(state__in=(State.MACHINE, State.REVIEW)))) & ~unreviewed
    )
    return (
        Article.objects.listed()
        .filter(languages__has=language)
        .filter(Q(source_language=language) | (Q(**{f"{column('headline', language)}__gt": ""}) & translated))
    )
