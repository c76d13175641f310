"""Find the article of an address."""

from __future__ import annotations

from django.http import Http404

from articles.models import Article
from articles.text.localized import text_in
from liveblog.errors import MovedSlug, NotInLanguage


def title_of(article: Article) -> tuple[str, str] | None:
    """Return the headline of an article as its newsroom wrote it, and its language; None if it has none."""
    language = article.source_language
    return (headline, language) if (headline := text_in(article, "headline", language)) else None


def find_article(slug: str, language: str) -> Article:
    """Return the article at an address.

    Raise Http404 if there is none, NotInLanguage if it is in others only, and MovedSlug if this is one of its former
    slugs or that of another language.
    """
    article = Article.of_slug(slug)
    if article is None:
        raise Http404
    if language not in article.offered_languages:
        raise NotInLanguage(article.offered_languages, title_of(article))
    if slug != article.slug_in(language):
        raise MovedSlug(article.slug_in(language))
    return article
